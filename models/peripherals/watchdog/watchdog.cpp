// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/watchdog/watchdog.h"

#include <algorithm>

#include "tessera_registers.hpp"

namespace tessera::peripherals {

namespace reg = registers::watchdog;
using probe::Time;

namespace {
constexpr Time tick = 100'000;  ///< [ps]
}

Watchdog::Watchdog(const sc_core::sc_module_name& name, std::uint32_t base) : RegisterTarget(name, base) {
  SC_HAS_PROCESS(Watchdog);
  SC_METHOD(due);
  sensitive << event_;
  dont_initialize();
}

Time Watchdog::end() const {
  return started_ + timeout_ * tick;
}

Time Watchdog::warning_at() const {
  return end() - std::min(warning_, timeout_) * tick;
}

void Watchdog::restart(Time at) {
  started_ = at;
  warned_ = false;
  schedule(at);
}

void Watchdog::schedule(Time at) {
  event_.cancel();
  if (enabled_) {
    const Time due_at = warning_ != 0 && !warned_ ? warning_at() : end();
    event_.notify(sc_core::sc_time::from_value(std::max(due_at, at) - sc_core::sc_time_stamp().value()));
  }
}

void Watchdog::due() {
  const Time now = sc_core::sc_time_stamp().value();
  if (warning_ != 0 && !warned_ && now >= warning_at()) {
    warned_ = true;
    pending_ = true;
    update_interrupt();
  }
  if (now < end()) {
    schedule(now);
    return;
  }
  enabled_ = false;
  resets_ += reset_ ? 1 : 0;
  if (expired) {
    expired(reset_, timeout_);
  }
}

void Watchdog::reset_registers() {
  event_.cancel();
  enabled_ = reset_ = locked_ = warned_ = pending_ = false;
  timeout_ = ~std::uint32_t{0};
  warning_ = 0;
  update_interrupt();
}

void Watchdog::update_interrupt() {
  if (pending_ != line_) {
    line_ = pending_;
    if (interrupt) {
      interrupt(pending_);
    }
  }
}

std::uint32_t Watchdog::read_register(std::uint32_t offset, Time at, bool /*debug*/) {
  switch (offset) {
    case reg::id:
      return reg::id_reset;
    case reg::ctrl:
      return (enabled_ ? reg::ctrl_enable : 0) | (reset_ ? reg::ctrl_reset : 0) | (locked_ ? reg::ctrl_lock : 0);
    case reg::timeout:
      return timeout_;
    case reg::warning:
      return warning_;
    case reg::remaining:
      return enabled_ ? static_cast<std::uint32_t>((end() - std::min(at, end())) / tick) : 0;
    case reg::irq_status:
      return pending_ ? reg::irq_status_warning : 0;
    case reg::resets:
      return resets_;
    default:
      return 0;
  }
}

void Watchdog::write_register(std::uint32_t offset, std::uint32_t value, Time at) {
  switch (offset) {
    case reg::ctrl:
      if (!locked_) {
        const bool rises = (value & reg::ctrl_enable) != 0 && !enabled_;
        enabled_ = (value & reg::ctrl_enable) != 0;
        reset_ = (value & reg::ctrl_reset) != 0;
        locked_ = (value & reg::ctrl_lock) != 0;
        if (rises) {
          restart(at);
        } else {
          schedule(at);
        }
      }
      break;
    case reg::timeout:
      if (!locked_) {
        timeout_ = std::max(value, 1u);
        schedule(at);
      }
      break;
    case reg::warning:
      if (!locked_) {
        warning_ = value;
        schedule(at);
      }
      break;
    case reg::kick:
      if (value == reg::kick_key && enabled_) {
        restart(at);
      }
      break;
    case reg::irq_status:
      pending_ = pending_ && (value & reg::irq_status_warning) == 0;
      break;
    default:
      break;
  }
  update_interrupt();
}

}  // namespace tessera::peripherals
