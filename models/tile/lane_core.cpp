// SPDX-License-Identifier: Apache-2.0
// Jobs whose column currents meet on analog lanes: what drives, what collects.
#include <algorithm>

#include "models/tile/job_core.h"

namespace tessera::tile {

std::string lane_obstacle(const TileParameters& parameters) {
  if (parameters.kind == TileParameters::Kind::digital) {
    return "a digital tile has no column currents";
  }
  if (parameters.array.single_columns()) {
    return "single columns have no pair's current to put on a lane";
  }
  if (parameters.repetitions() != 1) {
    return "products of " + std::to_string(parameters.repetitions()) + " passes are weighed behind the converters";
  }
  return {};
}

std::string check_lanes(const td_tile_job& job, const TileParameters& parameters) {
  if (!on_lanes(job)) {
    return {};
  }
  if (drives_lanes(job) && collects_lanes(job)) {
    return "a job drives analog lanes or collects from them, not both";
  }
  if (job.lane_group == 0 || job.lane_members == 0) {
    return "a sum on analog lanes needs a lane_group and lane_members of at least 1";
  }
  if ((job.flags & (TD_TILE_ADD_PARTIAL | TD_TILE_STORE_PARTIAL)) != 0) {
    return "a job that adds on analog lanes has no digital partial sums";
  }
  if (const std::string obstacle = lane_obstacle(parameters); !obstacle.empty()) {
    return "no sum on analog lanes: " + obstacle;
  }
  return {};
}

bool JobCore::drive(const td_tile_job& job, const analog::Array& array, std::uint64_t first_event,
                    memory::MemoryPort& memory) {
  if (!read_source(job, memory)) {
    return false;
  }
  const std::uint32_t pairs = std::uint32_t{job.outputs} * job.slices;
  const std::size_t elements = std::size_t{job.product_count} * pairs;
  saturated_ = 0;
  activity_.resize(job.product_count);
  lines_.sums.resize(elements);
  lines_.variances.resize(elements);
  gather(job, pass_codes(*parameters_, job.pad_value, 0));
  array.sums(*cells(job, array), products(job, first_event), drives_lanes(job), codes_, lines_.sums, lines_.variances,
             activity_);
  outputs_.clear();
  return true;
}

bool JobCore::collect(const td_tile_job& job, const analog::Array& array, std::uint64_t first_event,
                      std::span<const analog::LineSums* const> brought, memory::MemoryPort& memory) {
  for (const analog::LineSums* other : brought) {
    for (std::size_t i = 0; i < lines_.sums.size(); ++i) {
      lines_.sums[i] += other->sums[i];
      lines_.variances[i] += other->variances[i];
    }
  }
  columns_.resize(lines_.sums.size());
  array.convert(*cells(job, array), products(job, first_event), static_cast<std::uint32_t>(brought.size()), lines_.sums,
                lines_.variances, columns_, activity_);
  return post(job, memory);
}

}  // namespace tessera::tile
