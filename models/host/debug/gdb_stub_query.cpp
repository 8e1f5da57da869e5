// SPDX-License-Identifier: Apache-2.0
// GdbStub: what the client asks about the target and the stub itself.
#include <fmt/format.h>

#include <algorithm>

#include "models/host/debug/gdb_stub.h"

namespace tessera::host {
namespace {

constexpr std::uint8_t error_no_entry = 2, error_invalid = 22;

}  // namespace

void GdbStub::query(RspCursor at) {
  if (at.take("Supported")) {
    const std::string_view client = at.rest();
    stop_names_ =
        client.find("swbreak+") != std::string_view::npos && client.find("hwbreak+") != std::string_view::npos;
    return send(
        fmt::format("PacketSize={:x};QStartNoAckMode+;QPassSignals+;qXfer:features:read+;{}vContSupported+;"
                    "swbreak+;hwbreak+",
                    packet_limit, memory_map_.empty() ? "" : "qXfer:memory-map:read+;"));
  }
  if (at.take("Xfer:")) {
    return transfer(at);
  }
  if (at.take("Rcmd,")) {
    return remote_command(at);
  }
  if (at.take("Attached")) {
    return send("1");  // the program was there before: leaving it does not end it
  }
  if (at.take("fThreadInfo")) {
    return send("m1");
  }
  if (at.take("sThreadInfo")) {
    return send("l");
  }
  if (at.rest() == "C") {
    return send("QC1");
  }
  if (at.take("ThreadExtraInfo,")) {
    return send(to_hex(std::string_view("hart 0")));
  }
  if (at.take("Symbol:")) {
    return send("OK");  // no need of symbols
  }
  send("");
}

void GdbStub::set(RspCursor at) {
  if (at.take("StartNoAckMode")) {
    send("OK");
    acknowledge_ = false;
    return;
  }
  if (at.take("PassSignals:")) {
    return pass_signals(at);
  }
  send("");
}

void GdbStub::pass_signals(RspCursor at) {
  std::set<std::uint8_t> signals;
  while (!at.empty()) {
    const auto number = at.number();
    static_cast<void>(at.take(";"));
    if (!number) {
      return reply_error(error_invalid);
    }
    if (*number <= 0xFF) {
      signals.insert(static_cast<std::uint8_t>(*number));
    }
  }
  passed_signals_ = std::move(signals);
  send("OK");
}

void GdbStub::transfer(RspCursor at) {
  const std::string_view object = at.until(':');
  const std::string_view operation = at.until(':');
  const std::string_view annex = at.until(':');
  const bool target = object == "features" && annex == "target.xml";
  const bool map = object == "memory-map" && annex.empty() && !memory_map_.empty();
  if (operation != "read" || (object != "features" && object != "memory-map")) {
    return send("");
  }
  if (!target && !map) {
    return reply_error(error_no_entry);
  }
  const std::string_view text = target ? target_xml_ : memory_map_;
  const auto offset = at.number();
  const auto length = at.take(",") ? at.number() : std::nullopt;
  if (!offset || !length || !at.empty() || *offset > text.size()) {
    return reply_error(error_invalid);
  }
  // A piece of at most the length asked for; escaping may double it.
  const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(*length, packet_limit / 2 - 8));
  const std::string_view piece = text.substr(static_cast<std::size_t>(*offset), most);
  const bool last = static_cast<std::size_t>(*offset) + piece.size() == text.size();
  send((last ? "l" : "m") + std::string(piece));
}

void GdbStub::remote_command(RspCursor at) {
  const auto command = from_hex(at.rest());
  if (!command) {
    return reply_error(error_invalid);
  }
  console(monitor ? monitor(*command) : "this target has no monitor commands\n");
  send("OK");
}

}  // namespace tessera::host
