// SPDX-License-Identifier: Apache-2.0
// Currents near threshold bend away from the exponential of the gate voltage (docs/analog.md, "Near threshold"). By the
// EKV model (Enz, Krummenacher, Vittoz, AICSP 8, 1995), in saturation,
//
//   I = I_S ln^2(1 + sqrt(u)) ,   u = I_ideal / I_S ,   I_S the specific current, first order I = I_ideal (1 -
//   sqrt(u)).
//
// A cell is verified at full input, where it conducts w: less input is then compressed less than that, and
//
//   I(x) = w x + I_S^(-1/2) w^(3/2) (x - x^(3/2)) ,   x the exponential of the gate voltage, 1 at full input.
//
// Both terms are products of a function of the row and one of the cell, so a column is two sums of products.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/fixed_point.h"

namespace tessera::analog {

/// Largest w / I_S of a level: first order is then off by 0.2 % of the current at full input.
inline constexpr double kLargestInversion = 0.1;
inline constexpr double kBendScale = 16384.0;  ///< of x - x^(3/2), which is at most 4/27

/// w^(3/2), w in units of i_lsb.
[[nodiscard]] inline double bend_of_current(double w) {
  return w * std::sqrt(w);
}
/// Steps of w^(3/2): the largest weight of the fixed point has kFullScale of them.
[[nodiscard]] inline double bend_unit(const FixedPoint& fixed) {
  return kFullScale / bend_of_current(static_cast<double>(kFullScale) / fixed.level_unit);
}
/// sqrt(i_lsb / I_S).
[[nodiscard]] inline double bend_coefficient(const ArrayParameters& p) {
  return std::sqrt(p.cell.i_lsb_A / p.cell.specific_current_A);
}
/// kBendScale (x - x^(3/2)) of every row drive 0..kFullScale. Below -kFullScale, 40 % beyond full input, it is clamped.
[[nodiscard]] inline std::vector<std::int16_t> bend_of_drives(const ArrayParameters& p, const FixedPoint& fixed) {
  std::vector<std::int16_t> bends(kFullScale + 1);
  const double full = static_cast<double>(p.max_code()) * fixed.code_unit;
  for (std::int32_t drive = 0; drive <= kFullScale; ++drive) {
    const double x = drive / full;
    bends[static_cast<std::size_t>(drive)] = static_cast<std::int16_t>(
        std::max(std::nearbyint(kBendScale * (x - bend_of_current(x))), -static_cast<double>(kFullScale)));
  }
  return bends;
}

}  // namespace tessera::analog
