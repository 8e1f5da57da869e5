// SPDX-License-Identifier: Apache-2.0
#include "models/power/window_series.h"

#include <stdexcept>

namespace tessera::power {

WindowSeries::WindowSeries(probe::Time width, std::size_t limit) : width_(width), limit_(limit), rows_(1) {
  if (width == 0) {
    throw std::invalid_argument("WindowSeries: the window width is 0 ps; expected at least 1 ps");
  }
  if (limit < 2 || limit % 2 != 0) {
    throw std::invalid_argument("WindowSeries: the limit of windows must be even and at least 2");
  }
}

void WindowSeries::select(probe::Time at) {
  while (at / width_ >= limit_) {
    merge_pairs();
  }
  index_ = static_cast<std::size_t>(at / width_);
  begin_ = at - at % width_;
  if (index_ >= rows_.size()) {
    rows_.resize(index_ + 1);
  }
}

void WindowSeries::merge_pairs() {
  const std::size_t merged = (rows_.size() + 1) / 2;
  for (std::size_t i = 0; i < merged; ++i) {
    CategoryAmounts sum = rows_[2 * i];
    if (2 * i + 1 < rows_.size()) {
      for (std::size_t c = 0; c < category_count; ++c) {
        sum[c] += rows_[2 * i + 1][c];
      }
    }
    rows_[i] = sum;
  }
  rows_.resize(merged);
  width_ *= 2;
}

}  // namespace tessera::power
