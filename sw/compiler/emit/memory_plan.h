// SPDX-License-Identifier: Apache-2.0
// Places buffers with lifetimes in one arena, or in SRAM and external DRAM.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::compiler {

/// A buffer that is live from step `first` to step `last`, both included.
struct Buffer {
  std::uint64_t bytes = 0;
  std::uint32_t first = 0, last = 0;
  std::uint64_t traffic = 0;  ///< bytes that one inference reads from it and writes to it
};

struct MemoryPlan {
  std::vector<std::uint64_t> offsets;  ///< one a buffer, multiples of 16
  std::uint64_t bytes = 0;             ///< high-water mark
};

/// First fit, largest first: each buffer gets the lowest offset at which no buffer that is live at the same time lies.
/// Buffers of equal size go in order.
[[nodiscard]] MemoryPlan plan_memory(const std::vector<Buffer>& buffers);

struct SplitPlan {
  std::vector<bool> in_dram;           ///< one a buffer
  std::vector<std::uint64_t> offsets;  ///< one a buffer, in its memory
  std::uint64_t sram_bytes = 0, dram_bytes = 0;
};

/// While the plan needs more than `sram_bytes`, a buffer moves to DRAM: of those live at the fullest step, the one with
/// the least traffic a byte; of equals the largest, of these the first. What is left is planned anew each time.
[[nodiscard]] SplitPlan plan_memories(const std::vector<Buffer>& buffers, std::uint64_t sram_bytes);

}  // namespace tessera::compiler
