// SPDX-License-Identifier: Apache-2.0
// How columns hold signed weights (docs/analog.md, "Signs of weights").
#pragma once

#include <cstdint>

#include "models/analog/array_parameters.h"

namespace tessera::analog {

/// Integers that one weight, or one slice of it, can be.
struct WeightRange {
  int low = 0, high = 0;
};

/// Level of a cell that stands for a weight of 0 in single columns; that of every cell of a reference column.
[[nodiscard]] constexpr int reference_level(const ArrayParameters& p) {
  return 1 << (p.cell.bits - 1);
}

/// Pairs hold 0 .. 2^bits - 1 of either sign, single columns level - reference level.
[[nodiscard]] constexpr WeightRange weight_range(const ArrayParameters& p) {
  return p.single_columns() ? WeightRange{-reference_level(p), p.max_level() - reference_level(p)}
                            : WeightRange{-p.max_level(), p.max_level()};
}

/// Of a weight in two slices, high * 16 + low.
[[nodiscard]] constexpr WeightRange sliced_range(const ArrayParameters& p) {
  return p.single_columns() ? WeightRange{-8 * 16 - 8, 7 * 16 + 7} : WeightRange{-255, 255};
}

/// Levels of the columns_per_weight() cells of one weight (of one slice).
/// @param weight  within weight_range()
inline void store_weight(const ArrayParameters& p, int weight, std::uint8_t* cells) {
  if (p.single_columns()) {
    cells[0] = static_cast<std::uint8_t>(reference_level(p) + weight);
    return;
  }
  cells[0] = static_cast<std::uint8_t>(weight > 0 ? weight : 0);
  cells[1] = static_cast<std::uint8_t>(weight < 0 ? -weight : 0);
}

/// The two slices of a weight within sliced_range(): high * 16 + low. Pairs split the magnitude, single columns into
/// -8 .. 7 each.
struct Slices {
  int high = 0, low = 0;
};
[[nodiscard]] constexpr Slices slices_of(const ArrayParameters& p, int weight) {
  if (p.single_columns()) {
    const int low = ((weight + 136) & 15) - 8;
    return {(weight - low) / 16, low};
  }
  return weight < 0 ? Slices{-(-weight >> 4), -(-weight & 15)} : Slices{weight >> 4, weight & 15};
}

}  // namespace tessera::analog
