// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/kept_tensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

namespace tessera::compiler {
namespace {

struct Candidate {
  std::size_t buffer = 0;
  std::uint32_t tile = 0;
  std::uint64_t saved = 0;
};

std::vector<Candidate> candidates_of(const KeptRequest& request) {
  std::map<std::pair<std::size_t, std::uint32_t>, std::uint64_t> saved;  // (buffer, tile) -> bytes
  for (const TileLoad& load : request.loads) {
    saved[{load.source, load.tile}] += load.shared ? 0 : load.bytes;
  }
  for (const TileStore& store : request.stores) {
    saved[{store.buffer, store.tile}] += store.bytes;
  }
  std::vector<Candidate> candidates;
  for (const auto& [place, bytes] : saved) {
    if (bytes > 0 && request.obstacles[place.first].empty()) {
      candidates.push_back({place.first, place.second, bytes});
    }
  }
  std::sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
    return std::make_tuple(b.saved, a.buffer, a.tile) < std::make_tuple(a.saved, b.buffer, b.tile);
  });
  return candidates;
}

/// Bytes of vectors that pass through the tile's input buffer while any of the tensors lives.
std::uint64_t vectors_beside(const KeptRequest& request, std::uint32_t tile, const std::vector<std::size_t>& kept) {
  std::uint64_t most = 0;
  for (const TileLoad& load : request.loads) {
    const bool lies_there = !load.shared && std::find(kept.begin(), kept.end(), load.source) != kept.end();
    const bool meanwhile = std::any_of(kept.begin(), kept.end(), [&](std::size_t i) {
      return request.buffers[i].first <= load.step && load.step <= request.buffers[i].last;
    });
    if (load.tile == tile && meanwhile && !lies_there) {
      most = std::max(most, load.vector_bytes);
    }
  }
  return most;
}

MemoryPlan plan_of(const KeptRequest& request, const std::vector<std::size_t>& kept) {
  std::vector<Buffer> buffers;
  for (const std::size_t i : kept) {
    buffers.push_back(request.buffers[i]);
  }
  return plan_memory(buffers);
}

}  // namespace

KeptPlan plan_kept(const KeptRequest& request) {
  KeptPlan plan;
  plan.places.resize(request.buffers.size());
  plan.obstacles = request.obstacles;
  for (std::string& obstacle : plan.obstacles) {
    obstacle = obstacle.empty() ? "no tile stores it, and none loads it alone" : obstacle;
  }
  std::map<std::uint32_t, std::vector<std::size_t>> kept;  // tile -> buffers
  for (const Candidate& candidate : candidates_of(request)) {
    if (plan.places[candidate.buffer]) {
      continue;
    }
    std::vector<std::size_t> together = kept[candidate.tile];
    together.push_back(candidate.buffer);
    const MemoryPlan tensors = plan_of(request, together);
    const std::uint64_t vectors = vectors_beside(request, candidate.tile, together);
    const std::uint64_t room = request.input_buffer_B[candidate.tile];
    if (tensors.bytes + vectors > room) {
      plan.obstacles[candidate.buffer] = fmt::format(
          "tile {} would need {} bytes for tensors and {} for the vectors it loads meanwhile, and its input "
          "buffer has {}",
          candidate.tile, tensors.bytes, vectors, room);
      continue;
    }
    kept[candidate.tile] = together;
    plan.places[candidate.buffer] = KeptPlace{candidate.tile, 0, candidate.saved};
    plan.obstacles[candidate.buffer].clear();
  }
  for (const auto& [tile, buffers] : kept) {
    const MemoryPlan tensors = plan_of(request, buffers);
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      plan.places[buffers[i]]->offset = tensors.offsets[i];
    }
  }
  return plan;
}

}  // namespace tessera::compiler
