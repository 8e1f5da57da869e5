// SPDX-License-Identifier: Apache-2.0
#include "models/analog/compression.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"

namespace tessera::analog {

namespace {

using Nodes = std::array<double, 4>;

/// sqrt(u) at full input of a cell that conducts w there.
double root_at_full_input(double w) {
  return portable_exp(std::sqrt(w)) - 1.0;
}

/// (I(x, w) - w x) / w^(3/2), w > 0.
double bend(double x, double w) {
  return (ekv_current(w, x) - w * x) / (w * std::sqrt(w));
}

/// Chebyshev's nodes on 0 .. 1 for 1, 2, .. terms.
constexpr std::array<Nodes, 4> kNodes = {
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

CurveLaw ekv_law(const ArrayParameters& p, double largest) {
  const double lsb = p.cell.i_lsb_A / p.cell.specific_current_A, end = largest * lsb, top = top_current(p) * lsb;
  const auto terms =
      1 + static_cast<std::size_t>(std::lower_bound(kReach.begin(), kReach.end() - 1, top) - kReach.begin());
  const Nodes& nodes = kNodes[terms - 1];
  CurveLaw law;
  for (std::size_t k = 0; k < terms; ++k) {
    const double node = nodes[k] * nodes[k] * end;
    law.terms.push_back({[=](double w) {
                           const double v = w * lsb, t = std::sqrt(v / end);
                           double polynomial = 1.0;
                           for (std::size_t j = 0; j < terms; ++j) {
                             polynomial *= j == k ? 1.0 : (t - nodes[j]) / (nodes[k] - nodes[j]);
                           }
                           return v * std::sqrt(v) * polynomial / lsb;
                         },
                         [=](double x) { return bend(x, node); }});
  }
  law.sensitive_current = [=](double w) { return ekv_slope(w * lsb, 1.0) / lsb; };
  law.noise_of_input = [=](double x) { return ekv_slope(top / 2.0, x) / ekv_slope(top / 2.0, 1.0); };
  return law;
}

}  // namespace tessera::analog
