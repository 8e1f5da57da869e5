// SPDX-License-Identifier: Apache-2.0
// Cells whose current is no product of input and weight: near and above threshold (compression.h), or as somebody has
// measured them (measured_curves.h). A cell that conducts w at full input conducts
//
//   I(x, w) = w x + sum over k of a_k(w) f_k(x)
//
// at the share x of full input, so a column is a few more sums of products.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/fixed_point.h"

namespace tessera::analog {

/// The terms of a law, currents in i_lsb.
struct CurveLaw {
  struct Term {
    std::function<double(double w)> of_cell;   ///< a_k
    std::function<double(double x)> of_input;  ///< f_k, 0 at 0
  };
  std::vector<Term> terms;
  /// Read noise of `errors: relative`: what it is proportional to at full input [i_lsb], and its share of that at x.
  std::function<double(double w)> sensitive_current;
  std::function<double(double x)> noise_of_input;
};

/// A law in the fixed point of the product kernel.
class CellCurves {
 public:
  /// Of cells whose current is the product it should be: no terms.
  CellCurves() = default;
  CellCurves(const ArrayParameters& p, const FixedPoint& fixed);

  /// Sums of products besides the plain one.
  [[nodiscard]] std::size_t terms() const { return terms_.size(); }
  /// f_k of every row drive 0 .. kFullScale, in steps. Far beyond full input it is clamped.
  [[nodiscard]] const std::vector<std::int16_t>& of_drives(std::size_t term) const { return terms_[term].of_drives; }
  /// Steps of f_k a unit: its largest value up to full input has kFullScale.
  [[nodiscard]] double drive_unit(std::size_t term) const { return terms_[term].drive_unit; }
  /// a_k of a cell that conducts w at full input, both in i_lsb.
  [[nodiscard]] double of_cell(std::size_t term, double w) const { return at(terms_[term].of_currents, w); }
  /// Steps of a_k an i_lsb: the largest difference of two cells has kFullScale.
  [[nodiscard]] double cell_unit(std::size_t term) const { return terms_[term].cell_unit; }

  /// What the read noise of a cell is proportional to at full input [i_lsb].
  [[nodiscard]] double sensitive_current(double w) const { return terms() == 0 ? w : at(sensitive_, w); }
  /// Read noise of a cell at an input as a share of that at full input, for every row drive 0 .. kFullScale, in row
  /// drives: of a product it is the drive itself.
  [[nodiscard]] const std::vector<float>& noise_of_drives() const { return noise_; }

 private:
  struct Term {
    std::vector<std::int16_t> of_drives;
    std::vector<double> of_currents;  ///< at whole steps of the weights
    double drive_unit = 0.0, cell_unit = 0.0;
  };
  /// Linear between the steps of the weights; beyond the last it stays.
  [[nodiscard]] double at(const std::vector<double>& table, double w) const;

  double level_unit_ = 1.0;
  std::vector<Term> terms_;
  std::vector<double> sensitive_;
  std::vector<float> noise_;
};

}  // namespace tessera::analog
