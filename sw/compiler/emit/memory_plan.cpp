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

/// The step at which the buffers that are left in SRAM take most bytes.
std::uint32_t fullest_step(const std::vector<Buffer>& buffers, const std::vector<bool>& in_dram) {
  std::uint32_t fullest = 0;
  std::uint64_t most = 0;
  for (const Buffer& candidate : buffers) {  // the sum grows only where a buffer begins
    std::uint64_t live = 0;
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      const bool there = buffers[i].first <= candidate.first && candidate.first <= buffers[i].last;
      live += there && !in_dram[i] ? buffers[i].bytes : 0;
    }
    if (live > most) {
      most = live;
      fullest = candidate.first;
    }
  }
  return fullest;
}

/// Whether `a` loses less in DRAM than `b`: traffic / bytes without a division.
bool moves_before(const Buffer& a, const Buffer& b) {
  const double left = static_cast<double>(a.traffic) * static_cast<double>(b.bytes);
  const double right = static_cast<double>(b.traffic) * static_cast<double>(a.bytes);
  return left != right ? left < right : a.bytes > b.bytes;
}

/// Plans the buffers of one memory. @return its high-water mark
std::uint64_t place(const std::vector<Buffer>& buffers, SplitPlan& plan, bool dram) {
  std::vector<std::size_t> chosen;
  std::vector<Buffer> own;
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (plan.in_dram[i] == dram) {
      chosen.push_back(i);
      own.push_back(buffers[i]);
    }
  }
  const MemoryPlan placed = plan_memory(own);
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    plan.offsets[chosen[i]] = placed.offsets[i];
  }
  return placed.bytes;
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

SplitPlan plan_memories(const std::vector<Buffer>& buffers, std::uint64_t sram_bytes) {
  SplitPlan plan;
  plan.in_dram.assign(buffers.size(), false);
  plan.offsets.assign(buffers.size(), 0);
  while ((plan.sram_bytes = place(buffers, plan, false)) > sram_bytes) {
    const std::uint32_t step = fullest_step(buffers, plan.in_dram);
    std::size_t move = buffers.size();
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      const bool live = !plan.in_dram[i] && buffers[i].first <= step && step <= buffers[i].last;
      if (live && buffers[i].bytes > 0 && (move == buffers.size() || moves_before(buffers[i], buffers[move]))) {
        move = i;
      }
    }
    plan.in_dram[move] = true;
  }
  plan.dram_bytes = place(buffers, plan, true);
  return plan;
}

}  // namespace tessera::compiler
