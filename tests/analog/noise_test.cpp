// SPDX-License-Identifier: Apache-2.0
// The fast kernel against the slow reference with noise on: mean, variance, covariance between columns and the whole
// distribution, for each effect alone and for all together.
#include <gtest/gtest.h>

#include <cmath>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "tests/analog/reference.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::covariance;
using testing::ks_normal;
using testing::ks_two_samples;
using testing::mean;
using testing::random_codes;
using testing::random_levels;
using testing::Reference;
using testing::run;
using testing::test_seed;
using testing::variance;

constexpr std::uint32_t kRows = 50;
constexpr std::uint32_t kPairs = 5;
constexpr std::uint32_t kColumns = 2 * kPairs;
constexpr std::uint32_t kSamples = 12000;
constexpr std::uint32_t kGain = 3;  // no column of these seeds reaches the end of the range

using Columns = std::vector<std::vector<double>>;

struct Case {
  const char* name;
  ArrayParameters p;
  bool one_sided = false;
};

ArrayParameters with(void (*change)(ArrayParameters&)) {
  ArrayParameters p;
  p.rows = kRows;
  p.columns = kColumns;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  change(p);
  return p;
}

std::vector<Case> cases() {
  return {
      {"read noise", with([](ArrayParameters& p) {
         p.effects.read_noise = true;
         p.cell.sigma_read_vt_V = 2e-3;
       })},
      {"read noise with off current, hot", with([](ArrayParameters& p) {
         p.effects.read_noise = p.effects.off_current = true;
         p.cell.sigma_read_vt_V = 3e-3;
         p.cell.i_off_A = 2e-10;
         p.temperature_K = 358.15;
       })},
      {"read noise, one-sided pairs", with([](ArrayParameters& p) {
         p.effects.read_noise = p.effects.off_current = true;
         p.cell.sigma_read_vt_V = 3e-3;
       }),
       true},
      {"DAC noise", with([](ArrayParameters& p) {
         p.effects.dac_noise = true;
         p.dac.sigma_v_V = 2e-3;
       })},
      {"ADC noise", with([](ArrayParameters& p) {
         p.effects.adc_noise = true;
         p.adc.sigma_lsb = 3.0;
       })},
      {"programming error", with([](ArrayParameters& p) {
         p.effects.programming_error = true;
         p.cell.sigma_prog_rel = 0.05;
       })},
      {"all effects, strong", with([](ArrayParameters& p) {
         p.effects = NonIdealities();
         p.effects.adc_inl = false;
         p.cell.sigma_prog_rel = 0.04;
         p.cell.sigma_read_vt_V = 1e-3;
         p.dac.sigma_v_V = 1e-3;
         p.adc.sigma_lsb = 2.0;
       })},
      {"all effects, nominal", with([](ArrayParameters& p) {
         p.effects = NonIdealities();
         p.effects.adc_inl = false;
       })},
      {"all effects, nominal, one-sided", with([](ArrayParameters& p) {
         p.effects = NonIdealities();
         p.effects.adc_inl = false;
       }),
       true},
  };
}

/// Samples of every column: products of one programmed array, or, with programming error, of many arrays.
Columns fast_samples(const ArrayParameters& p, std::uint64_t seed, const std::vector<std::uint8_t>& levels,
                     const std::vector<std::uint16_t>& codes) {
  Columns columns(kPairs);
  const auto keep = [&](const std::vector<std::int32_t>& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      columns[i % kPairs].push_back(out[i]);
    }
  };
  if (p.effects.programming_error) {
    for (std::uint32_t tile = 0; tile < kSamples; ++tile) {
      Array array(p, seed, tile);
      array.program(0, 0, kRows, kColumns, levels);
      keep(run(array, {0, kRows, 0, kPairs, 1, 0, kGain}, codes).codes);
    }
  } else {
    Array array(p, seed, 0);
    array.program(0, 0, kRows, kColumns, levels);
    std::vector<std::uint16_t> repeated;
    for (std::uint32_t n = 0; n < kSamples; ++n) {
      repeated.insert(repeated.end(), codes.begin(), codes.end());
    }
    keep(run(array, {0, kRows, 0, kPairs, kSamples, 0, kGain}, repeated).codes);
  }
  return columns;
}

Columns slow_samples(const ArrayParameters& p, std::uint64_t seed, const std::vector<std::uint8_t>& levels,
                     const std::vector<std::uint16_t>& codes) {
  Columns columns(kPairs);
  Reference reference(p, seed);
  reference.program(levels, kRows, kPairs);
  for (std::uint32_t n = 0; n < kSamples; ++n) {
    if (p.effects.programming_error) {
      reference.program(levels, kRows, kPairs);
    }
    const auto analog = reference.analog_codes(codes.data(), p.adc.gains[kGain]);
    for (std::size_t c = 0; c < kPairs; ++c) {
      columns[c].push_back(reference.digitise(analog[c]));
    }
  }
  return columns;
}

TEST(Noise, FastKernelHasTheReferencesDistribution) {
  const std::uint64_t seed = test_seed(31);
  std::mt19937_64 random(seed);
  const auto two_sided = random_levels(random, kRows, kColumns, 15);
  const auto codes = random_codes(random, kRows, 255);
  const auto one_sided = random_levels(random, kRows, kColumns, 15, true);
  const double n = kSamples;
  for (const Case& k : cases()) {
    SCOPED_TRACE(k.name);
    const auto& levels = k.one_sided ? one_sided : two_sided;
    const Columns fast = fast_samples(k.p, seed, levels, codes);
    const Columns slow = slow_samples(k.p, seed + 1, levels, codes);
    std::printf("%-34s", k.name);
    for (std::size_t a = 0; a < kPairs; ++a) {
      const double vf = variance(fast[a]), vs = variance(slow[a]);
      const double ks = ks_two_samples(fast[a], slow[a]);
      // Means within 5 standard errors and the fixed-point bias; variances within 5 standard errors and 1 %.
      EXPECT_NEAR(mean(fast[a]), mean(slow[a]), 5 * std::sqrt((vf + vs) / n) + 0.2);
      EXPECT_NEAR(vf / vs, 1.0, 5 * std::sqrt(4 / n) + 0.01);
      EXPECT_GT(ks, 1e-5);
      std::printf("  %.2f/%.2f (%.2f)", std::sqrt(vf), std::sqrt(vs), ks);
      for (std::size_t b = 0; b < a; ++b) {
        const double scale = std::sqrt(vs * variance(slow[b]));
        const double expected = covariance(slow[a], slow[b]) / scale;
        EXPECT_NEAR(covariance(fast[a], fast[b]) / scale, expected, 5 * std::sqrt(2 / n) + 0.01) << a << " " << b;
      }
    }
    std::printf("   sigma fast/slow [LSB] (KS probability)\n");
  }
}

TEST(Noise, ReadNoiseSumsToTheClosedForm) {
  // sigma^2 = (sigma_vt / n UT)^2 sum x^2 (I+^2 + I-^2), an exactly normal number per column.
  const std::uint64_t seed = test_seed(32);
  std::mt19937_64 random(seed);
  const ArrayParameters p = with([](ArrayParameters& q) {
    q.effects.read_noise = true;
    q.cell.sigma_read_vt_V = 3e-3;
  });
  const auto levels = random_levels(random, kRows, kColumns, 15);
  const auto codes = random_codes(random, kRows, 255);
  const Columns fast = fast_samples(p, seed, levels, codes);
  const double relative = SubthresholdCell(p.cell, p.temperature_K).sigma_read_rel();
  Array array(p, seed, 0);
  for (std::size_t c = 0; c < kPairs; ++c) {
    double sum = 0.0, square = 0.0;
    for (std::size_t r = 0; r < kRows; ++r) {
      const double x = codes[r], plus = levels[(r * kPairs + c) * 2], minus = levels[(r * kPairs + c) * 2 + 1];
      sum += x * (plus - minus);
      square += x * x * (plus * plus + minus * minus);
    }
    const double lsb = array.lsb_in_column_sum(kGain);
    const double sigma = relative * std::sqrt(square) / lsb;
    const double quantised = std::sqrt(sigma * sigma + 1.0 / 12);  // Sheppard's correction
    EXPECT_NEAR(std::sqrt(variance(fast[c])) / quantised, 1.0, 5 / std::sqrt(2.0 * kSamples) + 0.005);
    std::vector<double> smooth = fast[c];
    std::uniform_real_distribution<double> within(-0.5, 0.5);
    for (double& v : smooth) {
      v += within(random);
    }
    EXPECT_GT(ks_normal(smooth, sum / lsb, quantised), 1e-5);
    std::printf("pair %zu: sigma %.3f LSB, closed form %.3f\n", c, std::sqrt(variance(fast[c])), quantised);
  }
}

TEST(Noise, SmallCellsBesideALargeOneKeepTheirNoise) {
  // The column's largest cell sets the scale of the stored sigmas; here it is not driven.
  const std::uint64_t seed = test_seed(33);
  const ArrayParameters p = with([](ArrayParameters& q) {
    q.effects.read_noise = true;
    q.cell.sigma_read_vt_V = 10e-3;
  });
  for (const int level : {1, 2, 3, 5}) {
    std::vector<std::uint8_t> levels(std::size_t{kRows} * kColumns, static_cast<std::uint8_t>(level));
    std::fill_n(levels.begin(), kColumns, std::uint8_t{15});
    std::vector<std::uint16_t> codes(kRows, 255);
    codes[0] = 0;
    const Columns fast = fast_samples(p, seed, levels, codes);
    Array array(p, seed, 0);
    const double sigma = SubthresholdCell(p.cell, p.temperature_K).sigma_read_rel() * level * 255 *
                         std::sqrt(2.0 * (kRows - 1)) / array.lsb_in_column_sum(kGain);
    const double quantised = std::sqrt(sigma * sigma + 1.0 / 12);
    EXPECT_NEAR(std::sqrt(variance(fast[1])) / quantised, 1.0, 0.04) << "level " << level;
  }
}

TEST(Noise, ColumnsAndProductsAreIndependent) {
  const std::uint64_t seed = test_seed(34);
  std::mt19937_64 random(seed);
  const ArrayParameters p = with([](ArrayParameters& q) {
    q.effects.read_noise = q.effects.adc_noise = true;
    q.cell.sigma_read_vt_V = 3e-3;
    q.adc.sigma_lsb = 5;
  });
  const Columns fast =
      fast_samples(p, seed, random_levels(random, kRows, kColumns, 15), random_codes(random, kRows, 255));
  const double bound = 5 / std::sqrt(kSamples);
  for (std::size_t a = 0; a < kPairs; ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_NEAR(covariance(fast[a], fast[b]) / std::sqrt(variance(fast[a]) * variance(fast[b])), 0.0, bound);
    }
    for (const std::size_t lag : {1U, 2U, 3U}) {
      const std::vector<double> early(fast[a].begin(), fast[a].end() - static_cast<std::ptrdiff_t>(lag));
      const std::vector<double> late(fast[a].begin() + static_cast<std::ptrdiff_t>(lag), fast[a].end());
      EXPECT_NEAR(covariance(early, late) / variance(fast[a]), 0.0, bound) << "lag " << lag;
    }
  }
}

}  // namespace
}  // namespace tessera::analog
