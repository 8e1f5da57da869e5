// SPDX-License-Identifier: Apache-2.0
// Core-local interruptor of one hart: software interrupt, 10 MHz time base, timer compare. SystemC-free.
// Register layout as in QEMU's virt machine (sifive,clint0). Only aligned 32-bit accesses.
#pragma once

#include <cstdint>

namespace tessera::host {

class Clint {
 public:
  static constexpr std::uint64_t tick_ps = 100'000;  ///< 10 MHz

  /// @param offset from the block's base
  /// @param now_ps simulated time of the access
  /// @return false: no register there, a bus error
  [[nodiscard]] bool read(std::uint32_t offset, std::uint32_t bytes, std::uint64_t now_ps, std::uint32_t& value) const;
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t bytes, std::uint64_t now_ps, std::uint32_t value);

  [[nodiscard]] std::uint64_t mtime(std::uint64_t now_ps) const { return now_ps / tick_ps + mtime_offset_; }
  [[nodiscard]] bool software_interrupt() const { return msip_; }
  /// The timer interrupt is up from this instant on, until the next write; `never` if it cannot be expressed.
  [[nodiscard]] std::uint64_t timer_ps() const { return timer_ps_; }
  [[nodiscard]] bool timer_interrupt(std::uint64_t now_ps) const { return now_ps >= timer_ps_; }
  static constexpr std::uint64_t never = ~std::uint64_t{0};

 private:
  bool msip_ = false;
  std::uint64_t mtimecmp_ = ~std::uint64_t{0};
  std::uint64_t mtime_offset_ = 0;
  std::uint64_t timer_ps_ = never;

  void update_timer(std::uint64_t now_ps);
};

}  // namespace tessera::host
