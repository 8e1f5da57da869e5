// SPDX-License-Identifier: Apache-2.0
// Static errors of converters: each instance has its own, they have the configured spread, and products show them.
#include "models/analog/trim.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/sonos.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::run;
using testing::test_seed;

ArrayParameters quiet(std::uint32_t rows, std::uint32_t columns) {
  ArrayParameters p;
  p.rows = rows;
  p.columns = columns;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  return p;
}

TEST(Trim, OffsetAndGainHaveTheirSpreadAndShowInCodes) {
  ArrayParameters p = quiet(64, 4096);
  p.adc.per_tile = 2048;
  p.adc.offset_lsb = 7.0;
  p.adc.gain_rel = 0.02;
  p.effects.adc_offset_gain = true;
  const std::uint64_t seed = test_seed(71);
  std::vector<double> offsets, gains;
  const auto trims = adc_trims(p.adc, seed, 3);
  for (const AdcTrim& trim : trims) {
    offsets.push_back(trim.offset_lsb);
    gains.push_back(trim.gain);
  }
  EXPECT_NEAR(std::sqrt(testing::variance(offsets)) / 7.0, 1.0, 0.08);
  EXPECT_NEAR(std::sqrt(testing::variance(gains)) / 0.02, 1.0, 0.08);
  EXPECT_NEAR(testing::mean(gains), 1.0, 0.0025);
  Array array(p, seed, 3);
  std::vector<std::uint8_t> levels(std::size_t{64} * 4096, 0);
  for (std::size_t i = 0; i < levels.size(); i += 2) {
    levels[i] = 15;
  }
  array.program(0, 0, 64, 4096, levels);
  for (const int active : {0, 20, 64}) {
    std::vector<std::uint16_t> codes(64, 0);
    std::fill_n(codes.begin(), active, std::uint16_t{255});
    const auto out = run(array, {0, 64, 0, 2048, 1, 0, 0}, codes).codes;
    const double ideal = active * 15.0 * 255.0 / array.lsb_in_column_sum(0);
    for (std::size_t c = 0; c < out.size(); ++c) {
      const double expected = ideal * trims[c].gain + trims[c].offset_lsb;
      ASSERT_NEAR(out[c], std::min(expected, 2047.0), 0.501) << c;
    }
  }
}

TEST(Trim, CodesDifferInWidthAsConfigured) {
  AdcParameters adc;
  adc.bits = 8;
  adc.dnl_lsb = 0.25;
  const auto shifts = adc_dnl(adc, test_seed(72), 0);
  std::vector<double> widths;
  for (const auto& of_one : shifts) {
    for (std::size_t k = 1; k < of_one.size(); ++k) {
      widths.push_back(static_cast<double>(of_one[k]) - static_cast<double>(of_one[k - 1]));
    }
  }
  EXPECT_NEAR(std::sqrt(testing::variance(widths)), 0.25, 0.01);
  // A slow ramp through one converter: how often a code appears is its width.
  ArrayParameters p = quiet(1, 2);
  p.dac.bits = 10;
  p.adc.bits = 6;
  p.adc.per_tile = 1;
  p.adc.dnl_lsb = 0.3;
  p.adc.full_scale_A = 15e-9;
  p.adc.gains = {1};
  p.effects.adc_dnl = true;
  Array array(p, 5, 0);
  array.program(0, 0, 1, 2, std::vector<std::uint8_t>{15, 0});
  const auto table = adc_dnl(p.adc, 5, 0).front();
  for (std::uint16_t code = 0; code < 1024; ++code) {
    const double v = code * 15.0 / array.lsb_in_column_sum(0);
    const double nearest = std::nearbyint(v);
    const double expected =
        std::nearbyint(v + static_cast<double>(table[static_cast<std::size_t>(std::min(nearest, 31.0) + 32)]));
    ASSERT_EQ(run(array, {0, 1, 0, 1, 1, 0, 0}, {code}).codes[0], std::clamp(expected, -32.0, 31.0)) << code;
  }
}

TEST(Trim, TheDacsVoltageHasStepsAndErrorsOfItsOwn) {
  ArrayParameters p = quiet(64, 2);
  const FixedPoint fixed(p, 1.0);
  EXPECT_TRUE(drive_table(p, fixed, 1, 0).drive.empty()) << "the default takes codes as they are";
  const double n_ut_V = SubthresholdCell(p.cell, p.temperature_K).n_ut_V();
  for (const std::uint32_t bits : {6U, 8U, 12U}) {
    p.dac.voltage_bits = bits;
    const DriveTable table = drive_table(p, fixed, 1, 0);
    const double step_V = n_ut_V * std::log(255.0) / (std::pow(2.0, bits) - 1);
    double worst = 0.0;
    for (int code = 1; code < 256; ++code) {
      const double drive = static_cast<double>(table.of_row(9)[code]) / fixed.code_unit;
      EXPECT_LE(std::abs(std::log(drive / code)) * n_ut_V, 0.5001 * step_V);
      worst = std::max(worst, std::abs(drive - code));
    }
    EXPECT_EQ(table.of_row(9)[0], 0.0F);
    std::printf("%2u bits of %.0f mV: step %.3f mV, worst drive error %.2f codes\n", bits,
                1e3 * n_ut_V * std::log(255.0), 1e3 * step_V, worst);
  }
  p.dac.voltage_bits = 0;
  p.effects.dac_errors = true;
  p.dac.gain_rel = p.dac.inl_V = p.dac.dnl_V = 0.0;
  p.dac.offset_V = 1e-3;
  const DriveTable rows = drive_table(p, fixed, test_seed(73), 0);
  std::vector<double> offset_V;
  for (std::uint32_t row = 0; row < 64; ++row) {
    offset_V.push_back(n_ut_V * std::log(static_cast<double>(rows.of_row(row)[200]) / fixed.code_unit / 200.0));
    EXPECT_NEAR(static_cast<double>(rows.of_row(row)[100]) * 2, static_cast<double>(rows.of_row(row)[200]), 1e-2);
  }
  EXPECT_NEAR(std::sqrt(testing::variance(offset_V)), 1e-3, 0.45e-3);
  p.dac.supply = DacParameters::Supply::global_with_row_sh;
  const DriveTable shared = drive_table(p, fixed, 1, 0);
  EXPECT_EQ(shared.of_row(0), shared.of_row(63)) << "one DAC";
}

TEST(CellErrors, SonosCurvesReachTheArray) {
  ArrayParameters p = quiet(128, 128);
  p.cell.errors = CellParameters::Errors::sonos40;
  p.effects.programming_error = true;
  const std::uint64_t seed = test_seed(74);
  for (const int level : {2, 8, 15}) {
    for (const double days : {0.0, 5.0}) {
      ArrayParameters q = p;
      q.effects.retention = true;
      q.environment.age_s = days * 86400;
      Array array(q, seed, 0);
      array.program(0, 0, 128, 128, std::vector<std::uint8_t>(128 * 128, static_cast<std::uint8_t>(level)));
      std::vector<double> current_nA;
      for (std::uint32_t r = 0; r < 128; ++r) {
        for (std::uint32_t c = 0; c < 128; ++c) {
          current_nA.push_back(array.cell_current_A(r, c) / 15e-9 * 1600.0);
        }
      }
      const double target = level / 15.0 * 1600.0;
      const double sigma = sonos::sigma_programmed_nA(target, days);
      const double shift = sonos::mean_shift_nA(target, days);
      std::printf("level %2d, %.0f days: mean %+.2f nA (source %+.2f), sigma %.2f nA (source %.2f)\n", level, days,
                  testing::mean(current_nA) - target, shift, std::sqrt(testing::variance(current_nA)), sigma);
      EXPECT_NEAR(testing::mean(current_nA) - target, shift, 1.0 + 0.05 * std::abs(shift));
      EXPECT_NEAR(std::sqrt(testing::variance(current_nA)) / sigma, 1.0, 0.05);
    }
  }
}

}  // namespace
}  // namespace tessera::analog
