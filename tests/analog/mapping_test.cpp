// SPDX-License-Identifier: Apache-2.0
// Signed weights in single columns, with an offset column or a reference column: integers, the slow reference, and what
// the outputs of one block have in common.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/analog/array.h"
#include "models/analog/weight_mapping.h"
#include "tests/analog/reference.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::covariance;
using testing::ks_two_samples;
using testing::mean;
using testing::Outcome;
using testing::random_codes;
using testing::Reference;
using testing::run;
using testing::test_seed;
using testing::variance;

using Mapping = ArrayParameters::WeightMapping;
constexpr Mapping both[] = {Mapping::offset_column, Mapping::reference_column};
const char* name_of(Mapping mapping) {
  return mapping == Mapping::offset_column ? "offset column" : "reference column";
}

/// rows x (outputs + 1): any levels, and a reference of the level of weight 0.
std::vector<std::uint8_t> random_weights(std::mt19937_64& random, const ArrayParameters& p, std::size_t rows,
                                         std::size_t outputs) {
  std::vector<std::uint8_t> levels(rows * (outputs + 1));
  for (std::size_t i = 0; i < levels.size(); ++i) {
    levels[i] =
        static_cast<std::uint8_t>(i % (outputs + 1) == outputs ? static_cast<unsigned>(reference_level(p))
                                                               : random() % static_cast<unsigned>(p.max_level() + 1));
  }
  return levels;
}

/// sum of code * level of one column.
double sum_of(const std::vector<std::uint8_t>& levels, std::size_t columns, std::size_t column,
              const std::uint16_t* codes, std::size_t rows) {
  double sum = 0.0;
  for (std::size_t r = 0; r < rows; ++r) {
    sum += codes[r] * levels[r * columns + column];
  }
  return sum;
}

TEST(Mapping, WeightsAndSlicesAreLevelsFromTheReference) {
  ArrayParameters p;
  EXPECT_EQ(weight_range(p).low, -15);
  EXPECT_EQ(weight_range(p).high, 15);
  for (const int bits : {4, 5, 7}) {
    for (const Mapping mapping : {Mapping::differential_adjacent, both[0], both[1]}) {
      p.cell.bits = bits;
      p.weight_mapping = mapping;
      const WeightRange range = sliced_range(p);
      for (int w = range.low; w <= range.high; ++w) {
        const Slices slices = slices_of(p, w);
        ASSERT_EQ(16 * slices.high + slices.low, w);
        int stored = 0;
        for (const int digit : {slices.high, slices.low}) {
          std::uint8_t cells[2] = {};
          ASSERT_GE(digit, weight_range(p).low);
          ASSERT_LE(digit, weight_range(p).high);
          store_weight(p, digit, cells);
          stored = 16 * stored + cells[0] - (p.single_columns() ? reference_level(p) : cells[1]);
        }
        ASSERT_EQ(stored, w);
      }
    }
  }
  p.cell.bits = 4;
  EXPECT_EQ(weight_range(p).low, -8);
  EXPECT_EQ(weight_range(p).high, 7);
  EXPECT_EQ(sliced_range(p).low, -136);
  EXPECT_EQ(sliced_range(p).high, 119);
}

TEST(Mapping, ExactConvertersGiveTheDifferenceFromTheReference) {
  std::mt19937_64 random(test_seed(71));
  for (const Mapping mapping : both) {
    for (const int cell_bits : {2, 4, 7, 8}) {
      ArrayParameters p;
      p.rows = 200;
      p.columns = 60;
      p.cell.bits = cell_bits;
      p.weight_mapping = mapping;
      p.adc.bits = 0;
      p.effects = NonIdealities::none();
      Array array(p, 1, 0);
      for (int i = 0; i < 8; ++i) {
        const auto rows = static_cast<std::uint32_t>(1 + random() % 150),
                   row0 = static_cast<std::uint32_t>(random() % 50);
        const auto outputs = static_cast<std::uint32_t>(1 + random() % 40);
        const auto column0 = static_cast<std::uint32_t>(random() % (60 - outputs));
        const auto levels = random_weights(random, p, rows, outputs);
        array.program(row0, column0, rows, outputs + 1, levels);
        const auto codes = random_codes(random, 35 * rows, p.max_code());
        const Outcome outcome = run(array, {row0, rows, column0, outputs, 35, 0, 0}, codes);
        for (std::size_t n = 0; n < 35; ++n) {
          double current = 0.0;
          for (std::size_t c = 0; c <= outputs; ++c) {
            current += sum_of(levels, outputs + 1, c, &codes[n * rows], rows) * p.cell.i_lsb_A / p.max_code();
          }
          EXPECT_NEAR(outcome.current_A[n], current, 1e-9 * current) << "the reference conducts, too";
          for (std::size_t c = 0; c < outputs; ++c) {
            ASSERT_EQ(outcome.codes[n * outputs + c], sum_of(levels, outputs + 1, c, &codes[n * rows], rows) -
                                                          sum_of(levels, outputs + 1, outputs, &codes[n * rows], rows));
          }
        }
      }
    }
  }
}

TEST(Mapping, IdealConvertersGiveTheCodesOfTheDefinition) {
  std::mt19937_64 random(test_seed(72));
  for (const Mapping mapping : both) {
    for (int bits = 1; bits <= 12; ++bits) {
      ArrayParameters p;
      p.rows = 64;
      p.columns = 40;
      p.weight_mapping = mapping;
      p.adc.bits = bits;
      p.adc.full_scale_A = 2.5e-7;
      p.effects = NonIdealities::none();
      Array array(p, 1, 0);
      const std::uint32_t outputs = 33, count = 70;
      const auto levels = random_weights(random, p, 64, outputs);
      array.program(0, 5, 64, outputs + 1, levels);
      const auto codes = random_codes(random, std::size_t{count} * 64, p.max_code());
      for (std::uint32_t gain = 0; gain < 3; ++gain) {
        const Outcome outcome = run(array, {0, 64, 5, outputs, count, 0, gain}, codes);
        const double lsb = array.lsb_in_column_sum(gain), half = std::ldexp(1.0, bits - 1);
        for (std::size_t n = 0; n < count; ++n) {
          const double reference = sum_of(levels, outputs + 1, outputs, &codes[n * 64], 64);
          std::uint32_t clipped = 0;
          const auto convert = [&](double value) {
            const double rounded = std::nearbyint(value), code = std::clamp(rounded, -half, half - 1);
            clipped += rounded != code ? 1 : 0;
            return code;
          };
          const double unit = mapping == Mapping::offset_column ? convert(reference / lsb - half) : 0.0;
          for (std::size_t c = 0; c < outputs; ++c) {
            const double sum = sum_of(levels, outputs + 1, c, &codes[n * 64], 64);
            const double code =
                mapping == Mapping::offset_column ? convert(sum / lsb - half) - unit : convert((sum - reference) / lsb);
            ASSERT_EQ(outcome.codes[n * outputs + c], code) << name_of(mapping) << ", " << bits << " bits, " << n;
          }
          ASSERT_EQ(outcome.clipped[n], clipped) << name_of(mapping) << ", " << bits << " bits, " << n;
        }
      }
    }
  }
}

constexpr std::uint32_t kRows = 40, kOutputs = 5, kSamples = 8000, kGain = 2;
using Columns = std::vector<std::vector<double>>;

struct Case {
  const char* name;
  void (*change)(ArrayParameters&);
};

const Case cases[] = {
    {"read noise",
     [](ArrayParameters& p) {
       p.effects.read_noise = p.effects.off_current = true;
       p.cell.sigma_read_vt_V = 4e-3;
     }},
    {"constant read noise",
     [](ArrayParameters& p) {
       p.cell.errors = CellParameters::Errors::constant;
       p.effects.read_noise = true;
       p.cell.sigma_read_full_scale = 0.02;
     }},
    {"slow noise",
     [](ArrayParameters& p) {
       p.effects.slow_noise = true;
       p.cell.slow_share = 1.0;
       p.cell.sigma_read_vt_V = 5e-3;
     }},
    {"DAC noise",
     [](ArrayParameters& p) {
       p.effects.dac_noise = true;
       p.dac.sigma_v_V = 2e-3;
     }},
    {"ADC noise",
     [](ArrayParameters& p) {
       p.effects.adc_noise = true;
       p.adc.sigma_lsb = 3.0;
     }},
    {"programming error",
     [](ArrayParameters& p) {
       p.effects.programming_error = true;
       p.cell.sigma_prog_rel = 0.05;
     }},
    {"voltage drop, read noise",
     [](ArrayParameters& p) {
       p.effects.ir_drop = p.effects.read_noise = true;
       p.cell.bl_ohm_per_cell = 500;
       p.cell.sigma_read_vt_V = 2e-3;
     }},
    {"all, strong",
     [](ArrayParameters& p) {
       p.effects = NonIdealities();
       p.effects.adc_inl = false;
       p.effects.slow_noise = p.effects.ir_drop = true;
       p.cell.bl_ohm_per_cell = 300;
       p.cell.sigma_prog_rel = 0.03;
       p.cell.sigma_read_vt_V = 2e-3;
       p.dac.sigma_v_V = 1e-3;
       p.adc.sigma_lsb = 2.0;
     }},
};

ArrayParameters parameters(Mapping mapping, const Case& k) {
  ArrayParameters p;
  p.rows = kRows;
  p.columns = kOutputs + 1;
  p.weight_mapping = mapping;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  k.change(p);
  return p;
}

Columns fast_samples(const ArrayParameters& p, std::uint64_t seed, const std::vector<std::uint8_t>& levels,
                     const std::vector<std::uint16_t>& codes) {
  Columns columns(kOutputs);
  const std::uint32_t arrays = p.effects.programming_error ? kSamples : 1;
  std::vector<std::uint16_t> repeated;
  for (std::uint32_t n = 0; n < kSamples / arrays; ++n) {
    repeated.insert(repeated.end(), codes.begin(), codes.end());
  }
  for (std::uint32_t tile = 0; tile < arrays; ++tile) {
    Array array(p, seed, tile);
    array.program(0, 0, kRows, kOutputs + 1, levels);
    const auto out = run(array, {0, kRows, 0, kOutputs, kSamples / arrays, 0, kGain}, repeated).codes;
    for (std::size_t i = 0; i < out.size(); ++i) {
      columns[i % kOutputs].push_back(out[i]);
    }
  }
  return columns;
}

Columns slow_samples(const ArrayParameters& p, std::uint64_t seed, const std::vector<std::uint8_t>& levels,
                     const std::vector<std::uint16_t>& codes) {
  Columns columns(kOutputs);
  Reference reference(p, seed);
  reference.program(levels, kRows, kOutputs);
  for (std::uint32_t n = 0; n < kSamples; ++n) {
    if (p.effects.programming_error) {
      reference.program(levels, kRows, kOutputs);
    }
    reference.new_epoch();
    const auto out = reference.outputs(codes.data(), p.adc.gains[kGain]);
    for (std::size_t c = 0; c < kOutputs; ++c) {
      columns[c].push_back(out[c]);
    }
  }
  return columns;
}

double correlation(const Columns& columns, std::size_t a, std::size_t b) {
  return covariance(columns[a], columns[b]) / std::sqrt(variance(columns[a]) * variance(columns[b]));
}

TEST(Mapping, NoiseHasTheReferencesDistribution) {
  const std::uint64_t seed = test_seed(73);
  std::mt19937_64 random(seed);
  const double n = kSamples;
  for (const Mapping mapping : both) {
    for (const Case& k : cases) {
      SCOPED_TRACE(std::string(name_of(mapping)) + ", " + k.name);
      const ArrayParameters p = parameters(mapping, k);
      const auto levels = random_weights(random, p, kRows, kOutputs);
      const auto codes = random_codes(random, kRows, 255);
      const Columns fast = fast_samples(p, seed, levels, codes);
      const Columns slow = slow_samples(p, seed + 1, levels, codes);
      double shared = 0.0;
      for (std::size_t a = 0; a < kOutputs; ++a) {
        const double vf = variance(fast[a]), vs = variance(slow[a]);
        EXPECT_NEAR(mean(fast[a]), mean(slow[a]), 5 * std::sqrt((vf + vs) / n) + 0.2);
        EXPECT_NEAR(vf / vs, 1.0, 5 * std::sqrt(4 / n) + 0.01);
        EXPECT_GT(ks_two_samples(fast[a], slow[a]), 1e-5);
        for (std::size_t b = 0; b < a; ++b) {
          EXPECT_NEAR(correlation(fast, a, b), correlation(slow, a, b), 5 * std::sqrt(2 / n) + 0.01) << a << " " << b;
          shared += correlation(fast, a, b) / (kOutputs * (kOutputs - 1) / 2.0);
        }
      }
      std::printf("%-17s %-26s sigma %.2f / %.2f LSB, mean correlation %.2f\n", name_of(mapping), k.name,
                  std::sqrt(variance(fast[0])), std::sqrt(variance(slow[0])), shared);
    }
  }
}

/// One reference for all: with equal cells everywhere, half of the variance is common.
TEST(Mapping, ReadNoiseOfTheReferenceIsCommonToTheBlock) {
  const std::uint64_t seed = test_seed(74);
  for (const Mapping mapping : both) {
    const ArrayParameters p = parameters(mapping, cases[0]);
    const std::vector<std::uint8_t> levels(std::size_t{kRows} * (kOutputs + 1),
                                           static_cast<std::uint8_t>(reference_level(p)));
    const Columns fast = fast_samples(p, seed, levels, std::vector<std::uint16_t>(kRows, 255));
    for (std::size_t a = 1; a < kOutputs; ++a) {
      EXPECT_NEAR(correlation(fast, 0, a), 0.5, 5 * std::sqrt(1.0 / kSamples) + 0.02) << name_of(mapping);
    }
  }
  ArrayParameters pairs = parameters(Mapping::differential_adjacent, cases[0]);
  pairs.columns = 2 * kOutputs;
  Array array(pairs, seed, 0);
  array.program(0, 0, kRows, 2 * kOutputs, std::vector<std::uint8_t>(std::size_t{kRows} * 2 * kOutputs, 8));
  const auto out = run(array, {0, kRows, 0, kOutputs, kSamples, 0, kGain},
                       std::vector<std::uint16_t>(std::size_t{kRows} * kSamples, 255))
                       .codes;
  Columns columns(kOutputs);
  for (std::size_t i = 0; i < out.size(); ++i) {
    columns[i % kOutputs].push_back(out[i]);
  }
  EXPECT_NEAR(correlation(columns, 0, 1), 0.0, 5 / std::sqrt(kSamples)) << "pairs have nothing in common";
}

TEST(Mapping, BatchesSplitAnywhere) {
  const std::uint64_t seed = test_seed(75);
  std::mt19937_64 random(seed);
  for (const Mapping mapping : both) {
    ArrayParameters p;
    p.rows = 100;
    p.columns = 70;
    p.weight_mapping = mapping;
    p.effects = NonIdealities();
    p.effects.slow_noise = p.effects.ir_drop = p.effects.adc_dnl = p.effects.adc_offset_gain = true;
    p.cell.slow_epoch_passes = 7;
    Array array(p, seed, 3);
    array.program(2, 3, 90, 61, random_weights(random, p, 90, 60));
    const auto codes = random_codes(random, std::size_t{90} * 50, 255);
    const Outcome whole = run(array, {2, 90, 3, 60, 50, 1000, 1}, codes);
    for (std::uint32_t n = 0; n < 50; ++n) {
      const std::vector<std::uint16_t> one(codes.begin() + 90 * n, codes.begin() + 90 * (n + 1));
      const Outcome single = run(array, {2, 90, 3, 60, 1, 1000 + std::uint64_t{n}, 1}, one);
      ASSERT_TRUE(std::equal(single.codes.begin(), single.codes.end(), whole.codes.begin() + 60 * n));
      ASSERT_EQ(single.clipped[0], whole.clipped[n]);
      ASSERT_EQ(single.current_A[0], whole.current_A[n]);
    }
  }
}

TEST(Mapping, ABrokenConverterOfTheOffsetColumnMovesEveryOutput) {
  std::mt19937_64 random(test_seed(76));
  for (const Mapping mapping : both) {
    ArrayParameters p;
    p.rows = 40;
    p.columns = 12;
    p.weight_mapping = mapping;
    p.adc.per_tile = 12;
    p.effects = NonIdealities::none();
    Array array(p, 1, 0);
    array.program(0, 0, 40, 11, random_weights(random, p, 40, 10));
    const auto codes = random_codes(random, 40, 255);
    const auto sound = run(array, {0, 40, 0, 10, 1, 0, 0}, codes).codes;
    InjectedFaults faults;
    faults.converters[10].offset = 5;
    array.inject(faults);
    const auto moved = run(array, {0, 40, 0, 10, 1, 0, 0}, codes).codes;
    for (std::size_t c = 0; c < 10; ++c) {
      EXPECT_EQ(moved[c] - sound[c], mapping == Mapping::offset_column ? -5 : 0) << name_of(mapping);
    }
  }
}

TEST(Mapping, WhatDoesNotFitIsRefused) {
  for (const Mapping mapping : both) {
    ArrayParameters p;
    p.rows = 10;
    p.columns = 8;
    p.weight_mapping = mapping;
    EXPECT_EQ(p.outputs(), 7U);
    Array array(p, 1, 0);
    EXPECT_NO_THROW((void)array.block(0, 10, 0, 7));
    EXPECT_THROW((void)array.block(0, 10, 1, 7), std::out_of_range) << "no room for the reference";
    const auto block = array.block(0, 10, 0, 3);
    const std::vector<std::uint16_t> codes(10, 1);
    std::vector<double> sums(3), variances(3);
    std::vector<Activity> activity(1);
    EXPECT_THROW(array.sums(*block, {0, 10, 0, 3, 1, 0, 0}, false, codes, sums, variances, activity),
                 std::invalid_argument);
    array.program(4, 3, 1, 1, std::vector<std::uint8_t>{1});
    std::vector<std::int32_t> out(3);
    EXPECT_THROW(array.multiply(*block, {0, 10, 0, 3, 1, 0, 0}, codes, out, activity), std::invalid_argument)
        << "a cell of its reference was written";
    p.cell.bits = 1;
    EXPECT_THROW(Array(p, 1, 0), std::invalid_argument);
  }
}

}  // namespace
}  // namespace tessera::analog
