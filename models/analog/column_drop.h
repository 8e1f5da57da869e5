// SPDX-License-Identifier: Apache-2.0
// What the resistance of bit line and source line takes from a column of an array (docs/analog.md, "Voltage drop").
#pragma once

#include <cstddef>

#include "models/analog/array_parameters.h"
#include "models/analog/cell.h"

namespace tessera::analog {

/// Relative change of a cell's current for each ampere and segment of the column: g r_bl + r_sl / UT [1/A].
[[nodiscard]] inline double drop_per_ampere(const ArrayParameters& p) {
  const double source = p.cell.law == CellParameters::Law::linear ? p.cell.output_conductance_per_V
                                                                  : 1.0 / thermal_voltage_V(p.operating_K());
  return p.cell.output_conductance_per_V * p.cell.bl_ohm_per_cell + source * p.cell.sl_ohm_per_cell;
}

/// First-order loss of a column, sum over segments of the squared current that flows through each. The column is known
/// by the sums of `chunks` runs of `rows_each` rows, the last one shorter; within a run the current counts as even.
/// @param sums  of run b at sums[b * stride]
[[nodiscard]] inline double first_order_loss(const double* sums, std::size_t stride, std::size_t rows,
                                             std::size_t rows_each) {
  double beyond = 0.0, loss = 0.0;
  for (std::size_t b = (rows + rows_each - 1) / rows_each; b-- > 0;) {
    const double n = static_cast<double>((b + 1) * rows_each <= rows ? rows_each : rows - b * rows_each);
    const double s = sums[b * stride];
    loss += n * beyond * beyond + beyond * s * (n + 1.0) + s * s * (n + 1.0) * (2.0 * n + 1.0) / (6.0 * n);
    beyond += s;
  }
  return loss;
}

/// Sum of the currents of a column with its drop, solved: I_i = I0_i law(sum over k <= i of T_k), T_k the current
/// through segment k. Currents in units in which one ampere-segment changes a cell by factor 1 (dimensionless drop).
/// @param exponential  I0 exp(-u), else I0 (1 - u)
[[nodiscard]] double solved_column(const double* current, std::size_t rows, bool exponential);

}  // namespace tessera::analog
