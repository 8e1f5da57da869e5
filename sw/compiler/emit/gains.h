// SPDX-License-Identifier: Apache-2.0
// The converters' gain of every tile job, chosen on calibration inputs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/emit/emitter.h"

namespace tessera::compiler {

/// What the converters do to the sums of one placement.
struct GainChoice {
  std::uint32_t gain_index = 0;
  double relative_error = 0.0;  ///< RMS of the ideal converters' error over RMS of the sums
  double clipped_share = 0.0;   ///< of the conversions
};

/// Runs the ideal network (quantised and converted, without noise) layer by layer on all inputs and gives each
/// rectangle the gain of least expected squared error: clipping and rounding as they come out, and the variance of
/// the converters' noise and INL, which shrinks with the step. Replicas take the gain of their original.
/// Writes the gains into the jobs. @return one choice per placement
[[nodiscard]] std::vector<GainChoice> choose_gains(Emission& emission, const QuantisedNetwork& network,
                                                   const Mapping& mapping, const platform::PlatformParameters& platform,
                                                   std::span<const std::vector<std::int8_t>> inputs);

}  // namespace tessera::compiler
