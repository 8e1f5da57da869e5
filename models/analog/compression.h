// SPDX-License-Identifier: Apache-2.0
// Currents near and above threshold bend away from the exponential of the gate voltage (docs/analog.md, "Near and above
// threshold"). By the EKV model (Enz, Krummenacher, Vittoz, AICSP 8, 1995), in saturation,
//
//   I = I_S ln^2(1 + sqrt(u)) ,   u the exponential of the gate voltage less the threshold, I_S the specific current.
//
// A cell is verified at full input, where it conducts w. With x the share of u at an input,
//
//   I(x, w) = w x + w^(3/2) G(x, w)      (w and I in units of I_S),
//
// and G depends on w smoothly: interpolated over sqrt(w) between a few currents w_k, every term is a function of the
// row, G(x, w_k), times one of the cell, so a column is a few more sums of products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/fixed_point.h"

namespace tessera::analog {

/// Largest w / I_S of a level (inversion coefficient) that is modelled.
inline constexpr double kLargestInversion = 10.0;

/// I / I_S at the share x >= 0 of full input, of a cell that conducts w / I_S there.
[[nodiscard]] double ekv_current(double w, double x);
/// d I / d ln u, I_S: what a small shift of the threshold, in units of n UT, changes. Without bend it is the current.
[[nodiscard]] double ekv_slope(double w, double x);

class Compression {
 public:
  static constexpr double kBendScale = 16384.0;  ///< steps of G(x, w_k), which is at most 4/27

  /// Without compression (ArrayParameters::compresses()) it has no terms.
  Compression() = default;
  Compression(const ArrayParameters& p, const FixedPoint& fixed);

  /// Sums of products besides the plain one: as many as keep the interpolation within 0.1 % of the full current.
  [[nodiscard]] std::size_t terms() const { return row_.size(); }
  /// G(x, w_k) in steps of 1 / kBendScale, of every row drive 0 .. kFullScale. Below -kFullScale, far beyond full
  /// input, it is clamped.
  [[nodiscard]] const std::vector<std::int16_t>& of_drives(std::size_t term) const { return row_[term]; }
  /// The cell's factor of a term: w^(3/2) times the interpolation polynomial of w_k.
  /// @param w  current at full input, in i_lsb @return in i_lsb
  [[nodiscard]] double of_cell(std::size_t term, double w) const;
  /// Steps an i_lsb of the cell's factor: the largest difference of two cells has kFullScale.
  [[nodiscard]] double cell_unit(std::size_t term) const { return unit_[term]; }

  /// What a relative shift of a cell's current in weak inversion changes at full input [i_lsb].
  [[nodiscard]] double sensitive_current(double w) const { return terms() == 0 ? w : ekv_slope(w * lsb_, 1.0) / lsb_; }
  /// Noise of a cell at an input, as a share of that at full input, for every row drive 0 .. kFullScale: that of a cell
  /// at half of the highest level, in row drives. Without bend it is the drive itself.
  [[nodiscard]] const std::vector<float>& noise_of_drives() const { return noise_; }

 private:
  double lsb_ = 0.0;           ///< i_lsb / I_S
  double largest_ = 0.0;       ///< w / I_S of the largest weight in fixed point
  std::vector<double> nodes_;  ///< sqrt(w_k / largest_)
  std::vector<double> unit_;
  std::vector<std::vector<std::int16_t>> row_;
  std::vector<float> noise_;
};

}  // namespace tessera::analog
