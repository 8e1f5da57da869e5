// SPDX-License-Identifier: Apache-2.0
// Age, temperature and broken cells: what they do to currents and that products use those currents.
#include "models/analog/environment.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/analog/temperature.h"
#include "tests/analog/reference.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::random_codes;
using testing::random_levels;
using testing::Reference;
using testing::run;
using testing::test_seed;

constexpr std::uint32_t kSide = 256;

ArrayParameters ideal(std::uint32_t side = kSide) {
  ArrayParameters p;
  p.rows = p.columns = side;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  return p;
}

Array filled(const ArrayParameters& p, std::uint64_t seed, const Environment& e, std::uint8_t level) {
  Array array(p, seed, 0, e);
  array.program(0, 0, p.rows, p.columns, std::vector<std::uint8_t>(std::size_t{p.rows} * p.columns, level));
  return array;
}

std::vector<double> currents(const Array& array) {
  std::vector<double> result;
  for (std::uint32_t r = 0; r < array.parameters().rows; ++r) {
    for (std::uint32_t c = 0; c < array.parameters().columns; ++c) {
      result.push_back(array.cell_current_A(r, c));
    }
  }
  return result;
}

TEST(Environment, PortableLogarithm) {
  for (int i = -90; i <= 90; ++i) {
    const double x = std::pow(1.29, i);
    EXPECT_NEAR(portable_log(x), std::log(x), 1e-13 * (1 + std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
}

TEST(Environment, DriftHasMeanAndSpreadPerDecade) {
  const std::uint64_t seed = test_seed(51);
  Environment e;
  e.drift_mean_per_decade = -0.004;
  e.drift_sigma_per_decade = 0.003;
  const double n = static_cast<double>(kSide) * kSide;
  for (const double age : {0.0, 9.0, 999.0, 99999.0}) {
    e.age_h = age;
    std::vector<double> relative = currents(filled(ideal(), seed, e, 10));
    for (double& i : relative) {
      i = i / 10e-9 - 1.0;
    }
    const double decades = std::log10(1 + age);
    const double sigma = 0.003 * decades;
    EXPECT_NEAR(testing::mean(relative), -0.004 * decades, 5 * sigma / std::sqrt(n) + 1e-7) << age << " h";
    EXPECT_NEAR(std::sqrt(testing::variance(relative)), sigma, 5 * sigma / std::sqrt(2 * n) + 1e-7) << age << " h";
  }
}

TEST(Environment, ACellKeepsItsDriftRateUntilItIsWrittenAgain) {
  Environment young, old;
  young.age_h = 9;
  old.age_h = 99;
  Array a = filled(ideal(16), 1, young, 8), b = filled(ideal(16), 1, old, 8);
  const auto one = currents(a), two = currents(b);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_NEAR(two[i] - 8e-9, 2 * (one[i] - 8e-9), 1e-15);
  }
  a.program(0, 0, 16, 16, std::vector<std::uint8_t>(256, 8));
  const auto again = currents(a);
  int changed = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    changed += again[i] != one[i] ? 1 : 0;
  }
  EXPECT_GT(changed, 250);
}

TEST(Environment, TemperatureBendsLevelsAndTheCommonGainStraightensThem) {
  ArrayParameters p = ideal(32);
  p.temperature_K = 358.15;
  Environment e;
  e.programmed_K = 298.15;
  const CommonGain common = common_gain_compensation(15, 298.15, 358.15);
  for (int level = 1; level <= 15; ++level) {
    e.common_gain = false;
    EXPECT_NEAR(filled(p, 1, e, static_cast<std::uint8_t>(level)).cell_current_A(3, 4),
                std::pow(level, 298.15 / 358.15) * 1e-9, 1e-15);
    e.common_gain = true;
    EXPECT_NEAR(filled(p, 1, e, static_cast<std::uint8_t>(level)).cell_current_A(3, 4),
                common.gain * std::pow(level, 298.15 / 358.15) * 1e-9, 1e-15);
  }
  e.programmed_K = p.temperature_K;
  EXPECT_EQ(filled(p, 1, e, 7).cell_current_A(0, 0), 7 * 1e-9);
}

TEST(Environment, BrokenCellsAppearAtTheirRate) {
  Environment e;
  e.stuck_off_rate = 0.02;
  e.stuck_on_rate = 0.01;
  ArrayParameters p = ideal();
  p.effects.off_current = true;
  double off = 0, on = 0;
  const Array array = filled(p, test_seed(52), e, 5);
  for (const double i : currents(array)) {
    off += i == p.cell.i_off_A ? 1 : 0;
    on += i == 15 * p.cell.i_lsb_A ? 1 : 0;
  }
  const double n = static_cast<double>(kSide) * kSide;
  EXPECT_NEAR(off / n, 0.02, 5 * std::sqrt(0.02 / n));
  EXPECT_NEAR(on / n, 0.01, 5 * std::sqrt(0.01 / n));
}

TEST(Environment, ProductsUseTheCellsCurrents) {
  const std::uint64_t seed = test_seed(53);
  std::mt19937_64 random(seed);
  ArrayParameters p = ideal(128);
  p.temperature_K = 340;
  p.effects.programming_error = p.effects.off_current = true;
  Environment e;
  e.programmed_K = 300;
  e.age_h = 5000;
  e.drift_sigma_per_decade = 0.02;
  e.stuck_off_rate = e.stuck_on_rate = 0.01;
  Array array(p, seed, 0, e);
  array.program(0, 0, 128, 128, random_levels(random, 128, 128, 15));
  Reference reference(p, 1);
  reference.set_cells(currents(array), 128, 64);
  const auto codes = random_codes(random, 128, 255);
  const auto out = run(array, {0, 128, 0, 64, 1, 0, 0}, codes).codes;
  const auto expected = reference.analog_codes(codes.data(), 1);
  for (std::size_t c = 0; c < 64; ++c) {
    EXPECT_NEAR(out[c], expected[c], 0.75);
  }
}

TEST(Environment, NothingHappensByDefault) {
  std::mt19937_64 random(1);
  const auto levels = random_levels(random, 64, 64, 15);
  const auto codes = random_codes(random, 64, 255);
  ArrayParameters p;
  p.rows = p.columns = 64;
  Array plain(p, 3, 0), with(p, 3, 0, Environment());
  plain.program(0, 0, 64, 64, levels);
  with.program(0, 0, 64, 64, levels);
  EXPECT_EQ(run(plain, {0, 64, 0, 32, 1, 0, 4}, codes), run(with, {0, 64, 0, 32, 1, 0, 4}, codes));
}

TEST(Environment, RefusesWhatTheModelDoesNotHold) {
  const auto rejected = [](auto change) {
    Environment e;
    change(e);
    EXPECT_THROW(Array(ideal(8), 1, 0, e), std::invalid_argument);
  };
  rejected([](Environment& e) { e.age_h = -1; });
  rejected([](Environment& e) { e.age_h = std::numeric_limits<double>::quiet_NaN(); });
  rejected([](Environment& e) { e.programmed_K = 20; });
  rejected([](Environment& e) { e.stuck_off_rate = 0.7, e.stuck_on_rate = 0.7; });
  rejected([](Environment& e) { e.drift_sigma_per_decade = -0.1; });
  ArrayParameters exact = ideal(8);
  exact.adc.bits = 0;
  Environment old;
  old.age_h = 1;
  EXPECT_THROW(Array(exact, 1, 0, old), std::invalid_argument);
  EXPECT_NO_THROW(Array(exact, 1, 0, Environment()));
}

}  // namespace
}  // namespace tessera::analog
