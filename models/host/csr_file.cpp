// SPDX-License-Identifier: Apache-2.0
#include "models/host/csr_file.h"

namespace tessera::host {
namespace {

constexpr std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
constexpr std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}

constexpr std::uint64_t with_low(std::uint64_t value, std::uint32_t part) {
  return (value & 0xFFFF'FFFF'0000'0000u) | part;
}
constexpr std::uint64_t with_high(std::uint64_t value, std::uint32_t part) {
  return (value & 0xFFFF'FFFFu) | static_cast<std::uint64_t>(part) << 32;
}

constexpr bool between(std::uint32_t number, std::uint32_t first, std::uint32_t last) {
  return number >= first && number <= last;
}

constexpr std::uint32_t tselect = 0x7A0;
constexpr std::uint32_t tdata3 = 0x7A3;

/// Performance counters 3..31 and their events exist, as the specification demands, and are hard-wired to zero. So do
/// tselect and tdata1..3: programs that look for triggers (debug specification 0.13.2, section 5) find none of them,
/// where an illegal instruction would surprise some.
constexpr bool hardwired_zero(std::uint32_t number) {
  return between(number, tselect, tdata3) || between(number, csr::mhpmevent3, csr::mhpmevent31) ||
         between(number, csr::mhpmcounter3, csr::mhpmcounter31) ||
         between(number, csr::mhpmcounter3h, csr::mhpmcounter31h);
}

}  // namespace

bool CsrFile::read(std::uint32_t number, const CounterInputs& now, std::uint32_t& value) const {
  switch (number) {
    case csr::mstatus:
      value = mstatus();
      return true;
    case csr::misa:
      value = misa_value;
      return true;
    case csr::mie:
      value = mie_;
      return true;
    case csr::mtvec:
      value = mtvec_;
      return true;
    case csr::mcountinhibit:
      value = inhibit_;
      return true;
    case csr::mscratch:
      value = mscratch_;
      return true;
    case csr::mepc:
      value = mepc_;
      return true;
    case csr::mcause:
      value = mcause_;
      return true;
    case csr::mtval:
      value = mtval_;
      return true;
    case csr::mip:
      value = mip_;
      return true;
    case csr::mcycle:
    case csr::cycle:
      value = low(cycle_.value(now.cycles, cycle_inhibited()));
      return true;
    case csr::mcycleh:
    case csr::cycleh:
      value = high(cycle_.value(now.cycles, cycle_inhibited()));
      return true;
    case csr::minstret:
    case csr::instret:
      value = low(instret_.value(now.retired, instret_inhibited()));
      return true;
    case csr::minstreth:
    case csr::instreth:
      value = high(instret_.value(now.retired, instret_inhibited()));
      return true;
    case csr::time:
      value = low(now.time);
      return true;
    case csr::timeh:
      value = high(now.time);
      return true;
    case csr::mstatush:
    case csr::mvendorid:
    case csr::marchid:
    case csr::mimpid:
    case csr::mhartid:
    case csr::mconfigptr:
      value = 0;
      return true;
    default:
      value = 0;
      return hardwired_zero(number);
  }
}

bool CsrFile::write(std::uint32_t number, const CounterInputs& now, std::uint32_t value) {
  // Counter writes take effect behind the instruction and replace its own increment.
  const std::uint64_t next_cycles = now.cycles + now.own_cycles;
  const std::uint64_t next_retired = now.retired + 1;
  const std::uint64_t cycles = cycle_.value(now.cycles, cycle_inhibited());
  const std::uint64_t retired = instret_.value(now.retired, instret_inhibited());
  switch (number) {
    case csr::mstatus:
      mstatus_ = value & (mstatus_mie | mstatus_mpie);
      return true;
    case csr::mie:
      mie_ = value & mie_mask;
      return true;
    case csr::mtvec:
      mtvec_ = value & ~2u;
      return true;
    case csr::mcountinhibit:
      write_inhibit(now, value);
      return true;
    case csr::mscratch:
      mscratch_ = value;
      return true;
    case csr::mepc:
      mepc_ = value & ~1u;
      return true;
    case csr::mcause:
      mcause_ = value;
      return true;
    case csr::mtval:
      mtval_ = value;
      return true;
    case csr::mcycle:
      cycle_.set(with_low(cycles, value), next_cycles);
      return true;
    case csr::mcycleh:
      cycle_.set(with_high(cycles, value), next_cycles);
      return true;
    case csr::minstret:
      instret_.set(with_low(retired, value), next_retired);
      return true;
    case csr::minstreth:
      instret_.set(with_high(retired, value), next_retired);
      return true;
    case csr::misa:      // WARL, nothing can be switched
    case csr::mstatush:  // little-endian only
    case csr::mip:       // all three bits belong to CLINT and PLIC
      return true;
    default:
      return hardwired_zero(number);
  }
}

void CsrFile::write_inhibit(const CounterInputs& now, std::uint32_t value) {
  // The writing instruction itself still counts, or not, by the old setting.
  const std::uint64_t next_cycles = now.cycles + now.own_cycles;
  const std::uint64_t next_retired = now.retired + 1;
  cycle_.set(cycle_.value(next_cycles, cycle_inhibited()), next_cycles);
  instret_.set(instret_.value(next_retired, instret_inhibited()), next_retired);
  inhibit_ = value & 5u;
}

std::uint32_t CsrFile::enter_trap(std::uint32_t cause_value, std::uint32_t pc, std::uint32_t value) {
  mepc_ = pc & ~1u;
  mcause_ = cause_value;
  mtval_ = value;
  mstatus_ = (mstatus_ & mstatus_mie) != 0 ? mstatus_mpie : 0;
  const std::uint32_t base = mtvec_ & ~3u;
  const bool vectored = (mtvec_ & 1u) != 0 && (cause_value & interrupt_flag) != 0;
  return vectored ? base + 4 * (cause_value & ~interrupt_flag) : base;
}

std::uint32_t CsrFile::leave_trap() {
  mstatus_ = mstatus_mpie | ((mstatus_ & mstatus_mpie) != 0 ? mstatus_mie : 0);
  return mepc_;
}

std::uint32_t CsrFile::first_of(std::uint32_t ready) {
  if ((ready & mip_meip) != 0) {
    return interrupt_flag | 11;
  }
  if ((ready & mip_msip) != 0) {
    return interrupt_flag | 3;
  }
  return interrupt_flag | 7;
}

}  // namespace tessera::host
