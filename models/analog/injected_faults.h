// SPDX-License-Identifier: Apache-2.0
// Faults that somebody puts into one array on purpose, so that a self-test can look for them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace tessera::analog {

/// What is broken. Positions are physical and lie inside the array; levels are 0 .. max_level().
class InjectedFaults {
 public:
  struct Converter {
    std::int32_t offset = 0;            ///< added to every code [LSB]
    std::optional<std::int32_t> stuck;  ///< the code that it always gives
  };

  /// Cells that conduct as `level`, whatever is written. The latest of several faults of a cell holds.
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint8_t> cells;  ///< by row and column
  std::map<std::uint32_t, std::uint8_t> columns;                          ///< level of every cell of a column
  std::set<std::uint32_t> dead_rows;                                      ///< whose driver does not drive
  std::map<std::uint32_t, Converter> converters;                          ///< by number of the ADC

  [[nodiscard]] bool empty() const {
    return cells.empty() && columns.empty() && dead_rows.empty() && converters.empty();
  }
  [[nodiscard]] bool touches_cells() const { return !cells.empty() || !columns.empty() || !dead_rows.empty(); }

  /// Level that the cell conducts as instead of its own. A row that is not driven beats everything, a cell its column.
  [[nodiscard]] std::optional<std::uint8_t> level(std::uint32_t row, std::uint32_t column) const {
    if (dead_rows.count(row) != 0) {
      return std::uint8_t{0};
    }
    if (const auto cell = cells.find({row, column}); cell != cells.end()) {
      return cell->second;
    }
    const auto line = columns.find(column);
    return line != columns.end() ? std::optional(line->second) : std::nullopt;
  }
};

}  // namespace tessera::analog
