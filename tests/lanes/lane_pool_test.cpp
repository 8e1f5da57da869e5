// SPDX-License-Identifier: Apache-2.0
// Lanes that several users take at a time: granted where enough are free throughout, against counting every instant.
#include "models/lanes/lane_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <random>
#include <vector>

namespace tessera::lanes {
namespace {

TEST(LanePool, GrantsWhatIsFreeAndMakesTheRestWait) {
  LanePool pool(10);
  EXPECT_EQ(pool.reserve(100, 50, 6), 100u);
  EXPECT_EQ(pool.reserve(110, 50, 4), 110u) << "beside the first";
  EXPECT_EQ(pool.reserve(120, 20, 1), 150u) << "all ten are in use until 150";
  EXPECT_EQ(pool.reserve(120, 20, 10), 170u) << "until nobody has any";
  EXPECT_EQ(pool.reserve(0, 100, 10), 0u) << "the time before is still free";
  EXPECT_EQ(pool.reserve(0, 101, 10), 190u) << "but not that long";
  EXPECT_EQ(pool.busy(), 50u * 6 + 50 * 4 + 20 * 1 + 20 * 10 + 100 * 10 + 101 * 10);
}

TEST(LanePool, MoreThanAllMeansAll) {
  LanePool pool(4);
  EXPECT_EQ(pool.reserve(0, 10, 100), 0u);
  EXPECT_EQ(pool.reserve(0, 10, 1), 10u);
  EXPECT_EQ(pool.busy(), 50u);
  EXPECT_EQ(pool.reserve(3, 0, 4), 3u) << "no time, no lanes";
}

TEST(LanePool, EqualsCountingEveryInstant) {
  const unsigned seed = 20260731;
  std::printf("seed %u\n", seed);
  std::mt19937 engine(seed);
  const auto random = [&engine](std::uint32_t below) { return static_cast<std::uint32_t>(engine() % below); };
  for (int round = 0; round < 50; ++round) {
    const std::uint32_t lanes = 1 + random(8);
    LanePool pool(lanes);
    std::vector<std::uint32_t> used(4000, 0);
    for (int i = 0; i < 60; ++i) {
      const std::uint64_t at = random(300), duration = 1 + random(30);
      const std::uint32_t width = 1 + random(lanes + 1);
      const std::uint32_t taken = std::min(width, lanes);
      std::uint64_t expected = at;
      const auto fits = [&] {
        return std::all_of(used.begin() + static_cast<std::ptrdiff_t>(expected),
                           used.begin() + static_cast<std::ptrdiff_t>(expected + duration),
                           [&](std::uint32_t n) { return n + taken <= lanes; });
      };
      while (!fits()) {
        ++expected;
      }
      for (std::uint64_t t = expected; t < expected + duration; ++t) {
        used[t] += taken;
      }
      ASSERT_EQ(pool.reserve(at, duration, width), expected) << "round " << round << ", request " << i;
    }
  }
}

}  // namespace
}  // namespace tessera::lanes
