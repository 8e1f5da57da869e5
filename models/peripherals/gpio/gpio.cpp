// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/gpio/gpio.h"

#include <utility>

#include "tessera_registers.hpp"

namespace tessera::peripherals {

namespace reg = registers::gpio;

Gpio::Gpio(const sc_core::sc_module_name& name, std::uint32_t base, std::vector<PinChange> script, probe::Probe& probe)
    : RegisterTarget(name, base),
      probe_(probe),
      counter_(probe.add_counter("gpio.out", "levels", "output pins, one bit each; a row at each change")),
      script_(std::move(script)) {
  SC_HAS_PROCESS(Gpio);
  SC_METHOD(due);
  sensitive << event_;
  dont_initialize();
  schedule();
}

void Gpio::schedule() {
  if (next_ < script_.size()) {
    const probe::Time now = sc_core::sc_time_stamp().value();
    event_.notify(sc_core::sc_time::from_value(script_[next_].at - now));
  }
}

void Gpio::due() {
  const probe::Time now = sc_core::sc_time_stamp().value();
  const std::uint32_t before = input_;
  for (; next_ < script_.size() && script_[next_].at <= now; ++next_) {
    const std::uint32_t bit = 1u << script_[next_].pin;
    input_ = script_[next_].level ? input_ | bit : input_ & ~bit;
  }
  const std::uint32_t risen = input_ & ~before & ~direction_;
  const std::uint32_t fallen = before & ~input_ & ~direction_;
  irq_status_ |= (risen & rise_) | (fallen & fall_);
  update_interrupt();
  schedule();
}

void Gpio::update_interrupt() {
  const bool level = irq_status_ != 0;
  if (level != line_) {
    line_ = level;
    if (interrupt) {
      interrupt(level);
    }
  }
}

void Gpio::drive(std::uint32_t out, std::uint32_t direction, probe::Time at) {
  const std::uint32_t before = out_ & direction_;
  out_ = out;
  direction_ = direction;
  if ((out_ & direction_) != before) {
    probe_.counter(counter_, out_ & direction_, at);
    if (output) {
      output(out_ & direction_, at);
    }
  }
}

std::uint32_t Gpio::read_register(std::uint32_t offset, probe::Time /*at*/, bool /*debug*/) {
  switch (offset) {
    case reg::id:
      return reg::id_reset;
    case reg::in:
      return pins();
    case reg::out:
      return out_;
    case reg::direction:
      return direction_;
    case reg::rise_enable:
      return rise_;
    case reg::fall_enable:
      return fall_;
    case reg::irq_status:
      return irq_status_;
    default:
      return 0;
  }
}

void Gpio::write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) {
  switch (offset) {
    case reg::out:
      drive(value, direction_, at);
      break;
    case reg::out_set:
      drive(out_ | value, direction_, at);
      break;
    case reg::out_clear:
      drive(out_ & ~value, direction_, at);
      break;
    case reg::direction:
      drive(out_, value, at);
      break;
    case reg::rise_enable:
      rise_ = value;
      break;
    case reg::fall_enable:
      fall_ = value;
      break;
    case reg::irq_status:
      irq_status_ &= ~value;
      break;
    default:
      break;
  }
  update_interrupt();
}

}  // namespace tessera::peripherals
