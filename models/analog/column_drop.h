// SPDX-License-Identifier: Apache-2.0
// What the resistance of bit line and source line takes from a column of an array (docs/analog.md, "Voltage drop").
#pragma once

#include <cstddef>

#include "models/analog/array_parameters.h"
#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/fixed_point.h"
#include "models/analog/temperature.h"

namespace tessera::analog {

/// Relative change of a cell's current for each ampere and segment of the column: g r_bl + r_sl / UT [1/A].
[[nodiscard]] inline double drop_per_ampere(const ArrayParameters& p) {
  const double source = p.cell.law == CellParameters::Law::linear ? p.cell.output_conductance_per_V
                                                                  : 1.0 / thermal_voltage_V(p.operating_K());
  return p.cell.output_conductance_per_V * p.cell.bl_ohm_per_cell + source * p.cell.sl_ohm_per_cell;
}

/// What a column of all rows at the highest level and full input loses by first order, relative to its current. With
/// T_k = (N - k + 1) I in segment k, sum T_k^2 = N (N + 1)(2 N + 1) / 6 I^2. Above 1 the model's current is negative.
[[nodiscard]] inline double first_order_drop_of_full_column(const ArrayParameters& p) {
  const TemperatureLaw heat(p);
  const double level = heat.on ? heat.of(top_current(p)) : top_current(p), rows = p.rows;
  return drop_per_ampere(p) * p.cell.i_lsb_A * level * (rows + 1.0) * (2.0 * rows + 1.0) / 6.0;
}

/// First order: a column loses the sum over its segments of the squared current that flows through each. The column is
/// known by the sums s_b of runs of kRowsPerRun rows, the last one shorter; within a run the current counts as even.
/// With S the sum of the runs beyond, run b of n rows adds
///
///   n S^2 + 2 (n + 1) / 2 S s_b + (n + 1)(2 n + 1) / (6 n) s_b^2.
///
/// The loss is a quadratic form Q of the s_b. The columns of a pair are h + d / 2 and h - d / 2, d their difference and
/// h half their sum, so one loses Q+ - Q- = 2 B(h, d) more than the other, B the bilinear form of Q.
struct DropWeights {
  double beyond, cross, own;  ///< of S_h S_d, of S_h d_b + S_d h_b, and of h_b d_b in B
  DropWeights(std::size_t run, std::size_t rows) {
    const std::size_t first = run * kRowsPerRun;
    beyond = static_cast<double>(rows - first < kRowsPerRun ? rows - first : kRowsPerRun);
    cross = 0.5 * (beyond + 1.0);
    own = (beyond + 1.0) * (2.0 * beyond + 1.0) / (6.0 * beyond);
  }
};

/// Sum of the currents of a column with its drop, solved: I_i = I0_i law(sum over k <= i of T_k), T_k the current
/// through segment k. Currents in units in which one ampere-segment changes a cell by factor 1 (dimensionless drop).
/// @param exponential  I0 exp(-u), else I0 (1 - u)
[[nodiscard]] double solved_column(const double* current, std::size_t rows, bool exponential);

}  // namespace tessera::analog
