// SPDX-License-Identifier: Apache-2.0
// The jobs of layers that tiles compute: which products each does, which jobs form groups, and when the host waits.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sw/compiler/emit/command_list.h"
#include "sw/compiler/emit/schedule.h"
#include "sw/compiler/emit/tensor_places.h"

namespace tessera::compiler {

class TileJobs {
 public:
  /// Refers to all three.
  TileJobs(const Schedule& schedule, const TensorPlaces& places, bool window_reuse, CommandList& commands)
      : schedule_(schedule), places_(places), window_reuse_(window_reuse), commands_(commands) {}

  /// Writes the jobs of a step.
  void layer(std::uint32_t step);

  /// Per job written: index into Mapping::placements.
  [[nodiscard]] const std::vector<std::uint32_t>& job_placement() const { return job_placement_; }
  /// Products that each tile with jobs computes in an inference.
  [[nodiscard]] const std::map<std::uint32_t, std::uint32_t>& passes() const { return passes_; }

 private:
  /// Jobs that multiply the same vectors on different tiles form groups: column splits of one part. As the jobs of a
  /// group wait for each other, no barrier comes between them, and every tile gets its groups in the same order.
  void multicast_layer(std::uint32_t step, std::uint32_t first_channel);
  /// Groups of jobs that add on analog lanes: each is started as a whole, the collecting job last, and a barrier never
  /// comes between, as its jobs wait for each other.
  void lane_layer(std::uint32_t step, std::uint32_t first_channel);
  /// Gives the job of a placement its products and starts it.
  void submit(std::uint32_t placement, td_tile_job job, std::uint64_t first, std::uint64_t last);
  [[nodiscard]] td_tile_job tile_job(std::uint32_t step, const Placement& p, std::uint32_t first_channel) const;

  const Schedule& schedule_;
  const TensorPlaces& places_;
  bool window_reuse_;
  CommandList& commands_;
  std::vector<std::uint32_t> job_placement_;
  std::map<std::uint32_t, std::uint32_t> passes_;
  std::uint32_t multicast_group_ = 0;
  std::uint32_t lane_group_ = 0;
};

}  // namespace tessera::compiler
