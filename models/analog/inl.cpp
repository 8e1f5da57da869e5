// SPDX-License-Identifier: Apache-2.0
#include "models/analog/inl.h"

#include <algorithm>
#include <cmath>

#include "models/analog/gaussian.h"
#include "models/analog/philox.h"

namespace tessera::analog {

std::vector<InlCurve> inl_curves(const AdcParameters& adc, std::uint64_t seed, std::uint32_t tile) {
  constexpr int kHalfGrid = 256;  // the curve has at most four extrema: 1/256 finds its peak within 1e-4
  std::vector<InlCurve> curves(adc.per_tile);
  for (std::uint32_t k = 0; k < adc.per_tile; ++k) {
    const PhiloxCounter words = philox4x32(philox_counter(seed, 0, k), philox_key(seed, tile, Purpose::adc_instance));
    InlCurve& curve = curves[k];
    for (std::size_t i = 0; i < 4; ++i) {
      curve[i] = static_cast<double>(gaussian(words[i]));
    }
    double peak = 0.0;
    for (int i = -kHalfGrid; i <= kHalfGrid; ++i) {
      peak = std::max(peak, std::abs(inl_lsb(curve, static_cast<double>(i) / kHalfGrid)));
    }
    for (double& c : curve) {
      c = peak > 0.0 ? c * adc.inl_lsb / peak : 0.0;
    }
  }
  return curves;
}

}  // namespace tessera::analog
