// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/memory_plan.h"

#include <algorithm>
#include <numeric>

namespace tessera::compiler {
namespace {

constexpr std::uint64_t kAlignment = 16;

std::uint64_t align(std::uint64_t value) {
  return (value + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

MemoryPlan plan_memory(const std::vector<Buffer>& buffers) {
  std::vector<std::size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return buffers[a].bytes > buffers[b].bytes; });
  MemoryPlan plan;
  plan.offsets.assign(buffers.size(), 0);
  std::vector<std::size_t> placed;
  for (const std::size_t i : order) {
    std::vector<std::size_t> rivals;
    for (const std::size_t j : placed) {
      if (buffers[j].first <= buffers[i].last && buffers[i].first <= buffers[j].last) {
        rivals.push_back(j);
      }
    }
    std::stable_sort(rivals.begin(), rivals.end(),
                     [&](std::size_t a, std::size_t b) { return plan.offsets[a] < plan.offsets[b]; });
    std::uint64_t offset = 0;
    for (const std::size_t j : rivals) {
      if (plan.offsets[j] >= offset + buffers[i].bytes) {
        break;
      }
      offset = std::max(offset, align(plan.offsets[j] + buffers[j].bytes));
    }
    plan.offsets[i] = offset;
    plan.bytes = std::max(plan.bytes, offset + buffers[i].bytes);
    placed.push_back(i);
  }
  return plan;
}

}  // namespace tessera::compiler
