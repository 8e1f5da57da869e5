// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/least_squares.h"

#include <cmath>
#include <utility>

namespace tessera::validation {

std::vector<double> fit(const std::vector<std::vector<double>>& terms, const std::vector<double>& y) {
  const std::size_t n = terms.front().size();
  // Normal equations [A | b], then elimination with row exchange.
  std::vector<std::vector<double>> a(n, std::vector<double>(n + 1));
  for (std::size_t row = 0; row < y.size(); ++row) {
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < n; ++j) {
        a[i][j] += terms[row][i] * terms[row][j] / (y[row] * y[row]);
      }
      a[i][n] += terms[row][i] / y[row];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    std::size_t pivot = i;
    for (std::size_t row = i + 1; row < n; ++row) {
      pivot = std::abs(a[row][i]) > std::abs(a[pivot][i]) ? row : pivot;
    }
    std::swap(a[i], a[pivot]);
    for (std::size_t row = 0; row < n; ++row) {
      const double factor = row == i ? 0 : a[row][i] / a[i][i];
      for (std::size_t j = i; j <= n && row != i; ++j) {
        a[row][j] -= factor * a[i][j];
      }
    }
  }
  std::vector<double> constants;
  for (std::size_t i = 0; i < n; ++i) {
    constants.push_back(a[i][n] / a[i][i]);
  }
  return constants;
}

double value(const std::vector<double>& constants, const std::vector<double>& terms) {
  double sum = 0;
  for (std::size_t i = 0; i < constants.size(); ++i) {
    sum += constants[i] * terms[i];
  }
  return sum;
}

}  // namespace tessera::validation
