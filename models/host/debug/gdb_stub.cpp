// SPDX-License-Identifier: Apache-2.0
// GdbStub: connection, registers, memory, breakpoints and run control. Queries: gdb_stub_query.cpp.
#include "models/host/debug/gdb_stub.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace tessera::host {
namespace {

using Going = DebugPort::Going;
using Point = DebugPort::Point;

// Error numbers are the client's to show; these are the POSIX ones.
constexpr std::uint8_t error_fault = 14, error_invalid = 22, error_no_space = 28, error_too_long = 90;
constexpr std::size_t register_count = DebugPort::pc_register + 1;

std::uint32_t word_of(std::string_view bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i) {
    value |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(bytes[i])) << (8 * i);
  }
  return value;
}

}  // namespace

GdbStub::GdbStub(DebugPort& port, std::string target_xml, std::string memory_map)
    : port_(port), target_xml_(std::move(target_xml)), memory_map_(std::move(memory_map)) {}

// --- connection ------------------------------------------------------------------------------------------------------

void GdbStub::receive(std::span<const std::uint8_t> bytes) {
  resent_ = false;
  for (const std::uint8_t byte : bytes) {
    if (fresh_ && byte != '+' && byte != '-' && byte != '$' && byte != 3) {
      intruder_ = true;
    }
    fresh_ = false;
    if (intruder_) {
      return;
    }
    on_event(reader_.take(byte));
  }
}

void GdbStub::on_event(RspReader::Event event) {
  using Event = RspReader::Event;
  switch (event) {
    case Event::packet:
      if (acknowledge_) {
        output_ += '+';
      }
      ++packets_;
      on_packet(reader_.text());
      break;
    case Event::too_long:
      if (acknowledge_) {
        output_ += '+';
      }
      reply_error(error_too_long);
      break;
    case Event::damaged:
      if (acknowledge_) {
        output_ += '-';
      }
      break;
    case Event::nack:
      if (acknowledge_ && !resent_) {
        resent_ = true;
        output_ += last_sent_;
      }
      break;
    case Event::interrupt:
      on_interrupt();
      break;
    case Event::none:
    case Event::ack:
    case Event::noise:
      break;
  }
}

void GdbStub::disconnected() {
  detach();
  reader_.clear();
  acknowledge_ = true;
  stop_names_ = false;
  intruder_ = false;
  fresh_ = true;
  passed_signals_.clear();
  output_.clear();
  last_sent_.clear();
}

void GdbStub::detach() {
  port_.detach();
  if (state_ != State::ended) {
    state_ = State::detached;
  }
}

std::string GdbStub::take_output() {
  return std::exchange(output_, {});
}

void GdbStub::send(std::string_view text) {
  last_sent_ = rsp_frame(text);
  output_ += last_sent_;
}

void GdbStub::reply_error(std::uint8_t code) {
  send(fmt::format("E{:02x}", code));
}

void GdbStub::on_interrupt() {
  if (state_ == State::running) {
    halted({Halt::Reason::request, Signal::interrupt, 0});
  }
}

void GdbStub::on_packet(std::string_view packet) {
  if (state_ == State::detached) {
    port_.attach();
    state_ = State::halted;
    halt_ = {Halt::Reason::request, Signal::trap, 0};
  }
  if (packet.empty()) {
    return send("");
  }
  RspCursor at(packet.substr(1));
  const char command = packet.front();
  if (state_ != State::halted && command != 'k' && command != 'D' && command != 'v' && command != '?') {
    // All-stop: while the program runs the client has nothing to say but "stop".
    return state_ == State::ended ? reply_error(error_invalid) : void();
  }
  switch (command) {
    case '?':
      return state_ == State::running ? void() : send(state_ == State::ended ? end_reply_ : stop_reply());
    case 'g':
      return read_registers();
    case 'G':
      return write_registers(at.rest());
    case 'p':
      return read_register(at);
    case 'P':
      return write_register(at);
    case 'm':
      return read_memory(at);
    case 'M':
      return write_memory(at, false);
    case 'X':
      return write_memory(at, true);
    case 'Z':
      return point(at, true);
    case 'z':
      return point(at, false);
    case 'c':
      return old_resume(at, Going::on, false);
    case 'C':
      return old_resume(at, Going::on, true);
    case 's':
      return old_resume(at, Going::step, false);
    case 'S':
      return old_resume(at, Going::step, true);
    case 'v':
      return v_packet(at);
    case 'q':
      return query(at);
    case 'Q':
      return set(at);
    case 'H':
    case 'T':  // the only thread is alive, and it is the chosen one
      return send("OK");
    case 'D':
      send("OK");
      return detach();
    case 'k':
      detach();
      if (kill) {
        kill();
      }
      return;
    default:
      return send("");  // not supported
  }
}

// --- registers and memory --------------------------------------------------------------------------------------------

void GdbStub::read_registers() {
  std::string text;
  for (std::uint32_t i = 0; i < register_count; ++i) {
    std::uint32_t value = 0;
    static_cast<void>(port_.read_register(i, value));
    text += to_hex_word(value);
  }
  send(text);
}

void GdbStub::write_registers(std::string_view hex) {
  const auto bytes = from_hex(hex);
  if (!bytes || bytes->size() < 4 * register_count) {
    return reply_error(error_invalid);
  }
  for (std::uint32_t i = 0; i < register_count; ++i) {
    port_.write_register(i, word_of(std::string_view(*bytes).substr(4 * i, 4)));
  }
  send("OK");
}

void GdbStub::read_register(RspCursor at) {
  const auto number = at.number();
  std::uint32_t value = 0;
  if (!number || !at.empty() || *number > ~0u || !port_.read_register(static_cast<std::uint32_t>(*number), value)) {
    return reply_error(error_invalid);
  }
  send(to_hex_word(value));
}

void GdbStub::write_register(RspCursor at) {
  const auto number = at.number();
  if (!number || *number > ~0u || !at.take("=")) {
    return reply_error(error_invalid);
  }
  const auto bytes = from_hex(at.rest());
  if (!bytes || bytes->size() != 4 || !port_.write_register(static_cast<std::uint32_t>(*number), word_of(*bytes))) {
    return reply_error(error_invalid);
  }
  send("OK");
}

void GdbStub::read_memory(RspCursor at) {
  const auto address = at.number();
  const auto length = at.take(",") ? at.number() : std::nullopt;
  if (!address || !length || !at.empty()) {
    return reply_error(error_invalid);
  }
  // A shorter answer than asked for is allowed.
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(*length, packet_limit / 2)));
  const std::size_t read = port_.read_memory(*address, bytes);
  if (read == 0 && !bytes.empty()) {
    return reply_error(error_fault);
  }
  send(to_hex(std::span(bytes).first(read)));
}

void GdbStub::write_memory(RspCursor at, bool binary) {
  const auto address = at.number();
  const auto length = at.take(",") ? at.number() : std::nullopt;
  if (!address || !length || !at.take(":")) {
    return reply_error(error_invalid);
  }
  const auto bytes = binary ? std::optional(std::string(at.rest())) : from_hex(at.rest());
  if (!bytes || bytes->size() != *length) {
    return reply_error(error_invalid);
  }
  const std::vector<std::uint8_t> from(bytes->begin(), bytes->end());
  if (port_.write_memory(*address, from) < from.size()) {
    return reply_error(error_fault);
  }
  send("OK");
}

// --- breakpoints and run control -------------------------------------------------------------------------------------

void GdbStub::point(RspCursor at, bool insert) {
  const auto type = at.number();
  if (!type) {
    return reply_error(error_invalid);
  }
  if (*type > 4) {
    return send("");
  }
  const auto address = at.take(",") ? at.number() : std::nullopt;
  const auto length = at.take(",") ? at.number() : std::nullopt;
  if (!address || !length || !at.empty()) {
    return reply_error(error_invalid);  // conditions were not offered
  }
  constexpr Point kinds[] = {Point::software, Point::hardware, Point::write, Point::read, Point::access};
  const Point kind = kinds[*type];
  const bool code = kind == Point::software || kind == Point::hardware;
  if (code && *length != 2 && *length != 4) {
    return reply_error(error_invalid);
  }
  const bool good = insert ? port_.insert(kind, *address, *length) : port_.remove(kind, *address, *length);
  return good ? send("OK") : reply_error(error_no_space);
}

void GdbStub::go(Going going, bool deliver, std::uint32_t begin, std::uint32_t end) {
  port_.resume(going, deliver, begin, end);
  state_ = State::running;
}

void GdbStub::old_resume(RspCursor at, Going going, bool with_signal) {
  if (with_signal) {
    if (!at.number()) {
      return reply_error(error_invalid);
    }
    static_cast<void>(at.take(";"));
  }
  if (!at.empty()) {
    const auto address = at.number();
    if (!address || *address > ~0u || !at.empty()) {
      return reply_error(error_invalid);
    }
    port_.write_register(DebugPort::pc_register, static_cast<std::uint32_t>(*address));
  }
  go(going, with_signal);
}

void GdbStub::continue_or_step(RspCursor at) {
  // vCont;action[:thread]...: the first action is for our one thread; a client that names others means them, too.
  RspCursor action(at.until(';'));
  if (action.take("c")) {
    return go(Going::on, false);
  }
  if (action.take("s")) {
    return go(Going::step, false);
  }
  if (action.take("r")) {
    const auto begin = action.number();
    const auto end = action.take(",") ? action.number() : std::nullopt;
    if (!begin || !end || *begin > ~0u || *end > ~0u) {
      return reply_error(error_invalid);
    }
    return go(Going::range, false, static_cast<std::uint32_t>(*begin), static_cast<std::uint32_t>(*end));
  }
  const bool step = action.take("S");
  if ((step || action.take("C")) && action.number()) {
    return go(step ? Going::step : Going::on, true);
  }
  reply_error(error_invalid);
}

void GdbStub::v_packet(RspCursor at) {
  if (at.take("Kill")) {
    detach();
    send("OK");
    if (kill) {
      kill();
    }
    return;
  }
  if (state_ != State::halted) {
    return state_ == State::ended ? reply_error(error_invalid) : void();
  }
  if (at.take("Cont?")) {
    return send("vCont;c;C;s;S;r");
  }
  if (at.take("Cont;")) {
    return continue_or_step(at);
  }
  send("");  // vMustReplyEmpty, and what is not supported
}

void GdbStub::halted(const Halt& halt) {
  if (state_ != State::running && state_ != State::halted) {
    return;
  }
  if (halt.reason == Halt::Reason::exception && passed_signals_.count(static_cast<std::uint8_t>(halt.signal)) != 0) {
    return go(Going::on, true);
  }
  if (explain) {
    console(explain(halt));
  }
  state_ = State::halted;
  halt_ = halt;
  send(stop_reply());
}

void GdbStub::console(std::string_view text) {
  constexpr std::size_t piece = packet_limit / 4;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    send("O" + to_hex(text.substr(0, piece)));
  }
}

void GdbStub::ended(std::uint32_t exit_code, Signal signal) {
  end_reply_ = signal == Signal::none ? fmt::format("W{:02x}", exit_code)
                                      : fmt::format("X{:02x}", static_cast<unsigned>(signal));
  if (state_ == State::running || state_ == State::halted) {
    send(end_reply_);
  }
  state_ = State::ended;
  port_.detach();
}

std::string GdbStub::stop_reply() const {
  std::string text = fmt::format("T{:02x}", static_cast<unsigned>(halt_.signal));
  switch (halt_.reason) {
    case Halt::Reason::write_watch:
      text += fmt::format("watch:{:x};", halt_.address);
      break;
    case Halt::Reason::read_watch:
      text += fmt::format("rwatch:{:x};", halt_.address);
      break;
    case Halt::Reason::access_watch:
      text += fmt::format("awatch:{:x};", halt_.address);
      break;
    case Halt::Reason::breakpoint:
      text += stop_names_ ? "swbreak:;" : "";
      break;
    case Halt::Reason::hardware_breakpoint:
      text += stop_names_ ? "hwbreak:;" : "";
      break;
    default:
      break;
  }
  std::uint32_t pc = 0;
  if (port_.read_register(DebugPort::pc_register, pc)) {
    text += fmt::format("{:02x}:{};", DebugPort::pc_register, to_hex_word(pc));
  }
  return text + "thread:1;";
}

}  // namespace tessera::host
