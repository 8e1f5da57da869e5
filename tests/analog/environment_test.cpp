// SPDX-License-Identifier: Apache-2.0
// Age, temperature and broken cells: what they do to currents and that products use those currents.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <utility>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/analog/faults.h"
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

Array filled(const ArrayParameters& p, std::uint64_t seed, std::uint8_t level) {
  Array array(p, seed, 0);
  array.program(0, 0, p.rows, p.columns, std::vector<std::uint8_t>(std::size_t{p.rows} * p.columns, level));
  return array;
}

std::vector<double> currents_of(const Array& array, std::uint32_t rows, std::uint32_t columns) {
  std::vector<double> result;
  for (std::uint32_t r = 0; r < rows; ++r) {
    for (std::uint32_t c = 0; c < columns; ++c) {
      result.push_back(array.cell_current_A(r, c));
    }
  }
  return result;
}
std::vector<double> currents(const Array& array) {
  return currents_of(array, array.parameters().rows, array.parameters().columns);
}

TEST(Environment, PortableLogarithm) {
  for (int i = -90; i <= 90; ++i) {
    const double x = std::pow(1.29, i);
    EXPECT_NEAR(portable_log(x), std::log(x), 1e-13 * (1 + std::abs(std::log(x)))) << x;
  }
  EXPECT_EQ(portable_log(1.0), 0.0);
}

ArrayParameters aged(double hours, std::uint32_t side = kSide) {
  ArrayParameters p = ideal(side);
  p.effects.retention = true;
  p.environment.age_s = hours * 3600;
  return p;
}

ArrayParameters heated(double programmed_K, double operating_K, std::uint32_t side) {
  ArrayParameters p = ideal(side);
  p.effects.temperature = true;
  p.temperature_K = programmed_K;
  p.environment.temperature_K = operating_K;
  return p;
}

TEST(Environment, DriftHasMeanAndSpreadPerDecade) {
  const std::uint64_t seed = test_seed(51);
  const double n = static_cast<double>(kSide) * kSide;
  for (const double age : {0.0, 9.0, 999.0, 99999.0}) {
    ArrayParameters p = aged(age);
    p.cell.drift_mean_per_decade = -0.004;
    p.cell.drift_sigma_per_decade = 0.003;
    std::vector<double> relative = currents(filled(p, seed, 10));
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
  Array a = filled(aged(9, 16), 1, 8), b = filled(aged(99, 16), 1, 8);
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

TEST(Environment, TemperatureBendsLevelsAndCompensationStraightensThem) {
  using Compensation = CellParameters::Compensation;
  ArrayParameters p = heated(298.15, 358.15, 32);
  const CommonGain common = common_gain_compensation(15, 298.15, 358.15);
  const double n_ut_V = 1.8 * thermal_voltage_V(358.15);
  for (int level = 1; level <= 15; ++level) {
    const double bent = std::pow(level, 298.15 / 358.15);
    // Bias as it was: the exponent ln(I / I_threshold) shrinks with T0 / T, and the threshold falls.
    const double bare = level * std::exp(std::log(level * 1e-9 / 1e-7) * (298.15 / 358.15 - 1) + 1e-3 * 60 / n_ut_V);
    const std::vector<std::pair<Compensation, double>> expected = {{Compensation::none, bare},
                                                                   {Compensation::reference_cell, bent},
                                                                   {Compensation::common_gain, common.gain * bent},
                                                                   {Compensation::tracking, 1.03 * level}};
    for (const auto& [compensation, current] : expected) {
      p.cell.compensation = compensation;
      EXPECT_NEAR(filled(p, 1, static_cast<std::uint8_t>(level)).cell_current_A(3, 4) / (current * 1e-9), 1.0, 1e-6);
    }
  }
  p.environment.temperature_K = p.temperature_K;
  EXPECT_EQ(filled(p, 1, 7).cell_current_A(0, 0), 7 * 1e-9);
  p.environment.temperature_K = 358.15;
  p.effects.temperature = false;
  EXPECT_EQ(filled(p, 1, 7).cell_current_A(0, 0), 7 * 1e-9);
}

/// Half input from 27 to 85 C. Bias voltages that stay were made for 27 C: (128 / 255)^(300.15 / 358.15) = 0.561 of
/// the full current instead of 0.502. All else makes gate voltages that follow the temperature.
TEST(Environment, HalfInputFollowsTheVoltageThatDrivesIt) {
  using Compensation = CellParameters::Compensation;
  using Coding = DacParameters::Coding;
  ArrayParameters p = heated(300.15, 358.15, 64);
  p.adc.full_scale_A = 20e-6;  // without compensation, cells conduct six times as much
  const double linear = 128.0 / 255, stays = std::pow(linear, 300.15 / 358.15);
  EXPECT_NEAR(stays, 0.5612, 1e-4);
  for (const Coding coding : {Coding::log_voltage, Coding::pulse_width}) {
    p.dac.coding = coding;
    for (const Compensation compensation :
         {Compensation::none, Compensation::reference_cell, Compensation::common_gain, Compensation::tracking}) {
      p.cell.compensation = compensation;
      const bool bends = compensation == Compensation::none && coding == Coding::log_voltage;
      const double expected = bends ? stays : linear;
      for (const std::uint32_t voltage_bits : {0U, 14U}) {
        p.dac.voltage_bits = voltage_bits;
        Array array(p, 1, 0);
        std::vector<std::uint8_t> levels(128, 0);
        for (std::size_t i = 0; i < levels.size(); i += 2) {
          levels[i] = 9;
        }
        array.program(0, 0, 64, 2, levels);
        Reference reference(p, 1);
        reference.set_cells(currents_of(array, 64, 2), 64, 1);
        const auto of = [&](std::uint16_t code) {
          return run(array, {0, 64, 0, 1, 1, 0, 2}, std::vector<std::uint16_t>(64, code));
        };
        const auto full = of(255), half = of(128), one = of(1);
        const double counts = full.codes[0];
        ASSERT_GT(counts, 100);
        ASSERT_LT(counts, 2047);
        EXPECT_NEAR(half.codes[0] / counts, expected, 1.5 / counts) << static_cast<int>(compensation);
        EXPECT_NEAR(one.codes[0] / counts, bends ? std::pow(1 / 255.0, 300.15 / 358.15) : 1 / 255.0, 1.0 / counts);
        for (const std::uint16_t code : {std::uint16_t{1}, std::uint16_t{128}, std::uint16_t{255}}) {
          const std::vector<std::uint16_t> codes(64, code);
          EXPECT_NEAR(of(code).codes[0], reference.analog_codes(codes.data(), 4)[0], 1.0) << code;
        }
        EXPECT_NEAR(half.current_A[0] / full.current_A[0], expected, 1e-3) << "energy";
      }
    }
  }
}

TEST(Environment, CellsDifferInTheirTemperatureCoefficient) {
  ArrayParameters p = heated(300, 350, kSide);
  p.effects.variability = true;
  p.cell.compensation = CellParameters::Compensation::tracking;
  p.cell.temp_residual_rel_25_85C = 0;
  p.cell.sigma_vt_tempco_V_per_K = 10e-6;
  std::vector<double> logs = currents(filled(p, test_seed(54), 6));
  for (double& i : logs) {
    i = std::log(i / 6e-9);
  }
  const double sigma = 10e-6 * 50 / (1.8 * thermal_voltage_V(350));
  EXPECT_NEAR(testing::mean(logs), 0.0, 5 * sigma / kSide);
  EXPECT_NEAR(std::sqrt(testing::variance(logs)) / sigma, 1.0, 0.015);
}

TEST(Environment, OffCurrentFollowsTemperatureAsACellOfItsThreshold) {
  ArrayParameters p = heated(298.15, 358.15, 8);
  p.effects.off_current = true;
  p.cell.compensation = CellParameters::Compensation::reference_cell;
  EXPECT_NEAR(filled(p, 1, 0).cell_current_A(0, 0), std::pow(0.01, 298.15 / 358.15) * 1e-9, 1e-17);
}

TEST(Environment, BrokenCellsAppearAtTheirRate) {
  ArrayParameters p = ideal();
  p.effects.off_current = true;
  p.effects.faults = true;
  p.cell.sa_fault_rate = 0.03;
  p.cell.stuck_on_share = 1.0 / 3;
  double off = 0, on = 0;
  for (const double i : currents(filled(p, test_seed(52), 5))) {
    off += i == p.cell.i_off_A ? 1 : 0;
    on += i == 15 * p.cell.i_lsb_A ? 1 : 0;
  }
  const double n = static_cast<double>(kSide) * kSide;
  EXPECT_NEAR(off / n, 0.02, 5 * std::sqrt(0.02 / n));
  EXPECT_NEAR(on / n, 0.01, 5 * std::sqrt(0.01 / n));
  p.effects.faults = false;
  for (const double i : currents(filled(p, 52, 5))) {
    ASSERT_EQ(i, 5 * p.cell.i_lsb_A);
  }
}

/// A stuck cell conducts as the highest level does, measured levels included; so does one broken on purpose as its
/// level.
TEST(Environment, StuckCellsConductAsMeasuredLevels) {
  ArrayParameters p = ideal(8);
  p.cell.bits = 2;
  p.cell.level_currents_A = {0, 2e-9, 5e-9, 9e-9};
  p.effects.faults = true;
  p.cell.sa_fault_rate = p.cell.stuck_on_share = 1.0;
  for (const double i : currents(filled(p, 3, 1))) {
    ASSERT_NEAR(i, 9e-9, 1e-15);
  }
  p.effects.faults = false;
  Array array = filled(p, 3, 1);
  InjectedFaults faults;
  faults.cells[{2, 3}] = 2;
  array.inject(faults);
  EXPECT_NEAR(array.cell_current_A(2, 3), 5e-9, 1e-15);
  EXPECT_NEAR(array.cell_current_A(2, 4), 2e-9, 1e-15);
}

TEST(Environment, SpareLinesReplaceTheWorstLines) {
  ArrayParameters p = ideal(64);
  p.effects.faults = true;
  p.cell.broken_row_rate = 0.05;
  p.cell.broken_column_rate = 0.05;
  const std::uint64_t seed = test_seed(55);
  const FaultMap bare(p, seed, 0);
  ASSERT_GT(bare.broken_rows(), 0U);
  ASSERT_GT(bare.broken_columns(), 0U);
  EXPECT_EQ(bare.remaining_cells(), 64 * 64 - (64 - bare.broken_rows()) * (64 - bare.broken_columns()));
  p.cell.spare_rows = p.cell.spare_columns = 12;
  const FaultMap repaired(p, seed, 0);
  EXPECT_EQ(repaired.broken_rows(), bare.broken_rows()) << "spares do not change which lines are broken";
  EXPECT_EQ(repaired.replaced_rows(), bare.broken_rows());
  EXPECT_EQ(repaired.replaced_columns(), bare.broken_columns());
  EXPECT_EQ(repaired.remaining_cells(), 0U);
  for (const double i : currents(filled(p, seed, 5))) {
    ASSERT_EQ(i, 5e-9);
  }
  // One spare row for two rows with stuck cells: the worse one is repaired.
  p.cell.broken_row_rate = p.cell.broken_column_rate = 0;
  p.cell.spare_rows = p.cell.spare_columns = 0;
  p.cell.sa_fault_rate = 0.002;
  const FaultMap stuck(p, seed, 0);
  p.cell.spare_columns = 2;
  const FaultMap two(p, seed, 0);
  EXPECT_EQ(two.stuck_cells(), stuck.stuck_cells());
  EXPECT_EQ(stuck.remaining_cells(), stuck.stuck_cells());
  std::vector<std::uint32_t> in_column(64, 0);
  for (std::uint32_t r = 0; r < 64; ++r) {
    for (std::uint32_t k = 0; k < 64; ++k) {
      in_column[k] += stuck.at(r, k) != FaultMap::State::good ? 1U : 0U;
    }
  }
  std::sort(in_column.rbegin(), in_column.rend());
  EXPECT_LE(two.remaining_cells(), stuck.remaining_cells() - in_column[0] + 1) << "worst column";
}

TEST(Environment, ProductsUseTheCellsCurrents) {
  const std::uint64_t seed = test_seed(53);
  std::mt19937_64 random(seed);
  ArrayParameters p = heated(300, 340, 128);
  p.effects.programming_error = p.effects.off_current = p.effects.retention = p.effects.faults = true;
  p.effects.variability = true;
  p.environment.age_s = 5000 * 3600.0;
  p.cell.drift_sigma_per_decade = 0.02;
  p.cell.sa_fault_rate = 0.02;
  using Compensation = CellParameters::Compensation;
  const auto levels = random_levels(random, 128, 128, 15);
  const auto codes = random_codes(random, 128, 255);
  for (const Compensation compensation :
       {Compensation::none, Compensation::reference_cell, Compensation::common_gain, Compensation::tracking}) {
    p.cell.compensation = compensation;
    p.adc.full_scale_A = compensation == Compensation::none ? 5e-6 : 1e-6;
    Array array(p, seed, 0);
    array.program(0, 0, 128, 128, levels);
    Reference reference(p, 1);
    reference.set_cells(currents(array), 128, 64);
    const auto out = run(array, {0, 128, 0, 64, 1, 0, 0}, codes).codes;
    const auto expected = reference.analog_codes(codes.data(), 1);
    for (std::size_t c = 0; c < 64; ++c) {
      EXPECT_NEAR(out[c], expected[c], 0.75) << static_cast<int>(compensation);
    }
  }
}

TEST(Environment, NothingHappensByDefault) {
  std::mt19937_64 random(1);
  const auto levels = random_levels(random, 64, 64, 15);
  const auto codes = random_codes(random, 64, 255);
  ArrayParameters p;
  p.rows = p.columns = 64;
  Array plain(p, 3, 0);
  p.effects.retention = p.effects.temperature = p.effects.variability = p.effects.faults = false;
  p.environment = {1e9, 350};
  p.cell.sa_fault_rate = 0.1;
  Array switched_off(p, 3, 0);
  plain.program(0, 0, 64, 64, levels);
  switched_off.program(0, 0, 64, 64, levels);
  EXPECT_EQ(run(plain, {0, 64, 0, 32, 1, 0, 4}, codes), run(switched_off, {0, 64, 0, 32, 1, 0, 4}, codes));
  p.effects = NonIdealities();
  Array switched_on(p, 3, 0);
  switched_on.program(0, 0, 64, 64, levels);
  EXPECT_NE(run(plain, {0, 64, 0, 32, 1, 0, 4}, codes).codes, run(switched_on, {0, 64, 0, 32, 1, 0, 4}, codes).codes);
}

TEST(Environment, RefusesWhatTheModelDoesNotHold) {
  const auto rejected = [](auto change) {
    ArrayParameters p = ideal(8);
    change(p);
    EXPECT_THROW(Array(p, 1, 0), std::invalid_argument);
  };
  rejected([](ArrayParameters& p) { p.environment.age_s = -1; });
  rejected([](ArrayParameters& p) { p.environment.age_s = std::numeric_limits<double>::quiet_NaN(); });
  rejected([](ArrayParameters& p) { p.environment.temperature_K = 20; });
  rejected([](ArrayParameters& p) { p.cell.sa_fault_rate = 1.1; });
  rejected([](ArrayParameters& p) { p.cell.drift_sigma_per_decade = -0.1; });
  ArrayParameters exact = aged(1, 8);
  exact.adc.bits = 0;
  EXPECT_THROW(Array(exact, 1, 0), std::invalid_argument);
  exact.environment.age_s = 0;
  EXPECT_NO_THROW(Array(exact, 1, 0));
}

}  // namespace
}  // namespace tessera::analog
