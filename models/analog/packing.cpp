// SPDX-License-Identifier: Apache-2.0
#include "models/analog/packing.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "models/analog/cell.h"
#include "models/analog/cell_curves.h"
#include "models/analog/cell_errors.h"
#include "models/analog/kernels.h"
#include "models/analog/operating_cells.h"

namespace tessera::analog {

CellRow& CellStore::row(std::uint32_t index) {
  std::unique_ptr<CellRow>& entry = rows_.at(index);
  if (!entry) {
    entry = std::make_unique<CellRow>();
    entry->levels.assign(columns_, 0);
    entry->writes.assign(columns_, 0);
    entry->current.assign(columns_, 0.0F);
  }
  return *entry;
}

void CellStore::check(std::uint32_t row, std::uint32_t column) const {
  if (row >= rows_.size() || column >= columns_) {
    throw std::out_of_range("analog::Array: no cell at row " + std::to_string(row) + ", column " +
                            std::to_string(column) + "; the array has " + std::to_string(rows_.size()) + " x " +
                            std::to_string(columns_));
  }
}

std::uint8_t CellStore::level(std::uint32_t row, std::uint32_t column) const {
  check(row, column);
  return rows_[row] ? rows_[row]->levels[column] : std::uint8_t{0};
}

float CellStore::current(std::uint32_t row, std::uint32_t column) const {
  check(row, column);
  return rows_[row] ? rows_[row]->current[column] : 0.0F;
}

std::uint32_t CellStore::writes(std::uint32_t row, std::uint32_t column) const {
  check(row, column);
  return rows_[row] ? rows_[row]->writes[column] : 0U;
}

namespace {

template <class T>
hwy::AlignedFreeUniquePtr<T[]> zeros(std::size_t n) {
  auto memory = hwy::AllocateAligned<T>(n);
  std::fill_n(memory.get(), n, T{});
  return memory;
}

/// Finest power-of-two fraction of i_lsb for which sum(code * row_current) of a whole array stays an exact double.
double current_steps_per_lsb(const ArrayParameters& p) {
  const double largest = 4.0 * p.max_level() * p.columns * static_cast<double>(p.rows) * p.max_code();
  double steps = 65536.0;
  while (steps > 1.0 && largest * steps > 9007199254740992.0) {
    steps /= 2.0;
  }
  return steps;
}

std::size_t weight_index(std::size_t rows, std::size_t row, std::size_t column) {
  return ((column / kPanel) * rows + (row & ~std::size_t{1})) * kPanel + 2 * (column % kPanel) + row % 2;
}

std::size_t sigma_index(std::size_t rows, std::size_t row, std::size_t column) {
  const std::size_t byte = (row % 2) * 2 + (row % kRowGroup) / 2;
  return ((column / kPanel) * rows + (row & ~(kRowGroup - 1))) * kPanel + (column % kPanel) * kRowGroup + byte;
}

double squared(double x) {
  return x * x;
}

std::int16_t fixed_weight(double weight) {
  return static_cast<std::int16_t>(
      std::clamp(std::nearbyint(weight), -static_cast<double>(kFullScale), static_cast<double>(kFullScale)));
}

/// @param variance  I+^2 + I-^2 of each pair, row-major, padded columns, in squared levels
/// @param relative  read noise, relative to the current, times the level unit
void pack_variances(Array::Block& block, const std::vector<double>& variance, double relative, bool from_weights) {
  const std::size_t rows = block.padded_rows();
  const std::size_t pairs = block.padded_pairs();
  if (!from_weights) {
    block.sigmas = zeros<std::uint8_t>(rows * pairs);
  }
  for (std::size_t c = 0; c < block.pairs; ++c) {
    double largest = 0.0;
    double total = 0.0;
    for (std::size_t r = 0; r < block.rows; ++r) {
      largest = std::max(largest, variance[r * pairs + c]);
      total += variance[r * pairs + c];
    }
    std::int64_t steps = 0;
    for (std::size_t r = 0; r < block.rows && largest > 0.0; ++r) {
      if (from_weights) {
        steps += variance_of_weight(block.weights[weight_index(rows, r, c)]);
      } else {
        const double sigma = std::nearbyint(std::sqrt(variance[r * pairs + c] / largest) * kSigmaScale);
        block.sigmas[sigma_index(rows, r, c)] = static_cast<std::uint8_t>(sigma);
        steps += variance_of_sigma(static_cast<std::int32_t>(sigma));
      }
    }
    block.variance_scale[c] = steps > 0 ? total * relative * relative / static_cast<double>(steps) : 0.0;
  }
}

void pack_columns(Array::Block& block, const ArrayParameters& p, const FixedPoint& fixed, const OperatingCells& cells,
                  const Converters& converters, const CellCurves& curves) {
  block.row_groups = (block.rows + kRowGroup - 1) / kRowGroup;
  block.panels = (block.pairs + kPanel - 1) / kPanel;
  const std::size_t rows = block.padded_rows();
  const std::size_t pairs = block.padded_pairs();
  block.weights = zeros<std::int16_t>(rows * pairs);
  block.row_current = zeros<double>(kernels::round_up(rows, kernels::kDrivePadding));
  block.variance_scale = zeros<double>(pairs);

  const double steps = current_steps_per_lsb(p);
  block.current_unit_A = p.cell.i_lsb_A / steps;
  const std::size_t each = p.columns_per_weight();
  const auto current = [&](std::size_t row, std::size_t column) {
    return cells.current(static_cast<std::uint32_t>(block.row0 + row),
                         static_cast<std::uint32_t>(each * std::size_t{block.pair0} + column));
  };

  const NonIdealities& on = p.effects;
  const bool whole_levels =
      cells.whole_levels() && !on.read_noise && !on.slow_noise && !on.ir_drop && p.max_level() <= 127;
  const bool relative = p.cell.errors == CellParameters::Errors::relative;
  if (on.slow_noise) {
    block.slow = zeros<std::int16_t>(rows * pairs);
  }
  const bool solves_drop = p.cell.ir_solver == CellParameters::IrSolver::iterative;
  if (on.ir_drop && solves_drop) {
    block.halves = zeros<std::int16_t>(rows * pairs);
  } else if (on.ir_drop) {
    block.half_bytes = zeros<std::uint8_t>(rows * pairs);
  }
  for (std::size_t term = 0; term < curves.terms(); ++term) {
    block.bends.push_back(zeros<std::int16_t>(rows * pairs));
    block.row_bends.emplace_back(rows, 0.0);
  }
  // What the read noise is proportional to: a shift of the threshold moves the current less above it.
  const auto sigma_of = [&](double w) { return relative ? curves.sensitive_current(w) : sigma_read(p, w); };
  const auto slow_sigma = [&](double w) { return sigma_read(p, relative ? curves.sensitive_current(w) : w); };
  bool one_sided = true;
  std::vector<double> variance(p.effects.read_noise ? rows * pairs : 0);
  for (std::size_t r = 0; r < block.rows; ++r) {
    double row_current = 0.0;
    for (std::size_t c = 0; c < block.pairs; ++c) {
      const double plus = current(r, each * c);
      const double minus = each == 2 ? current(r, 2 * c + 1) : 0.0;
      row_current += std::nearbyint(plus * steps) + std::nearbyint(minus * steps);
      block.weights[weight_index(rows, r, c)] = fixed_weight((plus - minus) * fixed.level_unit);
      one_sided = one_sided && std::min(plus, minus) <= cells.off();
      if (on.read_noise) {
        variance[r * pairs + c] = squared(sigma_of(plus)) + (each == 2 ? squared(sigma_of(minus)) : 0.0);
      }
      if (on.slow_noise) {
        const double sigma =
            std::sqrt(p.cell.slow_share * (squared(slow_sigma(plus)) + (each == 2 ? squared(slow_sigma(minus)) : 0.0)));
        block.slow[weight_index(rows, r, c)] = fixed_weight(sigma * fixed.level_unit);
      }
      for (std::size_t term = 0; term < curves.terms(); ++term) {
        const double bent_plus = curves.of_cell(term, plus), bent_minus = curves.of_cell(term, minus);
        block.bends[term][weight_index(rows, r, c)] = fixed_weight((bent_plus - bent_minus) * curves.cell_unit(term));
        block.row_bends[term][r] += bent_plus + bent_minus;
      }
      if (block.halves) {
        block.halves[weight_index(rows, r, c)] = fixed_weight((plus + minus) * fixed.level_unit / 2.0);
      } else if (block.half_bytes) {
        const double steps_of_half = (plus + minus) * fixed.level_unit / (2.0 * kHalfStep);
        block.half_bytes[weight_index(rows, r, c)] =
            static_cast<std::uint8_t>(std::min(std::nearbyint(steps_of_half), 255.0));
      }
    }
    block.row_current[r] = row_current;
  }
  if (on.slow_noise &&
      std::all_of(block.slow.get(), block.slow.get() + rows * pairs, [](std::int16_t sigma) { return sigma <= 127; })) {
    block.slow_bytes = hwy::AllocateAligned<std::int8_t>(rows * pairs);
    std::transform(block.slow.get(), block.slow.get() + rows * pairs, block.slow_bytes.get(),
                   [](std::int16_t sigma) { return static_cast<std::int8_t>(sigma); });
    block.slow.reset();
  }
  if (p.effects.read_noise) {
    double unit = fixed.level_unit * (relative ? SubthresholdCell(p.cell, p.operating_K()).sigma_read_rel() : 1.0);
    if (on.slow_noise) {
      unit *= std::sqrt(1.0 - p.cell.slow_share);
    }
    pack_variances(block, variance, unit,
                   relative && one_sided && fixed.level_unit >= kSmallestDerivable && curves.terms() == 0);
  }
  if (whole_levels) {
    block.levels = hwy::AllocateAligned<std::int8_t>(rows * pairs);
    for (std::size_t i = 0; i < rows * pairs; ++i) {
      block.levels[i] = static_cast<std::int8_t>(block.weights[i] / fixed.level_unit);
    }
    block.weights.reset();
    block.weight_scale = fixed.level_unit;
  }

  if (p.effects.adc_inl) {
    for (std::size_t k = 0; k < 4; ++k) {
      block.inl[k] = zeros<double>(pairs);
      for (std::size_t c = 0; c < block.pairs; ++c) {
        block.inl[k][c] = converters.inl[(block.pair0 + c) % p.adc.per_tile][k];
      }
    }
  }
  if (on.adc_offset_gain) {
    block.adc_gain = zeros<double>(pairs);
    block.adc_offset = zeros<double>(pairs);
    for (std::size_t c = 0; c < block.pairs; ++c) {
      const AdcTrim& trim = converters.trim[(block.pair0 + c) % p.adc.per_tile];
      block.adc_gain[c] = trim.gain;
      block.adc_offset[c] = trim.offset_lsb;
    }
  }
  for (std::size_t c = 0; on.adc_dnl && c < pairs; ++c) {
    block.adc_dnl.push_back(converters.dnl[(block.pair0 + c) % p.adc.per_tile].data());
  }
}

}  // namespace

void pack(Array::Block& block, const ArrayParameters& p, const FixedPoint& fixed, const OperatingCells& cells,
          const Converters& converters, const CellCurves& curves) {
  pack_columns(block, p, fixed, cells, converters, curves);
  if (p.references() == 0) {
    return;
  }
  block.reference = std::make_unique<Array::Block>();
  block.reference->row0 = block.row0;
  block.reference->rows = block.rows;
  block.reference->pair0 = block.pair0 + block.pairs;
  block.reference->pairs = 1;
  pack_columns(*block.reference, p, fixed, cells, converters, curves);
  for (std::size_t r = 0; r < block.rows; ++r) {
    block.row_current[r] += block.reference->row_current[r];
    for (std::size_t term = 0; term < curves.terms(); ++term) {
      block.row_bends[term][r] += block.reference->row_bends[term][r];
    }
  }
}

}  // namespace tessera::analog
