// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

#include "models/power/window_series.h"

namespace tessera::power {
namespace {

TEST(WindowSeries, KeepsItsWidthWhileThereIsRoom) {
  WindowSeries series(10, 4);
  series.at(0)[0] += 1;
  series.at(9)[0] += 2;
  series.at(10)[0] += 4;
  series.at(39)[0] += 8;
  ASSERT_EQ(series.width(), 10U);
  ASSERT_EQ(series.rows().size(), 4U);
  EXPECT_EQ(static_cast<int>(series.rows()[0][0]), 3);
  EXPECT_EQ(static_cast<int>(series.rows()[1][0]), 4);
  EXPECT_EQ(static_cast<int>(series.rows()[2][0]), 0);
  EXPECT_EQ(static_cast<int>(series.rows()[3][0]), 8);
}

TEST(WindowSeries, MergesPairsRatherThanGrow) {
  WindowSeries series(10, 4);
  for (const probe::Time at : {0, 10, 20, 30}) {
    series.at(at)[1] += 1;
  }
  series.at(40)[1] += 5;  // does not fit: width 20
  EXPECT_EQ(series.width(), 20U);
  ASSERT_EQ(series.rows().size(), 3U);
  EXPECT_EQ(static_cast<int>(series.rows()[0][1]), 2);
  EXPECT_EQ(static_cast<int>(series.rows()[1][1]), 2);
  EXPECT_EQ(static_cast<int>(series.rows()[2][1]), 5);
  series.at(15)[1] += 1;  // back in time
  EXPECT_EQ(static_cast<int>(series.rows()[0][1]), 3);
}

TEST(WindowSeries, ReachesTheEndOfTime) {
  WindowSeries series(10'000'000, 4096);
  series.at(~probe::Time{0})[0] += 1;
  EXPECT_LE(series.rows().size(), 4096U);
  EXPECT_EQ(static_cast<int>(series.rows().back()[0]), 1);
}

TEST(WindowSeries, RefusesNonsense) {
  EXPECT_THROW(WindowSeries(0, 4), std::invalid_argument);
  EXPECT_THROW(WindowSeries(10, 3), std::invalid_argument);
  EXPECT_THROW(WindowSeries(10, 0), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::power
