// SPDX-License-Identifier: Apache-2.0
// The cells of an array: factory programming, what pulses make of them, faults.
#include <algorithm>
#include <stdexcept>
#include <string>

#include "models/analog/array_impl.h"
#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"

namespace tessera::analog {

void Array::Impl::program_row(std::uint32_t row_number, std::uint32_t column0, std::span<const std::uint8_t> levels) {
  static thread_local Scratch scratch;
  CellRow& row = cells.row(row_number);
  const bool error =
      parameters.effects.programming_error &&
      (parameters.cell.sigma_prog_rel > 0.0 || parameters.cell.errors != CellParameters::Errors::relative);
  const SubthresholdCell programmed(parameters.cell, parameters.temperature_K);
  const double sigma_vt_V = programmed.sigma_prog_vt_V();
  std::size_t done = 0;
  while (done < levels.size()) {
    // Cells that were written equally often share their events: their draws come from whole blocks.
    const std::size_t column = column0 + done;
    const std::uint32_t writes = row.writes[column];
    std::size_t run = 1;
    while (done + run < levels.size() && row.writes[column + run] == writes) {
      ++run;
    }
    const float* draws = nullptr;
    if (error) {
      const std::uint32_t position = row_number * parameters.columns + static_cast<std::uint32_t>(column);
      draw(scratch, Purpose::programming_error, position / 4, (position % 4 + run + 3) / 4, writes, 1, 1);
      draws = scratch.normal.data() + position % 4;
    }
    for (std::size_t i = 0; i < run; ++i) {
      const std::uint8_t level = levels[done + i];
      row.levels[column + i] = level;
      if (error && parameters.cell.errors != CellParameters::Errors::relative) {
        row.current[column + i] =
            static_cast<float>(programmed_current(parameters, level, static_cast<double>(draws[i])));
      } else {
        const double factor =
            error && level > 0 ? programmed.factor_of_vt_error(sigma_vt_V * static_cast<double>(draws[i])) : 1.0;
        row.current[column + i] = static_cast<float>(target_current(parameters, level) * factor);
      }
      ++row.writes[column + i];
    }
    done += run;
  }
}

void Array::Impl::forget_blocks(std::uint32_t row0, std::uint32_t column0, std::uint32_t rows, std::uint32_t columns) {
  const std::scoped_lock lock(mutex);
  for (auto it = blocks.begin(); it != blocks.end();) {
    Block& b = *it->second;
    const std::uint32_t each = parameters.columns_per_weight();
    const bool apart = b.row0 >= row0 + rows || row0 >= b.row0 + b.rows || each * b.pair0 >= column0 + columns ||
                       column0 >= each * (b.pair0 + b.pairs) + parameters.references();
    if (apart) {
      ++it;
    } else {
      b.stale = true;
      it = blocks.erase(it);
    }
  }
}

void Array::program(std::uint32_t row0, std::uint32_t column0, std::uint32_t rows, std::uint32_t columns,
                    std::span<const std::uint8_t> levels) {
  const ArrayParameters& p = impl_->parameters;
  if (std::uint64_t{row0} + rows > p.rows || std::uint64_t{column0} + columns > p.columns) {
    throw std::out_of_range("analog::Array::program: rows " + std::to_string(row0) + "+" + std::to_string(rows) +
                            ", columns " + std::to_string(column0) + "+" + std::to_string(columns) +
                            " leave the array of " + std::to_string(p.rows) + " x " + std::to_string(p.columns));
  }
  if (levels.size() != std::size_t{rows} * columns) {
    throw std::invalid_argument("analog::Array::program: " + std::to_string(levels.size()) + " levels given, " +
                                std::to_string(std::size_t{rows} * columns) + " cells in the rectangle");
  }
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] > p.max_level()) {
      throw std::out_of_range("analog::Array::program: level " + std::to_string(levels[i]) + " at row " +
                              std::to_string(row0 + i / columns) + ", column " + std::to_string(column0 + i % columns) +
                              "; cells hold 0.." + std::to_string(p.max_level()));
    }
  }
  for (std::uint32_t r = 0; r < rows; ++r) {
    impl_->program_row(row0 + r, column0, levels.subspan(std::size_t{r} * columns, columns));
  }
  impl_->forget_blocks(row0, column0, rows, columns);
}

void Array::set_cells(std::uint32_t row, std::uint32_t column0, std::span<const float> currents,
                      std::span<const std::uint8_t> levels, std::span<const std::uint32_t> writes) {
  const ArrayParameters& p = impl_->parameters;
  const std::size_t count = currents.size();
  if (row >= p.rows || column0 + count > p.columns || levels.size() != count || writes.size() != count) {
    throw std::out_of_range("analog::Array::set_cells: row " + std::to_string(row) + ", columns " +
                            std::to_string(column0) + "+" + std::to_string(count) + " leave the array of " +
                            std::to_string(p.rows) + " x " + std::to_string(p.columns));
  }
  CellRow& cells = impl_->cells.row(row);
  std::copy(currents.begin(), currents.end(), cells.current.begin() + column0);
  std::copy(levels.begin(), levels.end(), cells.levels.begin() + column0);
  std::copy(writes.begin(), writes.end(), cells.writes.begin() + column0);
  impl_->forget_blocks(row, column0, 1, static_cast<std::uint32_t>(count));
}

bool Array::get_cells(std::uint32_t row, std::span<float> currents, std::span<std::uint8_t> levels,
                      std::span<std::uint32_t> writes) const {
  const CellRow* cells = impl_->cells.find(row);
  if (cells == nullptr) {
    return false;
  }
  std::copy_n(cells->current.begin(), currents.size(), currents.begin());
  std::copy_n(cells->levels.begin(), levels.size(), levels.begin());
  std::copy_n(cells->writes.begin(), writes.size(), writes.begin());
  return true;
}

void Array::inject(const InjectedFaults& faults) {
  const ArrayParameters& p = impl_->parameters;
  const auto inside = [](std::uint32_t value, std::uint32_t end, const char* what) {
    if (value >= end) {
      throw std::out_of_range("analog::Array::inject: " + std::string(what) + " " + std::to_string(value) +
                              "; there are " + std::to_string(end));
    }
  };
  const auto levels = static_cast<std::uint32_t>(p.max_level()) + 1;
  for (const auto& [position, level] : faults.cells) {
    inside(position.first, p.rows, "row");
    inside(position.second, p.columns, "column");
    inside(level, levels, "level");
  }
  for (const auto& [column, level] : faults.columns) {
    inside(column, p.columns, "column");
    inside(level, levels, "level");
  }
  for (const std::uint32_t row : faults.dead_rows) {
    inside(row, p.rows, "row");
  }
  for (const auto& [converter, fault] : faults.converters) {
    inside(converter, p.adc.per_tile, "converter");
  }
  impl_->injected = faults;
  impl_->operating.inject(impl_->injected.touches_cells() ? &impl_->injected : nullptr);
  impl_->forget_blocks(0, 0, p.rows, p.columns);
}

std::uint8_t Array::level(std::uint32_t row, std::uint32_t column) const {
  return impl_->cells.level(row, column);
}

double Array::cell_current_A(std::uint32_t row, std::uint32_t column) const {
  static_cast<void>(impl_->cells.level(row, column));  // throws when there is no such cell
  return impl_->operating.current(row, column) * impl_->parameters.cell.i_lsb_A;
}

}  // namespace tessera::analog
