// SPDX-License-Identifier: Apache-2.0
// What files, presets and settings make of a platform.
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

TEST(Load, EmptyTextIsTheDefaultPlatform) {
  for (const char* text : {"", "# nothing\n", "preset: membrain40_nominal\n", "tile:\n", "tiles:\nbus:\n"}) {
    EXPECT_EQ(everything(good(text)), everything(good(""))) << text;
  }
  const PlatformParameters platform = good("");
  EXPECT_EQ(platform.preset, "membrain40_nominal");
  EXPECT_EQ(platform.tiles.size(), 12u);
}

TEST(Load, AFileChangesWhatItNamesAndNothingElse) {
  const PlatformParameters platform = good("bus: {data_bits: 256}\ntile:\n  adc:\n    bits: 6\nseed: 7\n");
  EXPECT_EQ(platform.bus.data_bits, 256u);
  EXPECT_EQ(platform.seed, 7u);
  for (const tile::TileParameters& one : platform.tiles) EXPECT_EQ(one.array.adc.bits, 6);
  PlatformParameters back = platform;
  back.bus.data_bits = 128;
  back.seed = 1;
  for (tile::TileParameters& one : back.tiles) one.array.adc.bits = 8;
  EXPECT_EQ(everything(back), everything(good("")));
}

TEST(Load, SettingsWinOverFileOverPreset) {
  const std::string text = "preset: vendor_target\ntile: {adc: {e_conv_J: 5.0e-12}, control: {e_per_mvm_J: 7.0e-9}}\n";
  const PlatformParameters platform = good(text, {"tile.control.e_per_mvm_J=8e-9"});
  const tile::TileEnergy& energy = platform.tiles[0].energy;
  EXPECT_EQ(energy.dac_conversion_J, 0.5e-12);  // preset
  EXPECT_EQ(energy.adc_conversion_J, 5.0e-12);  // file
  EXPECT_EQ(energy.control_J, 8e-9);            // setting
  EXPECT_EQ(platform.preset, "vendor_target");
  EXPECT_EQ(good(text, {"preset=ideal"}).preset, "ideal");
}

TEST(Load, TheLastOfEqualSettingsWins) {
  EXPECT_EQ(good("", {"seed=5", "seed=6"}).seed, 6u);
}

TEST(Load, SettingsTakeEveryType) {
  const PlatformParameters platform = good(
      "", {"vector_unit.present=false", "bus.arbitration=round_robin", "tile.integration.pga_gains=[1, 4]",
           "tile.adc.shared_by=row", "bus.clock_Hz=1e8", "seed=0xFFFFFFFFFFFFFFFF", "tiles.default.queue_depth=4"});
  EXPECT_FALSE(platform.vector_unit.present);
  EXPECT_EQ(platform.bus.arbitration, interconnect::BusParameters::Arbitration::round_robin);
  EXPECT_EQ(platform.tiles[11].array.adc.gains, (std::vector<double>{1, 4}));
  EXPECT_EQ(platform.tiles[11].adc_sharing, tile::TileParameters::Sharing::row);
  EXPECT_EQ(platform.tiles[0].dac_sharing, tile::TileParameters::Sharing::tile);
  EXPECT_EQ(platform.bus.clock_Hz, 1e8);
  EXPECT_EQ(platform.seed, ~std::uint64_t{0});
  EXPECT_EQ(platform.tiles[3].queue_depth, 4u);
}

TEST(Load, EffectsHaveASwitchEachAndAShorthand) {
  const analog::NonIdealities none = good("tile: {effects: none}").tiles[0].array.effects;
  EXPECT_FALSE(none.any());
  const analog::NonIdealities one = good("tile: {effects: {read_noise: false}}").tiles[0].array.effects;
  EXPECT_FALSE(one.read_noise);
  EXPECT_TRUE(one.programming_error && one.off_current && one.dac_noise && one.adc_noise && one.adc_inl);
  const analog::NonIdealities back =
      good("preset: ideal\ntile: {adc: {bits: 8}}", {"tile.effects=all"}).tiles[0].array.effects;
  EXPECT_TRUE(back.programming_error && back.read_noise && back.off_current && back.dac_noise && back.adc_noise &&
              back.adc_inl);
  // The switch after the shorthand counts.
  EXPECT_TRUE(good("tile: {effects: none}", {"tile.effects.adc_inl=true"}).tiles[0].array.effects.adc_inl);
}

TEST(Load, TemperatureOfOperationIsThatOfProgrammingUnlessGiven) {
  EXPECT_FALSE(good("technology: {temp_C: 85}").tiles[1].array.changes_cells());
  const analog::ArrayParameters hot = good("environment: {temperature_C: 85, age_s: 3600}").tiles[1].array;
  EXPECT_DOUBLE_EQ(hot.operating_K(), 358.15);
  EXPECT_DOUBLE_EQ(hot.temperature_K, 300.15);
  EXPECT_EQ(hot.environment.age_s, 3600);
  EXPECT_THAT(errors("preset: ideal\nenvironment: {age_s: 1}"), ::testing::IsEmpty()) << "effects are off";
}

TEST(Load, ExactConverters) {
  EXPECT_EQ(good("tile: {effects: none, adc: {bits: exact}}").tiles[5].array.adc.bits, 0);
}

TEST(Load, TemperatureIsKelvinInside) {
  EXPECT_DOUBLE_EQ(good("technology: {temp_C: 85}").tiles[2].array.temperature_K, 358.15);
  EXPECT_DOUBLE_EQ(good("").tiles[2].array.temperature_K, 300.15);
}

TEST(Load, AliasesStandForWhatTheyName) {
  const PlatformParameters platform =
      good("tiles:\n  overrides:\n  - {row: 0, col: 0, adc: &six {bits: 6}}\n  - {row: 2, col: 3, adc: *six}\n");
  EXPECT_EQ(platform.tiles[0].array.adc.bits, 6);
  EXPECT_EQ(platform.tiles[11].array.adc.bits, 6);
  EXPECT_EQ(platform.tiles[5].array.adc.bits, 8);
}

TEST(Load, MuxRatioAndConvertersAreTwoWordsForOneFact) {
  EXPECT_EQ(good("tile: {adc: {mux_ratio: 4}}").tiles[0].array.adc.per_tile, 128u);
  EXPECT_EQ(good("tile: {array_cols: 512, adc: {mux_ratio: 4}}").tiles[0].array.adc.per_tile, 64u);
  // Order in the file does not matter.
  EXPECT_EQ(good("tile: {adc: {mux_ratio: 4}, array_cols: 512}").tiles[0].array.adc.per_tile, 64u);
  EXPECT_EQ(good("tile: {adc: {per_tile: 32, mux_ratio: 16}}").tiles[0].array.adc.per_tile, 32u);
  // Fewer columns on the same converters are no contradiction.
  EXPECT_EQ(good("tile: {array_cols: 512}").tiles[0].array.adc.per_tile, 64u);
  // A later source wins, whichever word it uses.
  EXPECT_EQ(good("tile: {adc: {per_tile: 32}}", {"tile.adc.mux_ratio=4"}).tiles[0].array.adc.per_tile, 128u);
  EXPECT_EQ(good("tile: {adc: {mux_ratio: 4}}", {"tile.adc.per_tile=16"}).tiles[0].array.adc.per_tile, 16u);
}

TEST(Load, IsAFunctionOfItsInput) {
  const std::string text = "preset: ideal\ntiles: {overrides: [{row: 1, col: 1, adc: {per_tile: 8}}]}\nseed: 3\n";
  EXPECT_EQ(everything(good(text, {"bus.data_bits=64"})), everything(good(text, {"bus.data_bits=64"})));
}

}  // namespace
}  // namespace tessera::platform
