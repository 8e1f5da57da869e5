// SPDX-License-Identifier: Apache-2.0
#include "models/power/power_domain.h"

namespace tessera::power {

using probe::PowerState;

std::string_view name_of(PowerState state) {
  constexpr std::array<std::string_view, probe::power_state_count> names = {"off",  "sleep",  "standby", "waking",
                                                                            "idle", "active", "program"};
  return names[static_cast<std::size_t>(state)];
}

PowerDomain::PowerDomain(const std::string& block, const StatePowers& powers, probe::LaneId lane, probe::Probe& probe)
    : block_(block),
      powers_(powers),
      lane_(lane),
      probe_(probe),
      component_(probe.add_component(block + ".static", probe::Category::statics)),
      program_component_(powers.program_W > 0.0 ? probe.add_component(block + ".program", probe::Category::programming)
                                                : component_) {}

double PowerDomain::watts() const {
  switch (state()) {
    case PowerState::off:
      return powers_.off_W;
    case PowerState::sleep:
      return powers_.sleep_W;
    case PowerState::standby:
      return powers_.standby_W;
    case PowerState::waking:
      return powers_.waking_W;
    case PowerState::idle:
      return powers_.idle_W;
    case PowerState::active:
      return powers_.active_W;
    case PowerState::program:
      return powers_.program_W;
  }
  return 0.0;
}

void PowerDomain::book(probe::Time until, probe::ScopeId scope) {
  if (until <= booked_) {
    return;
  }
  const probe::Cause cause = state() == PowerState::waking    ? probe::Cause::wake
                             : state() == PowerState::program ? program_cause_
                                                              : probe::Cause::standby;
  probe_.power(state() == PowerState::program ? program_component_ : component_, cause, scope, booked_, until, watts());
  residency_.add_time(until - booked_);
  residency_.add_energy(until - booked_, watts());
  booked_ = until;
}

void PowerDomain::enter(PowerState state_now, probe::Time at, probe::ScopeId scope) {
  if (state_now == state()) {
    return;
  }
  book(at, scope);
  show(at);
  residency_.enter(state_now);
  since_ = at;
}

void PowerDomain::show(probe::Time until) {
  if (state() != PowerState::idle && state() != PowerState::active && until > since_) {
    probe_.span(lane_, name_of(state()), probe::idle_scope, since_, until);
  }
}

void PowerDomain::finish(probe::Time until) {
  book(until);
  show(until);
  since_ = until;
  residency_.report(probe_, block_);
}

}  // namespace tessera::power
