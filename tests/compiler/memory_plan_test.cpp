// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/memory_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tessera::compiler {
namespace {

/// Aligned, inside the high-water mark, and no two buffers that are live at the same time share a byte.
void expect_sound(const std::vector<Buffer>& buffers, const MemoryPlan& plan) {
  ASSERT_EQ(plan.offsets.size(), buffers.size());
  std::uint64_t highest = 0;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    EXPECT_EQ(plan.offsets[i] % 16, 0U);
    highest = std::max(highest, plan.offsets[i] + buffers[i].bytes);
    for (std::size_t j = 0; j < i; ++j) {
      const bool together = buffers[i].first <= buffers[j].last && buffers[j].first <= buffers[i].last;
      const bool apart = plan.offsets[i] + buffers[i].bytes <= plan.offsets[j] ||
                         plan.offsets[j] + buffers[j].bytes <= plan.offsets[i];
      EXPECT_TRUE(!together || apart) << "buffers " << i << " and " << j;
    }
  }
  EXPECT_EQ(plan.bytes, highest);
}

TEST(MemoryPlan, ReusesWhatIsNoLongerLive) {
  const std::vector<Buffer> chain = {{1000, 0, 0}, {500, 0, 1}, {1000, 1, 2}, {200, 2, 3}};
  const auto plan = plan_memory(chain);
  expect_sound(chain, plan);
  EXPECT_EQ(plan.bytes, 1508U);  // 1000, and 500 behind the next multiple of 16
}

TEST(MemoryPlan, EmptyAndSingle) {
  EXPECT_EQ(plan_memory({}).bytes, 0U);
  const auto plan = plan_memory({{7, 0, 5}});
  EXPECT_EQ(plan.bytes, 7U);
  EXPECT_EQ(plan.offsets.front(), 0U);
}

TEST(MemoryPlan, RandomBuffersNeverOverlapWhileLive) {
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<Buffer> buffers;
    std::uint64_t total = 0;
    for (std::uint32_t n = 1 + static_cast<std::uint32_t>(random()) % 40; n > 0; --n) {
      const auto first = static_cast<std::uint32_t>(random()) % 20;
      buffers.push_back({1 + random() % 5000, first, first + static_cast<std::uint32_t>(random()) % 6});
      total += (buffers.back().bytes + 15) / 16 * 16;
    }
    const auto plan = plan_memory(buffers);
    expect_sound(buffers, plan);
    std::uint64_t live = 0;  // no plan can be below the largest sum of live bytes
    for (std::uint32_t step = 0; step < 30; ++step) {
      std::uint64_t sum = 0;
      for (const Buffer& buffer : buffers) {
        sum += buffer.first <= step && step <= buffer.last ? buffer.bytes : 0;
      }
      live = std::max(live, sum);
    }
    EXPECT_GE(plan.bytes, live);
    EXPECT_LE(plan.bytes, total);
  }
}

TEST(SplitPlan, LeastTrafficAByteMovesFirst) {
  // All four are live at step 1; 3000 bytes are too many for 2100.
  const std::vector<Buffer> buffers = {{1000, 0, 1, 9000}, {1000, 1, 2, 2000}, {500, 1, 1, 1500}, {500, 0, 3, 600}};
  EXPECT_EQ(plan_memories(buffers, 3100).dram_bytes, 0U);
  const SplitPlan one = plan_memories(buffers, 2600);
  EXPECT_EQ(one.in_dram, (std::vector<bool>{false, false, false, true}));
  EXPECT_EQ(one.dram_bytes, 500U);
  const SplitPlan two = plan_memories(buffers, 2100);
  EXPECT_EQ(two.in_dram, (std::vector<bool>{false, true, false, true}));
  EXPECT_LE(two.sram_bytes, 2100U);
  EXPECT_EQ(plan_memories(buffers, 0).sram_bytes, 0U) << "everything can move";
}

TEST(SplitPlan, OfEqualsTheLargestAndOnlyFromTheFullestStep) {
  const std::vector<Buffer> buffers = {{100, 0, 0, 100}, {300, 1, 1, 600}, {400, 1, 1, 800}, {200, 2, 2, 100}};
  EXPECT_EQ(plan_memories(buffers, 600).in_dram, (std::vector<bool>{false, false, true, false}));
}

TEST(SplitPlan, RandomBuffersAreSoundInBothMemories) {
  for (std::uint32_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    std::vector<Buffer> buffers;
    for (std::uint32_t n = 1 + static_cast<std::uint32_t>(random()) % 30; n > 0; --n) {
      const auto first = static_cast<std::uint32_t>(random()) % 20;
      buffers.push_back({1 + random() % 5000, first, first + static_cast<std::uint32_t>(random()) % 6,
                         static_cast<std::uint64_t>(random()) % 100'000});
    }
    const std::uint64_t limit = plan_memory(buffers).bytes * (random() % 11) / 10;
    const SplitPlan plan = plan_memories(buffers, limit);
    EXPECT_LE(plan.sram_bytes, limit);
    for (const bool dram : {false, true}) {
      std::vector<Buffer> own;
      MemoryPlan placed;
      for (std::size_t i = 0; i < buffers.size(); ++i) {
        if (plan.in_dram[i] == dram) {
          own.push_back(buffers[i]);
          placed.offsets.push_back(plan.offsets[i]);
        }
      }
      placed.bytes = dram ? plan.dram_bytes : plan.sram_bytes;
      expect_sound(own, placed);
    }
  }
}

}  // namespace
}  // namespace tessera::compiler
