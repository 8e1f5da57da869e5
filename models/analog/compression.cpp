// SPDX-License-Identifier: Apache-2.0
#include "models/analog/compression.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"

namespace tessera::analog {

namespace {

/// sqrt(u) at full input of a cell that conducts w there.
double root_at_full_input(double w) {
  return portable_exp(std::sqrt(w)) - 1.0;
}

/// (I(x, w) - w x) / w^(3/2), w > 0.
double bend(double x, double w) {
  return (ekv_current(w, x) - w * x) / (w * std::sqrt(w));
}

/// Chebyshev's nodes on 0 .. 1 for 1, 2, .. terms.
constexpr std::array<std::array<double, 4>, 4> kNodes = {
    {{0.5},
     {0.14644660940672624, 0.85355339059327376},
     {0.06698729810778068, 0.5, 0.93301270189221932},
     {0.03806023374435663, 0.30865828381745511, 0.69134171618254489, 0.96193976625564337}}};

/// Inversion coefficients up to which 1, 2, .. terms are within 0.1 % of the full current (compression_test).
constexpr std::array<double, 4> kReach = {0.1, 1.0, 4.5, kLargestInversion};

}  // namespace

double ekv_current(double w, double x) {
  const double log = portable_log(1.0 + root_at_full_input(w) * std::sqrt(x));
  return log * log;
}

double ekv_slope(double w, double x) {
  const double root = root_at_full_input(w) * std::sqrt(x);
  return portable_log(1.0 + root) * root / (1.0 + root);
}

Compression::Compression(const ArrayParameters& p, const FixedPoint& fixed) {
  if (!p.compresses()) {
    return;
  }
  lsb_ = p.cell.i_lsb_A / p.cell.specific_current_A;
  largest_ = lsb_ * kFullScale / fixed.level_unit;
  const double top = top_current(p) * lsb_;
  const auto terms =
      1 + static_cast<std::size_t>(std::lower_bound(kReach.begin(), kReach.end() - 1, top) - kReach.begin());
  nodes_.assign(kNodes[terms - 1].begin(), kNodes[terms - 1].begin() + static_cast<std::ptrdiff_t>(terms));
  const double full = static_cast<double>(p.max_code()) * fixed.code_unit;
  for (std::size_t k = 0; k < terms; ++k) {
    double least = 0.0, most = 0.0;
    for (std::int32_t step = 1; step <= kFullScale; ++step) {
      const double factor = of_cell(k, static_cast<double>(step) / fixed.level_unit);
      least = std::min(least, factor);
      most = std::max(most, factor);
    }
    unit_.push_back(kFullScale / (most - least));
    std::vector<std::int16_t> row(kFullScale + 1);
    for (std::int32_t drive = 0; drive <= kFullScale; ++drive) {
      const double steps = kBendScale * bend(drive / full, nodes_[k] * nodes_[k] * largest_);
      row[static_cast<std::size_t>(drive)] =
          static_cast<std::int16_t>(std::max(std::nearbyint(steps), -static_cast<double>(kFullScale)));
    }
    row_.push_back(std::move(row));
  }
  const double middle = top / 2.0, at_full = ekv_slope(middle, 1.0);
  for (std::int32_t drive = 0; drive <= kFullScale; ++drive) {
    noise_.push_back(static_cast<float>(full * ekv_slope(middle, drive / full) / at_full));
  }
}

double Compression::of_cell(std::size_t term, double w) const {
  const double v = w * lsb_, t = std::sqrt(v / largest_);
  double polynomial = 1.0;
  for (std::size_t k = 0; k < nodes_.size(); ++k) {
    polynomial *= k == term ? 1.0 : (t - nodes_[k]) / (nodes_[term] - nodes_[k]);
  }
  return v * std::sqrt(v) * polynomial / lsb_;
}

}  // namespace tessera::analog
