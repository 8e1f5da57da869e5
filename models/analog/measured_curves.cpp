// SPDX-License-Identifier: Apache-2.0
#include "models/analog/measured_curves.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace tessera::analog {

namespace {

constexpr int kIterations = 200;  ///< of a power iteration; neighbouring singular values share what they explain

/// One product: of a level's number and a code's number.
struct LevelsByCodes {
  std::vector<double> levels, codes;
};

/// What was measured, in i_lsb and shares of full input.
struct Table {
  std::vector<double> full;   ///< current of each level at full input
  std::vector<double> share;  ///< input of each code
  std::vector<double> rest;   ///< levels x codes: current less full * share, less the products found so far

  explicit Table(const ArrayParameters& p) {
    const std::size_t codes = p.cell.curve_codes.size(), levels = p.cell.curve_currents_A.size() / codes;
    for (const double code : p.cell.curve_codes) {
      share.push_back(code / p.max_code());
    }
    for (std::size_t l = 0; l < levels; ++l) {
      full.push_back(p.cell.curve_currents_A[(l + 1) * codes - 1] / p.cell.i_lsb_A);
      for (std::size_t c = 0; c < codes; ++c) {
        rest.push_back(p.cell.curve_currents_A[l * codes + c] / p.cell.i_lsb_A - full[l] * share[c]);
      }
    }
  }
  [[nodiscard]] double top() const { return *std::max_element(full.begin(), full.end()); }
  [[nodiscard]] double largest_rest() const {
    return std::abs(
        *std::max_element(rest.begin(), rest.end(), [](double a, double b) { return std::abs(a) < std::abs(b); }));
  }

  /// The product that leaves least squares, by power iteration; takes it off.
  LevelsByCodes next() {
    const std::size_t codes = share.size(), levels = full.size();
    LevelsByCodes found{std::vector<double>(levels), std::vector<double>(codes)};
    std::size_t longest = 0;
    double most = -1.0;
    for (std::size_t l = 0; l < levels; ++l) {
      double square = 0.0;
      for (std::size_t c = 0; c < codes; ++c) {
        square += rest[l * codes + c] * rest[l * codes + c];
      }
      longest = square > most ? l : longest;
      most = std::max(most, square);
    }
    std::copy_n(rest.begin() + static_cast<std::ptrdiff_t>(longest * codes), codes, found.codes.begin());
    for (int i = 0; i < kIterations; ++i) {
      project(found.codes, found.levels, codes, 1);
      project(found.levels, found.codes, 1, codes);
    }
    for (std::size_t l = 0; l < levels; ++l) {
      for (std::size_t c = 0; c < codes; ++c) {
        rest[l * codes + c] -= found.levels[l] * found.codes[c];
      }
    }
    return found;
  }

 private:
  /// Least squares of one side, the other one given.
  void project(const std::vector<double>& given, std::vector<double>& wanted, std::size_t step_wanted,
               std::size_t step_given) const {
    double square = 0.0;
    for (const double value : given) {
      square += value * value;
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < given.size(); ++j) {
        sum += rest[i * step_wanted + j * step_given] * given[j];
      }
      wanted[i] = square > 0.0 ? sum / square : 0.0;
    }
  }
};

/// Linear between points; 0 at 0, beyond the last point as between the last two.
double between(const std::vector<double>& x, const std::vector<double>& y, double at) {
  const auto next = static_cast<std::size_t>(std::upper_bound(x.begin(), x.end(), at) - x.begin());
  const std::size_t high = std::min(std::max<std::size_t>(next, 1), x.size() - 1);
  if (next == 0) {
    return x[0] > 0.0 ? y[0] * at / x[0] : y[0];
  }
  return y[high - 1] + (at - x[high - 1]) * (y[high] - y[high - 1]) / (x[high] - x[high - 1]);
}

std::vector<LevelsByCodes> products_of(Table& table) {
  std::vector<LevelsByCodes> products;
  while (products.size() < kMostCurveTerms && table.largest_rest() > kCurveTolerance * table.top()) {
    products.push_back(table.next());
  }
  return products;
}

}  // namespace

CurveLaw measured_law(const ArrayParameters& p) {
  Table table(p);
  const std::size_t middle = table.full.size() / 2, codes = table.share.size();
  std::vector<double> share_of_current;
  for (std::size_t c = 0; c < codes; ++c) {
    share_of_current.push_back(std::max(0.0, table.share[c] + table.rest[middle * codes + c] / table.full[middle]));
  }
  CurveLaw law;
  for (LevelsByCodes& product : products_of(table)) {
    law.terms.push_back({[x = table.full, y = product.levels](double w) { return between(x, y, w); },
                         [x = table.share, y = product.codes](double at) { return between(x, y, at); }});
  }
  law.sensitive_current = [](double w) { return w; };
  law.noise_of_input = [x = table.share, y = share_of_current](double at) { return std::max(0.0, between(x, y, at)); };
  return law;
}

double measured_residual(const ArrayParameters& p) {
  Table table(p);
  static_cast<void>(products_of(table));
  return table.largest_rest() / table.top();
}

}  // namespace tessera::analog
