// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "traces/intervals.h"

namespace tessera::traces {
namespace {

TEST(Intervals, AgreeWithCountingTicks) {
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937 generator(seed);
    const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
    Intervals a, b;
    std::vector<bool> in_a(200, false), in_b(200, false);
    const auto fill = [&](Intervals& intervals, std::vector<bool>& ticks) {
      const std::uint32_t count = random() % 20;
      for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t begin = random() % 190;
        const std::uint32_t end = begin + random() % 10;
        intervals.add(begin, end);
        for (std::uint32_t t = begin; t < end; ++t) {
          ticks[t] = true;
        }
      }
      intervals.normalise();
    };
    fill(a, in_a);
    fill(b, in_b);
    probe::Time length = 0, overlap = 0;
    for (std::size_t t = 0; t < in_a.size(); ++t) {
      length += in_a[t] ? 1 : 0;
      overlap += in_a[t] && in_b[t] ? 1 : 0;
    }
    EXPECT_EQ(a.length(), length);
    EXPECT_EQ(a.overlap(b), overlap);
    EXPECT_EQ(b.overlap(a), overlap);
  }
}

}  // namespace
}  // namespace tessera::traces
