// SPDX-License-Identifier: Apache-2.0
// What is exact: ideal products, rounding, clipping, activity, programming state, and the refusal of bad input.
#include "models/analog/array.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <stdexcept>

#include "models/analog/cell.h"
#include "models/analog/fixed_point.h"
#include "models/analog/inl.h"
#include "tests/analog/reference.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::Outcome;
using testing::random_codes;
using testing::random_levels;
using testing::Reference;
using testing::run;
using testing::test_seed;

/// Column sums of code * (level+ - level-), from the levels themselves.
std::vector<std::int64_t> integer_sums(const Array& array, const Product& product,
                                       const std::vector<std::uint16_t>& codes) {
  std::vector<std::int64_t> sums(std::size_t{product.count} * product.pairs);
  for (std::uint32_t n = 0; n < product.count; ++n) {
    for (std::uint32_t r = 0; r < product.rows; ++r) {
      for (std::uint32_t c = 0; c < product.pairs; ++c) {
        const int plus = array.level(product.row0 + r, 2 * (product.pair0 + c));
        const int minus = array.level(product.row0 + r, 2 * (product.pair0 + c) + 1);
        sums[n * product.pairs + c] += codes[n * product.rows + r] * (plus - minus);
      }
    }
  }
  return sums;
}

Product random_rectangle(std::mt19937_64& random, const ArrayParameters& p) {
  Product product;
  product.row0 = static_cast<std::uint32_t>(random() % p.rows);
  product.rows = 1 + static_cast<std::uint32_t>(random() % (p.rows - product.row0));
  product.pair0 = static_cast<std::uint32_t>(random() % p.pairs());
  product.pairs = 1 + static_cast<std::uint32_t>(random() % (p.pairs() - product.pair0));
  product.count = 1 + static_cast<std::uint32_t>(random() % 9);
  product.first_event = random();
  return product;
}

TEST(Array, ExactConverterGivesTheIntegerSum) {
  std::mt19937_64 random(test_seed(21));
  for (int cell_bits = 1; cell_bits <= 8; ++cell_bits) {
    for (int dac_bits : {1, 4, 8, 10}) {
      ArrayParameters p;
      p.rows = 300;
      p.columns = 90;
      p.cell.bits = cell_bits;
      p.dac.bits = dac_bits;
      p.adc.bits = 0;
      p.effects = NonIdealities::none();
      Array array(p, 1, 0);
      array.program(0, 0, 300, 90, random_levels(random, 300, 90, p.max_level()));
      for (int i = 0; i < 6; ++i) {
        const Product product = random_rectangle(random, p);
        const auto codes = random_codes(random, std::size_t{product.count} * product.rows, p.max_code());
        const Outcome outcome = run(array, product, codes);
        const auto expected = integer_sums(array, product, codes);
        for (std::size_t k = 0; k < expected.size(); ++k) {
          ASSERT_EQ(outcome.codes[k], expected[k]) << cell_bits << "-bit cells, " << dac_bits << "-bit DAC, " << k;
        }
      }
    }
  }
}

TEST(Array, ExactConverterAtTheLargestSum) {
  ArrayParameters p;
  p.rows = 2048;
  p.columns = 2;
  p.adc.bits = 0;
  p.effects = NonIdealities::none();
  Array array(p, 1, 0);
  std::vector<std::uint8_t> levels(4096);
  for (std::size_t r = 0; r < 2048; ++r) {
    levels[2 * r + 1] = 15;
  }
  array.program(0, 0, 2048, 2, levels);
  EXPECT_EQ(run(array, {0, 2048, 0, 1, 1, 0, 0}, std::vector<std::uint16_t>(2048, 255)).codes[0], -2048 * 255 * 15);
}

TEST(Array, IdealCodesAreTheRoundedAndClampedSums) {
  std::mt19937_64 random(test_seed(22));
  int clipped_somewhere = 0;
  for (int bits = 1; bits <= 12; ++bits) {
    ArrayParameters p;
    p.rows = 200;
    p.columns = 80;
    p.adc.bits = bits;
    p.adc.gains = {1, 3, 16, 50};
    p.effects = NonIdealities::none();
    Array array(p, 1, 0);
    array.program(0, 0, 200, 80, random_levels(random, 200, 80, 15));
    for (std::uint32_t gain = 0; gain < 4; ++gain) {
      Product product = random_rectangle(random, p);
      product.gain_index = gain;
      const auto codes = random_codes(random, std::size_t{product.count} * product.rows, 255);
      const Outcome outcome = run(array, product, codes);
      const auto sums = integer_sums(array, product, codes);
      const double lsb = 1e-6 / 1e-9 * 255 / (p.adc.gains[gain] * (1 << (bits - 1)));
      EXPECT_EQ(array.lsb_in_column_sum(gain), lsb);
      const auto top = static_cast<double>(1 << (bits - 1));
      for (std::uint32_t n = 0; n < product.count; ++n) {
        std::uint32_t clipped = 0;
        for (std::uint32_t c = 0; c < product.pairs; ++c) {
          const double rounded = std::nearbyint(static_cast<double>(sums[n * product.pairs + c]) / lsb);
          const double clamped = std::fmin(std::fmax(rounded, -top), top - 1);
          clipped += clamped != rounded ? 1U : 0U;
          ASSERT_EQ(outcome.codes[n * product.pairs + c], clamped) << bits << " bits, gain " << gain;
        }
        EXPECT_EQ(outcome.clipped[n], clipped);
        clipped_somewhere += clipped != 0 ? 1 : 0;
      }
    }
  }
  EXPECT_GT(clipped_somewhere, 10);
}

TEST(Array, TiesRoundToEven) {
  ArrayParameters p;
  p.rows = 40;
  p.columns = 2;
  p.adc.full_scale_A = 256 * p.cell.i_lsb_A;  // LSB = 2 * 255: one row of odd level at full code is half a step
  p.adc.gains = {1};
  p.effects = NonIdealities::none();
  Array array(p, 1, 0);
  ASSERT_EQ(array.lsb_in_column_sum(0), 510.0);
  for (int sum = -40; sum <= 40; ++sum) {
    std::vector<std::uint8_t> levels(80, 0);
    for (int r = 0; r < std::abs(sum); ++r) {
      levels[static_cast<std::size_t>(2 * r + (sum < 0 ? 1 : 0))] = 1;
    }
    array.program(0, 0, 40, 2, levels);
    const Outcome outcome = run(array, {0, 40, 0, 1, 1, 0, 0}, std::vector<std::uint16_t>(40, 255));
    EXPECT_EQ(outcome.codes[0], static_cast<int>(std::nearbyint(sum / 2.0))) << sum;
  }
}

TEST(Array, StaticErrorsAreThoseOfTheReferenceWithinTheFixedPoint) {
  const std::uint64_t seed = test_seed(23);
  std::mt19937_64 random(seed);
  ArrayParameters p;
  p.rows = 180;
  p.columns = 60;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  p.effects.programming_error = true;
  p.effects.off_current = true;
  p.cell.sigma_prog_rel = 0.03;
  Array array(p, seed, 0);
  const auto levels = random_levels(random, 180, 60, 15);
  array.program(0, 0, 180, 60, levels);
  std::vector<double> cells;
  for (std::uint32_t r = 0; r < 180; ++r) {
    for (std::uint32_t c = 0; c < 60; ++c) {
      cells.push_back(array.cell_current_A(r, c));
    }
  }
  Reference reference(p, 1);
  reference.set_cells(cells, 180, 30);
  const FixedPoint fixed(p, portable_exp(5 * p.cell.sigma_prog_rel));
  const Product product{0, 180, 0, 30, 20, 0, 1};
  const auto codes = random_codes(random, std::size_t{20} * 180, 255);
  const Outcome outcome = run(array, product, codes);
  double square = 0.0;
  int compared = 0;
  for (std::uint32_t n = 0; n < 20; ++n) {
    const auto ideal = reference.analog_codes(&codes[n * 180], 2);
    double current = 0.0, code_sum = 0.0;
    for (std::uint32_t r = 0; r < 180; ++r) {
      code_sum += codes[n * 180 + r];
      for (std::uint32_t c = 0; c < 60; ++c) {
        current += codes[n * 180 + r] / 255.0 * cells[r * 60 + c];
      }
    }
    EXPECT_NEAR(outcome.current_A[n] / current, 1.0, 1e-4);
    for (std::uint32_t c = 0; c < 30; ++c) {
      // Half a weight unit a row, at worst all of one sign, and half an ADC step.
      const double bound = 0.5 + 0.5 * code_sum / fixed.level_unit / array.lsb_in_column_sum(1);
      const double error = outcome.codes[n * 30 + c] - ideal[c];
      if (std::abs(ideal[c]) < 2040) {
        ASSERT_LE(std::abs(error), bound);
        square += error * error;
        ++compared;
      }
    }
  }
  const double rms = std::sqrt(square / compared);
  ASSERT_GT(compared, 500);
  std::printf("rms difference from the double-precision reference: %.3f LSB of 12 bits (rounding alone: 0.289)\n", rms);
  EXPECT_LT(rms, 0.32);
}

TEST(Array, ProgrammingErrorHasTheConfiguredSpreadInVolts) {
  ArrayParameters p;
  p.rows = 512;
  p.columns = 512;
  Array array(p, test_seed(24), 7);
  array.program(0, 0, 512, 512, std::vector<std::uint8_t>(std::size_t{512} * 512, 9));
  double sum = 0.0, sum2 = 0.0;
  for (std::uint32_t r = 0; r < 512; ++r) {
    for (std::uint32_t c = 0; c < 512; ++c) {
      const double e = std::log(array.cell_current_A(r, c) / (9 * p.cell.i_lsb_A));
      sum += e;
      sum2 += e * e;
    }
  }
  const double n = 512.0 * 512.0;
  EXPECT_NEAR(sum / n, 0.0, 5 * 0.012 / std::sqrt(n));
  EXPECT_NEAR(std::sqrt(sum2 / n), 0.012, 0.012 * 5 / std::sqrt(2 * n));
  EXPECT_EQ(array.level(3, 4), 9);
}

TEST(Array, CellVoltages) {
  const ArrayParameters p;
  const SubthresholdCell cell(p.cell, 300.0);
  EXPECT_NEAR(thermal_voltage_V(300.0), 0.025852, 1e-6);
  EXPECT_NEAR(cell.target_vt_V(1), 0.0, 1e-15);
  EXPECT_NEAR(cell.target_vt_V(15), -0.126, 0.5e-3);  // window of a 15:1 cell
  EXPECT_NEAR(cell.target_vt_V(1) - cell.target_vt_V(2), 0.032, 0.5e-3);
  EXPECT_NEAR(cell.target_vt_V(14) - cell.target_vt_V(15), 0.0032, 0.05e-3);
  EXPECT_NEAR(1.0 - cell.factor_of_vt_error(1e-3), 0.0213, 1e-4);  // 1 mV: 2.2 % on the rising side
  EXPECT_NEAR(cell.factor_of_vt_error(-1e-3) - 1.0, 0.0217, 1e-4);
  EXPECT_NEAR(cell.sigma_read_rel(), 0.0065, 1e-4);
}

TEST(Array, ActivityCountsRowsAndCurrents) {
  ArrayParameters p;
  p.rows = 8;
  p.columns = 8;
  p.effects = NonIdealities::none();
  Array array(p, 1, 0);
  array.program(2, 2, 3, 4, std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
  const Outcome outcome = run(array, {2, 3, 1, 2, 2, 0, 0}, {255, 0, 51, 0, 0, 0});
  EXPECT_EQ(outcome.active, (std::vector<std::uint32_t>{2, 0}));
  EXPECT_DOUBLE_EQ(outcome.current_A[0], (10 + 0.2 * 42) * 1e-9);
  EXPECT_EQ(outcome.current_A[1], 0.0);
}

TEST(Array, ZeroCodesStayExactlyZero) {
  ArrayParameters p;
  p.rows = 64;
  p.columns = 32;
  p.effects.adc_noise = false;
  p.effects.adc_inl = false;
  std::mt19937_64 random(1);
  Array array(p, 1, 0);
  array.program(0, 0, 64, 32, random_levels(random, 64, 32, 15));
  const Outcome outcome = run(array, {0, 64, 0, 16, 8, 0, 4}, std::vector<std::uint16_t>(512, 0));
  EXPECT_EQ(outcome.codes, std::vector<std::int32_t>(128, 0));
}

TEST(Array, OneCellChangesOnlyItsColumn) {
  ArrayParameters p;
  p.rows = 64;
  p.columns = 64;
  p.adc.bits = 12;
  std::mt19937_64 random(1);
  const auto levels = random_levels(random, 64, 64, 15);
  const auto codes = std::vector<std::uint16_t>(64, 200);
  Array one(p, 5, 0), two(p, 5, 0);
  one.program(0, 0, 64, 64, levels);
  two.program(0, 0, 64, 64, levels);
  EXPECT_EQ(run(one, {0, 64, 0, 32, 1, 0, 0}, codes), run(two, {0, 64, 0, 32, 1, 0, 0}, codes));
  two.program(10, 21, 1, 1, std::vector<std::uint8_t>{static_cast<std::uint8_t>((two.level(10, 21) + 8) % 16)});
  const auto a = run(one, {0, 64, 0, 32, 1, 0, 0}, codes).codes, b = run(two, {0, 64, 0, 32, 1, 0, 0}, codes).codes;
  for (std::size_t c = 0; c < 32; ++c) {
    if (c == 10) {
      EXPECT_NE(a[c], b[c]);
    } else {
      EXPECT_EQ(a[c], b[c]) << c;
    }
  }
}

TEST(Array, BlocksAreSharedUntilTheirCellsChange) {
  ArrayParameters p;
  p.rows = 16;
  p.columns = 16;
  Array array(p, 1, 0);
  const auto left = array.block(0, 16, 0, 4);
  const auto right = array.block(0, 16, 4, 4);
  EXPECT_EQ(array.block(0, 16, 0, 4), left);
  array.program(3, 2, 1, 1, std::vector<std::uint8_t>{7});
  EXPECT_NE(array.block(0, 16, 0, 4), left);
  EXPECT_EQ(array.block(0, 16, 4, 4), right);
  std::vector<std::uint16_t> codes(16);
  std::vector<std::int32_t> out(4);
  std::vector<Activity> activity(1);
  EXPECT_THROW(array.multiply(*left, {0, 16, 0, 4, 1, 0, 0}, codes, out, activity), std::invalid_argument);
}

TEST(Array, InlCurvesHaveTheConfiguredPeak) {
  AdcParameters adc;
  adc.inl_lsb = 0.7;
  const auto curves = inl_curves(adc, 3, 1);
  ASSERT_EQ(curves.size(), 64U);
  EXPECT_NE(curves[0], curves[1]);
  for (const InlCurve& curve : curves) {
    double peak = 0.0;
    for (int i = -10000; i <= 10000; ++i) {
      peak = std::max(peak, std::abs(inl_lsb(curve, i / 10000.0)));
    }
    EXPECT_NEAR(peak, 0.7, 1e-3);
    EXPECT_EQ(inl_lsb(curve, 1.0), 0.0);
    EXPECT_EQ(inl_lsb(curve, -1.0), 0.0);
  }
}

TEST(Array, InlBendsTheTransferCurveOfItsConverter) {
  ArrayParameters p;
  p.rows = 256;
  p.columns = 32;
  p.adc.per_tile = 3;
  p.adc.inl_lsb = 5.0;
  p.adc.full_scale_A = 256 * 15 * p.cell.i_lsb_A;
  p.adc.gains = {1};
  p.effects = NonIdealities::none();
  p.effects.adc_inl = true;
  const std::uint64_t seed = test_seed(25);
  Array array(p, seed, 4);
  std::vector<std::uint8_t> levels(std::size_t{256} * 32, 0);
  for (std::size_t i = 0; i < levels.size(); i += 2) {
    levels[i] = 15;
  }
  array.program(0, 0, 256, 32, levels);
  const auto curves = inl_curves(p.adc, seed, 4);
  for (int active = 0; active <= 256; active += 4) {
    std::vector<std::uint16_t> codes(256, 0);
    std::fill_n(codes.begin(), active, std::uint16_t{255});
    const auto out = run(array, {0, 256, 0, 16, 1, 0, 0}, codes).codes;
    const double v = active / 2.0;  // 15 * 255 a row against an LSB of 2 * 15 * 255
    for (std::uint32_t c = 0; c < 16; ++c) {
      const double bent = v + inl_lsb(curves[c % 3], v / 128.0);
      if (std::abs(bent - std::floor(bent) - 0.5) > 1e-6) {
        EXPECT_EQ(out[c], std::min(127.0, std::nearbyint(bent))) << active << " rows, pair " << c;
      }
    }
  }
}

TEST(Array, RefusesBadInput) {
  const auto rejected = [](auto change) {
    ArrayParameters p;
    change(p);
    EXPECT_THROW(Array(p, 1, 0), std::invalid_argument);
  };
  rejected([](ArrayParameters& p) { p.adc.bits = 0; });
  rejected([](ArrayParameters& p) { p.adc.bits = 13; });
  rejected([](ArrayParameters& p) { p.adc.bits = -1; });
  rejected([](ArrayParameters& p) { p.cell.bits = 9; });
  rejected([](ArrayParameters& p) { p.cell.bits = 0; });
  rejected([](ArrayParameters& p) { p.dac.bits = 11; });
  rejected([](ArrayParameters& p) { p.rows = 0; });
  rejected([](ArrayParameters& p) { p.columns = 7; });
  rejected([](ArrayParameters& p) { p.temperature_K = 0; });
  rejected([](ArrayParameters& p) { p.temperature_K = std::nan(""); });
  rejected([](ArrayParameters& p) { p.cell.i_lsb_A = 0; });
  rejected([](ArrayParameters& p) { p.cell.sigma_prog_rel = -0.1; });
  rejected([](ArrayParameters& p) { p.cell.sigma_read_vt_V = 1; });
  rejected([](ArrayParameters& p) { p.adc.gains.clear(); });
  rejected([](ArrayParameters& p) { p.adc.gains = {1, 0}; });
  rejected([](ArrayParameters& p) { p.adc.full_scale_A = std::numeric_limits<double>::infinity(); });
  rejected([](ArrayParameters& p) { p.adc.per_tile = 0; });
  rejected([](ArrayParameters& p) {
    p.adc.bits = 0;
    p.effects = NonIdealities::none();
    p.rows = 65536;
    p.cell.bits = 8;
    p.dac.bits = 10;
  });

  ArrayParameters p;
  p.rows = 16;
  p.columns = 16;
  Array array(p, 1, 0);
  using Levels = std::vector<std::uint8_t>;
  EXPECT_THROW(array.program(10, 0, 7, 1, Levels(7)), std::out_of_range);
  EXPECT_THROW(array.program(0xFFFFFFFFU, 0, 2, 1, Levels(2)), std::out_of_range);
  EXPECT_THROW(array.program(0, 0, 2, 2, Levels(3)), std::invalid_argument);
  EXPECT_THROW(array.program(0, 0, 1, 1, Levels{16}), std::out_of_range);
  EXPECT_EQ(array.level(0, 0), 0) << "a refused write must change nothing";
  EXPECT_THROW(static_cast<void>(array.level(16, 0)), std::out_of_range);
  EXPECT_THROW(static_cast<void>(array.cell_current_A(0, 16)), std::out_of_range);
  EXPECT_THROW(static_cast<void>(array.block(0, 0, 0, 1)), std::out_of_range);
  EXPECT_THROW(static_cast<void>(array.block(0, 17, 0, 1)), std::out_of_range);
  EXPECT_THROW(static_cast<void>(array.block(0, 1, 8, 1)), std::out_of_range);
  const auto block = array.block(0, 16, 0, 8);
  std::vector<std::uint16_t> codes(16, 1);
  std::vector<std::int32_t> out(8);
  std::vector<Activity> activity(1);
  const Product good{0, 16, 0, 8, 1, 0, 0};
  EXPECT_NO_THROW(array.multiply(*block, good, codes, out, activity));
  const auto bad = [&](auto change) {
    Product product = good;
    change(product);
    EXPECT_THROW(array.multiply(*block, product, codes, out, activity), std::invalid_argument);
  };
  bad([](Product& q) { q.row0 = 1; });
  bad([](Product& q) { q.rows = 15; });
  bad([](Product& q) { q.pairs = 7; });
  bad([](Product& q) { q.count = 2; });
  bad([](Product& q) { q.gain_index = 5; });
  codes[7] = 256;
  bad([](Product&) {});
}

}  // namespace
}  // namespace tessera::analog
