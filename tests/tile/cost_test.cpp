// SPDX-License-Identifier: Apache-2.0
// The nominal operating point of hardware-facts 8.2: 1.000 us and 21.66 nJ for a full product.
#include "models/tile/cost.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace tessera::tile
