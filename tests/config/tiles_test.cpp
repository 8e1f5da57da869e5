// SPDX-License-Identifier: Apache-2.0
// The grid, the default tile and overrides by position.
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Tiles, TheGridIsFilledWithTheDefaultTile) {
  const PlatformParameters platform = good("grid: {rows: 2, cols: 5}\ntile: {array_rows: 256}\n");
  ASSERT_EQ(platform.tiles.size(), 10u);
  for (const tile::TileParameters& one : platform.tiles) EXPECT_EQ(one.array.rows, 256u);
}

TEST(Tiles, DefaultMayStandUnderTiles) {
  EXPECT_EQ(everything(good("tile: {array_rows: 256}")), everything(good("tiles: {default: {array_rows: 256}}")));
}

TEST(Tiles, OverridesChangeOnePositionOnTopOfTheDefault) {
  const PlatformParameters platform = good(
      "tiles:\n  default: {array_rows: 512, adc: {bits: 7}}\n  overrides:\n  - {row: 1, col: 2, adc: {bits: 6}, "
      "effects: "
      "none}\n");
  for (std::size_t i = 0; i < platform.tiles.size(); ++i) {
    EXPECT_EQ(platform.tiles[i].array.rows, 512u);
    EXPECT_EQ(platform.tiles[i].array.adc.bits, i == 1 * 4 + 2 ? 6 : 7);
    EXPECT_EQ(platform.tiles[i].array.effects.any(), i != 6);
  }
}

TEST(Tiles, OverridesKeepTheirValueAgainstALaterDefault) {
  const PlatformParameters platform =
      good("tiles: {overrides: [{row: 0, col: 1, adc: {bits: 6}}]}", {"tile.adc.bits=4", "tiles[2,3].adc.bits=10"});
  EXPECT_EQ(platform.tiles[0].array.adc.bits, 4);
  EXPECT_EQ(platform.tiles[1].array.adc.bits, 6);
  EXPECT_EQ(platform.tiles[11].array.adc.bits, 10);
  EXPECT_EQ(
      good("tiles: {overrides: [{row: 0, col: 1, adc: {bits: 6}}]}", {"tiles[0,1].adc.bits=5"}).tiles[1].array.adc.bits,
      5);
}

TEST(Tiles, TemperatureAndSupplyHoldForAll) {
  const PlatformParameters platform =
      good("technology: {temp_C: 60, vdd: 0.9}\ntiles: {overrides: [{row: 0, col: 1, adc: {bits: 6}}]}");
  for (const tile::TileParameters& one : platform.tiles) {
    EXPECT_DOUBLE_EQ(one.array.temperature_K, 333.15);
    EXPECT_DOUBLE_EQ(one.energy.array_supply_V, 0.9);
  }
}

TEST(Tiles, PositionsMustExistAndStandOnce) {
  EXPECT_THAT(
      errors("tiles: {overrides: [{row: 3, col: 0}]}"),
      ElementsAre("p.yaml:1:21: tiles.overrides[0]: no tile at row 3, col 0; expected rows 0 .. 2, cols 0 .. 3"));
  EXPECT_THAT(errors("tiles: {overrides: [{row: 0, col: 4}]}"), ElementsAre(HasSubstr("no tile at row 0, col 4")));
  EXPECT_THAT(errors("tiles: {overrides: [{row: 0, col: 0}, {row: 0, col: 0}]}"),
              ElementsAre(HasSubstr("given twice")));
  EXPECT_THAT(errors("tiles: {overrides: [{row: 0}]}"), ElementsAre(HasSubstr("no col")));
  EXPECT_THAT(errors("tiles: {overrides: [{col: 0}]}"), ElementsAre(HasSubstr("no row")));
  EXPECT_THAT(errors("tiles: {overrides: [{row: -1, col: all}]}"),
              ElementsAre(HasSubstr("overrides[0].row: '-1' is no position"),
                          HasSubstr("overrides[0].col: 'all' is no position")));
  EXPECT_THAT(errors("tiles: {overrides: {row: 0, col: 0}}"), ElementsAre(HasSubstr("a section where a list belongs")));
  EXPECT_THAT(errors("tiles: {overrides: [3]}"), ElementsAre(HasSubstr("'3' where a tile belongs")));
  EXPECT_THAT(errors("tiles: 3"), ElementsAre(HasSubstr("'3' where a section belongs")));
  EXPECT_THAT(errors("tiles: {overrides: [{row: 0, col: 0, seed: 3}]}"),
              ElementsAre(HasSubstr("tiles.overrides[0].seed: unknown key; did you mean 'seed'?")));
}

TEST(Tiles, AtMostAsManyAsTheMemoryMapHolds) {
  EXPECT_EQ(good("grid: {rows: 32, cols: 32}").tiles.size(), 1024u);
  EXPECT_EQ(good("grid: {rows: 1, cols: 1}").tiles.size(), 1u);
  EXPECT_THAT(errors("grid: {rows: 33, cols: 32}"),
              ElementsAre("p.yaml:1:24: grid: 33 x 32 are 1056 tiles; expected at most 1024"));
}

}  // namespace
}  // namespace tessera::platform
