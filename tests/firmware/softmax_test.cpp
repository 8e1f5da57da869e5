// SPDX-License-Identifier: Apache-2.0
#include "softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tessera {
namespace {

constexpr int argument_bits = 5;  // integer bits of the exponent's argument, part of the operator's definition

struct Parameters {
  std::int32_t multiplier, shift, diff_min;
};

/// How a converter prepares softmax of inputs with `scale` (beta 1): scale * 2^26 as multiplier and shift, and the
/// smallest difference that the fixed point holds.
Parameters prepare(double scale) {
  const double real = std::min(scale * std::ldexp(1.0, 31 - argument_bits), std::ldexp(1.0, 31) - 1.0);
  int exponent = 0;
  const double fraction = std::frexp(real, &exponent);
  auto multiplier = static_cast<std::int64_t>(std::llround(fraction * std::ldexp(1.0, 31)));
  if (multiplier == std::int64_t{1} << 31) {
    multiplier /= 2;
    ++exponent;
  }
  const double radius = ((1 << argument_bits) - 1) * std::ldexp(1.0, 31 - argument_bits) / std::ldexp(1.0, exponent);
  return {static_cast<std::int32_t>(multiplier), exponent, -static_cast<std::int32_t>(std::floor(radius))};
}

/// Softmax in double precision, as it is defined, rounded once.
std::vector<int> reference(const std::vector<std::int8_t>& in, double scale) {
  double sum = 0;
  const int largest = *std::max_element(in.begin(), in.end());
  for (const std::int8_t q : in) {
    sum += std::exp(scale * (q - largest));
  }
  std::vector<int> out;
  for (const std::int8_t q : in) {
    const double p = std::exp(scale * (q - largest)) / sum;
    out.push_back(std::min(127, static_cast<int>(std::lround(256.0 * p)) - 128));
  }
  return out;
}

std::vector<std::int8_t> softmax(const std::vector<std::int8_t>& in, const Parameters& parameters) {
  std::vector<std::int8_t> out(in.size());
  tsr_softmax_int8(in.data(), out.data(), 1, static_cast<std::uint32_t>(in.size()), parameters.multiplier,
                   parameters.shift, parameters.diff_min);
  return out;
}

TEST(Softmax, KnownCases) {
  const Parameters tenth = prepare(0.1);
  EXPECT_EQ(softmax({5}, tenth), (std::vector<std::int8_t>{127})) << "256 saturates";
  EXPECT_EQ(softmax({-3, -3}, tenth), (std::vector<std::int8_t>{0, 0})) << "a half each";
  EXPECT_EQ(softmax({7, 7, 7, 7}, tenth), (std::vector<std::int8_t>{-64, -64, -64, -64}));
  EXPECT_EQ(softmax(std::vector<std::int8_t>(256, 1), tenth), std::vector<std::int8_t>(256, -127));
  EXPECT_EQ(softmax({127, -128}, prepare(1.0)), (std::vector<std::int8_t>{127, -128}));
  // exp(-1) : 1 -> 0.26894, 0.73106 -> 68.85, 187.15
  EXPECT_EQ(softmax({10, 20}, tenth), (std::vector<std::int8_t>{-59, 59}));
}

TEST(Softmax, WithinOneOfDoublePrecision) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  int differing = 0;
  int values = 0;
  for (int round = 0; round < 3000; ++round) {
    const double scale = std::pow(10.0, std::uniform_real_distribution<>(-3.0, 0.5)(random));
    std::vector<std::int8_t> in(std::uniform_int_distribution<std::size_t>(1, 1000)(random));
    for (std::int8_t& q : in) {
      q = static_cast<std::int8_t>(std::uniform_int_distribution<int>(-128, 127)(random));
    }
    const std::vector<std::int8_t> out = softmax(in, prepare(scale));
    const std::vector<int> expected = reference(in, scale);
    for (std::size_t i = 0; i < in.size(); ++i) {
      ASSERT_LE(std::abs(out[i] - expected[i]), 1) << "scale " << scale << ", element " << i << " of " << in.size();
      differing += out[i] != expected[i] ? 1 : 0;
      ++values;
    }
  }
  EXPECT_LT(differing, values / 100) << "most are not only near but equal";
}

TEST(Softmax, EveryDifferenceOfTwoValues) {
  for (const double scale : {0.004, 0.02, 0.1, 0.5, 2.0}) {
    const Parameters parameters = prepare(scale);
    for (int low = -128; low <= 127; ++low) {
      const std::vector<std::int8_t> in{static_cast<std::int8_t>(low), 127};
      const std::vector<std::int8_t> out = softmax(in, parameters);
      const std::vector<int> expected = reference(in, scale);
      EXPECT_LE(std::abs(out[0] - expected[0]), 1) << scale << " " << low;
      EXPECT_LE(std::abs(out[1] - expected[1]), 1) << scale << " " << low;
    }
  }
}

TEST(Softmax, EqualsGemmlowpBitForBit) {
  // FNV-1a 64 of the outputs that gemmlowp's fixedpoint.h (Debian libgemmlowp-dev 0.0~git20211220) gives when its
  // operations are put together as TFLite Micro's reference softmax does. Inputs: 400 rows of 1..400 values of a linear
  // congruential generator, within 1 + n mod 256 of the largest.
  struct Case {
    Parameters parameters;
    std::uint64_t hash;
  };
  const Case cases[] = {{{1073741824, 23, -248}, 0xD28CE6CEA00A44BEU}, {{1717986918, 22, -255}, 0xC4B6F74A1B00E968U},
                        {{1374389535, 20, -255}, 0x9ADE86A6EF49C689U}, {{2105540608, 18, -255}, 0x1B2621F235B49A46U},
                        {{1127428915, 24, -118}, 0x3B32B457BEE884F2U}, {{1288490189, 25, -51}, 0x17B660D31CBF31F2U},
                        {{2147483647, 26, -15}, 0xF41A27EAF9D6B4D0U},  {{1610612736, 19, -255}, 0xD3DF46243E15E991U}};
  for (const Case& one : cases) {
    std::uint64_t hash = 14695981039346656037U;
    std::uint32_t state = 12345;
    for (int n = 1; n <= 400; ++n) {
      std::vector<std::int8_t> in(static_cast<std::size_t>(n));
      for (std::int8_t& value : in) {
        state = state * 1664525U + 1013904223U;
        value =
            static_cast<std::int8_t>(127 - static_cast<int>((state >> 8) % static_cast<std::uint32_t>(1 + n % 256)));
      }
      for (const std::int8_t value : softmax(in, one.parameters)) {
        hash = (hash ^ static_cast<std::uint8_t>(value)) * 1099511628211U;
      }
    }
    EXPECT_EQ(hash, one.hash) << "multiplier " << one.parameters.multiplier;
  }
}

TEST(Softmax, RowsAreIndependentAndMayBeInPlace) {
  const Parameters parameters = prepare(0.05);
  const std::vector<std::int8_t> a{1, 50, -20};
  const std::vector<std::int8_t> b{127, 126, 0};
  std::vector<std::int8_t> both{1, 50, -20, 127, 126, 0};
  tsr_softmax_int8(both.data(), both.data(), 2, 3, parameters.multiplier, parameters.shift, parameters.diff_min);
  std::vector<std::int8_t> expected = softmax(a, parameters);
  const std::vector<std::int8_t> second = softmax(b, parameters);
  expected.insert(expected.end(), second.begin(), second.end());
  EXPECT_EQ(both, expected);
}

TEST(Softmax, LargerInputNeverGetsSmallerProbability) {
  const Parameters parameters = prepare(0.07);
  std::vector<std::int8_t> in;
  for (int q = -128; q <= 127; ++q) {
    in.push_back(static_cast<std::int8_t>(q));
  }
  const std::vector<std::int8_t> out = softmax(in, parameters);
  EXPECT_TRUE(std::is_sorted(out.begin(), out.end()));
}

TEST(Softmax, ExtremeParametersStayDefined) {
  const std::vector<std::int8_t> in{-128, 0, 127};
  const std::vector<std::int8_t> out = softmax(in, {INT32_MAX, 31, -255});
  EXPECT_EQ(out, (std::vector<std::int8_t>{-128, -128, 127}));
  EXPECT_EQ(softmax(in, {1 << 30, 0, 0}), (std::vector<std::int8_t>{-128, -128, 127}));
}

}  // namespace
}  // namespace tessera
