// SPDX-License-Identifier: Apache-2.0
// Everything at once: static errors, age, heat, defects, slow noise, white noise, voltage drop and the converters'
// curves, fast kernel against slow chips. Three products of each chip, the first two in one epoch of the slow noise:
//
//   product 0                mean and spread of everything together
//   product 1 - product 0    white noise alone
//   product 2 - product 0    white and slow noise
//
// Each of the three has its mean, variance, covariance of columns and distribution compared. The parameters give each
// effect a share that the comparison sees: a reference that leaves one of them out must not pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>

#include "models/analog/array.h"
#include "tests/analog/slow_chip.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::covariance;
using testing::ks_two_samples;
using testing::mean;
using testing::random_codes;
using testing::random_levels;
using testing::run;
using testing::SlowChip;
using testing::test_seed;
using testing::variance;

constexpr std::uint32_t kRows = 32, kPairs = 3, kColumns = 2 * kPairs;
constexpr std::uint32_t kChips = 7000;
constexpr std::uint32_t kGain = 2;
constexpr std::size_t kKinds = 3;
constexpr const char* kKind[kKinds] = {"a product", "white noise", "white and slow noise"};

/// Samples by kind and pair.
struct Samples {
  std::vector<double> of[kKinds][kPairs];
  void keep(std::size_t pair, double first, double same_epoch, double next_epoch) {
    of[0][pair].push_back(first);
    of[1][pair].push_back(same_epoch - first);
    of[2][pair].push_back(next_epoch - first);
  }
};

ArrayParameters everything() {
  ArrayParameters p;
  p.rows = kRows;
  p.columns = kColumns;
  p.environment = {3.0e8, 338.15};
  CellParameters& c = p.cell;
  c.i_off_A = 1e-10;
  c.sigma_prog_rel = 0.085;
  c.sigma_read_vt_V = 2.0e-3;
  c.slow_share = 0.6;
  c.slow_epoch_passes = 2;
  c.bl_ohm_per_cell = 6000;
  c.sl_ohm_per_cell = 300;
  c.output_conductance_per_V = 1.5;
  c.drift_mean_per_decade = -0.004;
  c.drift_sigma_per_decade = 0.018;
  c.sigma_vt_tempco_V_per_K = 100e-6;
  c.sa_fault_rate = 2.0e-3;
  c.broken_row_rate = 2.0e-3;
  c.broken_column_rate = 5.0e-4;
  p.dac.sigma_v_V = 1.5e-3;
  p.dac.offset_V = 2.5e-3;
  p.dac.gain_rel = 0.01;
  p.dac.inl_V = 1e-3;
  p.dac.dnl_V = 1e-3;
  p.adc.bits = 10;
  p.adc.per_tile = kPairs;
  p.adc.sigma_lsb = 2.0;
  p.adc.inl_lsb = 7.0;
  p.adc.offset_lsb = 5.0;
  p.adc.gain_rel = 0.02;
  p.adc.dnl_lsb = 3.0;
  NonIdealities& on = p.effects;
  on.compression = on.slow_noise = on.ir_drop = on.dac_errors = on.adc_offset_gain = on.adc_dnl = true;
  return p;
}

Samples fast_chips(const ArrayParameters& p, std::uint64_t seed, const std::vector<std::uint8_t>& levels,
                   const std::vector<std::uint16_t>& codes) {
  Samples samples;
  std::vector<std::uint16_t> three;
  for (int n = 0; n < 3; ++n) {
    three.insert(three.end(), codes.begin(), codes.end());
  }
  for (std::uint32_t tile = 0; tile < kChips; ++tile) {
    Array array(p, seed, tile);
    array.program(0, 0, kRows, kColumns, levels);
    const auto out = run(array, {0, kRows, 0, kPairs, 3, 0, kGain}, three).codes;
    for (std::size_t k = 0; k < kPairs; ++k) {
      samples.keep(k, out[k], out[kPairs + k], out[2 * kPairs + k]);
    }
  }
  return samples;
}

Samples slow_chips(const ArrayParameters& p, std::uint64_t seed, const std::vector<std::uint8_t>& levels,
                   const std::vector<std::uint16_t>& codes) {
  Samples samples;
  SlowChip chip(p, seed);
  const double gain = p.adc.gains[kGain];
  for (std::uint32_t n = 0; n < kChips; ++n) {
    chip.make(levels);
    const auto first = chip.product(codes, gain), second = chip.product(codes, gain);
    chip.new_epoch();
    const auto third = chip.product(codes, gain);
    for (std::size_t k = 0; k < kPairs; ++k) {
      samples.keep(k, first[k], second[k], third[k]);
    }
  }
  return samples;
}

/// The bulk of a sample and its tails: defects of a few cells make tails that hide in no variance.
struct Bulk {
  double variance = 0.0;     ///< of the values within 4 sigma of the median
  double ratio_error = 0.0;  ///< standard error of the ratio of two such variances
  double beyond = 0.0;       ///< share of the other values
};
/// Median, and sigma by the quartiles.
std::pair<double, double> middle(std::vector<double> x) {
  std::sort(x.begin(), x.end());
  const std::size_t n = x.size();
  return {x[n / 2], (x[3 * n / 4] - x[n / 4]) / 1.349};
}
Bulk bulk(const std::vector<double>& x, std::pair<double, double> middle) {
  std::vector<double> inside;
  std::copy_if(x.begin(), x.end(), std::back_inserter(inside),
               [&](double v) { return std::abs(v - middle.first) <= 4 * middle.second; });
  const double m = mean(inside), v = variance(inside), n = static_cast<double>(inside.size());
  double fourth = 0.0;
  for (const double value : inside) {
    fourth += std::pow(value - m, 4) / n;
  }
  return {v, std::sqrt(2 * (fourth / (v * v) - 1) / n), 1.0 - n / static_cast<double>(x.size())};
}

/// What does not agree, one line a finding; empty when all does. Five standard errors, besides what fixed point and
/// first-order laws may cost: 0.2 LSB of a mean (0.1 of that of all pairs), 2 % of a
/// variance, 0.01 of a correlation, 0.002 of a tail.
std::string disagreement(const Samples& fast, const Samples& slow, bool print) {
  std::string found;
  const auto note = [&](std::size_t kind, const std::string& what, double got, double expected) {
    found += std::string(kKind[kind]) + ": " + what + " " + std::to_string(got) + ", reference " +
             std::to_string(expected) + "\n";
  };
  const double n = kChips;
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    double shift = 0.0, shift_error = 0.0, ratio = 0.0, error = 0.0;
    if (print) {
      std::printf("%-21s", kKind[kind]);
    }
    for (std::size_t a = 0; a < kPairs; ++a) {
      const auto &x = fast.of[kind][a], &y = slow.of[kind][a];
      const double vx = variance(x), vy = variance(y), ks = ks_two_samples(x, y);
      shift += (mean(x) - mean(y)) / kPairs;
      shift_error += (vx + vy) / n / (kPairs * kPairs);
      const auto centre = middle(y);
      const Bulk bx = bulk(x, centre), by = bulk(y, centre);
      ratio += bx.variance / by.variance / kPairs;
      error += std::pow(by.ratio_error / kPairs, 2);
      if (std::abs(bx.beyond - by.beyond) > 5 * std::sqrt((bx.beyond + by.beyond) / n) + 2e-3) {
        note(kind, "share beyond 4 sigma of pair " + std::to_string(a), bx.beyond, by.beyond);
      }
      if (std::abs(mean(x) - mean(y)) > 5 * std::sqrt((vx + vy) / n) + 0.2) {
        note(kind, "mean of pair " + std::to_string(a), mean(x), mean(y));
      }
      if (ks < 1e-5) {
        note(kind, "KS probability of pair " + std::to_string(a), ks, 1.0);
      }
      for (std::size_t b = 0; b < a; ++b) {
        const double expected = covariance(y, slow.of[kind][b]) / std::sqrt(vy * variance(slow.of[kind][b]));
        const double got = covariance(x, fast.of[kind][b]) / std::sqrt(vx * variance(fast.of[kind][b]));
        if (std::abs(got - expected) > 5 * std::sqrt(2 / n) + 0.01) {
          note(kind, "correlation of pairs " + std::to_string(a) + " and " + std::to_string(b), got, expected);
        }
      }
      if (print) {
        std::printf("  %7.2f/%7.2f %5.2f/%5.2f (%.2f) %.4f/%.4f", mean(x), mean(y), std::sqrt(vx), std::sqrt(vy), ks,
                    bx.beyond, by.beyond);
      }
    }
    if (std::abs(shift) > 5 * std::sqrt(shift_error) + 0.1) {
      note(kind, "mean of all pairs", shift, 0.0);
    }
    if (std::abs(ratio - 1.0) > 5 * std::sqrt(error) + 0.02) {
      note(kind, "mean ratio of variances", ratio, 1.0);
    }
    if (print) {
      std::printf("  variances %.3f +- %.3f\n", ratio, std::sqrt(error));
    }
  }
  return found;
}

struct Without {
  const char* name;
  void (*change)(ArrayParameters&);
};
const Without kWithout[] = {
    {"programming error", [](ArrayParameters& p) { p.effects.programming_error = false; }},
    {"read noise", [](ArrayParameters& p) { p.effects.read_noise = false; }},
    {"off current", [](ArrayParameters& p) { p.effects.off_current = false; }},
    {"DAC noise", [](ArrayParameters& p) { p.effects.dac_noise = false; }},
    {"ADC noise", [](ArrayParameters& p) { p.effects.adc_noise = false; }},
    {"integral non-linearity", [](ArrayParameters& p) { p.effects.adc_inl = false; }},
    {"code widths", [](ArrayParameters& p) { p.effects.adc_dnl = false; }},
    {"ADC offset and gain", [](ArrayParameters& p) { p.effects.adc_offset_gain = false; }},
    {"DAC errors", [](ArrayParameters& p) { p.effects.dac_errors = false; }},
    {"mean drift", [](ArrayParameters& p) { p.cell.drift_mean_per_decade = 0.0; }},
    {"spread of the drift", [](ArrayParameters& p) { p.cell.drift_sigma_per_decade = 0.0; }},
    {"temperature", [](ArrayParameters& p) { p.effects.temperature = false; }},
    {"spread of temperature coefficients", [](ArrayParameters& p) { p.effects.variability = false; }},
    {"defects", [](ArrayParameters& p) { p.effects.faults = false; }},
    {"slow noise", [](ArrayParameters& p) { p.effects.slow_noise = false; }},
    {"voltage drop", [](ArrayParameters& p) { p.effects.ir_drop = false; }},
    {"output conductance", [](ArrayParameters& p) { p.cell.output_conductance_per_V = 0.0; }},
    {"compression", [](ArrayParameters& p) { p.effects.compression = false; }},
    {"source line", [](ArrayParameters& p) { p.cell.sl_ohm_per_cell = 0.0; }},
};

TEST(AllEffects, TogetherHaveTheDistributionOfSlowChips) {
  const std::uint64_t seed = test_seed(97);
  std::mt19937_64 random(seed);
  auto levels = random_levels(random, kRows, kColumns, 15, true);
  for (std::size_t i = 0; i < levels.size(); i += 2) {  // four weights of five positive, for a voltage drop of some LSB
    if (random() % 5 != 0 && levels[i] < levels[i + 1]) {
      std::swap(levels[i], levels[i + 1]);
    }
  }
  const auto codes = random_codes(random, kRows, 255, 0.1);
  const ArrayParameters p = everything();
  const Samples fast = fast_chips(p, seed, levels, codes);
  std::printf("mean and sigma [LSB] of each pair, fast/slow, (KS probability), share beyond 4 sigma\n");
  EXPECT_EQ(disagreement(fast, slow_chips(p, seed + 1, levels, codes), true), "");
  // The same comparison is able to fail: by each effect that the reference lacks.
  for (const Without& without : kWithout) {
    ArrayParameters less = p;
    without.change(less);
    const std::string found = disagreement(fast, slow_chips(less, seed + 2, levels, codes), false);
    EXPECT_NE(found, "") << "a reference without " << without.name << " agrees";
    std::printf("without %-35s %s\n", without.name, found.substr(0, found.find('\n')).c_str());
  }
}

}  // namespace
}  // namespace tessera::analog
