// SPDX-License-Identifier: Apache-2.0
#include "models/analog/quantiser.h"

#include <cmath>
#include <limits>
#include <stdexcept>
#include <string>

namespace tessera::analog {

namespace {

double density(double x) {
  return std::isinf(x) ? 0.0 : std::exp(-0.5 * x * x) * 0.39894228040143268;
}
double distribution(double x) {
  return 0.5 * std::erfc(-x * 0.70710678118654752);
}
double times_density(double x) {
  return std::isinf(x) ? 0.0 : x * density(x);
}

/// Integral of (x - q)^2 times the normal density from a to b.
double cell_error(double q, double a, double b) {
  const double mass = distribution(b) - distribution(a);
  return mass * (1.0 + q * q) - (times_density(b) - times_density(a)) + 2.0 * q * (density(b) - density(a));
}

}  // namespace

double quantiser_mse(int bits, double range_sigma, Codes codes) {
  if (bits < 1 || bits > 16 || !(range_sigma > 0.0)) {
    throw std::invalid_argument("quantiser_mse: " + std::to_string(bits) + " bits at +-" + std::to_string(range_sigma) +
                                " sigma; expected 1..16 bits and a positive range");
  }
  const int half = 1 << (bits - 1);
  const double step = 2.0 * range_sigma / (2 * half - 1);
  const double offset = codes == Codes::symmetric ? 0.5 : 0.0;
  constexpr double kEnd = std::numeric_limits<double>::infinity();
  double error = 0.0;
  for (int k = -half; k < half; ++k) {
    const double q = (k + offset) * step;
    error += cell_error(q, k == -half ? -kEnd : q - step / 2, k == half - 1 ? kEnd : q + step / 2);
  }
  return error;
}

double quantiser_sqnr_dB(int bits, double range_sigma, Codes codes) {
  return -10.0 * std::log10(quantiser_mse(bits, range_sigma, codes));
}

QuantiserRange optimal_quantiser_range(int bits, Codes codes) {
  // The error has one minimum: golden-section search.
  constexpr double kGolden = 0.61803398874989485;
  double low = 0.2, high = 8.0;
  double a = high - kGolden * (high - low), b = low + kGolden * (high - low);
  double error_a = quantiser_mse(bits, a, codes), error_b = quantiser_mse(bits, b, codes);
  while (high - low > 1e-7) {
    if (error_a < error_b) {
      high = b;
      b = a;
      error_b = error_a;
      a = high - kGolden * (high - low);
      error_a = quantiser_mse(bits, a, codes);
    } else {
      low = a;
      a = b;
      error_a = error_b;
      b = low + kGolden * (high - low);
      error_b = quantiser_mse(bits, b, codes);
    }
  }
  const double range = (low + high) / 2;
  return {range, quantiser_sqnr_dB(bits, range, codes)};
}

}  // namespace tessera::analog
