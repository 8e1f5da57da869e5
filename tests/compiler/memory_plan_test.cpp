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

}  // namespace
}  // namespace tessera::compiler
