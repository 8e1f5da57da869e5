// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/map/packer.h"

#include <gtest/gtest.h>

#include <random>

namespace tessera::compiler {
namespace {

TEST(Packer, FillsATileExactly) {
  Packer packer(64, 32);
  EXPECT_TRUE(packer.empty());
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(packer.place(16, 16).has_value()) << i;
  }
  EXPECT_EQ(packer.used(), packer.area());
  EXPECT_FALSE(packer.place(1, 1).has_value());
  EXPECT_EQ(packer.largest_free().area(), 0U);
}

TEST(Packer, RefusesWhatIsTooLargeOrEmpty) {
  Packer packer(64, 32);
  EXPECT_FALSE(packer.place(65, 1).has_value());
  EXPECT_FALSE(packer.place(1, 33).has_value());
  EXPECT_FALSE(packer.place(0, 1).has_value());
  EXPECT_TRUE(packer.place(64, 32).has_value());
}

TEST(Packer, ATileWithoutCellsHoldsNothing) {
  Packer packer(0, 8);
  EXPECT_FALSE(packer.place(1, 1).has_value());
}

TEST(Packer, RandomRectanglesNeverOverlap) {
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
    const std::uint32_t rows = 1 + below(60);
    const std::uint32_t columns = 1 + below(60);
    Packer packer(rows, columns);
    std::vector<bool> taken(rows * columns, false);
    std::uint64_t used = 0;
    for (int i = 0; i < 60; ++i) {
      const std::uint32_t h = 1 + below(rows);
      const std::uint32_t w = 1 + below(columns);
      const auto place = packer.place(h, w);
      bool free_anywhere = false;  // the slow way to know
      for (std::uint32_t r = 0; r + h <= rows && !free_anywhere; ++r) {
        for (std::uint32_t c = 0; c + w <= columns && !free_anywhere; ++c) {
          bool clear = true;
          for (std::uint32_t y = r; y < r + h && clear; ++y) {
            for (std::uint32_t x = c; x < c + w && clear; ++x) {
              clear = !taken[y * columns + x];
            }
          }
          free_anywhere = clear;
        }
      }
      ASSERT_EQ(place.has_value(), free_anywhere);
      if (!place) {
        continue;
      }
      ASSERT_LE(place->row + h, rows);
      ASSERT_LE(place->column + w, columns);
      for (std::uint32_t y = place->row; y < place->row + h; ++y) {
        for (std::uint32_t x = place->column; x < place->column + w; ++x) {
          ASSERT_FALSE(taken[y * columns + x]);
          taken[y * columns + x] = true;
        }
      }
      used += std::uint64_t{h} * w;
      ASSERT_EQ(packer.used(), used);
    }
  }
}

}  // namespace
}  // namespace tessera::compiler
