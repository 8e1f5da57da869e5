// SPDX-License-Identifier: Apache-2.0
#include "models/tile/flash_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "tessera_registers.hpp"

namespace tessera::tile {

namespace reg = registers::tile;
using analog::ProgrammingMethod;

namespace {

/// Read noise is given for a product: it averages over a verify read.
analog::ProgrammingParameters with_read_time(const TileParameters& parameters) {
  analog::ProgrammingParameters programming = parameters.programming;
  programming.timing.read_s = parameters.timing.integrate_s;
  return programming;
}

ProgrammingMethod method_of(std::uint32_t value) {
  return (value & reg::flash_method_verify) != 0 ? ProgrammingMethod::verify : ProgrammingMethod::fixed;
}
std::uint32_t pulses_of(std::uint32_t value) {
  return (value >> 8) & 0xFF;
}

}  // namespace

bool takes_pulses(const TileParameters& parameters) {
  const analog::CellParameters& cell = parameters.array.cell;
  return cell.law == analog::CellParameters::Law::subthreshold &&
         cell.errors == analog::CellParameters::Errors::relative && cell.level_currents_A.empty();
}

FlashUnit::FlashUnit(const TileParameters& parameters, analog::Array& array)
    : parameters_(&parameters),
      array_(&array),
      cells_(parameters.array, with_read_time(parameters), array.seed(), array.tile()) {}

std::uint32_t FlashUnit::read(std::uint32_t offset) const {
  if (offset >= reg::flash_histogram && offset < reg::flash_histogram + 4 * analog::kPulseBins) {
    return outcome_.histogram[(offset - reg::flash_histogram) / 4];
  }
  switch (offset) {
    case reg::flash_status:
      return (busy() ? reg::flash_status_busy : 0) | (error_ != Error::none ? reg::flash_status_error : 0) |
             (aborted_ ? reg::flash_status_aborted : 0) |
             (mismatches_ != 0 || outcome_.unfinished + outcome_.overshot != 0 ? reg::flash_status_mismatch : 0) |
             static_cast<std::uint32_t>(command_) << 8;
    case reg::flash_row0:
      return row0_;
    case reg::flash_rows:
      return rows_;
    case reg::flash_column0:
      return column0_;
    case reg::flash_columns:
      return columns_;
    case reg::flash_image:
      return image_;
    case reg::flash_result:
      return result_;
    case reg::flash_method:
      return method_;
    case reg::flash_tolerance:
      return tolerance_;
    case reg::flash_tag:
      return tag_;
    case reg::flash_error:
      return static_cast<std::uint32_t>(error_);
    case reg::flash_done_cells:
      return done_cells_;
    case reg::flash_total_cells:
      return total_cells_;
    case reg::flash_unfinished:
      return static_cast<std::uint32_t>(outcome_.unfinished);
    case reg::flash_overshot:
      return static_cast<std::uint32_t>(outcome_.overshot);
    case reg::flash_soft_erases:
      return static_cast<std::uint32_t>(outcome_.soft_erases);
    case reg::flash_mismatches:
      return mismatches_;
    case reg::flash_first_bad:
      return first_bad_;
    case reg::flash_pulses:
      return static_cast<std::uint32_t>(std::min<std::uint64_t>(outcome_.pulses, 0xFFFFFFFF));
    case reg::flash_wear_row:
      return wear_row_;
    case reg::flash_wear:
      return cells_.cycles(wear_row_ / 2);
    case reg::flash_wear_most: {
      std::uint32_t most = 0;
      for (std::uint32_t pair = 0; pair < cells_.row_pairs(); ++pair) {
        most = std::max(most, cells_.cycles(pair));
      }
      return most;
    }
    default:
      return 0;
  }
}

bool FlashUnit::write(std::uint32_t offset, std::uint32_t value, Error obstacle) {
  if (offset == reg::flash_command) {
    return start(value, obstacle);
  }
  if (offset == reg::flash_abort) {
    abort();
    return false;
  }
  if (offset == reg::flash_wear_row) {
    wear_row_ = std::min(value, parameters_->array.rows - 1);
    return false;
  }
  if (busy()) {
    return false;  // what a running command uses does not change
  }
  switch (offset) {
    case reg::flash_row0:
      row0_ = value;
      break;
    case reg::flash_rows:
      rows_ = value;
      break;
    case reg::flash_column0:
      column0_ = value;
      break;
    case reg::flash_columns:
      columns_ = value;
      break;
    case reg::flash_image:
      image_ = value;
      break;
    case reg::flash_result:
      result_ = value;
      break;
    case reg::flash_method:
      method_ = value;
      break;
    case reg::flash_tolerance:
      tolerance_ = value;
      break;
    case reg::flash_tag:
      tag_ = value;
      break;
    default:
      break;
  }
  return false;
}

FlashUnit::Error FlashUnit::check(Command command, std::string& reason) const {
  const analog::ArrayParameters& array = parameters_->array;
  if (rows_ == 0 || std::uint64_t{row0_} + rows_ > array.rows) {
    reason = fmt::format("rows {}+{} of {}", row0_, rows_, array.rows);
    return Error::rectangle;
  }
  if (command == Command::erase) {
    if (row0_ % 2 != 0 || (rows_ % 2 != 0 && row0_ + rows_ != array.rows)) {
      reason = fmt::format("rows {}+{}: an erase takes whole row pairs", row0_, rows_);
      return Error::rectangle;
    }
    return Error::none;
  }
  if (columns_ == 0 || std::uint64_t{column0_} + columns_ > array.columns) {
    reason = fmt::format("columns {}+{} of {}", column0_, columns_, array.columns);
    return Error::rectangle;
  }
  if (command == Command::program && (method_ & ~(reg::flash_method_verify | reg::flash_method_pulses)) != 0) {
    reason = fmt::format("method {:#x}: bit 0 and bits 15..8 have a meaning", method_);
    return Error::method;
  }
  return Error::none;
}

bool FlashUnit::refuse(Error error, std::string reason) {
  error_ = error;
  reason_ = std::move(reason);
  return false;
}

bool FlashUnit::start(std::uint32_t value, Error obstacle) {
  if (busy()) {
    return refuse(Error::busy, "a flash command runs: wait for it, or abort it");
  }
  aborted_ = false;
  error_ = Error::none;
  reason_.clear();
  if (obstacle != Error::none) {
    return refuse(obstacle, obstacle == Error::busy ? "jobs run or wait: flash commands need an idle tile"
                                                    : "the tile is not switched on, or has no flash");
  }
  if (value < 1 || value > 3) {
    return refuse(Error::command, fmt::format("there is no flash command {}", value));
  }
  const auto command = static_cast<Command>(value);
  if (command != Command::verify && !takes_pulses(*parameters_)) {
    return refuse(Error::cells, std::string(why_no_pulses) + "; such cells are factory-programmed");
  }
  std::string reason;
  if (const Error error = check(command, reason); error != Error::none) {
    return refuse(error, reason);
  }
  command_ = command;
  abort_ = false;
  done_cells_ = 0;
  total_cells_ = rows_ * (command == Command::erase ? parameters_->array.columns : columns_);
  if (command == Command::verify) {
    mismatches_ = 0;
    first_bad_ = ~0U;
  } else {
    outcome_ = {};
  }
  import_factory();
  return true;
}

std::string FlashUnit::check_levels(std::uint32_t row, std::span<const std::uint8_t> levels) const {
  const int most = parameters_->array.max_level();
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i] > most) {
      return fmt::format("level {} at row {}, column {}: cells hold 0..{}", levels[i], row, column0_ + i, most);
    }
  }
  return {};
}

void FlashUnit::erase(std::uint32_t pair, bool second_half) {
  cells_.erase_pair(pair, second_half ? 1.0 : 0.5, !second_half);
  const std::uint32_t last = std::min(2 * pair + 2, parameters_->array.rows);
  for (std::uint32_t row = 2 * pair; row < last; ++row) {
    refresh(row);
  }
  if (second_half) {
    done_cells_ += (last - 2 * pair) * parameters_->array.columns;
  }
  if (changed) {
    changed({FlashChange::Kind::erase, 2 * pair, 0, parameters_->array.columns});
  }
}

std::uint32_t FlashUnit::program(std::uint32_t row, std::uint32_t done, std::span<const std::uint8_t> image,
                                 double& time_s, double& energy_J) {
  const std::uint32_t cells = std::min(segment_cells, columns_ - done);
  const ProgrammingMethod method = method_of(method_);
  const analog::ProgrammingOutcome outcome =
      cells_.program(row, column0_ + done, image.subspan(done, cells), method, pulses_of(method_));
  outcome_ += outcome;
  time_s = outcome.time_s(parameters_->programming.timing, method);
  energy_J = outcome.energy_J(parameters_->programming.timing);
  return cells;
}

void FlashUnit::commit_program(std::uint32_t row, std::uint32_t done, std::uint32_t cells) {
  done_cells_ += cells;
  refresh(row);
  if (changed) {
    changed({FlashChange::Kind::program, row, column0_ + done, cells});
  }
}

std::vector<std::int8_t> FlashUnit::verify(std::uint32_t row, std::span<const std::uint8_t> image) {
  std::vector<float> deviation(image.size());
  cells_.verify(row, column0_, image, reads_++, deviation);
  std::vector<std::int8_t> percent(image.size());
  for (std::size_t i = 0; i < image.size(); ++i) {
    percent[i] = static_cast<std::int8_t>(std::lround(std::clamp(100.0F * deviation[i], -127.0F, 127.0F)));
    if (std::abs(deviation[i]) * 1000.0F > static_cast<float>(tolerance_)) {
      if (mismatches_++ == 0) {
        first_bad_ = row << 16 | (column0_ + static_cast<std::uint32_t>(i));
      }
    }
  }
  done_cells_ += static_cast<std::uint32_t>(image.size());
  return percent;
}

double FlashUnit::verify_s() const {
  const analog::ProgrammingTiming& timing = parameters_->programming.timing;
  return (columns_ + timing.cells_parallel - 1) / timing.cells_parallel * timing.verify_s;
}

void FlashUnit::finish(Error error, std::string reason) {
  aborted_ = abort_ && done_cells_ < total_cells_;
  const bool moved = command_ == Command::program;
  command_ = Command::none;
  abort_ = false;
  error_ = error;
  reason_ = std::move(reason);
  if (moved) {
    refresh_all();  // neighbours in the columns were disturbed
  }
}

void FlashUnit::refresh(std::uint32_t row) {
  const analog::FlashRow* state = cells_.find(row);
  if (state == nullptr) {
    return;
  }
  std::vector<float> currents(parameters_->array.columns);
  cells_.currents(row, currents);
  array_->set_cells(row, 0, currents, state->levels, state->writes);
}

void FlashUnit::refresh_all() {
  for (std::uint32_t row = 0; row < parameters_->array.rows; ++row) {
    refresh(row);
  }
}

void FlashUnit::import_factory() {
  if (imported_) {
    return;
  }
  imported_ = true;
  const std::size_t columns = parameters_->array.columns;
  std::vector<float> currents(columns);
  std::vector<std::uint8_t> levels(columns);
  std::vector<std::uint32_t> writes(columns);
  for (std::uint32_t row = 0; row < parameters_->array.rows; ++row) {
    if (cells_.find(row) == nullptr && array_->get_cells(row, currents, levels, writes)) {
      cells_.import_row(row, currents, levels, writes);
    }
  }
}

}  // namespace tessera::tile
