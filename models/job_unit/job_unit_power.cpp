// SPDX-License-Identifier: Apache-2.0
// Supply and power states of a job unit.
#include <algorithm>
#include <cstring>
#include <utility>

#include "models/job_unit/job_unit.h"

namespace tessera::job_unit {

void JobUnit::book(Time until) {
  power_.book(until, busy_ ? scope() : power_.state() == probe::PowerState::program ? program_scope_ : wake_scope_);
}

void JobUnit::settle_power() {
  using probe::PowerState;
  for (;;) {
    const bool job = !queue_.empty();
    const PowerState in = power_.state();
    if (in != PowerState::sleep && in != PowerState::program) {
      const PowerTarget want = job ? PowerTarget::on : target_;
      if (want == PowerTarget::on && in == PowerState::standby) {
        wake(parameters_.standby_wake, PowerState::idle);
        continue;
      }
      if (want == PowerTarget::on && in == PowerState::off) {
        wake(parameters_.off_wake, PowerState::idle);
        continue;
      }
      if (want == PowerTarget::standby && in == PowerState::off) {
        // The supply comes up; references stay down.
        wake(parameters_.off_wake - std::min(parameters_.off_wake, parameters_.standby_wake), PowerState::standby);
        continue;
      }
      if (want == PowerTarget::standby && in == PowerState::idle) {
        enter(PowerState::standby);
      } else if (want == PowerTarget::off && in != PowerState::off) {
        enter(PowerState::off);
        powered_off();
      }
      if (job) {
        return;
      }
    }
    wait(work_);
  }
}

void JobUnit::enter(probe::PowerState state, probe::ScopeId until_now) {
  power_.enter(state, now(), until_now);
  if (power_changed) {
    power_changed();
  }
}

void JobUnit::wake(Time duration, probe::PowerState then) {
  enter(probe::PowerState::waking);
  wake_scope_ = queue_.empty() ? probe::idle_scope : scope_of(queue_.front());
  wait_until(now() + duration);
  const probe::ScopeId woken_for = std::exchange(wake_scope_, probe::idle_scope);
  enter(then, woken_for);
}

probe::ScopeId JobUnit::scope_of(const Job& job) {
  std::array<std::uint8_t, 6> raw{};  // every descriptor begins with tag and layer
  if (!functional().read(job.address, raw)) {
    return probe_.scope({.call_site = job.call_site});
  }
  std::uint32_t tag = 0;
  std::uint16_t layer = 0;
  std::memcpy(&tag, raw.data(), sizeof tag);
  std::memcpy(&layer, raw.data() + sizeof tag, sizeof layer);
  return probe_.scope({static_cast<std::int16_t>(layer), tag, job.call_site});
}

bool JobUnit::power_settled() const {
  using probe::PowerState;
  switch (power_.state()) {
    case PowerState::idle:
    case PowerState::active:
      return target_ == PowerTarget::on;
    case PowerState::standby:
      return target_ == PowerTarget::standby;
    case PowerState::off:
      return target_ == PowerTarget::off;
    case PowerState::sleep:
      return true;
    case PowerState::waking:
    case PowerState::program:
      return false;
  }
  return false;
}

void JobUnit::set_power(PowerTarget target, Time at) {
  target_ = target;
  work_.notify(sc_core::sc_time::from_value(at - now()));
}

void JobUnit::sleep(Time at) {
  power_.enter(probe::PowerState::sleep, at);
  powered_off();
}

void JobUnit::wake_up(Time at) {
  power_.enter(probe::PowerState::off, at);
  work_.notify(sc_core::SC_ZERO_TIME);
}

void JobUnit::begin_program(Time at, probe::ScopeId scope, probe::Cause cause) {
  program_scope_ = scope;
  power_.enter(probe::PowerState::program, at);
  power_.set_program_cause(cause);
}

void JobUnit::end_program(Time at) {
  power_.enter(probe::PowerState::idle, at, program_scope_);
  work_.notify(sc_core::SC_ZERO_TIME);
}

}  // namespace tessera::job_unit
