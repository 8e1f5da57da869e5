// SPDX-License-Identifier: Apache-2.0
// The one Gaussian routine: a 32-bit uniform word to a standard normal number, by inversion of the distribution.
//
// Only + - * / sqrt, conversions and bit operations in IEEE single precision, never fused: every machine gives the same
// bits. The vector form in kernels-inl.h performs the same operations in the same order.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

#include "models/analog/gaussian_coefficients.h"

namespace tessera::analog {

/// Standard normal number of a uniform 32-bit word: bit 31 is the sign (set: negative), bits 30..0 = m give the tail
/// probability p = (m + 1/2) / 2^32. |z| <= 6.34; |z - exact| < 2.5e-6.
[[nodiscard]] inline float gaussian(std::uint32_t word) {
  using namespace gaussian_detail;
  const float scaled = static_cast<float>(static_cast<std::int32_t>(word & 0x7FFFFFFFU)) + 0.5F;  // p * 2^32
  const auto bits = std::bit_cast<std::uint32_t>(scaled);
  const auto octaves = static_cast<float>(32 + 127 - static_cast<std::int32_t>(bits >> 23U));
  const float t = std::bit_cast<float>((bits & 0x007FFFFFU) | 0x3F800000U) - 1.5F;
  float log_mantissa = kLog[8];
  for (int i = 7; i >= 0; --i) {
    log_mantissa = log_mantissa * t + kLog[i];
  }
  const float r = std::sqrt(2.0F * (octaves * 0.693147181F - log_mantissa));
  const float top = (((kTop[4] * r + kTop[3]) * r + kTop[2]) * r + kTop[1]) * r + kTop[0];
  const float bottom = ((kBottom[3] * r + kBottom[2]) * r + kBottom[1]) * r + kBottom[0];
  const float z = top / bottom;
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(z) ^ (word & 0x80000000U));
}

/// exp(x) by a Taylor polynomial of degree 5 at x / 16 and four squarings; relative error < 2e-6 for
/// |x| <= 0.5, < 1e-5 for |x| <= 4.
[[nodiscard]] inline float exp_small(float x) {
  const float y = x * 0.0625F;
  float e = 1.0F + y * (1.0F + y * (0.5F + y * (0.166666667F + y * (0.0416666667F + y * 0.00833333333F))));
  e = e * e;
  e = e * e;
  e = e * e;
  return e * e;
}

}  // namespace tessera::analog
