// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/power/power_controller.h"

#include <algorithm>
#include <utility>

#include "tessera_registers.hpp"

namespace tessera::peripherals {

namespace reg = registers::power;
using job_unit::JobUnit;
using job_unit::PowerTarget;
using probe::PowerState;
using probe::Time;

namespace {

constexpr Time tick = 100'000;  ///< of the CLINT's time base [ps]
constexpr std::uint64_t never = ~std::uint64_t{0};
constexpr std::uint32_t first_line = 1;  ///< bit of WAKE_ENABLE that line 0 has

}  // namespace

PowerController::PowerController(const sc_core::sc_module_name& name, std::uint32_t base, Time wake_time,
                                 std::vector<JobUnit*> tiles, SleepControl control)
    : RegisterTarget(name, base), wake_time_(wake_time), tiles_(std::move(tiles)), control_(std::move(control)) {
  SC_HAS_PROCESS(PowerController);
  SC_METHOD(timer_due);
  sensitive << timer_event_;
  dont_initialize();
  SC_METHOD(wake_done);
  sensitive << awake_event_;
  dont_initialize();
}

// --- interrupts and wake timer ---------------------------------------------------------------------------------------

void PowerController::update_interrupt() {
  const bool level = (irq_status_ & irq_enable_) != 0;
  if (level != line_) {
    line_ = level;
    if (interrupt) {
      interrupt(level);
    }
  }
}

void PowerController::raise(std::uint32_t bits) {
  irq_status_ |= bits;
  update_interrupt();
}

void PowerController::arm_timer(Time at) {
  timer_event_.cancel();
  constexpr std::uint64_t most_ticks = (never - 1) / tick;
  if (wake_ticks_ > most_ticks) {
    return;
  }
  const Time due = std::max(wake_ticks_ * tick, at);
  const Time now = sc_core::sc_time_stamp().value();
  // The kernel's clock has 64 bits of picoseconds, too: what lies beyond never comes.
  if (due - now < sc_core::sc_max_time().value() - now) {
    timer_event_.notify(sc_core::sc_time::from_value(due - now));
  }
}

void PowerController::timer_due() {
  const Time now = sc_core::sc_time_stamp().value();
  raise(reg::irq_status_timer);
  if (asleep_ && (wake_enable_ & reg::wake_enable_timer) != 0) {
    wake(reg::wake_enable_timer, now);
  }
}

// --- deep sleep ------------------------------------------------------------------------------------------------------

PowerController::SleepAnswer PowerController::enter_sleep(Time at) {
  if (!armed_) {
    return SleepAnswer::not_armed;
  }
  const bool timer_pending = (irq_status_ & reg::irq_status_timer) != 0;
  const std::uint32_t active = lines_ | (timer_pending ? reg::wake_enable_timer : 0);
  armed_ = false;
  if (wake_enable_ == 0) {
    refused_ = reg::sleep_status_refused_no_source;
  } else if ((active & wake_enable_) != 0) {
    refused_ = reg::sleep_status_refused_pending;
  } else if (!control_.quiescent()) {
    refused_ = reg::sleep_status_refused_busy;
  } else {
    refused_ = reg::sleep_status_refused_none;
    asleep_ = true;
    ++sleeps_;
    asleep_since_ = at;
    wake_cause_ = 0;
    control_.sleep(at, retain_sram_);
    return SleepAnswer::asleep;
  }
  return SleepAnswer::refused;
}

void PowerController::line_changed(std::size_t line, bool level, Time at) {
  const std::uint32_t bit = 1u << (first_line + line);
  lines_ = level ? lines_ | bit : lines_ & ~bit;
  if (level && asleep_ && (wake_enable_ & bit) != 0) {
    wake(bit, at);
  }
}

void PowerController::wake(std::uint32_t causes, Time at) {
  wake_cause_ |= causes;
  if (waking_) {
    return;
  }
  waking_ = true;
  slept_ += at - asleep_since_;
  control_.supply(at);
  awake_event_.notify(sc_core::sc_time::from_value(at + wake_time_ - sc_core::sc_time_stamp().value()));
}

void PowerController::wake_done() {
  asleep_ = false;
  waking_ = false;
  raise(reg::irq_status_wake);
  control_.awake(sc_core::sc_time_stamp().value());
}

// --- tiles -----------------------------------------------------------------------------------------------------------

void PowerController::tile_changed(std::size_t tile) {
  if (tiles_[tile]->power_settled() && tiles_[tile]->power_state() != PowerState::active) {
    raise(reg::irq_status_tile);
  }
}

void PowerController::set_target(JobUnit& tile, std::uint32_t value, Time at) {
  if (value <= static_cast<std::uint32_t>(PowerTarget::on)) {
    tile.set_power(static_cast<PowerTarget>(value), at);
  }
}

std::uint32_t PowerController::read_tile(std::uint32_t offset, Time at, bool debug) {
  if (selected_ >= tiles_.size()) {
    return 0;
  }
  JobUnit& tile = *tiles_[selected_];
  if (offset == reg::tile_target) {
    return static_cast<std::uint32_t>(tile.power_target());
  }
  if (offset == reg::tile_state) {
    return static_cast<std::uint32_t>(tile.power_state()) | (tile.power_settled() ? reg::tile_state_settled : 0);
  }
  if (offset >= reg::entries) {
    const auto state = static_cast<PowerState>((offset - reg::entries) / reg::entries_stride);
    return static_cast<std::uint32_t>(tile.residency()[state].entries);
  }
  if ((offset & 4) != 0) {
    return high_word_;
  }
  tile.book(std::max<Time>(at, sc_core::sc_time_stamp().value()));  // residency up to now
  const auto state = static_cast<PowerState>((offset - reg::residency_lo) / reg::residency_lo_stride);
  const std::uint64_t ticks = tile.residency()[state].time / tick;
  if (!debug) {
    high_word_ = static_cast<std::uint32_t>(ticks >> 32);
  }
  return static_cast<std::uint32_t>(ticks);
}

// --- registers -------------------------------------------------------------------------------------------------------

std::uint32_t PowerController::read_register(std::uint32_t offset, Time at, bool debug) {
  switch (offset) {
    case reg::id:
      return reg::id_reset;
    case reg::tiles:
      return static_cast<std::uint32_t>(tiles_.size());
    case reg::irq_status:
      return irq_status_;
    case reg::irq_enable:
      return irq_enable_;
    case reg::sleep:
      return (armed_ ? reg::sleep_arm : 0) | (retain_sram_ ? reg::sleep_retain_sram : 0);
    case reg::sleep_status:
      return refused_;
    case reg::wake_enable:
      return wake_enable_;
    case reg::wake_cause:
      return wake_cause_;
    case reg::wake_time_lo:
      return wake_low_;
    case reg::wake_time_hi:
      return static_cast<std::uint32_t>(wake_ticks_ >> 32);
    case reg::sleep_count:
      return sleeps_;
    case reg::sleep_ticks_lo:
      if (!debug) {
        high_word_ = static_cast<std::uint32_t>(slept_ / tick >> 32);
      }
      return static_cast<std::uint32_t>(slept_ / tick);
    case reg::sleep_ticks_hi:
      return high_word_;
    case reg::select:
      return selected_;
    default:
      break;
  }
  const bool residency = offset >= reg::residency_lo && offset < reg::residency_lo + 8 * reg::residency_lo_count;
  const bool entries = offset >= reg::entries && offset < reg::entries + reg::entries_stride * reg::entries_count;
  return offset == reg::tile_target || offset == reg::tile_state || residency || entries ? read_tile(offset, at, debug)
                                                                                         : 0;
}

void PowerController::write_register(std::uint32_t offset, std::uint32_t value, Time at) {
  switch (offset) {
    case reg::irq_status:
      irq_status_ &= ~value;
      break;
    case reg::irq_enable:
      irq_enable_ = value & (reg::irq_enable_timer | reg::irq_enable_wake | reg::irq_enable_tile);
      break;
    case reg::sleep:
      armed_ = (value & reg::sleep_arm) != 0;
      retain_sram_ = (value & reg::sleep_retain_sram) != 0;
      break;
    case reg::wake_enable:
      wake_enable_ = value & (reg::wake_enable_timer | reg::wake_enable_sensor | reg::wake_enable_gpio |
                              reg::wake_enable_uart | reg::wake_enable_watchdog);
      break;
    case reg::wake_time_lo:
      wake_low_ = value;
      break;
    case reg::wake_time_hi:
      wake_ticks_ = std::uint64_t{value} << 32 | wake_low_;
      arm_timer(at);
      break;
    case reg::select:
      selected_ = value;
      break;
    case reg::tile_target:
      if (selected_ < tiles_.size()) {
        set_target(*tiles_[selected_], value, at);
      }
      break;
    case reg::all_target:
      for (JobUnit* tile : tiles_) {
        set_target(*tile, value, at);
      }
      break;
    default:
      break;
  }
  update_interrupt();
}

}  // namespace tessera::peripherals
