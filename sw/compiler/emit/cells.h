// SPDX-License-Identifier: Apache-2.0
// What weights become in the arrays: the levels of the cells of a placement.
#pragma once

#include <cstdint>
#include <vector>

#include "models/tile/tile_parameters.h"
#include "sw/compiler/map/mapping.h"
#include "sw/compiler/quantise/quantise.h"

namespace tessera::compiler {

/// The physical cells of a placement.
struct CellRectangle {
  std::uint32_t row0 = 0, rows = 0, column0 = 0, columns = 0;
  std::vector<std::uint8_t> levels;  ///< row-major
};
/// Columns of each weight, high nibble first, as the tile maps them, and the reference column last where there is one;
/// on tiles with row pairs the second row of an input has the other signs.
[[nodiscard]] CellRectangle cells_of(const QuantisedLayer& layer, const Placement& placement,
                                     const tile::TileParameters& tile);
/// How a tile's cells and inputs stand for signed numbers: TD_CODING_*.
[[nodiscard]] std::uint32_t coding_of(const tile::TileParameters& tile);

}  // namespace tessera::compiler
