// SPDX-License-Identifier: Apache-2.0
// Statistics of defects over many chips: stuck cells by kind, broken lines, and what spare lines leave of them, against
// the binomial distribution. Each chip is one trial of independent cells and lines.
#include "models/analog/faults.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "models/analog/philox.h"
#include "tests/analog/statistics.h"
#include "tests/analog/support.h"

namespace tessera::analog {
namespace {

using testing::covariance;
using testing::mean;
using testing::test_seed;
using testing::variance;
using State = FaultMap::State;

constexpr std::uint32_t kRows = 48, kColumns = 40;
constexpr std::uint32_t kChips = 3000;

/// P(X = k), X binomial (n, p).
double binomial(std::uint32_t n, double p, std::uint32_t k) {
  return std::exp(std::lgamma(n + 1.0) - std::lgamma(k + 1.0) - std::lgamma(n - k + 1.0) + k * std::log(p) +
                  (n - k) * std::log1p(-p));
}

/// Probability of a chi-squared statistic at least this large (Wilson and Hilferty's normal approximation).
double chi_squared_probability(double statistic, double freedom) {
  const double spread = 2.0 / (9.0 * freedom);
  return 0.5 * std::erfc((std::cbrt(statistic / freedom) - (1.0 - spread)) / std::sqrt(2.0 * spread));
}

/// Counts against probabilities of 0, 1, 2, ...: Pearson's test, rare values together.
void expect_distribution(const std::vector<double>& counts, const std::vector<double>& probability,
                         const std::string& what) {
  const auto n = static_cast<double>(counts.size());
  double statistic = 0.0, freedom = -1.0, got = 0.0, expected = 0.0;
  for (std::size_t k = 0; k < probability.size(); ++k) {
    got += static_cast<double>(std::count(counts.begin(), counts.end(), static_cast<double>(k)));
    expected += n * probability[k];
    if (expected >= 8.0) {
      statistic += (got - expected) * (got - expected) / expected;
      freedom += 1.0;
      got = expected = 0.0;
    }
  }
  statistic += expected > 0.5 ? (got - expected) * (got - expected) / expected : 0.0;
  ASSERT_GE(freedom, 2.0) << what << ": too few values to compare";
  const double p = chi_squared_probability(statistic, freedom);
  std::printf("%-34s mean %.4f, variance %.4f, chi squared %.1f of %.0f (p %.3f)\n", what.c_str(), mean(counts),
              variance(counts), statistic, freedom, p);
  EXPECT_GT(p, 1e-5) << what;
}

void expect_binomial(const std::vector<double>& counts, std::uint32_t n, double p, const std::string& what) {
  const double spread = n * p * (1 - p);
  EXPECT_NEAR(mean(counts), n * p, 5 * std::sqrt(spread / kChips)) << what;
  // Fourth moment of the binomial: kurtosis 3 + (1 - 6 p (1 - p)) / (n p (1 - p)).
  EXPECT_NEAR(variance(counts) / spread, 1.0, 5 * std::sqrt((2 + (1 - 6 * p * (1 - p)) / spread) / kChips)) << what;
  std::vector<double> probability;
  for (std::uint32_t k = 0; k <= n; ++k) {
    probability.push_back(binomial(n, p, k));
  }
  expect_distribution(counts, probability, what);
}

void expect_uncorrelated(const std::vector<double>& a, const std::vector<double>& b, const char* what) {
  EXPECT_NEAR(covariance(a, b) / std::sqrt(variance(a) * variance(b)), 0.0, 5 / std::sqrt(kChips)) << what;
}

ArrayParameters fragile() {
  ArrayParameters p;
  p.rows = kRows;
  p.columns = kColumns;
  p.effects.faults = true;
  return p;
}

struct Census {
  std::uint32_t off = 0, on = 0;
  std::vector<std::uint32_t> in_row = std::vector<std::uint32_t>(kRows, 0);
  std::vector<std::uint32_t> in_column = std::vector<std::uint32_t>(kColumns, 0);

  explicit Census(const FaultMap& map) {
    for (std::uint32_t r = 0; r < kRows; ++r) {
      for (std::uint32_t k = 0; k < kColumns; ++k) {
        const State state = map.at(r, k);
        off += state == State::off ? 1U : 0U;
        on += state == State::on ? 1U : 0U;
        in_row[r] += state != State::good ? 1U : 0U;
        in_column[k] += state != State::good ? 1U : 0U;
      }
    }
  }
};

TEST(Faults, StuckCellsOfBothKindsAreBinomialAndIndependent) {
  const std::uint64_t seed = test_seed(101);
  ArrayParameters p = fragile();
  p.cell.sa_fault_rate = 0.004;
  p.cell.stuck_on_share = 0.3;
  std::vector<double> off, on, first_rows, last_rows, even, odd;
  for (std::uint32_t tile = 0; tile < kChips; ++tile) {
    const FaultMap map(p, seed, tile);
    const Census census(map);
    off.push_back(census.off);
    on.push_back(census.on);
    EXPECT_EQ(census.off + census.on, map.stuck_cells());
    EXPECT_EQ(map.remaining_cells(), map.stuck_cells()) << "nothing is repaired";
    double top = 0, bottom = 0, left = 0, right = 0;
    for (std::uint32_t r = 0; r < kRows; ++r) {
      (r < kRows / 2 ? top : bottom) += census.in_row[r];
    }
    for (std::uint32_t k = 0; k < kColumns; ++k) {
      (k % 2 == 0 ? left : right) += census.in_column[k];
    }
    first_rows.push_back(top);
    last_rows.push_back(bottom);
    even.push_back(left);
    odd.push_back(right);
  }
  const std::uint32_t cells = kRows * kColumns;
  expect_binomial(off, cells, 0.004 * 0.7, "stuck off");
  expect_binomial(on, cells, 0.004 * 0.3, "stuck on");
  expect_binomial(first_rows, cells / 2, 0.004, "in the first half of the rows");
  expect_binomial(odd, cells / 2, 0.004, "in the odd columns");
  expect_uncorrelated(off, on, "kinds");
  expect_uncorrelated(first_rows, last_rows, "halves of the rows");
  expect_uncorrelated(even, odd, "even and odd columns");
}

TEST(Faults, BrokenLinesAreBinomialAndSparesLeaveWhatTheyCannotReplace) {
  const std::uint64_t seed = test_seed(102);
  ArrayParameters p = fragile();
  p.cell.broken_row_rate = 0.03;
  p.cell.broken_column_rate = 0.05;
  const std::uint32_t spare_rows = 2, spare_columns = 3;
  std::vector<double> rows, columns, rows_left, columns_left;
  for (std::uint32_t tile = 0; tile < kChips; ++tile) {
    const FaultMap bare(p, seed, tile);
    rows.push_back(bare.broken_rows());
    columns.push_back(bare.broken_columns());
    EXPECT_EQ(bare.remaining_cells(),
              kRows * kColumns - (kRows - bare.broken_rows()) * (kColumns - bare.broken_columns()));
    ArrayParameters q = p;
    q.cell.spare_rows = spare_rows;
    q.cell.spare_columns = spare_columns;
    const FaultMap repaired(q, seed, tile);
    EXPECT_EQ(repaired.broken_rows(), bare.broken_rows());
    EXPECT_EQ(repaired.broken_columns(), bare.broken_columns());
    rows_left.push_back(repaired.broken_rows() - repaired.replaced_rows());
    columns_left.push_back(repaired.broken_columns() - repaired.replaced_columns());
    // The map says the same: a line that is left is dead from end to end.
    const Census census(repaired);
    EXPECT_EQ(std::count(census.in_row.begin(), census.in_row.end(), kColumns), rows_left.back());
    EXPECT_EQ(std::count(census.in_column.begin(), census.in_column.end(), kRows), columns_left.back());
  }
  expect_binomial(rows, kRows, 0.03, "broken rows");
  expect_binomial(columns, kColumns, 0.05, "broken columns");
  expect_uncorrelated(rows, columns, "rows and columns");
  // k of n lines and j of s spares are broken, so max(0, k - (s - j)) lines are left.
  const auto left = [](std::uint32_t lines, std::uint32_t spares, double rate) {
    std::vector<double> probability(lines + 1, 0.0);
    for (std::uint32_t k = 0; k <= lines; ++k) {
      for (std::uint32_t j = 0; j <= spares; ++j) {
        const std::uint32_t good = spares - j;
        probability[k > good ? k - good : 0] += binomial(lines, rate, k) * binomial(spares, rate, j);
      }
    }
    return probability;
  };
  expect_distribution(rows_left, left(kRows, spare_rows, 0.03), "rows left after repair");
  expect_distribution(columns_left, left(kColumns, spare_columns, 0.05), "columns left after repair");
}

TEST(Faults, RepairOfStuckCellsTakesTheWorstColumn) {
  // One spare column without a bad cell of its own takes the fullest of n columns: the rest has the distribution of
  // the sum less the maximum, drawn here from another generator.
  const std::uint64_t seed = test_seed(103);
  ArrayParameters p = fragile();
  p.cell.sa_fault_rate = 0.004;
  p.cell.spare_columns = 1;
  std::mt19937_64 random(seed);
  std::binomial_distribution<std::uint32_t> column(kRows, p.cell.sa_fault_rate);
  std::vector<double> left, expected;
  for (std::uint32_t tile = 0; tile < kChips; ++tile) {
    left.push_back(FaultMap(p, seed, tile).remaining_cells());
    std::uint32_t sum = 0, worst = 0;
    for (std::uint32_t k = 0; k < kColumns; ++k) {
      const std::uint32_t bad = column(random);
      sum += bad;
      worst = std::max(worst, bad);
    }
    const std::uint32_t spare = column(random);
    expected.push_back(spare < worst ? sum - worst + spare : sum);
  }
  const double n = kChips;
  EXPECT_NEAR(mean(left), mean(expected), 5 * std::sqrt((variance(left) + variance(expected)) / n));
  EXPECT_NEAR(variance(left) / variance(expected), 1.0, 5 * std::sqrt(4.5 / n));
  EXPECT_GT(testing::ks_two_samples(left, expected), 1e-5);
  std::printf("stuck cells left by a spare column: mean %.3f (expected %.3f), variance %.2f (%.2f)\n", mean(left),
              mean(expected), variance(left), variance(expected));
}

/// Defects of one chip drawn from their addresses, spares behind the lines that they stand in for, and a repair by
/// search: the worst line that is left goes to the next spare that is better.
class PlainRepair {
 public:
  PlainRepair(const ArrayParameters& p, std::uint64_t seed, std::uint32_t tile)
      : p_(p), seed_(seed), key_(philox_key(seed, tile, Purpose::fault)) {
    for (std::uint32_t r = 0; r < p.rows; ++r) {
      row.push_back(r);
    }
    for (std::uint32_t k = 0; k < p.columns; ++k) {
      column.push_back(k);
    }
    repair(column, p.cell.spare_columns, [&](std::uint32_t k) {
      if (dead_column(k)) {
        return 1e9;
      }
      double bad = 0;
      for (std::uint32_t r = 0; r < p_.rows; ++r) {
        bad += !dead_row(r) && stuck(r, k) != State::good ? 1 : 0;
      }
      return bad;
    });
    repair(row, p.cell.spare_rows, [&](std::uint32_t r) {
      if (dead_row(r)) {
        return 1e9;
      }
      double bad = 0;
      for (const std::uint32_t k : column) {
        bad += !dead_column(k) && stuck(r, k) != State::good ? 1 : 0;
      }
      return bad;
    });
  }
  std::vector<std::uint32_t> row, column;  ///< line behind each address
  [[nodiscard]] State at(std::uint32_t r, std::uint32_t k) const {
    return dead_row(row[r]) || dead_column(column[k]) ? State::off : stuck(row[r], column[k]);
  }

 private:
  [[nodiscard]] double uniform(std::uint64_t event, std::uint64_t position) const {
    const auto words = philox4x32(philox_counter(seed_, event, static_cast<std::uint32_t>(position / 4)), key_);
    return (words[position % 4] + 0.5) / 4294967296.0;
  }
  [[nodiscard]] bool dead_row(std::uint32_t r) const { return uniform(1, r) < p_.cell.broken_row_rate; }
  [[nodiscard]] bool dead_column(std::uint32_t k) const { return uniform(2, k) < p_.cell.broken_column_rate; }
  [[nodiscard]] State stuck(std::uint32_t r, std::uint32_t k) const {
    const double u = k < p_.columns ? uniform(0, std::uint64_t{r} * p_.columns + k)
                                    : uniform(3, std::uint64_t{r} * p_.cell.spare_columns + k - p_.columns);
    if (u >= p_.cell.sa_fault_rate) {
      return State::good;
    }
    return u < p_.cell.sa_fault_rate * (1 - p_.cell.stuck_on_share) ? State::off : State::on;
  }
  template <typename Badness>
  void repair(std::vector<std::uint32_t>& lines, std::uint32_t spares, Badness&& badness) {
    const auto own = static_cast<std::uint32_t>(lines.size());
    for (std::uint32_t spare = own; spare < own + spares; ++spare) {
      std::uint32_t worst = own;
      for (std::uint32_t line = 0; line < own; ++line) {
        const bool there = lines[line] == line;  // not replaced yet
        worst = there && (worst == own || badness(line) > badness(worst)) ? line : worst;
      }
      if (worst < own && badness(spare) < badness(worst)) {
        lines[worst] = spare;
      }
    }
  }
  const ArrayParameters& p_;
  std::uint64_t seed_;
  PhiloxKey key_;
};

TEST(Faults, RepairIsThatOfAPlainSearch) {
  const std::uint64_t seed = test_seed(104);
  ArrayParameters p = fragile();
  p.rows = 20;
  p.columns = 18;
  p.cell.sa_fault_rate = 0.05;
  p.cell.spare_rows = 2;
  p.cell.spare_columns = 3;
  std::uint32_t rows = 0, columns = 0, idle = 0;
  for (const double broken : {0.0, 0.08}) {
    p.cell.broken_row_rate = p.cell.broken_column_rate = broken;
    for (std::uint32_t tile = 0; tile < 150; ++tile) {
      const FaultMap map(p, seed, tile);
      const PlainRepair plain(p, seed, tile);
      std::uint32_t left = 0, replaced_rows = 0, replaced_columns = 0;
      for (std::uint32_t r = 0; r < p.rows; ++r) {
        replaced_rows += plain.row[r] != r ? 1U : 0U;
        for (std::uint32_t k = 0; k < p.columns; ++k) {
          ASSERT_EQ(map.at(r, k), plain.at(r, k)) << "tile " << tile << ", row " << r << ", column " << k;
          left += map.at(r, k) != State::good ? 1U : 0U;
        }
      }
      for (std::uint32_t k = 0; k < p.columns; ++k) {
        replaced_columns += plain.column[k] != k ? 1U : 0U;
      }
      ASSERT_EQ(map.replaced_rows(), replaced_rows) << tile;
      ASSERT_EQ(map.replaced_columns(), replaced_columns) << tile;
      ASSERT_EQ(map.remaining_cells(), left) << tile;
      rows += replaced_rows;
      columns += replaced_columns;
      idle += p.cell.spare_rows + p.cell.spare_columns - replaced_rows - replaced_columns;
    }
  }
  std::printf("%u rows and %u columns replaced, %u spares too bad to serve\n", rows, columns, idle);
  EXPECT_GT(rows, 100U);
  EXPECT_GT(columns, 100U);
  EXPECT_GT(idle, 20U);
}

}  // namespace
}  // namespace tessera::analog
