// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/cells.h"

#include <utility>

#include "models/analog/weight_mapping.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::compiler {

CellRectangle cells_of(const QuantisedLayer& layer, const Placement& p, const tile::TileParameters& tile) {
  const analog::ArrayParameters& array = tile.array;
  const auto slices = static_cast<std::size_t>(layer.slices);
  const std::size_t each = array.columns_per_weight();
  const std::size_t columns = p.outputs * slices * each + array.references();
  const std::size_t rows_each = tile.rows_per_input();
  std::vector<std::uint8_t> cells(p.rows * rows_each * columns, 0);
  for (std::size_t r = 0; r < p.rows * rows_each; ++r) {
    std::uint8_t* row = &cells[r * columns];
    for (std::size_t j = 0; j < p.outputs; ++j) {
      const int stored = layer.weights[(p.output0 + j) * layer.inputs + p.k0 + r / rows_each];
      const int weight = r % rows_each == 0 ? stored : -stored;
      if (slices == 1) {
        analog::store_weight(array, weight, row + j * each);
        continue;
      }
      const analog::Slices halves = analog::slices_of(array, weight);
      analog::store_weight(array, halves.high, row + 2 * j * each);
      analog::store_weight(array, halves.low, row + (2 * j + 1) * each);
    }
    if (array.references() != 0) {
      row[columns - 1] = static_cast<std::uint8_t>(analog::reference_level(array));
    }
  }
  return {p.row0 * tile.rows_per_input(), p.rows * tile.rows_per_input(), p.pair0 * array.columns_per_weight(),
          static_cast<std::uint32_t>(columns), std::move(cells)};
}

std::uint32_t coding_of(const tile::TileParameters& tile) {
  using SignedInput = tile::TileParameters::SignedInput;
  return (tile.signed_input != SignedInput::offset ? TD_CODING_CENTRED : 0U) |
         (tile.signed_input == SignedInput::row_pair ? TD_CODING_ROW_PAIRS : 0U) |
         (tile.array.single_columns() ? TD_CODING_SINGLE_COLUMNS : 0U);
}

}  // namespace tessera::compiler
