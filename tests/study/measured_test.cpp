// SPDX-License-Identifier: Apache-2.0
// Measured data: laws are found again, and what is wrong is named by file, line and column.
#include "platform/study/measured.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>

#include "platform/config/loader.h"
#include "platform/config/schema.h"

namespace tessera::study {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

double value_of(const std::vector<FittedKey>& keys, const std::string& name) {
  for (const FittedKey& key : keys) {
    if (key.key == name) {
      return key.value;
    }
  }
  ADD_FAILURE() << name;
  return 0;
}

std::string cells() {
  std::string text = "# made by hand\nsigma_prog_A, level ,current_A,sigma_read_A\r\n\n1e-12,0,2e-11,1e-13\n";
  for (int level = 1; level <= 31; ++level) {
    text += fmt::format("{},{},{},{}\n", level * 0.7e-9 * 0.02, level, level * 0.7e-9 * (level % 2 == 0 ? 1.03 : 0.97),
                        level * 0.7e-9 * 0.01);
  }
  return text;
}

TEST(Measured, CellsGiveTheirLaw) {
  const auto keys = fit_cells(parse_cells(cells(), "cells.csv"), 0.05);
  EXPECT_EQ(value_of(keys, "tile.bits_per_cell"), 5);
  EXPECT_NEAR(value_of(keys, "tile.cell.i_lsb_A"), 0.7e-9, 0.002e-9);
  EXPECT_NEAR(value_of(keys, "tile.cell.i_off_A"), 2e-11, 1e-15);
  EXPECT_NEAR(value_of(keys, "tile.cell.sigma_prog_rel"), 0.02, 2e-4);
  EXPECT_NEAR(value_of(keys, "tile.cell.sigma_read_vt_V"), 0.01 * 0.05, 1e-5);
}

TEST(Measured, DriftAndTransferGiveTheirLaws) {
  std::string drift = "age_s,mean_change,sigma_change\n0,0,0\n", transfer = "ideal_lsb,mean_code,sigma_code\n";
  for (const double age : {3600.0, 36000.0, 8.64e4, 3.1e7}) {
    const double decades = std::log10(1 + age / 3600);
    drift += fmt::format("{},{},{}\n", age, -0.004 * decades, 0.006 * decades);
  }
  for (int i = -120; i <= 120; ++i) {
    const double u = i / 128.0;
    transfer += fmt::format("{},{},{}\n", i, 0.3 + 1.01 * i + 0.8 * (u * u - 0.3), std::sqrt(0.25 + 1.0 / 12));
  }
  const auto aged = fit_drift(parse_drift(drift, "d"));
  EXPECT_NEAR(value_of(aged, "tile.cell.drift_rel_per_decade_h.mean"), -0.004, 1e-9);
  EXPECT_NEAR(value_of(aged, "tile.cell.drift_rel_per_decade_h.sigma"), 0.006, 1e-9);
  const auto converter = fit_transfer(parse_transfer(transfer, "t"));
  EXPECT_EQ(value_of(converter, "tile.adc.bits"), 8);
  EXPECT_NEAR(value_of(converter, "tile.adc.sigma_lsb"), 0.5, 1e-6);
  EXPECT_NEAR(value_of(converter, "tile.adc.inl_lsb"), 0.8 * 0.88 * 2 / 3, 0.02) << "a parabola about its best line";
}

TEST(Measured, OffsetAndGainOfConvertersGoIntoThePlatformFile) {
  const auto file = [](std::initializer_list<std::pair<double, double>> converters) {
    std::string text = "converter,ideal_lsb,mean_code\n";
    int number = 7;
    for (const auto& [offset, gain] : converters) {
      for (int i = -100; i <= 100; i += 25) {
        text += fmt::format("{},{},{}\n", number, i, offset + (1 + gain) * i);
      }
      number += 2;
    }
    return parse_transfer(text, "adc.csv");
  };
  const auto one = fit_transfer(file({{-1.5, 0.02}}));
  EXPECT_NEAR(value_of(one, "tile.adc.offset_lsb"), 1.5, 1e-9);
  EXPECT_NEAR(value_of(one, "tile.adc.gain_rel"), 0.02, 1e-9);
  EXPECT_NEAR(value_of(one, "tile.adc.inl_lsb"), 0.0, 1e-9);
  // Each converter has its own line: what distinguishes them is no bend.
  const auto two = fit_transfer(file({{3, -0.03}, {-4, 0.04}}));
  EXPECT_NEAR(value_of(two, "tile.adc.offset_lsb"), std::sqrt(12.5), 1e-9);
  EXPECT_NEAR(value_of(two, "tile.adc.gain_rel"), std::sqrt(12.5e-4), 1e-9);
  EXPECT_NEAR(value_of(two, "tile.adc.inl_lsb"), 0.0, 1e-9);
  const platform::LoadResult loaded =
      platform::load_platform_text(platform_text("membrain40_nominal", two, {"adc.csv"}), "measured.yaml", {});
  ASSERT_TRUE(loaded.ok()) << loaded.error_text();
  const auto& array = platform::typical_tile(loaded.platform).array;
  EXPECT_TRUE(array.effects.adc_offset_gain) << "what was measured counts";
  EXPECT_NEAR(array.adc.offset_lsb, std::sqrt(12.5), 1e-9);
  EXPECT_NEAR(array.adc.gain_rel, std::sqrt(12.5e-4), 1e-9);
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      static_cast<void>(parse_transfer(text, "adc.csv"));
    } catch (const MeasuredError& error) {
      return error.what();
    }
    return "accepted";
  };
  const std::string three = "converter,ideal_lsb,mean_code\n1,0,0\n1,5,5\n1,9,9\n";
  EXPECT_EQ(refusal(three), "accepted");
  EXPECT_THAT(refusal(three + "2,0,0\n"), StartsWith("adc.csv:5:3: ideal_lsb is 0; expected at least three points"));
  EXPECT_THAT(refusal(three + "1.5,0,0\n"), StartsWith("adc.csv:5:1: converter is 1.5"));
}

TEST(Measured, ThePlatformFileLoadsAndHoldsTheValues) {
  auto keys = fit_cells(parse_cells(cells(), "cells.csv"), 0.05);
  const auto drift = fit_drift(parse_drift("age_s,mean_change\n3600,-0.01\n", "d"));
  keys.insert(keys.end(), drift.begin(), drift.end());
  const std::string text = platform_text("membrain40_nominal", keys, {"cells.csv", "d"});
  const platform::LoadResult loaded = platform::load_platform_text(text, "measured.yaml", {});
  ASSERT_TRUE(loaded.ok()) << loaded.error_text() << text;
  const auto& cell = platform::typical_tile(loaded.platform).array.cell;
  EXPECT_EQ(cell.bits, 5);
  EXPECT_EQ(cell.i_lsb_A, value_of(keys, "tile.cell.i_lsb_A"));
  EXPECT_EQ(cell.sigma_prog_rel, value_of(keys, "tile.cell.sigma_prog_rel"));
  EXPECT_EQ(cell.drift_mean_per_decade, value_of(keys, "tile.cell.drift_rel_per_decade_h.mean"));
}

TEST(Measured, AllLevelsMeasuredStandAsTheyAre) {
  std::string text = "level,current_A\n";
  for (const double level : {3, 0, 2, 1}) {  // in any order
    text += fmt::format("{},{}\n", level, 1e-9 * level * (1 + 0.05 * level));
  }
  const auto keys = fit_cells(parse_cells(text, "cells.csv"), 0.05);
  const platform::LoadResult loaded =
      platform::load_platform_text(platform_text("membrain40_nominal", keys, {"cells.csv"}), "measured.yaml", {});
  ASSERT_TRUE(loaded.ok()) << loaded.error_text();
  const std::vector<double>& levels = platform::typical_tile(loaded.platform).array.cell.level_currents_A;
  ASSERT_EQ(levels.size(), 4U);
  EXPECT_DOUBLE_EQ(levels[0], 0.0);
  EXPECT_DOUBLE_EQ(levels[2], 2e-9 * 1.1);
  EXPECT_DOUBLE_EQ(levels[3], 3e-9 * 1.15);
}

/// Currents that no law of ours gives: each level saturates by itself.
std::string curves() {
  std::string text = "level,code,current_A\n";
  for (int level = 0; level <= 15; ++level) {
    for (const int code : {255, 8, 16, 32, 64, 96, 128, 192}) {  // in any order
      const double x = code / 255.0, full = level == 0 ? 2e-12 : 1.1e-9 * level;
      text += fmt::format("{},{},{}\n", level, code, full * x * (1 + 0.03 * level) / (1 + 0.03 * level * x));
    }
  }
  return text;
}

TEST(Measured, CurvesStandAsTheyAre) {
  const auto keys = fit_curves(parse_curves(curves(), "iv.csv"), 0.05);
  const std::string text = platform_text("membrain40_nominal", keys, {"iv.csv"});
  const platform::LoadResult loaded = platform::load_platform_text(text, "measured.yaml", {});
  ASSERT_TRUE(loaded.ok()) << loaded.error_text() << text;
  const auto& cell = platform::typical_tile(loaded.platform).array.cell;
  EXPECT_EQ(cell.bits, 4);
  ASSERT_EQ(cell.curve_codes.size(), 8U);
  EXPECT_EQ(cell.curve_codes.front(), 8);
  ASSERT_EQ(cell.curve_currents_A.size(), 128U);
  const double x = 96 / 255.0;
  EXPECT_NEAR(cell.curve_currents_A[15 * 8 + 4], 1.1e-9 * 15 * x * 1.45 / (1 + 0.45 * x), 1e-15) << "level 15, code 96";
  EXPECT_NEAR(cell.level_currents_A[15], 1.1e-9 * 15, 1e-15);
  const auto residual = std::find_if(keys.begin(), keys.end(),
                                     [](const FittedKey& key) { return key.key == "tile.cell.curve_currents_A"; });
  ASSERT_NE(residual, keys.end());
  EXPECT_THAT(residual->residual, ::testing::MatchesRegex("within 0.(0[0-9]|10) % of the highest current"));
}

TEST(Measured, CurvesThatAreNotWholeAreRefused) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      static_cast<void>(parse_curves(text, "iv.csv"));
    } catch (const MeasuredError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_EQ(refusal(curves()), "accepted");
  const std::string head = "level,code,current_A\n0,100,0\n0,255,0\n1,100,4e-10\n";
  EXPECT_THAT(refusal(head), HasSubstr("level 1 is not there at code 255"));
  EXPECT_THAT(refusal(head + "1,255,0\n"), HasSubstr("currents at the largest code that rise; level 1 has 0 A"));
  EXPECT_THAT(refusal(head + "1,100,1e-9\n"),
              StartsWith("iv.csv:5:3: code is 100; expected each code of a level once"));
  EXPECT_THAT(refusal(head + "1,0,1e-9\n"), StartsWith("iv.csv:5:3: code is 0; expected a whole number, 1 to 1023"));
  EXPECT_THAT(refusal(head + "2.5,255,1e-9\n"), StartsWith("iv.csv:5:1: level is 2.5"));
  EXPECT_THAT(refusal(head + "1,255,-1\n"), StartsWith("iv.csv:5:7: current_A is -1"));
  EXPECT_THAT(refusal(head + "1,255,1e-9\n2,100,1e-9\n2,255,2e-9\n"), HasSubstr("all levels of 1 to 8 bits"));
}

TEST(Measured, ErrorsNameFileLineAndColumn) {
  const auto refusal = [](const std::string& text) -> std::string {
    try {
      static_cast<void>(parse_cells(text, "c.csv"));
    } catch (const MeasuredError& error) {
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal(""), StartsWith("c.csv:1:1: no line of column names"));
  EXPECT_THAT(refusal("level,current_A\n"), StartsWith("c.csv:1:1: no line of numbers"));
  EXPECT_THAT(refusal("level,current_mA\n1,2\n"), StartsWith("c.csv:1:7: column 'current_mA' is unknown"));
  EXPECT_THAT(refusal("level\n1\n"), StartsWith("c.csv:1:1: column 'current_A' is missing"));
  EXPECT_THAT(refusal("level,current_A\n1,1e-9\n2,many\n"), StartsWith("c.csv:3:3: 'many'"));
  EXPECT_THAT(refusal("level,current_A\n1,inf\n"), StartsWith("c.csv:2:3: 'inf'"));
  EXPECT_THAT(refusal("level,current_A\n1\n"), StartsWith("c.csv:2:1: 1 numbers"));
  EXPECT_THAT(refusal("level,current_A\n1.5,1e-9\n"), StartsWith("c.csv:2:1: level is 1.5"));
  EXPECT_THAT(refusal("level,current_A\n1,1e-9\n1,2e-9\n"),
              StartsWith("c.csv:3:1: level is 1; expected each level once"));
  EXPECT_THAT(refusal("level,current_A\n1,-1e-9\n"), StartsWith("c.csv:2:3: current_A is -1e-09"));
  EXPECT_THAT(refusal("level,current_A,sigma_prog_A\n1,1e-9,-1\n"), StartsWith("c.csv:2:8: sigma_prog_A is -1"));
  EXPECT_THAT(refusal("level,current_A\n0,1e-12\n"), HasSubstr("at least one level above 0"));
  EXPECT_EQ(refusal(cells()), "accepted");
}

}  // namespace
}  // namespace tessera::study
