// SPDX-License-Identifier: Apache-2.0
// Cells as somebody has measured them: current by level and input code (docs/analog.md, "Measured curves").
//
// What the currents differ from w x, a matrix of levels and codes, is approximated by up to four products of a function
// of the level and one of the code, the next each time to be the one that leaves least squares.
#pragma once

#include <cstddef>

#include "models/analog/cell_curves.h"

namespace tessera::analog {

inline constexpr std::size_t kMostCurveTerms = 4;
inline constexpr double kCurveTolerance = 1.0e-3;  ///< of the highest current: no more terms below it

/// Of cell.curve_codes and cell.curve_currents_A, linear between what was measured. Read noise goes with the current.
[[nodiscard]] CurveLaw measured_law(const ArrayParameters& p);
/// Largest distance of the terms from what was measured, as a share of the highest current.
[[nodiscard]] double measured_residual(const ArrayParameters& p);

}  // namespace tessera::analog
