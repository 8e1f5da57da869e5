// SPDX-License-Identifier: Apache-2.0
// The fast kernel against the slow reference with noise on: mean, variance, covariance between columns and the whole
// distribution, for each effect alone and for all together.
#include <gtest/gtest.h>

#include <algorithm>
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
      {"slow noise, every product another epoch", with([](ArrayParameters& p) {
         p.effects.slow_noise = true;
         p.cell.slow_share = 1.0;
         p.cell.sigma_read_vt_V = 5e-3;
       }),
       true},
      {"slow and white noise", with([](ArrayParameters& p) {
         p.effects.slow_noise = p.effects.read_noise = true;
         p.cell.slow_share = 0.6;
         p.cell.sigma_read_vt_V = 3e-3;
       })},
      {"voltage drop and read noise", with([](ArrayParameters& p) {
         p.effects.ir_drop = p.effects.read_noise = true;
         p.cell.bl_ohm_per_cell = 500;  // 0.3 % of a column: some 5 LSB
         p.cell.sl_ohm_per_cell = 50;
         p.cell.sigma_read_vt_V = 2e-3;
       }),
       true},
      {"linear cells, constant errors, pulses", with([](ArrayParameters& p) {
         p.cell.law = CellParameters::Law::linear;
         p.cell.errors = CellParameters::Errors::constant;
         p.dac.coding = DacParameters::Coding::pulse_width;
         p.dac.sigma_pulse_codes = 1.5;
         p.effects.read_noise = p.effects.dac_noise = true;
       }),
       true},
      {"linear cells, linear voltages", with([](ArrayParameters& p) {
         p.cell.law = CellParameters::Law::linear;
         p.dac.coding = DacParameters::Coding::linear_voltage;
         p.dac.sigma_v_V = 4e-3;
         p.effects.dac_noise = true;
       })},
      {"constant programming error", with([](ArrayParameters& p) {
         p.cell.errors = CellParameters::Errors::constant;
         p.cell.sigma_prog_full_scale = 0.03;
         p.effects.programming_error = true;
       }),
       true},
      {"all effects with slow noise and drop, one-sided", with([](ArrayParameters& p) {
         p.effects = NonIdealities();
         p.effects.adc_inl = false;
         p.effects.slow_noise = p.effects.ir_drop = true;
         p.cell.bl_ohm_per_cell = 500;
       }),
       true},
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
    reference.new_epoch();
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

TEST(Noise, SlowNoiseStaysForAnEpoch) {
  const std::uint64_t seed = test_seed(35);
  std::mt19937_64 random(seed);
  ArrayParameters p = with([](ArrayParameters& q) {
    q.effects.slow_noise = true;
    q.cell.slow_share = 1.0;
    q.cell.sigma_read_vt_V = 10e-3;
  });
  p.cell.slow_epoch_passes = 3;
  Array array(p, seed, 0);
  array.program(0, 0, kRows, kColumns, random_levels(random, kRows, kColumns, 15, true));
  const auto codes = random_codes(random, kRows, 255);
  std::vector<std::uint16_t> repeated;
  for (int n = 0; n < 90; ++n) {
    repeated.insert(repeated.end(), codes.begin(), codes.end());
  }
  const auto out = run(array, {0, kRows, 0, kPairs, 90, 1, kGain}, repeated).codes;  // events 1 .. 90
  int changed = 0;
  for (std::size_t n = 1; n < 90; ++n) {
    const bool same = std::equal(out.begin() + static_cast<std::ptrdiff_t>(n * kPairs),
                                 out.begin() + static_cast<std::ptrdiff_t>((n + 1) * kPairs),
                                 out.begin() + static_cast<std::ptrdiff_t>((n - 1) * kPairs));
    if ((n + 1) % 3 != 0) {
      EXPECT_TRUE(same) << "events " << n << " and " << n + 1 << " lie in one epoch";
    } else {
      changed += same ? 0 : 1;
    }
  }
  EXPECT_EQ(changed, 30);
  // Inside an epoch the cells keep their state: the deviations of different inputs are those of one disturbed matrix.
  ArrayParameters long_epoch = p;
  long_epoch.cell.slow_epoch_passes = 1000;
  long_epoch.adc.full_scale_A = 5e-7;
  Array stable(long_epoch, seed, 0);
  ArrayParameters quiet = long_epoch;
  quiet.effects.slow_noise = false;
  Array ideal(quiet, seed, 0);
  std::vector<std::uint8_t> levels(std::size_t{kRows} * kColumns, 0);
  for (std::size_t i = 0; i < levels.size(); i += 2) {
    levels[i] = 15;
  }
  stable.program(0, 0, kRows, kColumns, levels);
  ideal.program(0, 0, kRows, kColumns, levels);
  for (std::uint32_t row = 0; row < kRows; ++row) {  // one row at a time shows its cells' states: +-21.5 %
    std::vector<std::uint16_t> one(kRows, 0);
    one[row] = 255;
    for (const std::uint64_t event : {0U, 17U, 999U}) {
      const auto moved = run(stable, {0, kRows, 0, kPairs, 1, event, 4}, one).codes;
      const auto plain = run(ideal, {0, kRows, 0, kPairs, 1, event, 4}, one).codes;
      const auto first = run(stable, {0, kRows, 0, kPairs, 1, 0, 4}, one).codes;
      EXPECT_EQ(moved, first);
      for (std::size_t c = 0; c < kPairs; ++c) {
        const double sigma = SubthresholdCell(p.cell, p.temperature_K).sigma_read_rel();
        EXPECT_NEAR(std::abs(static_cast<double>(moved[c]) / plain[c] - 1.0), sigma, 0.01);
      }
    }
  }
}

TEST(Noise, IterativeVoltageDropAgreesWithNodalSolutionAndFirstOrderForSmallDrops) {
  const std::uint64_t seed = test_seed(36);
  std::mt19937_64 random(seed);
  ArrayParameters p = with([](ArrayParameters& q) { q.effects.ir_drop = true; });
  p.rows = 512;
  const auto levels = random_levels(random, p.rows, kColumns, 15, true);
  const auto codes = random_codes(random, p.rows, 255);
  const auto sums = [&](CellParameters::IrSolver solver, double ohm, bool drop) {
    ArrayParameters q = p;
    q.cell.ir_solver = solver;
    q.cell.bl_ohm_per_cell = ohm;
    q.effects.ir_drop = drop;
    Array array(q, seed, 0);
    array.program(0, 0, p.rows, kColumns, levels);
    return run(array, {0, p.rows, 0, kPairs, 1, 0, 0}, codes).codes;
  };
  using Solver = CellParameters::IrSolver;
  const auto none = sums(Solver::first_order, 0.0, false);
  for (const double ohm : {1.0, 20.0, 100.0}) {
    const auto first = sums(Solver::first_order, ohm, true), exact = sums(Solver::iterative, ohm, true);
    for (std::size_t c = 0; c < kPairs; ++c) {
      // Exact, independently: Gauss-Seidel on the drops of both columns.
      double expected = 0.0;
      for (int side = 0; side < 2; ++side) {
        std::vector<double> i0(p.rows), now(p.rows);
        for (std::size_t r = 0; r < p.rows; ++r) {
          now[r] = i0[r] = levels[r * kColumns + 2 * c + static_cast<std::size_t>(side)] * 1e-9 * codes[r] / 255.0;
        }
        for (int sweep = 0; sweep < 60; ++sweep) {
          double beyond = 0.0, drop = 0.0;
          for (const double i : now) {
            beyond += i;
          }
          for (std::size_t r = 0; r < p.rows; ++r) {
            drop += beyond * ohm * p.cell.output_conductance_per_V;
            beyond -= now[r];
            now[r] = i0[r] * std::exp(-drop);
          }
        }
        for (const double i : now) {
          expected += (side == 0 ? 1 : -1) * i;
        }
      }
      const double code = expected / (1e-6 / 2048.0);
      EXPECT_NEAR(exact[c], code, 0.75) << ohm << " ohm, pair " << c;
      if (ohm <= 1.0) {
        EXPECT_NEAR(first[c], exact[c], 1.0 + 0.002 * std::abs(none[c])) << ohm << " ohm, pair " << c;
      }
    }
    std::printf("%5.0f ohm a cell: no drop %d, first order %d, iterative %d\n", ohm, none[0], first[0], exact[0]);
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
