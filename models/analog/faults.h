// SPDX-License-Identifier: Apache-2.0
// Broken cells, rows and columns of one array, and their repair by spare lines.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "models/analog/array_parameters.h"

namespace tessera::analog {

/// Which cells do not answer to programming, after repair. Made once from (parameters, seed, tile).
class FaultMap {
 public:
  enum class State : std::uint8_t { good, off, on };

  FaultMap() = default;
  FaultMap(const ArrayParameters& parameters, std::uint64_t seed, std::uint32_t tile);

  [[nodiscard]] bool empty() const { return lines_.empty(); }
  /// Of the cell that answers to this address.
  [[nodiscard]] State at(std::uint32_t row, std::uint32_t column) const {
    const auto line = lines_.find(row);
    return line == lines_.end() || line->second.empty() ? State::good : line->second[column];
  }

  // What the repair had to do and what it left, for reports.
  [[nodiscard]] std::uint32_t stuck_cells() const { return stuck_cells_; }  ///< before repair, in broken lines too
  [[nodiscard]] std::uint32_t broken_rows() const { return broken_rows_; }
  [[nodiscard]] std::uint32_t broken_columns() const { return broken_columns_; }
  [[nodiscard]] std::uint32_t replaced_rows() const { return replaced_rows_; }
  [[nodiscard]] std::uint32_t replaced_columns() const { return replaced_columns_; }
  [[nodiscard]] std::uint32_t remaining_cells() const { return remaining_cells_; }  ///< that do not work after repair

 private:
  std::unordered_map<std::uint32_t, std::vector<State>> lines_;  ///< rows with at least one bad cell
  std::uint32_t stuck_cells_ = 0, broken_rows_ = 0, broken_columns_ = 0;
  std::uint32_t replaced_rows_ = 0, replaced_columns_ = 0, remaining_cells_ = 0;
};

}  // namespace tessera::analog
