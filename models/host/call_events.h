// SPDX-License-Identifier: Apache-2.0
// What a profiler hears from the core: every jump that may enter or leave a function, in order, with all that had been
// spent up to and including it. The interpreter writes events into a buffer (it stays a leaf function); the core hands
// the buffer over when it is full and whenever somebody has to know exactly where the program is.
#pragma once

#include <cstdint>
#include <span>

namespace tessera::host {

struct CallEvent {
  static constexpr std::uint8_t direct = 0xFF;  ///< base register of a jump whose target is in the instruction
  std::uint32_t source = 0;                     ///< address of the jump
  std::uint32_t target = 0;
  std::uint32_t link = 0;  ///< address behind the jump
  std::uint32_t sp = 0;    ///< x2 when it happened
  std::uint8_t rd = 0;     ///< 0 or the interpreter's discard register: no link
  std::uint8_t rs1 = direct;
  std::uint64_t cycles = 0;  ///< absolute, behind the jump
  std::uint64_t energy = 0;  ///< attojoules since the last CallListener::energy_taken
};

class CallListener {
 public:
  CallListener() = default;
  CallListener(const CallListener&) = delete;
  CallListener& operator=(const CallListener&) = delete;
  virtual ~CallListener() = default;

  /// Asked while code is decoded: does going from the instruction at `from` to `to` leave its function?
  [[nodiscard]] virtual bool leaves(std::uint32_t from, std::uint32_t to) = 0;
  virtual void jumps(std::span<const CallEvent> events) = 0;
  /// So much has been spent by now; same meaning as in CallEvent.
  virtual void spent(std::uint64_t cycles, std::uint64_t energy) = 0;
  /// Energies count from zero again.
  virtual void energy_taken() = 0;
  /// A trap was taken at `pc`; the next instruction is `handler`. What the trap costs comes with the next report.
  virtual void trap(std::uint32_t cause, std::uint32_t pc, std::uint32_t sp, std::uint32_t handler) = 0;
  /// mret went to `pc`.
  virtual void trap_return(std::uint32_t pc, std::uint32_t sp) = 0;
};

}  // namespace tessera::host
