// SPDX-License-Identifier: Apache-2.0
// The watchdog: a program that does not report in time is reset, or its run ends as failed. In the always-on domain:
// it counts in deep sleep, and its warning can wake the chip.
#pragma once

#include <cstdint>
#include <functional>

#include "models/peripherals/register_target.h"

namespace tessera::peripherals {

class Watchdog : public RegisterTarget {
 public:
  Watchdog(const sc_core::sc_module_name& name, std::uint32_t base);

  std::function<void(bool level)> interrupt;
  /// The time is over. @param reset  reset the chip; otherwise end the run
  std::function<void(bool reset, std::uint32_t timeout_ticks)> expired;

  /// The chip was reset by somebody: everything but RESETS is as after power-on.
  void reset_registers();

 private:
  std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) override;
  void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) override;
  void restart(probe::Time at);
  void schedule(probe::Time at);
  void due();
  void update_interrupt();
  [[nodiscard]] probe::Time end() const;
  [[nodiscard]] probe::Time warning_at() const;

  sc_core::sc_event event_;
  bool enabled_ = false, reset_ = false, locked_ = false;
  std::uint32_t timeout_ = ~std::uint32_t{0}, warning_ = 0;
  probe::Time started_ = 0;
  bool warned_ = false, pending_ = false, line_ = false;
  std::uint32_t resets_ = 0;
};

}  // namespace tessera::peripherals
