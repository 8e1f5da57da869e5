// SPDX-License-Identifier: Apache-2.0
// Requantisation as gemmlowp and TFLite Micro define it: int32 multiplier in Q31, double rounding.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tessera::vector {

/// (a * b) / 2^31, rounded half away from zero; the one overflow (both INT32_MIN) saturates.
[[nodiscard]] constexpr std::int32_t rounding_doubling_high_multiply(std::int32_t a, std::int32_t b) {
  if (a == std::numeric_limits<std::int32_t>::min() && b == a) {
    return std::numeric_limits<std::int32_t>::max();
  }
  const std::int64_t product = std::int64_t{a} * b;
  const std::int64_t nudge = product >= 0 ? (std::int64_t{1} << 30) : 1 - (std::int64_t{1} << 30);
  return static_cast<std::int32_t>((product + nudge) / (std::int64_t{1} << 31));
}

/// x / 2^exponent, rounded half away from zero; exponent 0..31.
[[nodiscard]] constexpr std::int32_t rounding_divide_by_power_of_two(std::int32_t x, int exponent) {
  const std::int64_t mask = (std::int64_t{1} << exponent) - 1;
  const std::int64_t remainder = x & mask;
  const std::int64_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + (remainder > threshold ? 1 : 0);
}

[[nodiscard]] constexpr std::int32_t saturate_to_int32(std::int64_t x) {
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(x, std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()));
}

/// x * multiplier * 2^(shift - 31). The left shift saturates where TFLite Micro would overflow.
[[nodiscard]] constexpr std::int32_t multiply_by_quantised_multiplier(std::int32_t x, std::int32_t multiplier,
                                                                      int shift) {
  const int bounded = std::clamp(shift, -63, 31);  // descriptors come from firmware: any value must be harmless
  const int left = bounded > 0 ? bounded : 0;
  const int right = bounded > 0 ? 0 : -bounded;
  const std::int32_t shifted = saturate_to_int32(std::int64_t{x} << left);
  return right > 31 ? 0 : rounding_divide_by_power_of_two(rounding_doubling_high_multiply(shifted, multiplier), right);
}

/// clamp(x * multiplier * 2^(shift - 31) + zero_point, low, high)
[[nodiscard]] constexpr std::int8_t requantise_to_int8(std::int32_t x, std::int32_t multiplier, int shift,
                                                       std::int32_t zero_point, std::int32_t low, std::int32_t high) {
  const std::int64_t value = std::int64_t{multiply_by_quantised_multiplier(x, multiplier, shift)} + zero_point;
  return static_cast<std::int8_t>(std::clamp<std::int64_t>(value, low, high));
}

struct QuantisedMultiplier {
  std::int32_t multiplier = 0;
  std::int32_t shift = 0;
};

/// The pair for a real factor >= 0; factors below 2^-32 become 0, as in TFLite.
[[nodiscard]] inline QuantisedMultiplier quantise_multiplier(double factor) {
  if (!(factor > 0.0)) {
    return {};
  }
  int shift = 0;
  const double fraction = std::frexp(factor, &shift);
  auto fixed = static_cast<std::int64_t>(std::round(fraction * static_cast<double>(std::int64_t{1} << 31)));
  if (fixed == (std::int64_t{1} << 31)) {
    fixed /= 2;
    ++shift;
  }
  if (shift < -31) {
    return {};
  }
  if (shift > 30) {
    return {std::numeric_limits<std::int32_t>::max(), 30};
  }
  return {static_cast<std::int32_t>(fixed), shift};
}

}  // namespace tessera::vector
