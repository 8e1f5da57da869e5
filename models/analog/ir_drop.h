// SPDX-License-Identifier: Apache-2.0
// Voltage drop along one summing column: cells hang on a wire with resistance r between neighbours; the wire ends, one
// segment after the first cell, in the virtual ground of the front end. The other side of every cell is held.
//
//   u_i = r sum_j min(i, j) I_j ,   I_i = law(V - u_i) ,   i, j = 1 .. N
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace tessera::analog {

/// Current of a cell and its derivative at a voltage across the cell.
struct CellPoint {
  double current_A = 0.0;
  double conductance_S = 0.0;
};
/// Law of cell i.
using CellLaw = std::function<CellPoint(std::size_t cell, double voltage_V)>;

struct ColumnSolution {
  std::vector<double> current_A;  ///< a cell
  double total_A = 0.0;
  int iterations = 0;
  double residual_V = 0.0;  ///< largest violation of the node equations
};

/// Newton's method on the node voltages; each step solves a tridiagonal system, so a linear law takes one step.
/// @throws std::invalid_argument  no cells, negative resistance
/// @throws std::runtime_error     no convergence within `max_iterations`
[[nodiscard]] ColumnSolution solve_column(std::size_t cells, const CellLaw& law, double wire_ohm, double voltage_V,
                                          double tolerance_V = 1e-12, int max_iterations = 100);

/// First order: the drop caused by the currents that would flow without it. Too pessimistic, and soon negative, once
/// the drop is no small part of the voltage.
[[nodiscard]] ColumnSolution first_order_column(std::size_t cells, const CellLaw& law, double wire_ohm,
                                                double voltage_V);

}  // namespace tessera::analog
