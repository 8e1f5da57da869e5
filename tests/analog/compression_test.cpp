// SPDX-License-Identifier: Apache-2.0
// Compression near and above threshold: the fast kernel gives its law, and the law is as close to the whole EKV model
// as the page says. Written from the law; shares no arithmetic with the kernel.
#include "models/analog/compression.h"

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

/// I / I_S of the whole EKV law; w: of the same cell at full input, where it was verified.
double ekv(double w, double x) {
  const double u = std::pow(std::exp(std::sqrt(w)) - 1.0, 2) * x;
  return std::pow(std::log(1.0 + std::sqrt(u)), 2);
}
/// Currents w / I_S at which the law is taken, and Lagrange's polynomials over sqrt(w) between them (docs/analog.md).
struct Terms {
  std::vector<double> nodes;
  Terms(std::size_t count, double largest) {
    const double pi = std::acos(-1.0);
    for (std::size_t k = 0; k < count; ++k) {
      const double t =
          0.5 - 0.5 * std::cos((2.0 * static_cast<double>(k) + 1.0) * pi / (2.0 * static_cast<double>(count)));
      nodes.push_back(t * t * largest);
    }
  }
  [[nodiscard]] double current(double w, double x) const {
    double sum = 0.0;
    for (std::size_t k = 0; k < nodes.size(); ++k) {
      double polynomial = (ekv(nodes[k], x) - nodes[k] * x) / std::pow(nodes[k], 1.5);
      for (std::size_t j = 0; j < nodes.size(); ++j) {
        polynomial *= j == k ? 1.0 : (std::sqrt(w) - std::sqrt(nodes[j])) / (std::sqrt(nodes[k]) - std::sqrt(nodes[j]));
      }
      sum += polynomial;
    }
    return w * x + std::pow(w, 1.5) * sum;
  }
};

/// Of the levels of one cell; fixed point leaves this much room above the highest.
constexpr double kRoom = 4095.0 / (255 * 15);

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

TEST(Compression, TermsAreAsCloseToEkvAsThePageSays) {
  // Largest error over all inputs and levels, as a share of the highest level's current at full input.
  struct Row {
    double inversion;
    std::size_t terms;
    double without, with;  ///< docs/analog.md
  };
  for (const Row& row : {Row{0.001, 1, 0.0047, 0.00001}, Row{0.015, 1, 0.0181, 0.0002}, Row{0.1, 1, 0.0464, 0.0011},
                         Row{0.5, 2, 0.1020, 0.0003}, Row{1.0, 2, 0.1420, 0.0007}, Row{2.0, 3, 0.1958, 0.0001},
                         Row{4.5, 3, 0.2790, 0.0005}, Row{10.0, 4, 0.3813, 0.0006}}) {
    const Terms terms(row.terms, kRoom * row.inversion);
    double without = 0.0, with = 0.0;
    for (int i = 0; i <= 500; ++i) {
      for (int level = 1; level <= 15; ++level) {
        const double x = i / 500.0, w = row.inversion * level / 15, exact = ekv(w, x);
        without = std::max(without, std::abs(w * x - exact) / row.inversion);
        with = std::max(with, std::abs(terms.current(w, x) - exact) / row.inversion);
      }
    }
    std::printf("w = %6.3f I_S: exponential law off by %.4f, with %zu terms %.5f of the full current\n", row.inversion,
                without, row.terms, with);
    EXPECT_NEAR(without, row.without, 2e-4) << row.inversion;
    EXPECT_NEAR(with, row.with, 1e-4) << row.inversion;
    const ArrayParameters p = near_threshold(row.inversion);
    EXPECT_EQ(CellCurves(p, FixedPoint(p, 1.0)).terms(), row.terms) << row.inversion;
  }
}

TEST(Compression, KernelGivesItsLaw) {
  const std::uint64_t seed = test_seed(121);
  std::mt19937_64 random(seed);
  struct Row {
    double inversion;
    std::size_t terms;
    double tolerance;  ///< beyond half a step: rounding of the terms' factors, 1 / 4095 and 1 / 16384, over 200 rows
  };
  for (const Row& row :
       {Row{0.005, 1, 0.01}, Row{0.1, 1, 0.01}, Row{1.0, 2, 0.03}, Row{4.0, 3, 0.06}, Row{10.0, 4, 0.1}}) {
    const ArrayParameters p = near_threshold(row.inversion);
    const Terms terms(row.terms, kRoom * row.inversion);
    const auto levels = random_levels(random, kRows, kColumns, 15);
    const auto codes = random_codes(random, kRows, 255);
    Array array(p, seed, 0);
    array.program(0, 0, kRows, kColumns, levels);
    const auto got = run(array, {0, kRows, 0, kPairs, 1, 0, 1}, codes);
    const double lsb_A = p.adc.full_scale_A / (p.adc.gains[1] * 2048), specific_A = p.cell.specific_current_A;
    double current_A = 0.0, moved = 0.0, from_ekv = 0.0, largest = 0.0;
    for (std::size_t c = 0; c < kPairs; ++c) {
      double sum_A = 0.0, plain_A = 0.0, ekv_A = 0.0;
      for (std::size_t r = 0; r < kRows; ++r) {
        const double x = codes[r] / 255.0;
        for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
          const double full_A = levels[r * kColumns + 2 * c + side] * 1e-9, sign = side == 0 ? 1 : -1;
          const double now_A = full_A > 0 ? specific_A * terms.current(full_A / specific_A, x) : 0.0;
          sum_A += sign * now_A;
          plain_A += sign * full_A * x;
          ekv_A += sign * specific_A * ekv(full_A / specific_A, x);
          current_A += now_A;
        }
      }
      largest = std::max(largest, std::abs(got.codes[c] - sum_A / lsb_A));
      moved = std::max(moved, std::abs(sum_A - plain_A) / lsb_A);
      from_ekv = std::max(from_ekv, std::abs(sum_A - ekv_A) / lsb_A);
    }
    std::printf(
        "w = %.3f I_S: compression moves sums by up to %.1f LSB; terms and EKV differ by %.2f LSB; kernel within "
        "%.3f LSB\n",
        row.inversion, moved, from_ekv, largest);
    EXPECT_LE(largest, 0.5 + row.tolerance) << row.inversion;
    EXPECT_NEAR(got.current_A[0] / current_A, 1.0, 1e-4) << "cell current, for the energy";
    EXPECT_GT(moved, 2.0) << "nothing to see";
  }
}

// A threshold that fluctuates moves a cell's current by dI / d ln u, less above threshold than below.
TEST(Compression, ReadNoiseIsThatOfTheThreshold) {
  const std::uint64_t seed = test_seed(122);
  std::mt19937_64 random(seed);
  const auto levels = random_levels(random, kRows, kColumns, 15);
  for (const double inversion : {0.1, 1.0, 10.0}) {
    ArrayParameters p = near_threshold(inversion);
    p.effects.read_noise = true;
    p.cell.sigma_read_vt_V = 4e-3;
    const double relative = SubthresholdCell(p.cell, p.temperature_K).sigma_read_rel();
    Array array(p, seed, 0);
    array.program(0, 0, kRows, kColumns, levels);
    const double lsb_A = p.adc.full_scale_A / (p.adc.gains[0] * 2048), specific_A = p.cell.specific_current_A;
    for (const bool full : {true, false}) {
      const auto codes = full ? std::vector<std::uint16_t>(kRows, 255) : random_codes(random, kRows, 255);
      double expected = 0.0, undiminished = 0.0;
      for (std::size_t r = 0; r < kRows; ++r) {
        for (std::size_t c = 0; c < kColumns; ++c) {
          const double full_A = levels[r * kColumns + c] * 1e-9, x = codes[r] / 255.0;
          const double root = (std::exp(std::sqrt(full_A / specific_A)) - 1.0) * std::sqrt(x);
          expected += std::pow(relative * specific_A * std::log(1 + root) * root / (1 + root) / lsb_A, 2) / kPairs;
          undiminished += std::pow(relative * full_A * x / lsb_A, 2) / kPairs;
        }
      }
      std::vector<std::uint16_t> many;
      constexpr std::uint32_t kProducts = 2000;
      for (std::uint32_t n = 0; n < kProducts; ++n) {
        many.insert(many.end(), codes.begin(), codes.end());
      }
      const auto got = run(array, {0, kRows, 0, kPairs, kProducts, 0, 0}, many).codes;
      const double variance = testing::noise_power(got, kPairs);
      std::printf("w = %4.1f I_S, %s: sigma %.2f LSB, of the law %.2f (%+.1f %%); as in weak inversion %.2f\n",
                  inversion, full ? "full input " : "random code", std::sqrt(variance), std::sqrt(expected),
                  100 * (std::sqrt(variance / expected) - 1), std::sqrt(undiminished));
      // 20 pairs of 2000 products: 0.35 %. At partial input one curve serves all cells.
      EXPECT_NEAR(std::sqrt(variance / expected), 1.0, full ? 0.015 : 0.06) << inversion;
    }
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
    const int expected = static_cast<int>(std::lround(0.9e-6 / (1e-6 / 2048) * (ekv(0.1, x) / 0.1 - x)));
    EXPECT_NEAR(run(bent, product, codes).codes[3] - run(straight, product, codes).codes[3], expected, 3)
        << code;  // 0.1 % of 900 nA and a step
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

TEST(Compression, RefusesCurrentsBeyondTheTable) {
  EXPECT_THROW(Array(near_threshold(10.1), 1, 0), std::invalid_argument);
  ArrayParameters p = near_threshold(10.1);
  p.effects.compression = false;
  EXPECT_NO_THROW(Array(p, 1, 0));
  p.cell.specific_current_A = 0.0;
  EXPECT_THROW(Array(p, 1, 0), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::analog
