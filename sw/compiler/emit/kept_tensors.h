// SPDX-License-Identifier: Apache-2.0
// Which tensors lie in the input buffer of a tile instead of memory, so that the tile that writes or reads them does
// not move them over the bus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sw/compiler/emit/memory_plan.h"

namespace tessera::compiler {

/// The vectors that one job loads: they pass through the tile's input buffer unless they lie there already.
struct TileLoad {
  std::uint32_t tile = 0, step = 0;
  std::size_t source = 0;          ///< the tensor's buffer
  std::uint64_t vector_bytes = 0;  ///< in the input buffer at a time: two vectors if the job has several products
  std::uint64_t bytes = 0;         ///< that all its products load
  bool shared = false;             ///< comes with a multicast group: moves wherever the source lies
};

/// What one job stores of a tensor.
struct TileStore {
  std::uint32_t tile = 0;
  std::size_t buffer = 0;
  std::uint64_t bytes = 0;
};

struct KeptRequest {
  std::vector<Buffer> buffers;
  std::vector<std::string> obstacles;  ///< one a buffer: why it has to lie in memory; empty if it need not
  std::vector<TileLoad> loads;
  std::vector<TileStore> stores;
  std::vector<std::uint32_t> input_buffer_B;  ///< one a tile
};

struct KeptPlace {
  std::uint32_t tile = 0;
  std::uint64_t offset = 0;  ///< in the input buffer
  std::uint64_t saved = 0;   ///< bytes an inference that do not move over the bus
};

struct KeptPlan {
  std::vector<std::optional<KeptPlace>> places;  ///< one a buffer
  std::vector<std::string> obstacles;            ///< one a buffer: why it lies in memory; empty if it is kept
};

/// Each tensor goes to the tile where it saves most bytes: those the tile itself stores and those it itself loads. The
/// largest saving chooses first; of equals the first tensor, then the lowest tile. Beside the tensors that live at the
/// same time, the buffer has room for the vectors that the tile's jobs load meanwhile.
[[nodiscard]] KeptPlan plan_kept(const KeptRequest& request);

}  // namespace tessera::compiler
