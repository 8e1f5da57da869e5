// SPDX-License-Identifier: Apache-2.0
// Sums of several arrays on analog lanes: exact where nothing disturbs them, against the slow reference with noise on,
// the same bytes on every instruction set.
#include "models/analog/lanes.h"

#include <gtest/gtest.h>
#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "models/analog/array.h"
#include "models/analog/kernels.h"
#include "tests/analog/reference.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::covariance;
using testing::ks_two_samples;
using testing::mean;
using testing::random_codes;
using testing::random_levels;
using testing::Reference;
using testing::test_seed;
using testing::variance;

/// Arrays whose currents meet; the last one converts.
class Column {
 public:
  Column(const ArrayParameters& p, std::uint64_t seed, std::size_t tiles) {
    for (std::size_t i = 0; i < tiles; ++i) {
      arrays.push_back(std::make_unique<Array>(p, seed, static_cast<std::uint32_t>(i)));
    }
  }
  /// @param codes  of each array, count x rows
  [[nodiscard]] std::vector<std::int32_t> run(const Product& product,
                                              const std::vector<std::vector<std::uint16_t>>& codes,
                                              std::vector<Activity>* activity = nullptr) const {
    const std::size_t elements = std::size_t{product.count} * product.pairs;
    LineSums line{std::vector<double>(elements, 0.0), std::vector<double>(elements, 0.0)};
    std::vector<Activity> last;
    for (std::size_t i = 0; i < arrays.size(); ++i) {
      LineSums own{std::vector<double>(elements), std::vector<double>(elements)};
      last.assign(product.count, {});
      const auto block = arrays[i]->block(product.row0, product.rows, product.pair0, product.pairs);
      arrays[i]->sums(*block, product, i + 1 < arrays.size(), codes[i], own.sums, own.variances, last);
      for (std::size_t e = 0; e < elements; ++e) {
        line.sums[e] += own.sums[e];
        line.variances[e] += own.variances[e];
      }
    }
    std::vector<std::int32_t> out(elements);
    const auto block = arrays.back()->block(product.row0, product.rows, product.pair0, product.pairs);
    arrays.back()->convert(*block, product, static_cast<std::uint32_t>(arrays.size() - 1), line.sums, line.variances,
                           out, last);
    if (activity != nullptr) {
      *activity = last;
    }
    return out;
  }
  std::vector<std::unique_ptr<Array>> arrays;
};

// Three arrays of 40 rows against one of 120, code by code, at every gain: exact converters pass the integer sum, ideal
// ones quantise and clip it.
TEST(Lanes, IdealSumEqualsOneTallArray) {
  const std::uint64_t seed = test_seed(41);
  std::mt19937_64 random(seed);
  for (const int bits : {0, 8, 11}) {
    ArrayParameters p;
    p.rows = 40;
    p.columns = 2 * 21;
    p.effects = NonIdealities::none();
    p.adc.bits = bits;
    ArrayParameters tall = p;
    tall.rows = 120;
    const Column column(p, seed, 3);
    Array one(tall, seed, 0);
    constexpr std::uint32_t count = 35;
    std::vector<std::vector<std::uint16_t>> codes;
    std::vector<std::uint16_t> together(120 * count);
    for (std::uint32_t i = 0; i < 3; ++i) {
      const auto levels = random_levels(random, 40, 42, 15);
      column.arrays[i]->program(0, 0, 40, 42, levels);
      one.program(40 * i, 0, 40, 42, levels);
      codes.push_back(random_codes(random, std::size_t{40} * count, 255));
      for (std::size_t n = 0; n < count; ++n) {
        std::copy_n(codes[i].begin() + static_cast<std::ptrdiff_t>(40 * n), 40,
                    together.begin() + static_cast<std::ptrdiff_t>(120 * n + 40 * i));
      }
    }
    for (std::uint32_t gain = 0; gain < p.adc.gains.size(); ++gain) {
      std::vector<Activity> activity;
      const auto sums = column.run({0, 40, 0, 21, count, 0, gain}, codes, &activity);
      const auto expected = testing::run(one, {0, 120, 0, 21, count, 0, gain}, together);
      EXPECT_EQ(sums, expected.codes) << bits << " bits, gain " << gain;
      for (std::size_t n = 0; n < count; ++n) {
        EXPECT_EQ(activity[n].clipped, expected.clipped[n]);
      }
    }
  }
}

struct Case {
  const char* name;
  ArrayParameters p;
};

ArrayParameters with(void (*change)(ArrayParameters&)) {
  ArrayParameters p;
  p.rows = 50;
  p.columns = 10;
  p.adc.bits = 12;
  p.effects = NonIdealities::none();
  change(p);
  return p;
}

std::vector<Case> cases() {
  return {{"lane noise", with([](ArrayParameters& p) {
             p.effects.lane_noise = true;
             p.lane.sigma_A = 5e-9;
           })},
          {"read noise of all arrays", with([](ArrayParameters& p) {
             p.effects.read_noise = true;
             p.cell.sigma_read_vt_V = 2e-3;
           })},
          {"lane gains, DAC noise", with([](ArrayParameters& p) {
             p.effects.lane_gain = p.effects.dac_noise = true;
             p.lane.gain_rel = 0.05;
             p.dac.sigma_v_V = 2e-3;
           })},
          {"everything but programming and INL", with([](ArrayParameters& p) {
             p.effects = NonIdealities();
             p.effects.programming_error = p.effects.adc_inl = false;
             p.lane.sigma_A = 2e-9;
             p.adc.sigma_lsb = 2.0;
           })}};
}

class LaneNoise : public ::testing::TestWithParam<std::size_t> {};

// Mean, variance and covariance between columns of three arrays' sum, with a random draw for every cell in the
// reference; gains of the drivers are static and therefore given, as cells are.
TEST_P(LaneNoise, HasTheMomentsOfTheReference) {
  const Case test = cases()[GetParam()];
  const std::uint64_t seed = test_seed(1234 + GetParam());
  std::mt19937_64 random(seed);
  constexpr std::uint32_t kSamples = 6000, kPairs = 5, kGain = 2;
  const Column column(test.p, seed, 3);
  std::vector<std::vector<std::uint16_t>> codes, repeated;
  std::vector<Reference> reference;
  std::vector<std::vector<double>> gains;
  for (std::uint32_t i = 0; i < 3; ++i) {
    column.arrays[i]->program(0, 0, 50, 10, random_levels(random, 50, 10, 15));
    codes.push_back(random_codes(random, 50, 255));
    repeated.emplace_back();
    for (std::uint32_t n = 0; n < kSamples; ++n) {
      repeated.back().insert(repeated.back().end(), codes[i].begin(), codes[i].end());
    }
    std::vector<double> cells;
    for (std::uint32_t r = 0; r < 50; ++r) {
      for (std::uint32_t c = 0; c < 10; ++c) {
        cells.push_back(column.arrays[i]->cell_current_A(r, c));
      }
    }
    reference.emplace_back(test.p, seed + 100 + i);
    reference.back().set_cells(cells, 50, kPairs);
    gains.push_back(i < 2 ? lane_gains(test.p, seed, i, 0, kPairs) : std::vector<double>());
  }
  std::vector<std::vector<double>> fast(kPairs), slow(kPairs);
  const auto out = column.run({0, 50, 0, kPairs, kSamples, 0, kGain}, repeated);
  for (std::size_t i = 0; i < out.size(); ++i) {
    fast[i % kPairs].push_back(out[i]);
  }
  const double lsb_A = reference[2].lsb_A(test.p.adc.gains[kGain]);
  for (std::uint32_t n = 0; n < kSamples; ++n) {
    std::vector<double> sum(kPairs, 0.0);
    for (std::uint32_t i = 0; i < 3; ++i) {
      const auto currents = reference[i].pair_currents_A(codes[i].data());
      for (std::size_t c = 0; c < kPairs; ++c) {
        sum[c] += currents[c] * (gains[i].empty() ? 1.0 : gains[i][c]);
        if (i < 2 && test.p.effects.lane_noise) {
          sum[c] += test.p.lane.sigma_A * reference[i].gauss();
        }
      }
    }
    for (std::size_t c = 0; c < kPairs; ++c) {
      const double noise = test.p.effects.adc_noise ? test.p.adc.sigma_lsb * reference[2].gauss() : 0.0;
      slow[c].push_back(reference[2].digitise(sum[c] / lsb_A + noise));
    }
  }
  const double root = std::sqrt(static_cast<double>(kSamples));
  for (std::size_t c = 0; c < kPairs; ++c) {
    const double sigma = std::sqrt(variance(slow[c]));
    ASSERT_GT(sigma, 0.5) << test.name << ": the case tests nothing";
    EXPECT_NEAR(mean(fast[c]), mean(slow[c]), 5.0 * sigma * std::sqrt(2.0) / root + 0.5)
        << test.name << c;  // fixed-point bias of three arrays
    EXPECT_NEAR(variance(fast[c]) / variance(slow[c]), 1.0, 5.0 * 2.0 / root) << test.name << c;
    EXPECT_GT(ks_two_samples(fast[c], slow[c]), 1e-4) << test.name << c;
    for (std::size_t d = 0; d < c; ++d) {
      const double scale = sigma * std::sqrt(variance(slow[d]));
      EXPECT_NEAR(covariance(fast[c], fast[d]) / scale, covariance(slow[c], slow[d]) / scale, 5.0 * 1.5 / root)
          << test.name << c << d;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, LaneNoise, ::testing::Range<std::size_t>(0, cases().size()));

TEST(Lanes, DriversHaveGainsOfTheirOwn) {
  ArrayParameters p;
  p.lane.gain_rel = 0.01;
  std::vector<double> all;
  for (std::uint32_t tile = 0; tile < 40; ++tile) {
    const auto gains = lane_gains(p, 9, tile, 0, 512);
    all.insert(all.end(), gains.begin(), gains.end());
    const auto part = lane_gains(p, 9, tile, 7, 30);  // by position: a rectangle sees what the whole tile has
    EXPECT_TRUE(std::equal(part.begin(), part.end(), gains.begin() + 7));
  }
  EXPECT_NEAR(mean(all), 1.0, 5 * 0.01 / std::sqrt(20480.0));
  EXPECT_NEAR(std::sqrt(variance(all)), 0.01, 0.0003);
  EXPECT_NE(lane_gains(p, 9, 0, 0, 4), lane_gains(p, 9, 1, 0, 4));
  p.effects.lane_gain = false;
  EXPECT_TRUE(lane_gains(p, 9, 0, 0, 4).empty());
}

TEST(Lanes, NoiseGrowsWithTheRootOfTheDrivers) {
  ArrayParameters p;
  EXPECT_DOUBLE_EQ(lane_noise(p, 1), p.lane.sigma_A / p.cell.i_lsb_A * 255);
  EXPECT_DOUBLE_EQ(lane_noise(p, 9), 3 * lane_noise(p, 1));
  EXPECT_EQ(lane_noise(p, 0), 0.0);
  p.adc.bits = 0;
  EXPECT_EQ(lane_noise(p, 4), 0.0) << "an exact converter has ideal lanes";
}

// Whatever the vectors of the machine and however a batch is cut.
TEST(Lanes, SameBytesOnEveryInstructionSetAndInEveryBatch) {
  const std::uint64_t seed = test_seed(77);
  std::mt19937_64 random(seed);
  ArrayParameters p;
  p.rows = 150;
  p.columns = 2 * 60;
  p.effects.slow_noise = p.effects.adc_offset_gain = p.effects.adc_dnl = true;
  const Column column(p, seed, 3);
  constexpr std::uint32_t count = 70;
  std::vector<std::vector<std::uint16_t>> codes;
  for (std::uint32_t i = 0; i < 3; ++i) {
    column.arrays[i]->program(0, 0, 150, 120, random_levels(random, 150, 120, 15));
    codes.push_back(random_codes(random, std::size_t{120} * count, 255));
  }
  const auto expected = column.run({3, 120, 5, 37, count, 1000, 1}, codes);
  hwy::SetSupportedTargetsForTest(0);
  std::vector<std::int64_t> all;
  for (std::int64_t bit : hwy::SupportedAndGeneratedTargets()) {
    all.push_back(bit);
  }
  for (const std::int64_t target : all) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    EXPECT_EQ(column.run({3, 120, 5, 37, count, 1000, 1}, codes), expected) << hwy::TargetName(target);
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  std::vector<std::int32_t> pieces;
  for (std::uint32_t n = 0; n < count; n += 10) {
    std::vector<std::vector<std::uint16_t>> some;
    for (const auto& one : codes) {
      some.emplace_back(one.begin() + n * 120, one.begin() + (n + 10) * 120);
    }
    const auto part = column.run({3, 120, 5, 37, 10, 1000 + n, 1}, some);
    pieces.insert(pieces.end(), part.begin(), part.end());
  }
  EXPECT_EQ(pieces, expected);
}

}  // namespace
}  // namespace tessera::analog
