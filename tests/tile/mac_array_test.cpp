// SPDX-License-Identifier: Apache-2.0
// The digital baseline's laws against sums made by hand.
#include "models/tile/mac_array.h"

#include <gtest/gtest.h>

#include "models/tile/cost.h"

namespace tessera::tile {
namespace {

TEST(MacArray, ABlockAUnitACycle) {
  const MacArrayParameters array;
  EXPECT_EQ(mac_product_time(array, 32, 32), 5'000u);
  EXPECT_EQ(mac_product_time(array, 33, 32), 10'000u);
  EXPECT_EQ(mac_product_time(array, 1024, 512), 32u * 16u * 5'000u);
}

TEST(MacArray, EnergyOfASmallProductByHand) {
  MacArrayParameters array;
  array.mac_J = 1e-12;
  // 64 rows and 40 outputs on 32 x 32 units: 2 blocks of rows, 2 of columns. Two vectors lie in 128 bytes of buffer.
  const MacEnergy energy = mac_product_energy(array, 64, 40, 128);
  EXPECT_EQ(energy.arithmetic, probe::to_attojoules(64 * 40 * 1e-12));
  EXPECT_EQ(energy.movement, probe::to_attojoules((64 * 40 * 1 + (64 * 2 + 40 * 2) * 2) * 1e-12));
  EXPECT_EQ(energy.buffer, probe::to_attojoules((64 * 40 / 2 + 64 * 2 + 40 * 2) * 6 * 1e-12));
  EXPECT_EQ(energy.dram, 0);
  EXPECT_EQ(energy.total(), energy.arithmetic + energy.movement + energy.buffer);
}

TEST(MacArray, WeightsFromOutsideCostAWordEachAndTheBandwidth) {
  MacArrayParameters array;
  EXPECT_EQ(weight_fetch(array, 1024, 512, 5).bytes, 0u) << "weights stay in the buffer by default";
  array.weights = MacArrayParameters::Weights::dram;
  const WeightFetch fetch = weight_fetch(array, 1024, 512, 5);
  EXPECT_EQ(fetch.bytes, 1024u * 512u * 5u / 8u);
  EXPECT_EQ(fetch.latency, 100'000u);
  EXPECT_EQ(fetch.transfer, 102'400'000u) << "327,680 bytes at 3.2 GB/s";
  EXPECT_EQ(fetch.dram, probe::to_attojoules(1024.0 * 512.0 * 50e-12)) << "50 pJ a weight";
}

TEST(MacArray, LeakageOfItsMemory) {
  EXPECT_DOUBLE_EQ(weight_memory_leakage_W(MacArrayParameters{}, 8192, 1), 0.21e-6) << "1024 bytes";
}

TEST(MacArray, ADigitalTileHasNoConvertersAndPaysForItsMacs) {
  TileParameters digital;
  digital.kind = TileParameters::Kind::digital;
  const ProductTime time = product_time(digital, 64, 64);
  EXPECT_EQ(time.settle, 0u);
  EXPECT_EQ(time.convert, 0u);
  EXPECT_EQ(time.integrate, 4u * 5'000u);
  const ProductEnergy energy = product_energy(digital, {}, 64, 64, 64);
  EXPECT_EQ(energy.array + energy.dac + energy.frontend + energy.adc, 0);
  EXPECT_GT(energy.digital, probe::to_attojoules(64 * 64 * 0.25e-12));
  EXPECT_GT(energy.weights, 0);
}

}  // namespace
}  // namespace tessera::tile
