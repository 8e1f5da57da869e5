// SPDX-License-Identifier: Apache-2.0
// Currents near and above threshold bend away from the exponential of the gate voltage (docs/analog.md, "Near and above
// threshold"). By the EKV model (Enz, Krummenacher, Vittoz, AICSP 8, 1995), in saturation,
//
//   I = I_S ln^2(1 + sqrt(u)) ,   u the exponential of the gate voltage less the threshold, I_S the specific current.
//
// A cell is verified at full input, where it conducts w. With x the share of u at an input,
//
//   I(x, w) = w x + w^(3/2) G(x, w)      (w and I in units of I_S),
//
// and G depends on w smoothly: interpolated over sqrt(w) between a few currents w_k, every term is a function of the
// input, G(x, w_k), times one of the cell.
#pragma once

#include "models/analog/cell_curves.h"

namespace tessera::analog {

/// Largest w / I_S of a level (inversion coefficient) that is modelled.
inline constexpr double kLargestInversion = 10.0;

/// I / I_S at the share x >= 0 of full input, of a cell that conducts w / I_S there.
[[nodiscard]] double ekv_current(double w, double x);
/// d I / d ln u, I_S: what a small shift of the threshold, in units of n UT, changes. Without bend it is the current.
[[nodiscard]] double ekv_slope(double w, double x);

/// As many terms as keep the interpolation within 0.1 % of the full current of the highest level. The noise at less
/// than full input is that of a cell at half of the highest level.
/// @param largest  current of the largest weight, errors included [i_lsb]
[[nodiscard]] CurveLaw ekv_law(const ArrayParameters& p, double largest);

}  // namespace tessera::analog
