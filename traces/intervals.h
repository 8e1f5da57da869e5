// SPDX-License-Identifier: Apache-2.0
// Unions of time intervals.
#pragma once

#include <algorithm>
#include <vector>

#include "models/probe/probe.h"

namespace tessera::traces {

/// Half-open intervals [begin, end), sorted and disjoint once normalised.
class Intervals {
 public:
  void add(probe::Time begin, probe::Time end) {
    if (begin < end) {
      list_.push_back({begin, end});
    }
  }
  /// Sorts and merges what overlaps or touches. Call it between the last add() and the first question.
  void normalise() {
    std::sort(list_.begin(), list_.end(), [](const One& a, const One& b) { return a.begin < b.begin; });
    std::vector<One> merged;
    for (const One& one : list_) {
      if (merged.empty() || one.begin > merged.back().end) {
        merged.push_back(one);
      } else {
        merged.back().end = std::max(merged.back().end, one.end);
      }
    }
    list_ = std::move(merged);
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] probe::Time length() const {
    probe::Time sum = 0;
    for (const One& one : list_) {
      sum += one.end - one.begin;
    }
    return sum;
  }
  /// Length of what both cover.
  [[nodiscard]] probe::Time overlap(const Intervals& other) const {
    probe::Time sum = 0;
    auto theirs = other.list_.begin();
    for (auto ours = list_.begin(); ours != list_.end() && theirs != other.list_.end();) {
      const probe::Time begin = std::max(ours->begin, theirs->begin);
      const probe::Time end = std::min(ours->end, theirs->end);
      sum += end > begin ? end - begin : 0;
      if (ours->end < theirs->end) {
        ++ours;
      } else {
        ++theirs;
      }
    }
    return sum;
  }

 private:
  struct One {
    probe::Time begin, end;
  };
  std::vector<One> list_;
};

}  // namespace tessera::traces
