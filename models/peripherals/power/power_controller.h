// SPDX-License-Identifier: Apache-2.0
// The power controller: supplies of the tiles, deep sleep of the chip, wake timer (docs/power.md).
//
// It lives in the always-on domain. What deep sleep means for other blocks is the chip's to know: the controller says
// when through SleepControl.
// Not modelled: the energy of the controller itself (part of the chip's overhead and deep sleep power); brown-out.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/job_unit/job_unit.h"
#include "models/peripherals/register_target.h"

namespace tessera::peripherals {

class PowerController : public RegisterTarget {
 public:
  /// What the chip does for the controller.
  struct SleepControl {
    std::function<bool()> quiescent;                              ///< no unit has work or changes its supply
    std::function<void(probe::Time at, bool retain_sram)> sleep;  ///< the supplies go down
    std::function<void(probe::Time at)> supply;                   ///< they come up again: the wake latency begins
    std::function<void(probe::Time at)> awake;                    ///< the processor may run
  };
  /// Sources of PLIC interrupts that can end a deep sleep, by bit of WAKE_ENABLE from SENSOR on.
  static constexpr std::size_t wake_lines = 4;

  /// @param wake_time  from a wake-up to the first instruction [ps]
  PowerController(const sc_core::sc_module_name& name, std::uint32_t base, probe::Time wake_time,
                  std::vector<job_unit::JobUnit*> tiles, SleepControl control);

  std::function<void(bool level)> interrupt;

  /// The processor executes a WFI that has to wait.
  /// asleep: SleepControl::awake will tell when it is over; refused: deep sleep was asked for and cannot be
  enum class SleepAnswer : std::uint8_t { not_armed, refused, asleep };
  SleepAnswer enter_sleep(probe::Time at);
  /// A line that may wake the chip has changed. @param line  0 sensor, 1 GPIO, 2 UART, 3 watchdog
  void line_changed(std::size_t line, bool level, probe::Time at);
  /// Some tile's supply has changed.
  void tile_changed(std::size_t tile);
  [[nodiscard]] bool asleep() const { return asleep_; }

 private:
  std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) override;
  void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) override;
  [[nodiscard]] std::uint32_t read_tile(std::uint32_t offset, probe::Time at, bool debug);
  void set_target(job_unit::JobUnit& tile, std::uint32_t value, probe::Time at);
  void raise(std::uint32_t bits);
  void update_interrupt();
  void arm_timer(probe::Time at);
  void timer_due();
  void wake(std::uint32_t causes, probe::Time at);
  void wake_done();

  probe::Time wake_time_;
  std::vector<job_unit::JobUnit*> tiles_;
  SleepControl control_;
  sc_core::sc_event timer_event_, awake_event_;
  std::uint32_t irq_status_ = 0, irq_enable_ = 0;
  bool line_ = false;
  bool armed_ = false, retain_sram_ = false, asleep_ = false, waking_ = false;
  std::uint32_t refused_ = 0;
  std::uint32_t wake_enable_ = 0, wake_cause_ = 0;
  std::uint32_t lines_ = 0;  ///< levels, as bits of WAKE_ENABLE
  std::uint32_t wake_low_ = ~std::uint32_t{0};
  std::uint64_t wake_ticks_ = ~std::uint64_t{0};
  std::uint32_t sleeps_ = 0;
  probe::Time asleep_since_ = 0, slept_ = 0;
  std::uint32_t selected_ = 0;
  std::uint32_t high_word_ = 0;
};

}  // namespace tessera::peripherals
