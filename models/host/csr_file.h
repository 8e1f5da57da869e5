// SPDX-License-Identifier: Apache-2.0
// Machine-mode control and status registers of a hart without supervisor or user mode (privileged spec 1.12).
#pragma once

#include <cstdint>

#include "models/host/isa.h"

namespace tessera::host {

namespace csr {
enum Number : std::uint32_t {
  mstatus = 0x300,
  misa = 0x301,
  mie = 0x304,
  mtvec = 0x305,
  mstatush = 0x310,
  mcountinhibit = 0x320,
  mhpmevent3 = 0x323,
  mhpmevent31 = 0x33F,
  mscratch = 0x340,
  mepc = 0x341,
  mcause = 0x342,
  mtval = 0x343,
  mip = 0x344,
  mcycle = 0xB00,
  minstret = 0xB02,
  mhpmcounter3 = 0xB03,
  mhpmcounter31 = 0xB1F,
  mcycleh = 0xB80,
  minstreth = 0xB82,
  mhpmcounter3h = 0xB83,
  mhpmcounter31h = 0xB9F,
  cycle = 0xC00,
  time = 0xC01,
  instret = 0xC02,
  cycleh = 0xC80,
  timeh = 0xC81,
  instreth = 0xC82,
  mvendorid = 0xF11,
  marchid = 0xF12,
  mimpid = 0xF13,
  mhartid = 0xF14,
  mconfigptr = 0xF15
};
}  // namespace csr

/// What the counters are made of at the instant of an access.
struct CounterInputs {
  std::uint64_t cycles = 0;      ///< absolute, when the accessing instruction begins
  std::uint64_t retired = 0;     ///< absolute, before the accessing instruction
  std::uint32_t own_cycles = 1;  ///< what the accessing instruction itself takes
  std::uint64_t time = 0;        ///< 10 MHz time base
};

class CsrFile {
 public:
  static constexpr std::uint32_t mstatus_mie = 1u << 3;
  static constexpr std::uint32_t mstatus_mpie = 1u << 7;
  static constexpr std::uint32_t mstatus_mpp = 3u << 11;  ///< machine mode only: always reads 3
  static constexpr std::uint32_t mie_mask = mip_msip | mip_mtip | mip_meip;
  /// RV32 with I, M, A and C.
  static constexpr std::uint32_t misa_value = 0x4000'0000u | 1u << ('I' - 'A') | 1u << ('M' - 'A') | 1u << 0 | 1u << 2;

  /// @return false: no such CSR, an illegal instruction
  [[nodiscard]] bool read(std::uint32_t number, const CounterInputs& now, std::uint32_t& value) const;
  /// @return false: no such CSR or read-only, an illegal instruction
  [[nodiscard]] bool write(std::uint32_t number, const CounterInputs& now, std::uint32_t value);

  /// Enters a trap. @return the handler's address
  std::uint32_t enter_trap(std::uint32_t cause_value, std::uint32_t pc, std::uint32_t value);
  /// mret. @return where execution goes on
  std::uint32_t leave_trap();

  /// The interrupt to take now in the order MEI, MSI, MTI; 0 if none or interrupts are off.
  [[nodiscard]] std::uint32_t pending_interrupt() const {
    const std::uint32_t ready = mip_ & mie_;
    return ready == 0 || (mstatus_ & mstatus_mie) == 0 ? 0 : first_of(ready);
  }
  [[nodiscard]] bool wakes() const { return (mip_ & mie_) != 0; }
  [[nodiscard]] bool interrupts_on() const { return (mstatus_ & mstatus_mie) != 0 && mie_ != 0; }
  void set_line(std::uint32_t mip_bit, bool level) { mip_ = level ? mip_ | mip_bit : mip_ & ~mip_bit; }

  [[nodiscard]] std::uint32_t mip() const { return mip_; }
  [[nodiscard]] std::uint32_t mie() const { return mie_; }
  [[nodiscard]] std::uint32_t mepc() const { return mepc_; }
  [[nodiscard]] std::uint32_t mcause() const { return mcause_; }
  [[nodiscard]] std::uint32_t mtval() const { return mtval_; }
  [[nodiscard]] std::uint32_t mtvec() const { return mtvec_; }
  [[nodiscard]] std::uint32_t mstatus() const { return mstatus_ | mstatus_mpp; }

 private:
  /// A 64-bit counter that can be written and inhibited: an offset against a free-running count.
  struct Counter {
    std::uint64_t offset = 0;  ///< value = count + offset while running
    std::uint64_t frozen = 0;  ///< value while inhibited
    [[nodiscard]] std::uint64_t value(std::uint64_t count, bool inhibited) const {
      return inhibited ? frozen : count + offset;
    }
    void set(std::uint64_t value, std::uint64_t next_count) {
      frozen = value;
      offset = value - next_count;
    }
  };
  [[nodiscard]] static std::uint32_t first_of(std::uint32_t ready);
  void write_inhibit(const CounterInputs& now, std::uint32_t value);
  [[nodiscard]] bool cycle_inhibited() const { return (inhibit_ & 1u) != 0; }
  [[nodiscard]] bool instret_inhibited() const { return (inhibit_ & 4u) != 0; }

  std::uint32_t mstatus_ = 0;
  std::uint32_t mie_ = 0;
  std::uint32_t mip_ = 0;
  std::uint32_t mtvec_ = 0;
  std::uint32_t mscratch_ = 0;
  std::uint32_t mepc_ = 0;
  std::uint32_t mcause_ = 0;
  std::uint32_t mtval_ = 0;
  std::uint32_t inhibit_ = 0;
  Counter cycle_;
  Counter instret_;
};

}  // namespace tessera::host
