// SPDX-License-Identifier: Apache-2.0
// State of the cells and its packing into the operands of the kernels.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "models/analog/block.h"
#include "models/analog/cell_curves.h"
#include "models/analog/fixed_point.h"
#include "models/analog/trim.h"

namespace tessera::analog {

struct CellRow {
  std::vector<std::uint8_t> levels;
  std::vector<std::uint32_t> writes;  ///< how often the cell has been written
  std::vector<float> current;         ///< in units of i_lsb at full input, programming error included; 0 at level 0
};

/// The cells of an array. Rows that were never written take no memory.
class CellStore {
 public:
  CellStore(std::uint32_t rows, std::uint32_t columns) : columns_(columns), rows_(rows) {}

  /// The row, made on first use.
  [[nodiscard]] CellRow& row(std::uint32_t index);
  /// @throws std::out_of_range  no such cell
  [[nodiscard]] std::uint8_t level(std::uint32_t row, std::uint32_t column) const;
  /// @throws std::out_of_range  no such cell
  [[nodiscard]] float current(std::uint32_t row, std::uint32_t column) const;
  /// How often the cell has been written. @throws std::out_of_range  no such cell
  [[nodiscard]] std::uint32_t writes(std::uint32_t row, std::uint32_t column) const;
  /// The row, or null when it was never written.
  [[nodiscard]] const CellRow* find(std::uint32_t row) const { return rows_[row].get(); }

 private:
  void check(std::uint32_t row, std::uint32_t column) const;

  std::uint32_t columns_;
  std::vector<std::unique_ptr<CellRow>> rows_;
};

class OperatingCells;

/// What distinguishes the converters of a tile; empty where an effect is off.
struct Converters {
  std::vector<InlCurve> inl;
  std::vector<AdcTrim> trim;
  std::vector<std::vector<float>> dnl;
};

/// Fills the operands of a block whose rectangle is set, and those of its reference column.
void pack(Array::Block& block, const ArrayParameters& parameters, const FixedPoint& fixed, const OperatingCells& cells,
          const Converters& converters, const CellCurves& curves);

}  // namespace tessera::analog
