// SPDX-License-Identifier: Apache-2.0
// The fixed-point units of the product kernel: row drive and cell current as integers of at most 12 bits.
#pragma once

#include <algorithm>
#include <cstdint>

#include "models/analog/array_parameters.h"
#include "models/analog/cell.h"

namespace tessera::analog {

inline constexpr std::int32_t kFullScale = 4095;         ///< largest row drive and largest |pair weight|
inline constexpr std::int32_t kNominalScale = 3840;      ///< nominal full scale: leaves 6.6 % for errors
inline constexpr std::uint32_t kRowsPerChunk = 128;      ///< 4095^2 * 128 < 2^31: rows that a 32-bit sum can hold
inline constexpr std::uint32_t kRowsPerRun = 64;         ///< rows whose current counts as even along a wire
inline constexpr std::int32_t kHalfStep = 16;            ///< weight units a step of a pair's current, for its drop
inline constexpr std::int32_t kSigmaScale = 255;         ///< largest stored sigma of a cell pair
inline constexpr std::int32_t kSquareScale = 2047;       ///< largest squared drive
inline constexpr std::int32_t kSmallestDerivable = 100;  ///< level unit from which pair variances follow from weights

/// Rounded product of two numbers below 2^15, divided by 2^15.
[[nodiscard]] constexpr std::int32_t rounded_product(std::int32_t a, std::int32_t b) {
  return (a * b + (1 << 14)) >> 15;
}
/// Pair variance from a weight, at most 8188, or from a stored sigma, at most 8128: 8188 * 2047 * 128 < 2^31.
[[nodiscard]] constexpr std::int32_t variance_of_weight(std::int32_t weight) {
  return rounded_product(4 * weight, 4 * weight);
}
[[nodiscard]] constexpr std::int32_t variance_of_sigma(std::int32_t sigma) {
  return rounded_product(64 * sigma, 64 * sigma);
}

struct FixedPoint {
  std::int32_t code_unit = 1;   ///< row drive of code 1
  std::int32_t level_unit = 1;  ///< current of level 1

  /// @param largest_relative_current  of a cell of the highest level, errors included
  /// The units leave room for that, and for 5 sigma of the DAC noise above the largest code.
  FixedPoint(const ArrayParameters& p, double largest_relative_current) {
    const SubthresholdCell cell(p.cell, p.operating_K());
    double drive = 1.0;
    if (p.effects.dac_noise) {
      const double added = dac_noise_drive(p);
      drive = added > 0.0 ? 1.0 + 5.0 * added / p.max_code() : portable_exp(5.0 * dac_noise_exponent(p.dac, cell));
    }
    code_unit = unit(p.max_code(), drive);
    level_unit = unit(p.max_level(), largest_relative_current);
  }

 private:
  [[nodiscard]] static std::int32_t unit(int largest, double factor) {
    const double room = std::min(static_cast<double>(kNominalScale), kFullScale / factor);
    return std::max(1, static_cast<std::int32_t>(room) / largest);
  }
};

}  // namespace tessera::analog
