// SPDX-License-Identifier: Apache-2.0
// Energy by time window and category: equal windows from time 0, whose width doubles (pairs merge) rather than their
// number passing a limit. Sums of pairs are what posting into the wider window would have given, so the result does
// not depend on when the merging happened.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "models/power/amount.h"
#include "models/probe/probe.h"

namespace tessera::power {

inline constexpr std::size_t category_count = probe::category_count;
inline constexpr std::size_t cause_count = static_cast<std::size_t>(probe::Cause::loss) + 1;

using CategoryAmounts = std::array<Amount, category_count>;  ///< indexed by probe::Category

class WindowSeries {
 public:
  /// @param width  of a window at the start [ps], > 0
  /// @param limit  most windows ever held, even, >= 2
  /// @throws std::invalid_argument
  WindowSeries(probe::Time width, std::size_t limit);

  /// The window that holds `at`; the reference lasts until the next call.
  [[nodiscard]] CategoryAmounts& at(probe::Time at) {
    if (at - begin_ >= width_) {  // unsigned: also true for an earlier window
      select(at);
    }
    return rows_[index_];
  }
  /// Makes windows up to and including the one of `last` exist; afterwards width() is valid for all of them.
  void cover(probe::Time last) { static_cast<void>(this->at(last)); }

  [[nodiscard]] probe::Time width() const { return width_; }
  [[nodiscard]] const std::vector<CategoryAmounts>& rows() const { return rows_; }

 private:
  void select(probe::Time at);
  void merge_pairs();

  probe::Time width_;
  std::size_t limit_;
  std::vector<CategoryAmounts> rows_;
  std::size_t index_ = 0;
  probe::Time begin_ = 0;
};

}  // namespace tessera::power
