// SPDX-License-Identifier: Apache-2.0
// Cells by measured curves: the kernel gives the measured currents, at every code between them, with their energy and
// their read noise. Written from the table; shares no arithmetic with the kernel.
#include "models/analog/measured_curves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>
#include <vector>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::random_codes;
using testing::random_levels;
using testing::run;
using testing::test_seed;

constexpr std::uint32_t kRows = 200, kPairs = 20, kColumns = 2 * kPairs;

/// Each level rises with a power and saturates with a knee of its own: no product, and no law of ours.
double current_A(int level, double x) {
  const double full = level == 0 ? 5e-12 : 1.07e-9 * level + 2e-11 * (level % 3),
               knee = 0.02 * level + 0.002 * (level * 7 % 5);
  return full * std::pow(x, 0.7 + 0.04 * level) * (1 + knee) / (1 + knee * x);
}

ArrayParameters measured() {
  ArrayParameters p;
  p.rows = kRows;
  p.columns = kColumns;
  p.effects = NonIdealities::none();
  p.adc.bits = 12;
  p.adc.full_scale_A = 1e-6;
  p.cell.i_off_A = 5e-12;
  p.effects.off_current = true;
  p.cell.curve_codes = {4, 8, 16, 24, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 255};
  for (int level = 0; level <= 15; ++level) {
    for (const double code : p.cell.curve_codes) {
      p.cell.curve_currents_A.push_back(current_A(level, code / 255.0));
    }
    p.cell.level_currents_A.push_back(p.cell.curve_currents_A.back());
  }
  return p;
}

/// Linear between the measured codes.
double interpolated_A(const ArrayParameters& p, int level, int code) {
  const auto& codes = p.cell.curve_codes;
  const double* currents = &p.cell.curve_currents_A[static_cast<std::size_t>(level) * codes.size()];
  if (code <= codes[0]) {
    return currents[0] * code / codes[0];
  }
  std::size_t i = 1;
  while (codes[i] < code) {
    ++i;
  }
  return currents[i - 1] + (currents[i] - currents[i - 1]) * (code - codes[i - 1]) / (codes[i] - codes[i - 1]);
}

TEST(MeasuredCurves, KernelGivesWhatWasMeasured) {
  const std::uint64_t seed = test_seed(131);
  std::mt19937_64 random(seed);
  const ArrayParameters p = measured();
  EXPECT_LT(measured_residual(p), 1e-3);
  std::printf("terms within %.4f %% of the highest current\n", 100 * measured_residual(p));
  Array array(p, seed, 0);
  const auto levels = random_levels(random, kRows, kColumns, 15);
  array.program(0, 0, kRows, kColumns, levels);
  const double lsb_A = p.adc.full_scale_A / (p.adc.gains[1] * 2048);
  for (int repeat = 0; repeat < 5; ++repeat) {
    const auto codes = random_codes(random, kRows, 255);
    const auto got = run(array, {0, kRows, 0, kPairs, 1, 0, 1}, codes);
    double total_A = 0.0, moved = 0.0;
    for (std::size_t c = 0; c < kPairs; ++c) {
      double sum_A = 0.0, plain_A = 0.0;
      for (std::size_t r = 0; r < kRows; ++r) {
        for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
          const int level = levels[r * kColumns + 2 * c + side];
          const double now_A = interpolated_A(p, level, codes[r]);
          sum_A += (side == 0 ? 1 : -1) * now_A;
          plain_A += (side == 0 ? 1 : -1) * p.cell.level_currents_A[static_cast<std::size_t>(level)] * codes[r] / 255.0;
          total_A += now_A;
        }
      }
      // Half a step, 200 rows of up to 0.1 % of 16 nA, and weights in steps of 1/256 level.
      EXPECT_NEAR(got.codes[c], sum_A / lsb_A, 0.5 + 0.6) << "pair " << c;
      moved = std::max(moved, std::abs(sum_A - plain_A) / lsb_A);
    }
    EXPECT_GT(moved, 5.0) << "nothing to see";
    EXPECT_NEAR(got.current_A[0] / total_A, 1.0, 2e-3) << "cell current, for the energy";
  }
}

TEST(MeasuredCurves, ReadNoiseGoesWithTheCurrent) {
  const std::uint64_t seed = test_seed(132);
  ArrayParameters p = measured();
  p.effects.read_noise = true;
  p.cell.sigma_read_vt_V = 4e-3;
  const double relative = SubthresholdCell(p.cell, p.temperature_K).sigma_read_rel();
  Array array(p, seed, 0);
  std::vector<std::uint8_t> levels(std::size_t{kRows} * kColumns, 0);
  for (std::size_t i = 0; i < levels.size(); i += 2) {
    levels[i] = 8;  // the level whose curve the noise of all follows
  }
  array.program(0, 0, kRows, kColumns, levels);
  const double lsb_A = p.adc.full_scale_A / (p.adc.gains[0] * 2048);
  for (const int code : {32, 96, 255}) {
    constexpr std::uint32_t kProducts = 1000;
    std::vector<std::uint16_t> codes(std::size_t{kRows} * kProducts, 0);
    for (std::uint32_t n = 0; n < kProducts; ++n) {
      std::fill_n(codes.begin() + n * kRows, 100, static_cast<std::uint16_t>(code));
    }
    const auto got = run(array, {0, kRows, 0, kPairs, kProducts, 0, 0}, codes).codes;
    const double variance = testing::noise_power(got, kPairs);
    const double expected = 10 * relative * interpolated_A(p, 8, code) / lsb_A;  // 100 cells
    EXPECT_NEAR(std::sqrt(variance) / expected, 1.0, 0.02) << "code " << code;
  }
}

TEST(MeasuredCurves, RefusesTablesThatAreNotWhole) {
  const auto refused = [](const auto& change) {
    ArrayParameters p = measured();
    change(p);
    EXPECT_THROW(Array(p, 1, 0), std::invalid_argument);
  };
  EXPECT_NO_THROW(Array(measured(), 1, 0));
  refused([](ArrayParameters& p) { p.cell.curve_codes.back() = 254; });
  refused([](ArrayParameters& p) { p.cell.curve_codes[3] = 100; });
  refused([](ArrayParameters& p) { p.cell.curve_currents_A.pop_back(); });
  refused([](ArrayParameters& p) { p.cell.level_currents_A[7] *= 1.01; });
  refused([](ArrayParameters& p) { p.cell.level_currents_A.clear(); });
  refused([](ArrayParameters& p) { p.effects.compression = true; });
  refused([](ArrayParameters& p) { p.dac.coding = DacParameters::Coding::pulse_width; });
  refused([](ArrayParameters& p) { p.adc.bits = 0; });
}

}  // namespace
}  // namespace tessera::analog
