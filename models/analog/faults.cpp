// SPDX-License-Identifier: Apache-2.0
#include "models/analog/faults.h"

#include <algorithm>
#include <numeric>

#include "models/analog/philox.h"

namespace tessera::analog {

namespace {

using State = FaultMap::State;

/// Uniform numbers of the purpose `fault`; event says of what.
class Draws {
 public:
  Draws(std::uint64_t seed, std::uint32_t tile) : seed_(seed), key_(philox_key(seed, tile, Purpose::fault)) {}
  [[nodiscard]] double operator()(std::uint64_t event, std::uint64_t position) {
    const auto block = static_cast<std::uint32_t>(position / 4);
    if (!known_ || event != event_ || block != block_) {
      words_ = philox4x32(philox_counter(seed_, event, block), key_);
      known_ = true;
      event_ = event;
      block_ = block;
    }
    return (words_[position % 4] + 0.5) / 4294967296.0;
  }

 private:
  std::uint64_t seed_;
  PhiloxKey key_;
  bool known_ = false;
  std::uint64_t event_ = 0;
  std::uint32_t block_ = 0;
  PhiloxCounter words_{};
};

/// The array with its spare lines, as it left the fab.
struct Fab {
  std::uint32_t rows, columns;  ///< spares included
  std::vector<State> cells;     ///< row-major
  std::vector<bool> broken_row, broken_column;

  [[nodiscard]] State& at(std::uint32_t row, std::uint32_t column) {
    return cells[std::size_t{row} * columns + column];
  }
};

Fab draw(const ArrayParameters& p, std::uint64_t seed, std::uint32_t tile) {
  Draws uniform(seed, tile);
  const CellParameters& c = p.cell;
  Fab fab{p.rows + c.spare_rows, p.columns + c.spare_columns, {}, {}, {}};
  fab.cells.assign(std::size_t{fab.rows} * fab.columns, State::good);
  for (std::uint32_t r = 0; c.sa_fault_rate > 0.0 && r < fab.rows; ++r) {
    for (std::uint32_t k = 0; k < fab.columns; ++k) {
      // Cells of spare columns have numbers of their own, so that the others' fate does not depend on the spares.
      const bool own = k < p.columns;
      const double u = own ? uniform(0, std::uint64_t{r} * p.columns + k)
                           : uniform(3, std::uint64_t{r} * c.spare_columns + (k - p.columns));
      if (u < c.sa_fault_rate) {
        fab.at(r, k) = u < c.sa_fault_rate * (1.0 - c.stuck_on_share) ? State::off : State::on;
      }
    }
  }
  for (std::uint32_t r = 0; r < fab.rows; ++r) {
    fab.broken_row.push_back(c.broken_row_rate > 0.0 && uniform(1, r) < c.broken_row_rate);
  }
  for (std::uint32_t k = 0; k < fab.columns; ++k) {
    fab.broken_column.push_back(c.broken_column_rate > 0.0 && uniform(2, k) < c.broken_column_rate);
  }
  for (std::uint32_t r = 0; r < fab.rows; ++r) {
    for (std::uint32_t k = 0; k < fab.columns; ++k) {
      if (fab.broken_row[r] || fab.broken_column[k]) {
        fab.at(r, k) = State::off;
      }
    }
  }
  return fab;
}

/// Gives the worst lines to the spares that are good: broken lines first, then lines with most stuck cells.
/// @returns the physical line behind each address
std::vector<std::uint32_t> assign(std::uint32_t lines, std::uint32_t spares, const std::vector<bool>& broken,
                                  const std::vector<std::uint32_t>& bad_cells, std::uint32_t& replaced) {
  std::vector<std::uint32_t> physical(lines);
  std::iota(physical.begin(), physical.end(), 0U);
  std::vector<std::uint32_t> worst = physical;
  const auto badness = [&](std::uint32_t line) { return broken[line] ? 0xFFFFFFFFU : bad_cells[line]; };
  std::stable_sort(worst.begin(), worst.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return badness(a) > badness(b); });
  std::size_t next = 0;
  for (std::uint32_t spare = lines; spare < lines + spares && next < worst.size(); ++spare) {
    if (badness(spare) < badness(worst[next])) {
      physical[worst[next++]] = spare;
      ++replaced;
    }
  }
  return physical;
}

}  // namespace

FaultMap::FaultMap(const ArrayParameters& p, std::uint64_t seed, std::uint32_t tile) {
  if (!p.has_faults()) {
    return;
  }
  Fab fab = draw(p, seed, tile);
  const auto own_rows = static_cast<std::ptrdiff_t>(p.rows), own_columns = static_cast<std::ptrdiff_t>(p.columns);
  broken_rows_ =
      static_cast<std::uint32_t>(std::count(fab.broken_row.begin(), fab.broken_row.begin() + own_rows, true));
  broken_columns_ =
      static_cast<std::uint32_t>(std::count(fab.broken_column.begin(), fab.broken_column.begin() + own_columns, true));
  // Columns first: what a spare column repairs need no row. Cells of broken rows do not count against a column.
  std::vector<std::uint32_t> bad(fab.columns, 0);
  for (std::uint32_t r = 0; r < p.rows; ++r) {
    for (std::uint32_t k = 0; k < fab.columns; ++k) {
      const bool is_bad = fab.at(r, k) != State::good;
      bad[k] += is_bad && !fab.broken_row[r] ? 1U : 0U;
      stuck_cells_ += is_bad && k < p.columns ? 1U : 0U;
    }
  }
  const auto columns = assign(p.columns, p.cell.spare_columns, fab.broken_column, bad, replaced_columns_);
  bad.assign(fab.rows, 0);
  for (std::uint32_t r = 0; r < fab.rows; ++r) {
    for (const std::uint32_t k : columns) {
      bad[r] += fab.at(r, k) != State::good && !fab.broken_column[k] ? 1U : 0U;
    }
  }
  const auto rows = assign(p.rows, p.cell.spare_rows, fab.broken_row, bad, replaced_rows_);
  for (std::uint32_t r = 0; r < p.rows; ++r) {
    for (std::uint32_t k = 0; k < p.columns; ++k) {
      if (const State state = fab.at(rows[r], columns[k]); state != State::good) {
        std::vector<State>& line = lines_[r];
        line.resize(p.columns, State::good);
        line[k] = state;
        ++remaining_cells_;
      }
    }
  }
}

}  // namespace tessera::analog
