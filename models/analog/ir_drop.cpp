// SPDX-License-Identifier: Apache-2.0
#include "models/analog/ir_drop.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace tessera::analog {

namespace {

void check(std::size_t cells, double wire_ohm) {
  if (cells == 0 || !(wire_ohm >= 0.0)) {
    throw std::invalid_argument("column with " + std::to_string(cells) + " cells and " + std::to_string(wire_ohm) +
                                " ohm a segment; expected at least one cell and no negative resistance");
  }
}

/// Drops at the nodes for given cell currents: every segment carries the currents of all cells beyond it.
std::vector<double> drops(const std::vector<double>& current_A, double wire_ohm) {
  std::vector<double> drop(current_A.size());
  double beyond = 0.0;
  for (const double i : current_A) {
    beyond += i;
  }
  double u = 0.0;
  for (std::size_t i = 0; i < drop.size(); ++i) {
    u += wire_ohm * beyond;
    drop[i] = u;
    beyond -= current_A[i];
  }
  return drop;
}

void evaluate(const CellLaw& law, double voltage_V, const std::vector<double>& drop, std::vector<CellPoint>& points) {
  for (std::size_t i = 0; i < drop.size(); ++i) {
    points[i] = law(i, voltage_V - drop[i]);
  }
}

ColumnSolution finish(const std::vector<CellPoint>& points, int iterations, double residual_V) {
  ColumnSolution solution;
  solution.iterations = iterations;
  solution.residual_V = residual_V;
  for (const CellPoint& p : points) {
    solution.current_A.push_back(p.current_A);
    solution.total_A += p.current_A;
  }
  return solution;
}

}  // namespace

ColumnSolution solve_column(std::size_t cells, const CellLaw& law, double wire_ohm, double voltage_V,
                            double tolerance_V, int max_iterations) {
  check(cells, wire_ohm);
  std::vector<double> u(cells, 0.0), step(cells), diagonal(cells);
  std::vector<CellPoint> points(cells);
  for (int iteration = 0; iteration <= max_iterations; ++iteration) {
    evaluate(law, voltage_V, u, points);
    // Node i: 2 u_i - u_(i-1) - u_(i+1) = r I_i; the last node has no neighbour beyond it. f is the violation.
    double largest = 0.0;
    for (std::size_t i = 0; i < cells; ++i) {
      const bool last = i + 1 == cells;
      const double left = i == 0 ? 0.0 : u[i - 1];
      const double f = (last ? u[i] - left : 2.0 * u[i] - left - u[i + 1]) - wire_ohm * points[i].current_A;
      largest = std::max(largest, std::abs(f));
      diagonal[i] = (last ? 1.0 : 2.0) + wire_ohm * points[i].conductance_S;
      step[i] = -f;
    }
    if (largest <= tolerance_V) {
      return finish(points, iteration, largest);
    }
    for (std::size_t i = 1; i < cells; ++i) {  // elimination; the neighbours' coefficients are -1
      diagonal[i] -= 1.0 / diagonal[i - 1];
      step[i] += step[i - 1] / diagonal[i - 1];
    }
    for (std::size_t i = cells; i-- > 0;) {
      step[i] = (step[i] + (i + 1 < cells ? step[i + 1] : 0.0)) / diagonal[i];
      u[i] += step[i];
    }
  }
  throw std::runtime_error("IR drop of a column of " + std::to_string(cells) + " cells: no convergence in " +
                           std::to_string(max_iterations) + " iterations");
}

ColumnSolution first_order_column(std::size_t cells, const CellLaw& law, double wire_ohm, double voltage_V) {
  check(cells, wire_ohm);
  std::vector<CellPoint> points(cells);
  evaluate(law, voltage_V, std::vector<double>(cells, 0.0), points);
  const std::vector<double> u = drops(finish(points, 0, 0.0).current_A, wire_ohm);
  evaluate(law, voltage_V, u, points);
  return finish(points, 1, 0.0);
}

}  // namespace tessera::analog
