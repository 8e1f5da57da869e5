// SPDX-License-Identifier: Apache-2.0
// Published numbers beside ours: the tables of docs/validation.md are what the models say now, and stay within the
// differences that the page states.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "tests/validation/least_squares.h"
#include "tests/validation/tables.h"

namespace tessera::validation {
namespace {

/// Prints the table; every value within `limit` of the source, every bound kept.
void expect_within(const Comparison& comparison, double limit) {
  std::printf("%s", comparison.markdown().c_str());
  for (const Check& check : comparison.checks) {
    if (check.bound) {
      EXPECT_LT(check.ours, check.source) << comparison.title << ": " << check.what;
    } else {
      EXPECT_LE(std::abs(check.error()), limit) << comparison.title << ": " << check.what;
    }
  }
}

TEST(Validation, Presets) {
  expect_within(nominal(), 0.004);
  expect_within(vendor_target(), 0.005);
  expect_within(mythic_like(), 0.01);
}

TEST(Validation, HermesPhases) {
  const Comparison both = hermes();
  expect_within(both, 0.05);
  EXPECT_FALSE(both.calibration());
  EXPECT_LT(std::abs(both.checks[0].error()), 0.01) << "one phase is calibrated";
  EXPECT_LT(std::abs(both.checks[1].error()), 0.01);
}

TEST(Validation, NeurramFromOneLaw) {
  const Comparison law = neurram_law();
  expect_within(law, 0.10);
  EXPECT_EQ(law.checks.size(), 24U);
  EXPECT_LE(law.fitted, 8);
  EXPECT_LT(law.rms_error(), 0.05);
  EXPECT_FALSE(law.calibration());
  const Comparison rate = neurram_rate_law();
  expect_within(rate, 0.11);
  EXPECT_LT(rate.rms_error(), 0.055);
  EXPECT_LT(neurram_distance_from_fit(), 0.001) << "the preset's constants are not the least-squares solution";
}

TEST(Validation, NeurramRowsFromTwo) {
  expect_within(neurram_energy_rows(), 0.20);
  expect_within(neurram_time_rows(), 0.25);
  EXPECT_LE(neurram_energy_rows().fitted, 3);
  EXPECT_EQ(neurram_energy_rows().checks.size(), 18U);
}

/// One rule of scaling does not fit both chips: what each gives is stated, not only the one that agrees.
TEST(Validation, ScaledChips) {
  const Comparison guo = guo_180nm(), jin = jin_55nm();
  std::printf("%s%s", guo.markdown().c_str(), jin.markdown().c_str());
  EXPECT_LT(guo.checks[0].ours, guo.checks[0].source);
  EXPECT_NEAR(guo.checks[1].ours, 73, 2);
  EXPECT_NEAR(guo.checks[2].error(), 0, 0.25);
  EXPECT_NEAR(jin.checks[0].error(), 0, 0.05);
  EXPECT_NEAR(jin.checks[1].ours, 9.9, 0.2);
  EXPECT_TRUE(jin.calibration());
  EXPECT_EQ(guo.numbers(), 2);
  EXPECT_EQ(jin.numbers(), 1);
}

TEST(Validation, LeastSquaresFindsConstants) {
  std::vector<std::vector<double>> terms;
  std::vector<double> y;
  for (double x = 1; x < 9; ++x) {
    terms.push_back({1, x, x * x});
    y.push_back(3 - 0.5 * x + 2 * x * x);
  }
  const std::vector<double> constants = fit(terms, y);
  EXPECT_NEAR(constants[0], 3, 1e-9);
  EXPECT_NEAR(constants[1], -0.5, 1e-9);
  EXPECT_NEAR(constants[2], 2, 1e-9);
}

TEST(Validation, PageIsCurrent) {
  const std::string path = std::string(TESSERA_SOURCE_DIR) + "/docs/validation.md";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string begin = "<!-- generated: begin -->\n", end = "<!-- generated: end -->\n";
  const std::size_t from = text.find(begin), to = text.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << "the marks are missing";
  std::string tables;
  for (const Comparison& comparison : all()) {
    tables += comparison.markdown();
  }
  if (text.substr(from + begin.size(), to - from - begin.size()) == tables) {
    return;
  }
  const std::string current = std::string(TESSERA_BINARY_DIR) + "/validation.md";
  std::ofstream(current) << text.substr(0, from + begin.size()) << tables << text.substr(to);
  FAIL() << "docs/validation.md is not what the models say; its new text is " << current;
}

}  // namespace
}  // namespace tessera::validation
