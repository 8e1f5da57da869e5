// SPDX-License-Identifier: Apache-2.0
// The approximately timed bus against closed forms, to the cycle. A memory access takes one cycle, the latency four:
// what follows the last beat of a transaction is five cycles, and the next request of a port follows its last after
// one.
#include <gtest/gtest.h>

#include "tests/support/at_rig.h"

namespace tessera::interconnect {
namespace {

using test::AtRig;
using Ends = std::vector<std::uint64_t>;

BusParameters parameters(BusParameters::Arbitration arbitration = BusParameters::Arbitration::round_robin) {
  BusParameters made;
  made.arbitration = arbitration;
  return made;
}

TEST(AtBus, OneBurst) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  rig.read(a, 16);
  rig.read(a, 1, 1000);
  rig.run();
  EXPECT_EQ(rig.ends(a), (Ends{16 + 5, 1000 + 1 + 5}));
  EXPECT_EQ(rig.bus().counters().beats, 17u);
  EXPECT_EQ(rig.bus().counters().bursts, 2u);
  EXPECT_EQ(rig.bus().counters().wait, 0u);
}

// Burst k ends at k (beats + 1) + 4: the latency is paid once, behind the others it is hidden.
TEST(AtBus, BackToBackBurstsPayTheLatencyOnce) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  Ends expected;
  for (std::uint64_t k = 1; k <= 20; ++k) {
    rig.read(a, 7);
    expected.push_back(k * (7 + 1) + 4);
  }
  rig.run();
  EXPECT_EQ(rig.ends(a), expected);
}

TEST(AtBus, SeveralTransactionsOfAPortAreUnderWay) {
  BusParameters slow = parameters();
  slow.latency_cycles = 100;
  AtRig rig(slow);
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  Ends expected;
  for (std::uint64_t k = 1; k <= 10; ++k) {
    rig.read(a, 1);
    expected.push_back(k * (1 + 1) + 100);
  }
  rig.run();
  EXPECT_EQ(rig.ends(a), expected);
  EXPECT_EQ(rig.port(a).most_under_way(), 10u) << "all ten are sent before the first answer";
}

TEST(AtBus, LongTransactionsSplitIntoBursts) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  rig.read(a, 64);
  rig.run();
  EXPECT_EQ(rig.ends(a), Ends{64 + 5});
  EXPECT_EQ(rig.bus().counters().bursts, 4u);
}

TEST(AtBus, AShortRequestSlipsBetweenTheBurstsOfALongOne) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  const auto b = rig.add(InitiatorClass::cpu);
  rig.start();
  rig.read(a, 64);
  rig.read(b, 2, 3);
  rig.run();
  EXPECT_EQ(rig.ends(b), Ends{16 + 2 + 5}) << "granted when the first burst has moved";
  EXPECT_EQ(rig.ends(a), Ends{64 + 2 + 5});
  EXPECT_EQ(rig.bus().counters().wait / test::bus_cycle, (16u - 3u) + 2u);
}

// N ports that always want the bus: it never idles, transaction k of all ends at k beats + 5, ports take turns.
TEST(AtBus, SaturatedBusIsSharedInTurn) {
  constexpr std::uint64_t n = 6, each = 12, beats = 9;
  AtRig rig(parameters());
  for (std::uint64_t i = 0; i < n; ++i) {
    rig.add(InitiatorClass::tile);
  }
  rig.start();
  for (std::uint64_t i = 0; i < n; ++i) {
    for (std::uint64_t k = 0; k < each; ++k) {
      rig.read(i, beats);
    }
  }
  rig.run();
  for (std::uint64_t i = 0; i < n; ++i) {
    Ends expected;
    for (std::uint64_t k = 0; k < each; ++k) {
      expected.push_back((k * n + i + 1) * beats + 5);
    }
    EXPECT_EQ(rig.ends(i), expected) << "port " << i;
  }
  EXPECT_EQ(rig.bus().counters().busy / test::bus_cycle, n * each * beats);
}

TEST(AtBus, ReadsDoNotWaitBehindWritesOfTheSamePort) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  for (int k = 0; k < 4; ++k) {
    rig.read(a, 8);
    rig.write(a, 8);
  }
  rig.run();
  Ends expected;
  for (std::uint64_t k = 1; k <= 8; ++k) {
    expected.push_back(8 * k + 5);  // the channels hide each other's gap
  }
  EXPECT_EQ(rig.ends(a), expected);
}

// One port of high priority against two of low: it goes at every second decision (its next request comes a cycle after
// the decision that follows its burst), the others share what is left.
TEST(AtBus, TwoPriorities) {
  constexpr std::uint64_t each = 10, beats = 8;
  BusParameters two = parameters(BusParameters::Arbitration::fixed_priority);
  two.shares[static_cast<std::size_t>(InitiatorClass::dma)].priority = 3;
  AtRig rig(two);
  const auto low1 = rig.add(InitiatorClass::tile);
  const auto low2 = rig.add(InitiatorClass::tile);
  const auto high = rig.add(InitiatorClass::dma);
  rig.start();
  Ends high_ends, low1_ends, low2_ends;
  for (std::uint64_t k = 0; k < each; ++k) {
    rig.read(low1, beats);
    rig.read(low2, beats);
    rig.read(high, beats);
    high_ends.push_back((2 * k + 1) * beats + 5);
  }
  rig.run();
  for (std::uint64_t k = 0; k < each; ++k) {
    // While the high port works, low bursts take every second place; then every place.
    const auto place = [](std::uint64_t low_burst) {
      return low_burst < each ? 2 * low_burst + 2 : low_burst + each + 1;
    };
    low1_ends.push_back(place(2 * k) * beats + 5);
    low2_ends.push_back(place(2 * k + 1) * beats + 5);
  }
  EXPECT_EQ(rig.ends(high), high_ends);
  EXPECT_EQ(rig.ends(low1), low1_ends);
  EXPECT_EQ(rig.ends(low2), low2_ends);
}

TEST(AtBus, HighPriorityOnBothChannelsStarvesTheRest) {
  BusParameters two = parameters(BusParameters::Arbitration::fixed_priority);
  two.shares[static_cast<std::size_t>(InitiatorClass::dma)].priority = 1;
  AtRig rig(two);
  const auto low = rig.add(InitiatorClass::tile);
  const auto high = rig.add(InitiatorClass::dma);
  rig.start();
  rig.read(low, 4);
  for (int k = 0; k < 10; ++k) {
    rig.read(high, 4);
    rig.write(high, 4);
  }
  rig.run();
  EXPECT_EQ(rig.ends(low), Ends{20 * 4 + 4 + 5});
}

// Weights 3 and 1: after the first of each, three bursts of one for each of the other.
TEST(AtBus, WeightsShareBurstsInProportion) {
  BusParameters fair = parameters(BusParameters::Arbitration::weighted);
  fair.shares[static_cast<std::size_t>(InitiatorClass::tile)].weight = 3;
  AtRig rig(fair);
  const auto heavy = rig.add(InitiatorClass::tile);
  const auto light = rig.add(InitiatorClass::dma);
  rig.start();
  rig.read(heavy, 30 * 16);
  rig.port(light).read(test::memory_base + 8 * test::word, 30 * 16 * test::word, 0, {});  // on other banks
  rig.run();
  EXPECT_EQ(rig.ends(heavy), Ends{(30 + 10) * 16 + 5});
  EXPECT_EQ(rig.ends(light), Ends{60 * 16 + 5});
}

// Frame: CPU, tiles, tiles, vector unit, DMA, of 16 cycles each. Bursts of 15 beats: two fit into a frame.
TEST(AtBus, TdmaBurstsKeepToTheirSlots) {
  BusParameters slots = parameters(BusParameters::Arbitration::tdma);
  slots.shares[static_cast<std::size_t>(InitiatorClass::tile)].slots = 2;
  AtRig rig(slots);
  const auto tile = rig.add(InitiatorClass::tile);
  const auto dma = rig.add(InitiatorClass::dma);
  rig.start();
  Ends tile_ends, dma_ends;
  for (std::uint64_t k = 0; k < 12; ++k) {
    rig.read(tile, 15);
    rig.read(dma, 15);
    tile_ends.push_back(k / 2 * 80 + 16 + k % 2 * 16 + 15 + 5);
    dma_ends.push_back(k * 80 + 64 + 15 + 5);
  }
  rig.run();
  EXPECT_EQ(rig.ends(tile), tile_ends);
  EXPECT_EQ(rig.ends(dma), dma_ends);
}

TEST(AtBus, TdmaIsBlindToOtherClasses) {
  const BusParameters slots = parameters(BusParameters::Arbitration::tdma);
  AtRig rig(slots);
  const auto dma = rig.add(InitiatorClass::dma);
  for (int i = 0; i < 3; ++i) {
    rig.add(InitiatorClass::tile);
  }
  rig.start();
  for (int k = 0; k < 20; ++k) {
    rig.read(1, 16);
    rig.read(2, 16);
    rig.read(3, 16);
  }
  rig.read(dma, 16, 5);
  rig.run();
  EXPECT_EQ(rig.ends(dma), Ends{48 + 16 + 5}) << "its slot is the fourth of four";
}

// Banks are busy for four cycles with an access; five beats over four banks: the fifth waits for the first.
TEST(AtBus, BankConflictsDelayTheAnswer) {
  memory::SramParameters banked;
  banked.banks = 2;
  banked.access_cycles = 4;
  AtRig rig(parameters(), banked);
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  rig.read(a, 6);
  rig.run();
  // Beat k of 0..5 arrives at k; two banks serve one beat each in 4 cycles: beats 4 and 5 begin at 8 and 9.
  EXPECT_EQ(rig.ends(a), Ends{9 + 4 + 1 + 4});
  EXPECT_GT(rig.memory().bank_wait(), 0u);
}

TEST(AtBus, UnmappedAddressesAreErrors) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  int errors = 0;
  rig.port(a).completed = [&](AtPort::Channel, const PooledPayload& payload) {
    EXPECT_EQ(payload.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);
    ++errors;
  };
  rig.port(a).read(0x100, 4, 0, {});
  rig.port(a).read(test::memory_base - 8, 16, 0, {});
  rig.run();
  EXPECT_EQ(errors, 2);
}

TEST(AtBus, DataArrive) {
  AtRig rig(parameters());
  const auto a = rig.add(InitiatorClass::tile);
  rig.start();
  std::vector<std::uint8_t> back(100);
  std::vector<std::uint8_t> sent(100);
  for (std::size_t i = 0; i < sent.size(); ++i) {
    sent[i] = static_cast<std::uint8_t>(i * 3 + 1);
  }
  rig.port(a).write(test::memory_base + 5, sent, 0, {});
  rig.port(a).read(test::memory_base + 5, 100, 100 * test::bus_cycle, {}, back);
  rig.run();
  EXPECT_EQ(back, sent);
}

}  // namespace
}  // namespace tessera::interconnect
