// SPDX-License-Identifier: Apache-2.0
// Integral non-linearity of the converters: one smooth curve an instance.
#pragma once

#include <cstdint>
#include <vector>

#include "models/analog/block.h"

namespace tessera::analog {

/// INL of a curve at u = code / 2^(bits-1), -1 <= u <= 1 [LSB]; zero at both ends (end-point fit).
[[nodiscard]] inline double inl_lsb(const InlCurve& c, double u) {
  return (1.0 - u * u) * (c[0] + u * (c[1] + u * (c[2] + u * c[3])));
}

/// Curves of all converters of a tile: four standard normal coefficients from Philox (purpose adc_instance, block =
/// converter), scaled so that the largest |INL| is `inl_lsb`.
[[nodiscard]] std::vector<InlCurve> inl_curves(const AdcParameters& adc, std::uint64_t seed, std::uint32_t tile);

}  // namespace tessera::analog
