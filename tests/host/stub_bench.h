// SPDX-License-Identifier: Apache-2.0
// A debugger's stub on a real core with memory, and a client that speaks to it in packets; no sockets, no SystemC.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/host/debug/gdb_stub.h"
#include "models/host/debug/target_description.h"
#include "tests/host/core_bench.h"

namespace tessera::host {

/// What a debugger sees of RecordingPort's memory.
class RecordedMemory : public DebugMemory {
 public:
  explicit RecordedMemory(RecordingPort& port) : port_(port) {}
  std::size_t debug_read(std::uint32_t address, std::span<std::uint8_t> to) override {
    std::size_t done = 0;
    for (; done < to.size() && mapped(address + done); ++done) {
      to[done] = port_.memory[address + static_cast<std::uint32_t>(done)];
    }
    return done;
  }
  std::size_t debug_write(std::uint32_t address, std::span<const std::uint8_t> from) override {
    std::size_t done = 0;
    for (; done < from.size() && mapped(address + done); ++done) {
      port_.memory[address + static_cast<std::uint32_t>(done)] = from[done];
    }
    return done;
  }

 private:
  static bool mapped(std::uint64_t address) {
    return address >= RecordingPort::base && address < RecordingPort::base + 0x1'0000u;
  }
  RecordingPort& port_;
};

struct StubBench : Bench {
  explicit StubBench(CpuParameters parameters = small(), const std::string& description = {})
      : Bench(parameters),
        outside(port),
        debug(core, outside),
        stub(debug, description.empty() ? target_xml(core) : description, "") {
    stub.kill = [this] { killed = true; };
  }

  void bytes(std::string_view text) { stub.receive({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}); }
  /// Sends one packet. @return the text of the answer's last packet, "(none)" if there is none
  std::string ask(std::string_view text) {
    bytes(rsp_frame(text));
    const std::vector<std::string> answers = packets(stub.take_output());
    return answers.empty() ? "(none)" : answers.back();
  }
  /// Resumes with `text` and runs until the stub has something to say. @return the stop reply
  std::string go(std::string_view text, std::uint64_t cycles = 100'000) {
    bytes(rsp_frame(text));
    run(cycles);
    const std::vector<std::string> answers = packets(stub.take_output());
    return answers.empty() ? "(none)" : answers.back();
  }
  /// As the host subsystem does it. Small limits, so that a run is interrupted many times.
  void run(std::uint64_t cycles) {
    const std::uint64_t end = core.cycles() + cycles;
    while (stub.state() == GdbStub::State::running && core.cycles() < end && !killed) {
      last = debug.run(std::min(core.cycles() + quantum, end), true);
      if (const auto halt = debug.halt_of(last)) {
        stub.halted(*halt);
      } else if (last == Stop::wfi) {
        core.stall_until(core.cycles() + 10);
        if (on_sleep) {
          on_sleep();
        }
      } else if (last == Stop::spin) {
        core.spin_until(core.cycles() + 10);
      }
    }
  }
  static std::vector<std::string> packets(std::string_view wire) {
    std::vector<std::string> found;
    RspReader reader(1u << 20);
    for (const char c : wire) {
      if (reader.take(static_cast<std::uint8_t>(c)) == RspReader::Event::packet) {
        found.push_back(reader.text());
      }
    }
    return found;
  }
  [[nodiscard]] std::string reg(std::uint32_t number) { return ask(fmt_hex("p", number)); }
  static std::string fmt_hex(std::string_view prefix, std::uint32_t number) {
    std::string digits;
    do {
      digits.insert(digits.begin(), "0123456789abcdef"[number & 15u]);
      number >>= 4;
    } while (number != 0);
    return std::string(prefix) + digits;
  }

  RecordedMemory outside;
  DebugPort debug;
  GdbStub stub;
  std::function<void()> on_sleep;
  std::uint64_t quantum = 23;
  bool killed = false;
};

}  // namespace tessera::host
