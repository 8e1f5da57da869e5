// SPDX-License-Identifier: Apache-2.0
// Which random word means what (docs/architecture.md, "Random numbers"): every draw recomputed from its address.
#include <gtest/gtest.h>

#include <cmath>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/analog/gaussian.h"
#include "models/analog/philox.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::run;

constexpr std::uint64_t kSeed = 0xFEDCBA9876543210U;
constexpr std::uint32_t kTile = 11;

double draw(Purpose purpose, std::uint64_t event, std::uint32_t block, std::uint32_t word) {
  const std::uint32_t key1 = (kTile << 8U) | static_cast<std::uint32_t>(purpose);
  const PhiloxCounter words =
      philox4x32({block, static_cast<std::uint32_t>(event), static_cast<std::uint32_t>(event >> 32U), 0xFEDCBA98U},
                 {0x76543210U, key1});
  return static_cast<double>(gaussian(words[word]));
}

ArrayParameters only(bool NonIdealities::*effect) {
  ArrayParameters p;
  p.rows = 40;
  p.columns = 30;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  p.effects.*effect = true;
  return p;
}

TEST(Contract, ProgrammingError) {
  const ArrayParameters p = only(&NonIdealities::programming_error);
  const SubthresholdCell cell(p.cell, p.temperature_K);
  Array array(p, kSeed, kTile);
  array.program(0, 0, 40, 30, std::vector<std::uint8_t>(1200, 3));
  array.program(5, 7, 20, 9, std::vector<std::uint8_t>(180, 4));  // writes differ along a row from now on
  array.program(9, 3, 1, 25, std::vector<std::uint8_t>(25, 5));
  for (std::uint32_t r = 0; r < 40; ++r) {
    for (std::uint32_t c = 0; c < 30; ++c) {
      const bool second = r >= 5 && r < 25 && c >= 7 && c < 16;
      const bool third = r == 9 && c >= 3 && c < 28;
      const std::uint64_t event = (second ? 1U : 0U) + (third ? 1U : 0U);
      const int level = third ? 5 : (second ? 4 : 3);
      const std::uint32_t position = r * 30 + c;
      const double z = draw(Purpose::programming_error, event, position / 4, position % 4);
      ASSERT_EQ(array.level(r, c), level);
      ASSERT_NEAR(array.cell_current_A(r, c) / (level * 1e-9 * std::exp(-0.012 * z)), 1.0, 1e-6) << r << " " << c;
    }
  }
}

TEST(Contract, DacNoise) {
  ArrayParameters p = only(&NonIdealities::dac_noise);
  p.dac.sigma_v_V = 5e-3;
  const SubthresholdCell cell(p.cell, p.temperature_K);
  Array array(p, kSeed, kTile);
  std::vector<std::uint8_t> levels(1200, 0);
  for (std::size_t i = 0; i < 1200; i += 2) {
    levels[i] = 15;
  }
  array.program(0, 0, 40, 30, levels);
  for (const std::uint64_t event : {0x1FFFFFFFFULL, 5ULL}) {
    for (std::uint32_t row = 0; row < 40; ++row) {
      // One row of 15 * 255 at gain 16: full scale is 1000 * 255 / 16.
      const double code = run(array, {row, 1, 2, 1, 1, event, 4}, {255}).codes[0];
      const double z = draw(Purpose::dac_noise, event, row / 4, row % 4);
      const double expected = 15 * 255 * std::exp(5e-3 * z / cell.n_ut_V()) / array.lsb_in_column_sum(4);
      ASSERT_NEAR(code, expected, 0.5 + 0.5 / 15 * 15 / array.lsb_in_column_sum(4) * 15) << row;
    }
  }
}

TEST(Contract, AdcNoise) {
  ArrayParameters p = only(&NonIdealities::adc_noise);
  p.adc.sigma_lsb = 50.0;
  Array array(p, kSeed, kTile);
  constexpr std::uint64_t kEvent = 0xFFFFFFFFULL;
  const auto out = run(array, {3, 2, 1, 13, 3, kEvent, 0}, std::vector<std::uint16_t>(6, 1)).codes;
  for (std::uint32_t n = 0; n < 3; ++n) {
    for (std::uint32_t c = 0; c < 13; ++c) {
      const std::uint32_t pair = 1 + c;
      const double z = draw(Purpose::column_noise, kEvent + n, pair / 2, 2 * (pair % 2) + 1);
      ASSERT_EQ(out[n * 13 + c], std::nearbyint(50.0 * z)) << n << " " << c;
    }
  }
}

TEST(Contract, ReadNoise) {
  ArrayParameters p = only(&NonIdealities::read_noise);
  p.cell.sigma_read_vt_V = 15e-3;
  const double relative = SubthresholdCell(p.cell, p.temperature_K).sigma_read_rel();
  Array array(p, kSeed, kTile);
  std::vector<std::uint8_t> levels(1200, 0);
  for (std::size_t i = 0; i < 1200; i += 2) {
    levels[i] = 10;
  }
  array.program(0, 0, 40, 30, levels);
  const auto out = run(array, {0, 40, 4, 11, 1, 17, 1}, std::vector<std::uint16_t>(40, 100)).codes;
  for (std::uint32_t c = 0; c < 11; ++c) {
    const std::uint32_t pair = 4 + c;
    const double z = draw(Purpose::column_noise, 17, pair / 2, 2 * (pair % 2));
    const double expected = (40 * 1000 + relative * std::sqrt(40.0) * 1000 * z) / array.lsb_in_column_sum(1);
    ASSERT_NEAR(out[c], expected, 0.55) << c;
  }
}

}  // namespace
}  // namespace tessera::analog
