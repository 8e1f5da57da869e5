// SPDX-License-Identifier: Apache-2.0
// Packed operands of one rectangle of the array, in the order in which the kernels read them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include <hwy/aligned_allocator.h>

#include "models/analog/array.h"

namespace tessera::analog {

inline constexpr std::size_t kPanel = 16;    ///< column pairs a panel
inline constexpr std::size_t kRowGroup = 4;  ///< rows are padded to a multiple of this

/// Coefficients of one converter's INL: inl(u) = (1 - u^2)(c0 + c1 u + c2 u^2 + c3 u^3) [LSB], u = code / 2^(bits-1).
using InlCurve = std::array<double, 4>;

class Array::Block {
 public:
  std::uint32_t row0 = 0, rows = 0, pair0 = 0, pairs = 0;
  /// The column behind those of the weights, as a block of one "pair"; null where pairs hold the weights.
  std::unique_ptr<Block> reference;
  std::size_t row_groups = 0;  ///< groups of kRowGroup rows
  std::size_t panels = 0;

  /// Pair weights (current of + cell minus current of - cell; of the one cell in single columns) in level units. Panel,
  /// row pair, column, row of the pair: lane 2c + i of row pair k is row 2k + i of column c. Null when `levels` holds
  /// the weights.
  hwy::AlignedFreeUniquePtr<std::int16_t[]> weights;
  /// Without static errors and read noise a weight is a whole number of levels: half the memory traffic.
  hwy::AlignedFreeUniquePtr<std::int8_t[]> levels;
  double weight_scale = 1.0;  ///< level units per step of the weights in use
  /// Read-noise sigma of the pairs, 0..kSigmaScale, relative to the column's largest. Panel, row group, column, byte
  /// order of the group's rows 0, 2, 1, 3: the low bytes of 16-bit lanes are rows 0 and 1, the high bytes rows 2, 3.
  /// Null when in every pair one cell is off: then the variance of a pair follows from its weight.
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> sigmas;
  /// Variance in squared weight units per step of the column's integer variances, one a column pair (padded). Chosen so
  /// that the column's total is exact.
  hwy::AlignedFreeUniquePtr<double[]> variance_scale;
  /// Slow noise of a pair, 1 sigma in weight units, in the order of `weights`; null: none.
  hwy::AlignedFreeUniquePtr<std::int16_t[]> slow;
  /// The same in bytes, instead, when no sigma is above 127: less memory traffic.
  hwy::AlignedFreeUniquePtr<std::int8_t[]> slow_bytes;
  /// Half the sum of the two currents of a pair in weight units, in the order of `weights`; null without the iterative
  /// voltage drop.
  hwy::AlignedFreeUniquePtr<std::int16_t[]> halves;
  /// The same in steps of kHalfStep, at most 255, for the first-order voltage drop.
  hwy::AlignedFreeUniquePtr<std::uint8_t[]> half_bytes;
  /// Differences of the two cells' factors (cell_curves.h), in the order of `weights`, one array a term; empty for
  /// cells that do not bend.
  std::vector<hwy::AlignedFreeUniquePtr<std::int16_t[]>> bends;
  std::vector<std::vector<double>> row_bends;  ///< sums of them over all cells of each row, one vector a term [i_lsb]
  /// Sum of all cell currents of a row at full drive, the reference's too, in units of current_unit_A (whole numbers),
  /// one a row padded as drives are.
  hwy::AlignedFreeUniquePtr<double[]> row_current;
  double current_unit_A = 0.0;
  /// INL coefficients: coefficient, column pair (padded).
  std::array<hwy::AlignedFreeUniquePtr<double[]>, 4> inl;

  /// Gain and offset [LSB] of the converter of each column pair (padded); null: none.
  hwy::AlignedFreeUniquePtr<double[]> adc_gain, adc_offset;
  /// Threshold shifts of the converter of each column pair (padded), by code; empty: none.
  std::vector<const float*> adc_dnl;

  std::atomic<bool> stale = false;  ///< program() has changed a cell of the rectangle since

  [[nodiscard]] std::size_t padded_rows() const { return row_groups * kRowGroup; }
  [[nodiscard]] std::size_t padded_pairs() const { return panels * kPanel; }
  [[nodiscard]] const std::int16_t* panel_weights(std::size_t panel) const {
    return weights.get() + panel * padded_rows() * kPanel;
  }
  [[nodiscard]] const std::int8_t* panel_levels(std::size_t panel) const {
    return levels.get() + panel * padded_rows() * kPanel;
  }
  [[nodiscard]] const std::uint8_t* panel_sigmas(std::size_t panel) const {
    return sigmas.get() + panel * padded_rows() * kPanel;
  }
};

}  // namespace tessera::analog
