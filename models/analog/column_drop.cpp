// SPDX-License-Identifier: Apache-2.0
#include "models/analog/column_drop.h"

#include <algorithm>

#include "models/analog/ir_drop.h"

namespace tessera::analog {

double solved_column(const double* current, std::size_t rows, bool exponential) {
  // solve_column knows the drop as voltage across the cell, 0 without current, and a wire of 1 a segment.
  const auto law = [&](std::size_t i, double v) {
    if (!exponential) {
      return CellPoint{current[i] * (1.0 + v), current[i]};
    }
    const double now = current[i] * portable_exp(std::clamp(v, -40.0, 40.0));
    return CellPoint{now, now};
  };
  return solve_column(rows, law, 1.0, 0.0).total_A;
}

}  // namespace tessera::analog
