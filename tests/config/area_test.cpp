// SPDX-License-Identifier: Apache-2.0
// Areas against sums made by hand from the sources.
#include "platform/config/area.h"

#include <gmock/gmock.h>

#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using ::testing::HasSubstr;

double of(const std::vector<AreaRow>& rows, const std::string& block) {
  for (const AreaRow& row : rows) {
    if (row.block == block) {
      return row.total_um2();
    }
  }
  ADD_FAILURE() << "no row " << block;
  return 0;
}

TEST(Area, NominalTileByHand) {
  const PlatformParameters platform = good("");
  const std::vector<AreaRow> rows = tile_area(platform, platform.tiles[0]);
  EXPECT_NEAR(of(rows, "flash array"), 0.18e6, 0.005e6) << "hardware facts: 1 Mi cells of 0.175 um2 are 0.18 mm2";
  EXPECT_NEAR(of(rows, "ADCs"), 0.256e6, 1) << "64 converters of 4000 um2";
  EXPECT_NEAR(of(rows, "DACs"), 1024 * 438.0, 1);
  double sum = 0;
  for (const AreaRow& row : rows) {
    sum += row.total_um2();
  }
  EXPECT_DOUBLE_EQ(total_um2(rows), sum);
}

TEST(Area, TheChipIsTheSumOfItsTilesAndTheRest) {
  const PlatformParameters platform = good("");
  const std::vector<AreaRow> chip = chip_area(platform);
  const double tiles = 12 * total_um2(tile_area(platform, platform.tiles[0]));
  const double rest =
      of(chip, "shared SRAM") + of(chip, "CPU") + of(chip, "CPU memory") + of(chip, "vector unit") + of(chip, "DMA");
  EXPECT_NEAR(total_um2(chip), tiles + rest, 1e-6 * total_um2(chip));
  EXPECT_NEAR(of(chip, "shared SRAM"), 2097152 * 8 * 0.484, 1);
}

TEST(Area, ADigitalTileHasNoConvertersButAWeightMemory) {
  const PlatformParameters platform = good("preset: digital_baseline");
  const std::vector<AreaRow> rows = tile_area(platform, platform.tiles[0]);
  EXPECT_NEAR(of(rows, "weight memory"), 1024.0 * 512 * 5 * 0.484, 1);
  EXPECT_NEAR(of(rows, "MAC units"), 1024 * 930.0, 1);
  for (const AreaRow& row : rows) {
    EXPECT_NE(row.block, "ADCs");
  }
}

TEST(Area, FourBitsInSramAgainstOneCell) {
  const PlatformParameters platform = good("");
  const WeightFootprint footprint = weight_footprint(platform, platform.tiles[0]);
  EXPECT_DOUBLE_EQ(footprint.sram_um2, 4 * 0.242) << "24 transistors";
  EXPECT_DOUBLE_EQ(footprint.cell_um2, 0.175);
  EXPECT_DOUBLE_EQ(footprint.sram_transistors, 24);
  EXPECT_DOUBLE_EQ(footprint.cell_transistors, 1.5);
  EXPECT_THAT(area_text(platform), HasSubstr("4 bits: 1.5T flash cell of 0.175 um2, 24T SRAM of 0.968 um2 (5.5 x)"));
}

TEST(Area, OneDacForAllRowsIsOneDac) {
  const PlatformParameters platform = good("tile: {dac: {sharing: global_with_row_sh}}");
  EXPECT_DOUBLE_EQ(of(chip_area(platform), "DACs"), 12 * 438.0);
  EXPECT_THAT(area_text(platform), HasSubstr("no published area: counted, not in the sum"));
}

TEST(Area, BanksThatTilesShareAreCountedOnce) {
  const PlatformParameters row = good("tile: {dac: {shared_by: row}, adc: {shared_by: chip}}");
  EXPECT_NEAR(of(chip_area(row), "DACs"), row.grid_rows * 1024 * 438.0, 1e-3) << "one bank a row of tiles";
  EXPECT_NEAR(of(chip_area(row), "ADCs"), 64 * 4000.0, 1e-3) << "one bank";
  const PlatformParameters column = good("tile: {dac: {shared_by: column}}");
  EXPECT_NEAR(of(chip_area(column), "DACs"), column.grid_columns * 1024 * 438.0, 1e-3);
}

TEST(Area, AdcsGrowWithTheirResolutionAsTheSurveySays) {
  EXPECT_DOUBLE_EQ(adc_um2(4000, 8), 4000);
  EXPECT_DOUBLE_EQ(adc_um2(4000, 0), 4000) << "exact";
  const double survey[] = {3200, 3400, 3700, 4000, 4500};  // 6 to 10 bits
  for (int bits = 6; bits <= 10; ++bits) {
    EXPECT_NEAR(adc_um2(survey[2], bits) / survey[bits - 6], 1, 0.03) << bits << " bits";
  }
  const PlatformParameters platform = good("tile: {adc: {bits: 12}}");
  EXPECT_NEAR(of(tile_area(platform, platform.tiles[0]), "ADCs"), 64 * 4000 * 1.4064, 64);
}

}  // namespace
}  // namespace tessera::platform
