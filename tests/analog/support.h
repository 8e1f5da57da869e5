// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "models/analog/array.h"

namespace tessera::analog::testing {

/// What a batch of products gives.
struct Outcome {
  std::vector<std::int32_t> codes;
  std::vector<std::uint32_t> active, clipped;
  std::vector<double> current_A;

  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend void PrintTo(const Outcome& o, std::ostream* out) {
    *out << o.codes.size() << " codes, first " << o.codes.front() << ", " << o.clipped.front() << " clipped, "
         << o.active.front() << " rows, " << o.current_A.front() << " A";
  }
};

inline Outcome run(const Array& array, const Product& product, const std::vector<std::uint16_t>& codes) {
  Outcome outcome;
  outcome.codes.resize(std::size_t{product.count} * product.pairs);
  std::vector<Activity> activity(product.count);
  const auto block = array.block(product.row0, product.rows, product.pair0, product.pairs);
  array.multiply(*block, product, codes, outcome.codes, activity);
  for (const Activity& a : activity) {
    outcome.active.push_back(a.active_rows);
    outcome.clipped.push_back(a.clipped);
    outcome.current_A.push_back(a.cell_current_A);
  }
  return outcome;
}

/// Levels of a rectangle of `columns` physical columns. Two-sided: both cells of a pair conduct, as a rule; one-sided:
/// one of them is off, as in differential weights.
inline std::vector<std::uint8_t> random_levels(std::mt19937_64& random, std::size_t rows, std::size_t columns,
                                               int max_level, bool one_sided = false) {
  std::vector<std::uint8_t> levels(rows * columns);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    const bool zero = random() % 10 == 0 || (i % 2 == 1 && random() % 3 == 0);
    levels[i] = zero ? std::uint8_t{0} : static_cast<std::uint8_t>(random() % static_cast<unsigned>(max_level + 1));
  }
  for (std::size_t i = 0; one_sided && i + 1 < levels.size(); i += 2) {
    levels[i + random() % 2] = 0;
  }
  return levels;
}

inline std::vector<std::uint16_t> random_codes(std::mt19937_64& random, std::size_t n, int max_code,
                                               double zero_share = 0.3) {
  std::vector<std::uint16_t> codes(n);
  for (auto& code : codes) {
    const bool zero = static_cast<double>(random() % 1000) < 1000 * zero_share;
    code = zero ? std::uint16_t{0} : static_cast<std::uint16_t>(random() % static_cast<unsigned>(max_code + 1));
  }
  return codes;
}

/// A new seed every day of the test's life would hide failures: fixed, but printed, and overridable.
inline std::uint64_t test_seed(std::uint64_t fixed) {
  const char* given = std::getenv("TESSERA_TEST_SEED");
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 0) : fixed;
  std::printf("seed %llu (set TESSERA_TEST_SEED to change)\n", static_cast<unsigned long long>(seed));
  return seed;
}

}  // namespace tessera::analog::testing
