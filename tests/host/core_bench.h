// SPDX-License-Identifier: Apache-2.0
// A core with a recorded outside world, for tests without SystemC.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <vector>

#include "models/host/core.h"
#include "tests/host/assembler.h"

namespace tessera::host {

/// 64 KiB of word memory at 0x9000'0000; everything else is a bus error.
class RecordingPort : public CorePort {
 public:
  static constexpr std::uint32_t base = 0x9000'0000;
  struct Event {
    char kind;  // 'r', 'w', 'f'
    std::uint32_t address, bytes, value;
  };

  bool read(std::uint32_t address, std::uint32_t bytes, Access kind, std::uint32_t& value) override {
    value = 0;
    for (std::uint32_t i = 0; i < bytes; ++i) {
      value |= static_cast<std::uint32_t>(memory[address + i]) << (8 * i);
    }
    events.push_back({kind == Access::fetch ? 'f' : 'r', address, bytes, value});
    return address - base < 0x1'0000;
  }
  bool write(std::uint32_t address, std::uint32_t bytes, std::uint32_t value) override {
    events.push_back({'w', address, bytes, value});
    if (address - base >= 0x1'0000) return false;
    for (std::uint32_t i = 0; i < bytes; ++i) {
      memory[address + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
    return true;
  }
  std::uint64_t time() override { return now; }

  std::uint64_t now = 0;
  std::map<std::uint32_t, std::uint8_t> memory;
  std::vector<Event> events;
};

struct Bench {
  explicit Bench(CpuParameters parameters = small()) : core(parameters, port) {}
  static CpuParameters small() {
    CpuParameters p;
    p.memory_B = 64u << 10;
    return p;
  }

  Bench& load(const rv::Program& program) {
    core.write_memory(program.base(), program.bytes());
    core.set_pc(program.base());
    return *this;
  }
  /// Runs until `instructions` more have retired or trapped, one at a time.
  Bench& steps(int count) {
    for (int i = 0; i < count; ++i) {
      last = core.step();
    }
    return *this;
  }
  /// Runs blocks until the pc is `address`, at most `most` instructions.
  bool run_to(std::uint32_t address, std::uint64_t most = 1'000'000) {
    core.set_breakpoint(address, true);
    const std::uint64_t end = core.instructions() + most;
    do {
      last = core.run(core.cycles() + 100'000, true);
    } while (last != Stop::breakpoint && last != Stop::trap_loop && last != Stop::endless_loop &&
             core.instructions() < end);
    core.set_breakpoint(address, false);
    return last == Stop::breakpoint && core.pc() == address;
  }
  [[nodiscard]] std::uint32_t csr(std::uint32_t number) {
    std::uint32_t value = 0;
    return core.read_csr(number, value) ? value : 0xDEAD'0000u;
  }
  [[nodiscard]] std::uint32_t word(std::uint32_t address) const {
    std::array<std::uint8_t, 4> bytes{};
    core.read_memory(address, bytes);
    return bytes[0] | static_cast<std::uint32_t>(bytes[1]) << 8 | static_cast<std::uint32_t>(bytes[2]) << 16 |
           static_cast<std::uint32_t>(bytes[3]) << 24;
  }

  RecordingPort port;
  Core core;
  Stop last = Stop::limit;
};

}  // namespace tessera::host
