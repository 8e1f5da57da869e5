// SPDX-License-Identifier: Apache-2.0
#include "models/power/residency.h"

#include <cmath>

namespace tessera::power {

void Residency::enter(probe::PowerState state) {
  if (state != state_) {
    state_ = state;
    ++of(state).entries;
  }
}

void Residency::add_energy(probe::Time time, double watts, std::size_t supply) {
  constexpr probe::WideEnergy picoseconds = 1'000'000'000'000;  // attowatts * picoseconds in one attojoule
  // Rounded once to attowatts, like every constant power in the ledger.
  const auto attowatts = static_cast<probe::WideEnergy>(std::round(watts * 1.0e18));
  const probe::WideEnergy sum = attowatts * static_cast<probe::WideEnergy>(time) + carry_[supply];
  of(state_).energy += sum / picoseconds;
  carry_[supply] = static_cast<std::uint64_t>(sum % picoseconds);
}

void Residency::report(probe::Probe& probe, std::string_view block) const {
  for (std::size_t i = 0; i < states_.size(); ++i) {
    const State& s = states_[i];
    if (s.time != 0 || s.entries != 0) {
      probe.residency({block, static_cast<probe::PowerState>(i), s.time, s.energy, s.entries});
    }
  }
}

}  // namespace tessera::power
