// SPDX-License-Identifier: Apache-2.0
// Places buffers with lifetimes in one arena.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::compiler {

/// A buffer that is live from step `first` to step `last`, both included.
struct Buffer {
  std::uint64_t bytes = 0;
  std::uint32_t first = 0, last = 0;
};

struct MemoryPlan {
  std::vector<std::uint64_t> offsets;  ///< one a buffer, multiples of 16
  std::uint64_t bytes = 0;             ///< high-water mark
};

/// First fit, largest first: each buffer gets the lowest offset at which no buffer that is live at the same time lies.
/// Buffers of equal size go in order.
[[nodiscard]] MemoryPlan plan_memory(const std::vector<Buffer>& buffers);

}  // namespace tessera::compiler
