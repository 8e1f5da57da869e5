// SPDX-License-Identifier: Apache-2.0
// How long a block was in which power state, how often it came there, and what that took. Energies are exact: for each
// supply they are rounded as the ledger rounds constant power, so that their sum is the ledger's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "models/probe/probe.h"

namespace tessera::power {

class Residency {
 public:
  static constexpr std::size_t supplies = 3;

  struct State {
    probe::Time time = 0;          ///< [ps]
    probe::WideEnergy energy = 0;  ///< [aJ]
    std::uint64_t entries = 0;
  };

  /// Counts a transition. Entering the present state again is none.
  void enter(probe::PowerState state);
  [[nodiscard]] probe::PowerState state() const { return state_; }
  /// The first state after reset.
  void begin_in(probe::PowerState state) { state_ = state; }

  /// `time` more in the present state.
  void add_time(probe::Time time) { of(state_).time += time; }
  /// Constant power over `time` in the present state, from one of the block's supplies (components of the ledger).
  void add_energy(probe::Time time, double watts, std::size_t supply = 0);

  [[nodiscard]] const State& operator[](probe::PowerState state) const {
    return states_[static_cast<std::size_t>(state)];
  }
  /// Says every state that was ever entered or held.
  void report(probe::Probe& probe, std::string_view block) const;

 private:
  [[nodiscard]] State& of(probe::PowerState state) { return states_[static_cast<std::size_t>(state)]; }

  probe::PowerState state_ = probe::PowerState::idle;
  std::array<State, probe::power_state_count> states_{};
  std::array<std::uint64_t, supplies> carry_{};  ///< in 1e-12 attojoules, as the ledger carries
};

}  // namespace tessera::power
