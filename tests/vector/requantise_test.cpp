// SPDX-License-Identifier: Apache-2.0
// Requantisation against its definition in exact integer arithmetic.
#include "models/vector/requantise.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace tessera::vector {
namespace {

__extension__ typedef __int128 Wide;

/// floor(numerator / 2^bits + 1/2) for numerator >= 0, mirrored for negative: half away from zero.
Wide divide_half_away(Wide numerator, int bits) {
  const Wide half = bits == 0 ? 0 : Wide{1} << (bits - 1);
  return numerator >= 0 ? (numerator + half) >> bits : -((-numerator + half) >> bits);
}

/// High multiply rounds half up towards +infinity for negative products: (p + 1 - 2^30) / 2^31 truncated.
std::int32_t high_multiply_by_definition(std::int32_t a, std::int32_t b) {
  if (a == std::numeric_limits<std::int32_t>::min() && a == b) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const Wide doubled = Wide{2} * a * b;
  const Wide nudged = doubled + (doubled >= 0 ? Wide{1} << 31 : Wide{2} - (Wide{1} << 31));
  return static_cast<std::int32_t>(nudged / (Wide{1} << 32));
}

TEST(Requantise, KnownValues) {
  EXPECT_EQ(multiply_by_quantised_multiplier(100, 1 << 30, 1), 100);   // 0.5 * 2^1
  EXPECT_EQ(multiply_by_quantised_multiplier(101, 1 << 30, 0), 51);    // 50.5 away from zero
  EXPECT_EQ(multiply_by_quantised_multiplier(-101, 1 << 30, 0), -50);  // high multiply rounds -50.5 up
  EXPECT_EQ(multiply_by_quantised_multiplier(-6, 1 << 30, -1), -2);    // -1.5 away from zero in the shift
  EXPECT_EQ(rounding_doubling_high_multiply(std::numeric_limits<std::int32_t>::min(),
                                            std::numeric_limits<std::int32_t>::min()),
            std::numeric_limits<std::int32_t>::max());
}

TEST(Requantise, AgreesWithTheDefinition) {
  std::mt19937 random(20240501);
  std::uniform_int_distribution<std::int32_t> any(std::numeric_limits<std::int32_t>::min(),
                                                  std::numeric_limits<std::int32_t>::max());
  for (int i = 0; i < 200000; ++i) {
    const std::int32_t x = any(random);
    const std::int32_t multiplier = any(random);
    const int right = i % 32;
    const auto high = high_multiply_by_definition(x, multiplier);
    ASSERT_EQ(rounding_doubling_high_multiply(x, multiplier), high) << x << " * " << multiplier;
    ASSERT_EQ(rounding_divide_by_power_of_two(x, right), static_cast<std::int32_t>(divide_half_away(x, right)))
        << x << " >> " << right;
    ASSERT_EQ(multiply_by_quantised_multiplier(x, multiplier, -right),
              static_cast<std::int32_t>(divide_half_away(high, right)));
  }
}

TEST(Requantise, AnyShiftIsHarmless) {
  for (const int shift :
       {std::numeric_limits<int>::min(), -1000, -64, -32, 31, 32, 1000, std::numeric_limits<int>::max()}) {
    const auto value = multiply_by_quantised_multiplier(12345, 1 << 30, shift);
    EXPECT_TRUE(shift > 0 ? value > 0 : value == 0) << shift;
  }
}

TEST(Requantise, MultiplierRepresentsTheFactor) {
  for (const double factor : {1.0e-9, 0.00123, 0.25, 0.5, 0.999999, 1.0, 3.75, 1000.0}) {
    const auto q = quantise_multiplier(factor);
    const double represented = q.multiplier / 2147483648.0 * std::ldexp(1.0, q.shift);
    EXPECT_NEAR(represented / factor, 1.0, 1.0e-9) << factor;
  }
  EXPECT_EQ(quantise_multiplier(0.0).multiplier, 0);
  EXPECT_EQ(quantise_multiplier(1.0e-12).multiplier, 0);
}

}  // namespace
}  // namespace tessera::vector
