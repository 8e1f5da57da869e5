// SPDX-License-Identifier: Apache-2.0
// Analog lanes: what the current of a column pair suffers on its way to the converters of another tile.
#pragma once

#include <cstdint>
#include <vector>

#include "models/analog/array_parameters.h"

namespace tessera::analog {

/// What a job puts on the lanes, product by product, pair by pair: see Array::sums().
struct LineSums {
  std::vector<double> sums, variances;
};

/// Static gains of the lane drivers of pairs pair0.. of a tile; empty: all are 1. An exact converter has ideal lanes.
[[nodiscard]] std::vector<double> lane_gains(const ArrayParameters& p, std::uint64_t seed, std::uint32_t tile,
                                             std::uint32_t pair0, std::uint32_t pairs);

/// Noise of `drivers` lane drivers together, 1 sigma, in ideal column sums (code * level).
[[nodiscard]] double lane_noise(const ArrayParameters& p, std::uint32_t drivers);

}  // namespace tessera::analog
