// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace tessera::analog::testing {

inline double mean(const std::vector<double>& x) {
  double sum = 0.0;
  for (const double v : x) {
    sum += v;
  }
  return sum / static_cast<double>(x.size());
}

inline double covariance(const std::vector<double>& x, const std::vector<double>& y) {
  const double mx = mean(x), my = mean(y);
  double sum = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    sum += (x[i] - mx) * (y[i] - my);
  }
  return sum / static_cast<double>(x.size() - 1);
}

inline double variance(const std::vector<double>& x) {
  return covariance(x, x);
}

/// Variance over the products of each pair's ADC code, mean over the pairs, less the 1/12 of rounding [LSB^2].
/// @param codes  product by product, pair by pair
template <typename Codes>
double noise_power(const Codes& codes, std::size_t pairs) {
  double power = 0.0;
  for (std::size_t c = 0; c < pairs; ++c) {
    std::vector<double> of_pair;
    for (std::size_t i = c; i < codes.size(); i += pairs) {
      of_pair.push_back(codes[i]);
    }
    power += (variance(of_pair) - 1.0 / 12) / static_cast<double>(pairs);
  }
  return power;
}

/// Probability of a Kolmogorov-Smirnov statistic at least this large when both samples come from one distribution
/// (asymptotic series; conservative for samples with ties).
inline double ks_probability(double statistic, double n) {
  const double lambda = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * statistic;
  double sum = 0.0;
  for (int k = 1; k <= 100; ++k) {
    sum += (k % 2 == 1 ? 2 : -2) * std::exp(-2.0 * k * k * lambda * lambda);
  }
  return lambda < 0.2 ? 1.0 : std::clamp(sum, 0.0, 1.0);
}

/// Two-sample test.
inline double ks_two_samples(std::vector<double> x, std::vector<double> y) {
  std::sort(x.begin(), x.end());
  std::sort(y.begin(), y.end());
  double worst = 0.0;
  std::size_t i = 0, j = 0;
  while (i < x.size() && j < y.size()) {
    const double at = std::min(x[i], y[j]);
    while (i < x.size() && x[i] <= at) {
      ++i;
    }
    while (j < y.size() && y[j] <= at) {
      ++j;
    }
    worst = std::max(worst, std::abs(static_cast<double>(i) / static_cast<double>(x.size()) -
                                     static_cast<double>(j) / static_cast<double>(y.size())));
  }
  const auto n = static_cast<double>(x.size()), m = static_cast<double>(y.size());
  return ks_probability(worst, n * m / (n + m));
}

/// Against the normal distribution of this mean and deviation.
inline double ks_normal(std::vector<double> x, double mu, double sigma) {
  std::sort(x.begin(), x.end());
  double worst = 0.0;
  const auto n = static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double p = 0.5 * std::erfc(-(x[i] - mu) / sigma / std::sqrt(2.0));
    worst = std::max({worst, std::abs(p - static_cast<double>(i) / n), std::abs(p - static_cast<double>(i + 1) / n)});
  }
  return ks_probability(worst, n);
}

}  // namespace tessera::analog::testing
