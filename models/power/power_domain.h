// SPDX-License-Identifier: Apache-2.0
// One switchable supply: the state that a block is in, the static power of that state, and who pays for it.
//
// Whoever changes the state says when: enter() books the time so far at the old state's power. The block itself moves
// between off, standby, waking, idle and active; a programming engine moves it to `program` and back to `idle`.
#pragma once

#include <array>
#include <string>

#include "models/power/residency.h"
#include "models/probe/probe.h"

namespace tessera::power {

/// Static power by state [W].
struct StatePowers {
  double off_W = 0.0;
  double sleep_W = 0.0;  ///< beyond the chip's deep sleep power
  double standby_W = 0.0;
  double waking_W = 0.0;
  double idle_W = 0.0;
  double active_W = 0.0;
  double program_W = 0.0;
};

class PowerDomain {
 public:
  /// @param block  name of the block; its static energy is the component "<block>.static"
  /// @param lane   where the trace shows states other than idle and active
  PowerDomain(const std::string& block, const StatePowers& powers, probe::LaneId lane, probe::Probe& probe);

  /// Books up to `at` in the old state, on behalf of `scope`, and is in `state` from there on.
  void enter(probe::PowerState state, probe::Time at, probe::ScopeId scope = probe::idle_scope);
  /// Books up to `until` in the present state.
  void book(probe::Time until, probe::ScopeId scope = probe::idle_scope);
  /// What the high voltage is up for, from now on: program or erase.
  void set_program_cause(probe::Cause cause) { program_cause_ = cause; }
  /// Ends the run: what is open goes to the trace, and the residency is told.
  void finish(probe::Time until);

  [[nodiscard]] probe::PowerState state() const { return residency_.state(); }
  [[nodiscard]] const Residency& residency() const { return residency_; }

 private:
  [[nodiscard]] double watts() const;
  void show(probe::Time until);

  std::string block_;
  StatePowers powers_;
  probe::LaneId lane_;
  probe::Probe& probe_;
  probe::ComponentId component_;
  probe::ComponentId program_component_;  ///< pays for high voltage; "<block>.program"
  probe::Cause program_cause_ = probe::Cause::program;
  Residency residency_;
  probe::Time booked_ = 0;
  probe::Time since_ = 0;  ///< when the present state was entered
};

/// "off", "sleep", "standby", "waking", "idle", "active", "program".
[[nodiscard]] std::string_view name_of(probe::PowerState state);

}  // namespace tessera::power
