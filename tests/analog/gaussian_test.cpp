// SPDX-License-Identifier: Apache-2.0
#include "models/analog/gaussian.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/philox.h"

namespace tessera::analog {
namespace {

/// z with Q(z) = p, by Newton's method on erfc in double precision.
double exact_tail(double p) {
  double z = 0.0;
  for (int i = 0; i < 200; ++i) {
    const double step = (0.5 * std::erfc(z / std::sqrt(2.0)) - p) / (std::exp(-0.5 * z * z) * 0.3989422804014327);
    z += step;
    if (std::abs(step) < 1e-14) {
      break;
    }
  }
  return z;
}

TEST(Gaussian, InvertsTheDistribution) {
  double worst = 0.0;
  const auto compare = [&](std::uint32_t m) {
    const double exact = exact_tail((m + 0.5) / 4294967296.0);
    worst = std::max(worst, std::abs(static_cast<double>(gaussian(m)) - exact));
    EXPECT_EQ(gaussian(m | 0x80000000U), -gaussian(m));
  };
  for (std::uint32_t m = 0; m < 3000; ++m) {
    compare(m);
  }
  for (std::uint32_t k = 1; k <= 200000; ++k) {
    compare(k * 10737U);  // all the way to 2^31
  }
  for (int octave = 2; octave < 31; ++octave) {
    compare((1U << octave) - 1);
    compare(1U << octave);
  }
  compare(0x7FFFFFFFU);
  RecordProperty("largest_error", std::to_string(worst));
  std::printf("largest |z - exact| = %.3g\n", worst);
  EXPECT_LT(worst, 2.5e-6);
  EXPECT_NEAR(gaussian(0), 6.338, 1e-3);
}

TEST(Gaussian, MomentsAndTails) {
  constexpr std::uint64_t kSeed = 20240601;
  constexpr int kBlocks = 1000000;
  double sum = 0, sum2 = 0, sum3 = 0, sum4 = 0;
  std::array<int, 5> beyond{};
  for (int b = 0; b < kBlocks; ++b) {
    for (const std::uint32_t word : philox4x32(philox_counter(kSeed, 0, static_cast<std::uint32_t>(b)),
                                               philox_key(kSeed, 0, Purpose::dac_noise))) {
      const double z = static_cast<double>(gaussian(word));
      sum += z;
      sum2 += z * z;
      sum3 += z * z * z;
      sum4 += z * z * z * z;
      for (std::size_t k = 0; k < beyond.size(); ++k) {
        beyond[k] += std::abs(z) > static_cast<double>(k) ? 1 : 0;
      }
    }
  }
  const double n = 4.0 * kBlocks;
  std::printf("seed %llu: mean %.5f variance %.5f skewness %.5f kurtosis %.5f\n",
              static_cast<unsigned long long>(kSeed), sum / n, sum2 / n, sum3 / n, sum4 / n);
  EXPECT_NEAR(sum / n, 0.0, 5 / std::sqrt(n));
  EXPECT_NEAR(sum2 / n, 1.0, 5 * std::sqrt(2 / n));
  EXPECT_NEAR(sum3 / n, 0.0, 5 * std::sqrt(15 / n));
  EXPECT_NEAR(sum4 / n, 3.0, 5 * std::sqrt(96 / n));
  for (std::size_t k = 1; k < beyond.size(); ++k) {
    const double p = std::erfc(static_cast<double>(k) / std::sqrt(2.0));
    EXPECT_NEAR(beyond[k], n * p, 5 * std::sqrt(n * p)) << k << " sigma";
  }
}

TEST(Gaussian, Exponentials) {
  for (int i = -4000; i <= 4000; ++i) {
    const double x = i * 1e-3;
    EXPECT_NEAR(static_cast<double>(exp_small(static_cast<float>(x))) / std::exp(x), 1.0,
                std::abs(x) <= 0.5 ? 2e-6 : 1e-5)
        << x;
    EXPECT_NEAR(portable_exp(10 * x) / std::exp(10 * x), 1.0, 1e-12) << 10 * x;
  }
}

}  // namespace
}  // namespace tessera::analog
