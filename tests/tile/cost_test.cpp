// SPDX-License-Identifier: Apache-2.0
// The nominal operating point of hardware-facts 8.2: 1.000 us and 21.66 nJ for a full product.
#include "models/tile/cost.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>

namespace tessera::tile {
namespace {

TEST(Cost, NominalProduct) {
  const TileParameters nominal;
  const analog::Activity full{.active_rows = 1024, .clipped = 0, .cell_current_A = 1024.0 * 1024.0 * 0.4e-9};
  const ProductTime time = product_time(nominal, 1024, 512);
  const ProductEnergy energy = product_energy(nominal, full, 1024, 512, 512);
  std::printf("full product: %.3f us (source 1.000), %.3f nJ (source 21.66)\n",
              static_cast<double>(time.total()) * 1e-6, static_cast<double>(energy.total()) * 1e-9);
  EXPECT_EQ(time.total(), 1'000'000u);
  EXPECT_NEAR(static_cast<double>(energy.total()) * 1e-9, 21.66, 0.01 * 21.66);
  EXPECT_NEAR(static_cast<double>(energy.dac) / static_cast<double>(energy.total()), 0.33, 0.01);
  EXPECT_NEAR(static_cast<double>(energy.frontend) / static_cast<double>(energy.total()), 0.31, 0.01);
  EXPECT_NEAR(static_cast<double>(energy.adc) / static_cast<double>(energy.total()), 0.09, 0.01);
  EXPECT_NEAR(static_cast<double>(energy.array) / static_cast<double>(energy.total()), 0.01, 0.005);
}

TEST(Cost, ZeroInputsSaveWhatTheyReallySave) {
  const TileParameters nominal;
  const ProductEnergy idle = product_energy(nominal, {}, 1024, 512, 512);
  EXPECT_EQ(idle.array, 0);
  EXPECT_EQ(idle.dac, 0);
  EXPECT_GT(idle.adc, 0) << "columns are converted whatever they hold";
}

TEST(Cost, ConversionRoundsFollowTheMultiplexer) {
  const TileParameters nominal;
  EXPECT_EQ(product_time(nominal, 1024, 64).convert, 62'500u);
  EXPECT_EQ(product_time(nominal, 1024, 65).convert, 125'000u);
}

TEST(Cost, InputsInSeveralPassesTakeTheTimeAndTheConversionsOfAllPasses) {
  const TileParameters one;
  const ProductTime single = product_time(one, 1024, 512);
  const ProductEnergy energy = product_energy(one, {}, 1024, 512, 512);
  TileParameters several = one;
  several.signed_input = TileParameters::SignedInput::two_phase;
  EXPECT_EQ(several.passes(), 2U);
  several.array.dac.coding = analog::DacParameters::Coding::bit_serial;
  EXPECT_EQ(several.passes(), 16U);
  const ProductTime time = product_time(several, 1024, 512);
  EXPECT_EQ(time.total(), 16 * (single.settle + single.integrate + single.convert) + single.post);
  const ProductEnergy all = product_energy(several, {}, 1024, 512, 512);
  EXPECT_NEAR(static_cast<double>(all.adc), 16.0 * static_cast<double>(energy.adc), 1.0);
  EXPECT_NEAR(static_cast<double>(all.frontend), 16.0 * static_cast<double>(energy.frontend), 1.0);
  several.kind = TileParameters::Kind::digital;
  EXPECT_EQ(several.passes(), 1U);
}

TEST(Cost, AGlobalDacServesRowAfterRowAndPulsesSetTheIntegration) {
  TileParameters p;
  p.array.dac.supply = analog::DacParameters::Supply::global_with_row_sh;
  EXPECT_EQ(product_time(p, 100, 64).settle, 100 * 50'000U);
  p.array.dac.coding = analog::DacParameters::Coding::pulse_width;
  p.timing.pulse_lsb_s = 2e-9;
  EXPECT_EQ(product_time(p, 100, 64).integrate, 255 * 2'000U);
}

TEST(Cost, ConversionsFollowTheirLaw) {
  using Law = TileParameters::AdcLaw;
  std::printf("bits  time sar ramp integrating   energy sar ramp integrating (of 8 bits)\n");
  for (const int bits : {4, 6, 8, 10, 12}) {
    const ConversionCost sar = conversion_cost(Law::sar, bits), ramp = conversion_cost(Law::ramp, bits),
                         integrating = conversion_cost(Law::integrating, bits);
    std::printf("%4d  %.3f %.4f %.4f   %.3f %.4f %.4f\n", bits, sar.time, ramp.time, integrating.time, sar.energy,
                ramp.energy, integrating.energy);
    EXPECT_DOUBLE_EQ(sar.time, bits / 8.0);
    EXPECT_DOUBLE_EQ(ramp.time, std::ldexp(1.0, bits - 8));
    EXPECT_DOUBLE_EQ(ramp.energy, ramp.time);
    // zigzag-imc at 0.9 V: 0.32, 0.49, 0.70, 1.66 pJ for 4, 6, 8, 10 bits.
    const double zigzag_pJ = sar.energy * (100.0 * 8 + 0.001 * 65536) * 0.81e-3;
    const double source_pJ = bits == 4 ? 0.32 : bits == 6 ? 0.49 : bits == 8 ? 0.70 : bits == 10 ? 1.66 : zigzag_pJ;
    EXPECT_NEAR(zigzag_pJ, source_pJ, 0.006);
    // NeuRRAM: 1.2 + 0.25 a step.
    EXPECT_NEAR(integrating.energy * (1.2 + 0.25 * 256), 1.2 + 0.25 * std::ldexp(1.0, bits), 1e-9);
  }
  EXPECT_EQ(conversion_cost(Law::stated, 4).time, 1.0);
  EXPECT_EQ(conversion_cost(Law::stated, 4).energy, 1.0);
}

}  // namespace
}  // namespace tessera::tile
