// SPDX-License-Identifier: Apache-2.0
// Each preset is what its source says; expected figures are computed from the sources, not from the code.
#include "platform/config/presets.h"

#include "platform/config/derived.h"
#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

double energy_J(const PlatformParameters& platform) {
  return static_cast<double>(derived(platform).product_energy.total()) * 1e-18;
}

TEST(Presets, NominalIsTheDefault) {
  EXPECT_EQ(presets().front().name, default_preset);
  EXPECT_EQ(everything(good("preset: membrain40_nominal")), everything(good("")));
}

TEST(Presets, IdealIsExact) {
  const PlatformParameters platform = good("preset: ideal");
  for (const tile::TileParameters& one : platform.tiles) {
    EXPECT_EQ(one.array.adc.bits, 0);
    EXPECT_FALSE(one.array.effects.any());
  }
}

TEST(Presets, NominalNoiselessKeepsTheConverters) {
  const PlatformParameters platform = good("preset: nominal_noiseless");
  EXPECT_EQ(platform.tiles[0].array.adc.bits, 8);
  EXPECT_FALSE(platform.tiles[0].array.effects.any());
}

TEST(Presets, VendorTargetReachesTheAnnouncedEfficiency) {
  EXPECT_NEAR(derived(good("preset: vendor_target")).tile_ops_per_J, 119.8e12, 1.2e12);
}

TEST(Presets, SmallSramAndVirtCompat) {
  EXPECT_EQ(good("preset: small_sram").sram.size_B, 512u * 1024u);
  const PlatformParameters virt = good("preset: virt_compat");
  EXPECT_EQ(virt.cpu.memory_B, 8u * 1024u * 1024u);
  EXPECT_TRUE(virt.virt_compat);
  EXPECT_FALSE(good("").virt_compat);
}

TEST(Presets, MythicLikeTile) {
  const PlatformParameters platform = good("preset: silicon_mythic_like");
  EXPECT_NEAR(derived(platform).product_time_s, 6.1e-6, 0.01 * 6.1e-6);
  EXPECT_NEAR(energy_J(platform), 283e-9, 0.01 * 283e-9);  // 1024 * 1024 MACs of 0.27 pJ
  EXPECT_EQ(platform.tiles[0].array.rows * platform.tiles[0].array.pairs(), 1024u * 1024u);
}

TEST(Presets, HermesCore) {
  const PlatformParameters platform = good("preset: hermes_core");
  ASSERT_EQ(platform.tiles.size(), 1u);
  EXPECT_NEAR(derived(platform).product_time_s, 133e-9, 0.01 * 133e-9);
  EXPECT_NEAR(energy_J(platform), 13.4e-9, 0.01 * 13.4e-9);
  EXPECT_EQ(platform.tiles[0].array.rows * platform.tiles[0].array.pairs(), 256u * 256u);
}

/// One law for eight rows does not meet one row exactly: docs/validation.md has the residuals.
TEST(Presets, NeurramCore) {
  const PlatformParameters platform = good("preset: neurram_core");
  const double operations = 2.0 * 256 * 128;
  EXPECT_NEAR(energy_J(platform), (37.22 + 52.48 + 19.24) * 1e-15 * operations, 0.03 * 109e-15 * operations);
  EXPECT_NEAR(derived(platform).tile_peak_ops, 0.42e12 / 48, 0.03 * 0.42e12 / 48);
  const tile::ProductEnergy energy = derived(platform).product_energy;
  EXPECT_NEAR(static_cast<double>(energy.adc + energy.frontend + energy.digital) * 1e-18, 52.48e-15 * operations,
              0.03 * 52.48e-15 * operations);
  EXPECT_NEAR(static_cast<double>(energy.dac) * 1e-18, (37.22 + 19.24) * 1e-15 * operations,
              0.03 * 56.5e-15 * operations);
}

TEST(Presets, NeurramCostFollowsTheBits) {
  const PlatformParameters four = good("preset: neurram_core\ntile: {dac: {bits: 4}}"),
                           eight = good("preset: neurram_core\ntile: {dac: {bits: 8}}"),
                           coarse = good("preset: neurram_core\ntile: {adc: {bits: 4}}"),
                           core = good("preset: neurram_core");
  EXPECT_NEAR(derived(eight).product_time_s - derived(four).product_time_s, 4 * 1.2397e-6, 1e-9);
  EXPECT_NEAR(energy_J(eight) - energy_J(four), 4 * (256 * (0.9618e-12 + 1.8029e-12) + 256 * 2.4208e-12), 1e-12);
  EXPECT_LT(derived(coarse).product_time_s, derived(core).product_time_s);
  EXPECT_LT(energy_J(coarse), energy_J(core));
}

TEST(Presets, SonosArray) {
  const PlatformParameters platform = good("preset: sonos40_iedm22");
  const analog::ArrayParameters& array = platform.tiles[0].array;
  EXPECT_EQ(array.rows, 1152u);
  EXPECT_EQ(array.pairs(), 256u);
  EXPECT_EQ(2 * array.max_level() + 1, 255);                           // 8-bit signed weights
  EXPECT_NEAR(array.max_level() * array.cell.i_lsb_A, 1600e-9, 1e-9);  // the range of the measured curves
  EXPECT_EQ(array.cell.errors, analog::CellParameters::Errors::sonos40);
  EXPECT_NEAR(array.adc.full_scale_A / array.adc.gains.back(), 4.2716 * 1600e-9, 0.01 * 6.8e-6);
  EXPECT_NEAR(derived(platform).tile_ops_per_J, 20e12, 0.2e12);
}

TEST(Presets, AllShowAndLoadBack) {
  for (const Preset& preset : presets()) {
    const PlatformParameters platform = good("preset: " + preset.name);
    EXPECT_EQ(everything(good(show(platform))), everything(platform)) << preset.name;
    EXPECT_FALSE(preset.summary.empty());
    EXPECT_FALSE(preset.source.empty());
  }
}

}  // namespace
}  // namespace tessera::platform
