// SPDX-License-Identifier: Apache-2.0
// Closed-form relative error of a product, ||y - W x|| / ||W x||, for independent, uniformly distributed weights and
// inputs in [-1, 1] on a one-sided differential array. Terms of independent causes add as squares.
#pragma once

#include <cmath>
#include <initializer_list>

namespace tessera::analog::error_budget {

inline constexpr double kUniformRms = 0.57735026918962576;  ///< of a number uniform in [-1, 1]

/// A uniform quantiser of this step on a quantity of this rms.
[[nodiscard]] inline double quantisation(double step, double rms) {
  return step / std::sqrt(12.0) / rms;
}

/// Weights as magnitude of `bits` bits in one cell of a pair.
[[nodiscard]] inline double weight_bits(int bits) {
  return quantisation(1.0 / (std::ldexp(1.0, bits) - 1), kUniformRms);
}

/// Inputs of `bits` bits, sign included.
[[nodiscard]] inline double input_bits(int bits) {
  return quantisation(2.0 / (std::ldexp(1.0, bits) - 2), kUniformRms);
}

/// ADC of `bits` bits with 2^bits - 1 steps over +-range_per_root_row * sqrt(rows); the output's rms is sqrt(rows) / 3.
[[nodiscard]] inline double adc_bits(int bits, double range_per_root_row) {
  return quantisation(2.0 * range_per_root_row / (std::ldexp(1.0, bits) - 1), 1.0 / 3.0);
}

/// Cell error proportional to its current: the product's relative error is that of one cell.
[[nodiscard]] inline double proportional(double alpha) {
  return alpha;
}

/// Cell error of fixed size alpha (relative to full scale). The cell that is off cannot go below zero, which halves its
/// second moment: alpha^2 (1 + 1/2).
[[nodiscard]] inline double state_independent(double alpha) {
  return alpha * std::sqrt(1.5) / kUniformRms;
}

/// Error with sigma = A (1 - exp(-I / B)) of a cell current I uniform in 0 .. full_scale: E[sigma^2] / full_scale^2
/// against the weights' mean square 1/3. Terms beyond exp(-full_scale / B) included.
[[nodiscard]] inline double saturating(double a, double b, double full_scale) {
  const double t = b / full_scale;
  const double e1 = std::exp(-1.0 / t), e2 = std::exp(-2.0 / t);
  const double mean_square = a * a * (1.0 - 2.0 * t * (1.0 - e1) + 0.5 * t * (1.0 - e2));
  return std::sqrt(mean_square) / full_scale / kUniformRms;
}

/// Root of the sum of squares.
[[nodiscard]] inline double total(std::initializer_list<double> terms) {
  double sum = 0.0;
  for (const double t : terms) {
    sum += t * t;
  }
  return std::sqrt(sum);
}

}  // namespace tessera::analog::error_budget
