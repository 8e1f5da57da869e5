// SPDX-License-Identifier: Apache-2.0
#include "models/analog/lanes.h"

#include <cmath>

#include "models/analog/gaussian.h"
#include "models/analog/philox.h"

namespace tessera::analog {

std::vector<double> lane_gains(const ArrayParameters& p, std::uint64_t seed, std::uint32_t tile, std::uint32_t pair0,
                               std::uint32_t pairs) {
  if (!p.effects.lane_gain || p.adc.bits == 0 || !(p.lane.gain_rel > 0.0)) {
    return {};
  }
  std::vector<double> gains(pairs);
  PhiloxCounter words{};
  for (std::uint32_t i = 0; i < pairs; ++i) {
    const std::uint32_t pair = pair0 + i;
    if (i == 0 || pair % 4 == 0) {
      words = philox4x32(philox_counter(seed, 0, pair / 4), philox_key(seed, tile, Purpose::lane_gain));
    }
    gains[i] = 1.0 + p.lane.gain_rel * static_cast<double>(gaussian(words[pair % 4]));
  }
  return gains;
}

double lane_noise(const ArrayParameters& p, std::uint32_t drivers) {
  if (!p.effects.lane_noise || p.adc.bits == 0) {
    return 0.0;
  }
  return std::sqrt(static_cast<double>(drivers)) * p.lane.sigma_A / p.cell.i_lsb_A * p.max_code();
}

}  // namespace tessera::analog
