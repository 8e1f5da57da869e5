// SPDX-License-Identifier: Apache-2.0
// Compression near threshold: the fast kernel gives its first-order law exactly, and the law is as close to the whole
// EKV model as the page says. Written from the law; shares no arithmetic with the kernel.
#include "models/analog/compression.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <stdexcept>

#include "models/analog/array.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::random_codes;
using testing::random_levels;
using testing::run;
using testing::test_seed;

constexpr std::uint32_t kRows = 200, kPairs = 20, kColumns = 2 * kPairs;

/// I / I_S of the whole EKV law; w: of the same cell at full input, where it was verified.
double ekv(double w, double x) {
  const double u = std::pow(std::exp(std::sqrt(w)) - 1.0, 2) * x;
  return std::pow(std::log(1.0 + std::sqrt(u)), 2);
}
double first_order(double w, double x) {
  return w * x + std::pow(w, 1.5) * (x - std::pow(x, 1.5));
}

ArrayParameters near_threshold(double inversion) {
  ArrayParameters p;
  p.rows = kRows;
  p.columns = kColumns;
  p.effects = NonIdealities::none();
  p.effects.compression = true;
  p.adc.bits = 12;
  p.adc.full_scale_A = 1e-6;
  p.cell.specific_current_A = 15 * p.cell.i_lsb_A / inversion;
  return p;
}

TEST(Compression, FirstOrderIsAsCloseToEkvAsThePageSays) {
  // Largest error over all inputs, as a share of the cell's current at full input.
  struct Row {
    double inversion, without, first;  ///< docs/analog.md
  };
  for (const Row& row : {Row{0.001, 0.00468, 0.00002}, Row{0.005, 0.01045, 0.00011}, Row{0.015, 0.01808, 0.00032},
                         Row{0.05, 0.03290, 0.00106}, Row{0.1, 0.04637, 0.00211}}) {
    double without = 0.0, first = 0.0;
    for (int i = 0; i <= 4000; ++i) {
      const double x = i / 4000.0, exact = ekv(row.inversion, x);
      without = std::max(without, std::abs(row.inversion * x - exact) / row.inversion);
      first = std::max(first, std::abs(first_order(row.inversion, x) - exact) / row.inversion);
    }
    std::printf("w = %.3f I_S: exponential law %.4f, first order %.5f of the full current\n", row.inversion, without,
                first);
    EXPECT_NEAR(without, row.without, 1e-5);
    EXPECT_NEAR(first, row.first, 1e-5);
  }
}

TEST(Compression, KernelGivesItsLawExactly) {
  const std::uint64_t seed = test_seed(121);
  std::mt19937_64 random(seed);
  for (const double inversion : {0.005, 0.05, 0.1}) {
    const ArrayParameters p = near_threshold(inversion);
    const auto levels = random_levels(random, kRows, kColumns, 15);
    const auto codes = random_codes(random, kRows, 255);
    Array array(p, seed, 0);
    array.program(0, 0, kRows, kColumns, levels);
    const auto got = run(array, {0, kRows, 0, kPairs, 1, 0, 1}, codes);
    const double lsb_A = p.adc.full_scale_A / (p.adc.gains[1] * 2048), specific_A = p.cell.specific_current_A;
    double current_A = 0.0, moved = 0.0, from_ekv = 0.0;
    for (std::size_t c = 0; c < kPairs; ++c) {
      double sum_A = 0.0, plain_A = 0.0, ekv_A = 0.0;
      for (std::size_t r = 0; r < kRows; ++r) {
        const double x = codes[r] / 255.0;
        for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
          const double full_A = levels[r * kColumns + 2 * c + side] * 1e-9, sign = side == 0 ? 1 : -1;
          const double now_A = specific_A * first_order(full_A / specific_A, x);
          sum_A += sign * now_A;
          plain_A += sign * full_A * x;
          ekv_A += sign * specific_A * ekv(full_A / specific_A, x);
          current_A += now_A;
        }
      }
      EXPECT_LE(std::abs(got.codes[c] - sum_A / lsb_A), 0.502) << "pair " << c << " at " << inversion;
      moved = std::max(moved, std::abs(sum_A - plain_A) / lsb_A);
      from_ekv = std::max(from_ekv, std::abs(sum_A - ekv_A) / lsb_A);
    }
    EXPECT_NEAR(got.current_A[0] / current_A, 1.0, 2e-5) << "cell current, for the energy";
    EXPECT_GT(moved, 2.0) << "nothing to see";
    std::printf("w = %.3f I_S: compression moves sums by up to %.1f LSB; first order and EKV differ by %.2f LSB\n",
                inversion, moved, from_ekv);
  }
}

TEST(Compression, RaisesSmallInputsAndLeavesFullAndNoInput) {
  ArrayParameters p = near_threshold(0.1);
  Array bent(p, 1, 0);
  p.effects.compression = false;
  Array straight(p, 1, 0);
  std::vector<std::uint8_t> levels(std::size_t{kRows} * kColumns, 0);
  for (std::size_t i = 0; i < levels.size(); i += 2) {
    levels[i] = 15;
  }
  bent.program(0, 0, kRows, kColumns, levels);
  straight.program(0, 0, kRows, kColumns, levels);
  for (const int code : {0, 1, 30, 113, 200, 255}) {
    // Few rows for large codes: the sum stays within the range.
    std::vector<std::uint16_t> codes(kRows, 0);
    std::fill_n(codes.begin(), 60, static_cast<std::uint16_t>(code));
    const Product product{0, kRows, 0, kPairs, 1, 0, 0};
    const double x = code / 255.0;
    const int expected =
        static_cast<int>(std::lround(0.9e-6 / (1e-6 / 2048) * std::sqrt(0.1) * (x - std::pow(x, 1.5))));
    EXPECT_NEAR(run(bent, product, codes).codes[3] - run(straight, product, codes).codes[3], expected, 1) << code;
  }
}

TEST(Compression, PulsesAndBitsUseFullGateVoltageAndDoNotCompress) {
  std::mt19937_64 random(5);
  const auto levels = random_levels(random, kRows, kColumns, 15);
  const auto codes = random_codes(random, kRows, 255);
  for (const auto coding : {DacParameters::Coding::pulse_width, DacParameters::Coding::bit_serial}) {
    ArrayParameters p = near_threshold(0.1);
    p.dac.coding = coding;
    Array with(p, 1, 0);
    p.effects.compression = false;
    Array without(p, 1, 0);
    with.program(0, 0, kRows, kColumns, levels);
    without.program(0, 0, kRows, kColumns, levels);
    const Product product{0, kRows, 0, kPairs, 1, 0, 1};
    EXPECT_EQ(run(with, product, codes).codes, run(without, product, codes).codes);
  }
}

TEST(Compression, RefusesCurrentsBeyondFirstOrder) {
  EXPECT_THROW(Array(near_threshold(0.11), 1, 0), std::invalid_argument);
  ArrayParameters p = near_threshold(0.11);
  p.effects.compression = false;
  EXPECT_NO_THROW(Array(p, 1, 0));
  p.cell.specific_current_A = 0.0;
  EXPECT_THROW(Array(p, 1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::analog
