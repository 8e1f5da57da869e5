// SPDX-License-Identifier: Apache-2.0
// Sees the hart work, instruction by instruction. While there is one the core leaves its fast path.
#pragma once

#include <cstdint>

namespace tessera::host {

class InstructionListener {
 public:
  InstructionListener() = default;
  InstructionListener(const InstructionListener&) = delete;
  InstructionListener& operator=(const InstructionListener&) = delete;
  virtual ~InstructionListener() = default;

  /// The instruction at `pc` is about to be executed; all state is that before it.
  /// @param raw its bits, the low 16 only if compressed
  virtual void instruction(std::uint32_t pc, std::uint32_t raw) = 0;
  /// A trap was entered: mcause, mepc and mtval are set, pc is the handler's.
  virtual void trap(std::uint32_t cause, std::uint32_t epc, std::uint32_t value) = 0;
};

}  // namespace tessera::host
