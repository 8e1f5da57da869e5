// SPDX-License-Identifier: Apache-2.0
// One line an instruction: time, address, place, instruction, what it wrote and where it accessed memory.
//
//     12.345 us  80000124  main+0x1c             lw a5, 8(a0)                 [80001008] a5=00000007
//
// Traps stand on lines of their own. A jump to itself that waits for an interrupt is written once, not once a round.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "models/host/core.h"
#include "models/host/cycle_clock.h"
#include "models/host/elf_image.h"
#include "models/host/instruction_listener.h"

namespace tessera::host {

struct InstructionTraceOptions {
  std::vector<std::string> functions;  ///< only these; empty: all
  std::uint64_t from_ps = 0, to_ps = ~std::uint64_t{0};
  std::uint64_t lines = ~std::uint64_t{0};  ///< at most; then a line says so, and
  std::function<void()> when_full;          ///< is called: the core may run on unobserved
};

class InstructionTrace final : public InstructionListener {
 public:
  using Write = std::function<void(std::string_view line)>;

  /// @param core, symbols  must outlive it
  InstructionTrace(const Core& core, double clock_Hz, const SymbolTable& symbols, InstructionTraceOptions options,
                   Write write);

  void instruction(std::uint32_t pc, std::uint32_t raw) override;
  void trap(std::uint32_t cause, std::uint32_t epc, std::uint32_t value) override;
  /// Writes the line of the last instruction.
  void finish();
  /// More lines than allowed: the core may as well be left alone.
  [[nodiscard]] bool full() const { return written_ >= options_.lines; }

 private:
  void complete();
  void emit(std::string_view line);
  [[nodiscard]] bool wanted(std::uint32_t pc) const;

  const Core& core_;
  CycleClock clock_;
  const SymbolTable& symbols_;
  InstructionTraceOptions options_;
  Write write_;
  bool open_ = false;  ///< an instruction's line waits for its results
  Decoded decoded_;
  std::string line_;
  std::uint32_t address_ = 0;  ///< of its access
  std::uint64_t written_ = 0;
};

}  // namespace tessera::host
