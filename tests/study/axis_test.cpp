// SPDX-License-Identifier: Apache-2.0
#include "platform/study/axis.h"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

namespace tessera::study {
namespace {

using Texts = std::vector<std::string>;

TEST(Axis, ValuesAsGivenAndAsThePlatformReadsThem) {
  const Axis bits = parse_axis("tile.adc.bits=4, 6,exact");
  EXPECT_EQ(bits.key, "tile.adc.bits");
  EXPECT_EQ(bits.values, (Texts{"4", "6", "exact"}));
  EXPECT_FALSE(bits.numeric());
  EXPECT_EQ(parse_axis("grid.rows=1..4,8").values, (Texts{"1", "2", "3", "4", "8"}));
  EXPECT_EQ(parse_axis("tile.integration.pga_gains=[1,2],[1,4]").values, (Texts{"[1,2]", "[1,4]"}));
  EXPECT_TRUE(parse_axis("seed=1,2e3").numeric());
  EXPECT_EQ(parse_axis("seed=1,2e3").number(1), 2000);
}

TEST(Axis, DurationsFollowTheUnitOfTheirKey) {
  const Axis settle = parse_axis("tile.dac.t_settle_s=50ns,1us,2e-6,0.5ms");
  EXPECT_EQ(settle.labels, (Texts{"50ns", "1us", "2e-6", "0.5ms"}));
  EXPECT_EQ(settle.number(0), 50e-9);
  EXPECT_EQ(settle.number(1), 1e-6);
  EXPECT_EQ(settle.number(3), 0.5e-3);
  EXPECT_EQ(in_unit("1h", "s"), "3600");
  EXPECT_EQ(in_unit("2d", "h"), "48");
  EXPECT_EQ(in_unit("10y", "s"), "3.15576e+08");
  EXPECT_EQ(in_unit("5min", "s"), "300");
  EXPECT_EQ(in_unit("1h", "A"), "1h") << "no time";
  EXPECT_EQ(in_unit("h", "s"), "h");
  EXPECT_EQ(in_unit("-3s", "s"), "-3") << "refused by the key's range, not here";
}

TEST(Axis, WhatIsNoAxisIsRefused) {
  for (const char* text :
       {"", "key", "=1", "key=", "key=1,,2", "key=1,1", "key=9..3", "tile.dac.t_settle_s=1us,1e-6"}) {
    EXPECT_THROW(static_cast<void>(parse_axis(text)), std::invalid_argument) << text;
  }
}

TEST(Axis, PointsAreAllCombinationsOnce) {
  const std::vector<Axis> axes = {parse_axis("a=1,2,3"), parse_axis("b=x,y")};
  const std::vector<Point> all = points(axes);
  EXPECT_EQ(all.size(), 6U);
  EXPECT_EQ(std::set<Point>(all.begin(), all.end()).size(), 6U);
  EXPECT_EQ(settings(axes, all[1]), (Texts{"a=1", "b=y"})) << "the last axis runs fastest";
  EXPECT_EQ(points({}).size(), 1U);
  EXPECT_THROW(static_cast<void>(points({parse_axis("a=1"), parse_axis("a=2")})), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(points({parse_axis("a=1..1000"), parse_axis("b=1..1000")})), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::study
