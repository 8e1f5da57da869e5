// SPDX-License-Identifier: Apache-2.0
// Time and energy of the external DRAM against arithmetic.
#include "models/memory/dram_interface.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

namespace tessera::memory {
namespace {

constexpr probe::Time ns = 1000;

TEST(DramInterface, MovesTheAlignedBurstsThatAnAccessTouches) {
  const DramInterface dram({});
  EXPECT_EQ(dram.moved(0, 0), 0u);
  EXPECT_EQ(dram.moved(0, 1), 16u);
  EXPECT_EQ(dram.moved(0, 16), 16u);
  EXPECT_EQ(dram.moved(0, 17), 32u);
  EXPECT_EQ(dram.moved(15, 2), 32u);
  EXPECT_EQ(dram.moved(15, 18), 48u);
  std::mt19937 random(7);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t address = random() % 4096, bytes = 1 + random() % 600;
    std::uint64_t touched = 0;  // burst by burst
    for (std::uint64_t burst = 0; burst < 400; ++burst) {
      touched += burst * 16 < address + bytes && burst * 16 + 16 > address ? 16 : 0;
    }
    ASSERT_EQ(dram.moved(address, bytes), touched) << address << " " << bytes;
  }
}

TEST(DramInterface, ASingleAccessTakesLatencyAndTransfer) {
  DramInterface dram({});
  EXPECT_EQ(dram.serve(50 * ns, 16).done, (50 + 100 + 20) * ns);
  EXPECT_EQ(dram.transfer_time(256), 320 * ns);
  EXPECT_EQ(dram.energy(1), 320'000'000) << "8 bits of 40 pJ";
  DramParameters lpddr4;
  lpddr4.energy_per_bit_J = 8.0e-12;
  EXPECT_EQ(DramInterface(lpddr4).energy(1), 64'000'000) << "the article's 50 to 100 pJ a transfer";
}

TEST(DramInterface, LatenciesOverlapAndTransfersDoNot) {
  DramInterface dram({});
  EXPECT_EQ(dram.serve(0, 256).done, 420 * ns);
  const DramInterface::Service second = dram.serve(0, 256);
  EXPECT_EQ(second.done, 740 * ns);
  EXPECT_EQ(second.wait, 320 * ns);
  EXPECT_EQ(dram.serve(700 * ns, 16).done, 820 * ns) << "long after the others: nobody is in the way";
}

TEST(DramInterface, RefusesWhatMakesNoSense) {
  DramParameters parameters;
  parameters.burst_B = 24;
  EXPECT_THROW(DramInterface{parameters}, std::invalid_argument);
  parameters.burst_B = 16;
  parameters.bytes_per_s = 0;
  EXPECT_THROW(DramInterface{parameters}, std::invalid_argument);
}

}  // namespace
}  // namespace tessera::memory
