// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/tile_jobs.h"

#include <algorithm>
#include <utility>

#include "sw/compiler/emit/multicast_groups.h"
#include "sw/compiler/emit/narrow.h"

namespace tessera::compiler {

void TileJobs::layer(std::uint32_t step) {
  const std::uint32_t source = schedule_.layers[step];
  const std::uint32_t first_channel = commands_.add_channels(schedule_.quantised(step));
  const std::uint64_t total = schedule_.products(step);
  const std::uint64_t copies = schedule_.mapping.copies[source];
  if (schedule_.mapping.on_lanes[source]) {
    lane_layer(step, first_channel);
    return;
  }
  if (schedule_.platform.bus.multicast) {
    multicast_layer(step, first_channel);
    return;
  }
  for (std::uint32_t k = 0; k < schedule_.mapping.k_parts[source]; ++k) {
    std::map<std::uint32_t, std::uint32_t> waiting;  // jobs submitted to a tile since the last barrier
    for (std::uint32_t p = 0; p < schedule_.mapping.placements.size(); ++p) {
      const Placement& placement = schedule_.mapping.placements[p];
      if (placement.layer != source || placement.k_part != k) {
        continue;
      }
      const std::uint64_t first = total * placement.copy / copies;
      const std::uint64_t last = total * (placement.copy + 1) / copies;
      if (first == last) {
        continue;
      }
      if (++waiting[placement.tile] > schedule_.platform.tiles[placement.tile].queue_depth) {
        commands_.barrier(step);
        waiting.clear();
        waiting[placement.tile] = 1;
      }
      submit(p, tile_job(step, placement, first_channel), first, last);
    }
    commands_.barrier(step);
  }
}

void TileJobs::multicast_layer(std::uint32_t step, std::uint32_t first_channel) {
  const std::uint32_t source = schedule_.layers[step];
  const std::uint64_t total = schedule_.products(step);
  const std::uint64_t copies = schedule_.mapping.copies[source];
  for (std::uint32_t k = 0; k < schedule_.mapping.k_parts[source]; ++k) {
    std::map<std::uint32_t, std::uint32_t> waiting;  // jobs submitted to a tile since the last barrier
    for (const auto& [key, members] : multicast_groups(schedule_.mapping, source, k, total)) {
      const auto full = [&waiting, this](std::uint32_t p) {
        const std::uint32_t tile = schedule_.mapping.placements[p].tile;
        return waiting[tile] >= schedule_.platform.tiles[tile].queue_depth;
      };
      if (std::any_of(members.begin(), members.end(), full)) {
        commands_.barrier(step);
        waiting.clear();
      }
      multicast_group_ += members.size() > 1 ? 1 : 0;
      for (const std::uint32_t p : members) {
        td_tile_job job = tile_job(step, schedule_.mapping.placements[p], first_channel);
        if (members.size() > 1) {
          job.flags |= TD_TILE_MULTICAST;
          job.multicast_group = u16(multicast_group_ % 65536);
          job.multicast_members = u16(members.size());
        }
        submit(p, job, total * key[0] / copies, total * (key[0] + 1) / copies);
        ++waiting[schedule_.mapping.placements[p].tile];
      }
    }
    commands_.barrier(step);
  }
}

void TileJobs::lane_layer(std::uint32_t step, std::uint32_t first_channel) {
  const std::uint32_t source = schedule_.layers[step];
  const std::uint64_t total = schedule_.products(step);
  const std::uint64_t copies = schedule_.mapping.copies[source];
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> groups;  // (copy, first output)
  for (std::uint32_t p = 0; p < schedule_.mapping.placements.size(); ++p) {
    const Placement& placement = schedule_.mapping.placements[p];
    if (placement.layer == source) {
      groups[{placement.copy, placement.output0}].push_back(p);  // in the order of K
    }
  }
  std::map<std::uint32_t, std::uint32_t> waiting;  // jobs submitted to a tile since the last barrier
  for (const auto& [key, members] : groups) {
    const std::uint64_t first = total * key.first / copies;
    const std::uint64_t last = total * (key.first + 1) / copies;
    if (first == last) {
      continue;
    }
    const auto full = [&](std::uint32_t p) {
      const std::uint32_t tile = schedule_.mapping.placements[p].tile;
      return waiting[tile] >= schedule_.platform.tiles[tile].queue_depth;
    };
    if (std::any_of(members.begin(), members.end(), full)) {
      commands_.barrier(step);
      waiting.clear();
    }
    lane_group_ = lane_group_ % 65535 + 1;
    for (const std::uint32_t p : members) {
      const bool collects = p == members.back();
      td_tile_job job = tile_job(step, schedule_.mapping.placements[p], first_channel);
      job.flags |= collects ? TD_TILE_LANE_COLLECT : TD_TILE_LANE_DRIVE;
      job.lane_group = u16(lane_group_);
      job.lane_members = u16(members.size() - 1);
      if (!collects) {
        job.dst = job.dst_stride = 0;
      }
      submit(p, job, first, last);
      ++waiting[schedule_.mapping.placements[p].tile];
    }
  }
  commands_.barrier(step);
}

void TileJobs::submit(std::uint32_t placement, td_tile_job job, std::uint64_t first, std::uint64_t last) {
  const std::uint32_t tile = schedule_.mapping.placements[placement].tile;
  job.product_first = static_cast<std::uint32_t>(first);
  job.product_count = static_cast<std::uint32_t>(last - first);
  commands_.start(tile, job);
  passes_[tile] += job.product_count;
  job_placement_.push_back(placement);
}

td_tile_job TileJobs::tile_job(std::uint32_t step, const Placement& p, std::uint32_t first_channel) const {
  const Node& n = schedule_.node(step);
  const QuantisedLayer& q = schedule_.quantised(step);
  const Shape& in = schedule_.graph.shape(n.inputs.front());
  const Shape& out = schedule_.graph.shape(n.output);
  const bool conv = q.kind == NodeKind::conv2d;
  td_tile_job job{};
  job.layer = u16(step);
  job.flags = TD_TILE_INTERRUPT;
  job.src = places_.address(n.inputs.front());
  job.in_h = conv ? u16(static_cast<std::uint64_t>(in.height)) : std::uint16_t{1};
  job.in_w = conv ? u16(static_cast<std::uint64_t>(in.width)) : std::uint16_t{1};
  job.in_c = conv ? u16(static_cast<std::uint64_t>(in.channels)) : u16(in.elements());
  job.out_w = conv ? u16(static_cast<std::uint64_t>(out.width)) : std::uint16_t{1};
  job.kernel_h = conv ? u8(n.kernel_height) : std::uint8_t{1};
  job.kernel_w = conv ? u8(n.kernel_width) : std::uint8_t{1};
  job.stride_h = conv ? u8(n.stride_height) : std::uint8_t{1};
  job.stride_w = conv ? u8(n.stride_width) : std::uint8_t{1};
  job.dilation_h = conv ? u8(n.dilation_height) : std::uint8_t{1};
  job.dilation_w = conv ? u8(n.dilation_width) : std::uint8_t{1};
  job.pad_top = conv ? static_cast<std::int16_t>(n.padding.top) : std::int16_t{0};
  job.pad_left = conv ? static_cast<std::int16_t>(n.padding.left) : std::int16_t{0};
  job.k_first = u16(p.k0);
  job.row0 = u16(std::uint64_t{p.row0} * schedule_.platform.tiles[p.tile].rows_per_input());
  job.rows = u16(p.rows);
  job.pair0 = u16(p.pair0);
  job.outputs = u16(p.outputs);
  job.slices = u8(q.slices);
  job.pad_value = static_cast<std::int8_t>(schedule_.tensor(n.inputs.front()).zero_point);
  job.out_zero_point = static_cast<std::int8_t>(schedule_.tensor(n.output).zero_point);
  job.act_min = static_cast<std::int8_t>(q.act_min);
  job.act_max = static_cast<std::int8_t>(q.act_max);
  job.channels = first_channel + p.output0;  // index for now
  job.dst = places_.address(n.output) + p.output0;
  job.dst_stride = static_cast<std::uint32_t>(q.outputs);
  if (window_reuse_ && job.dilation_w == 1 && job.kernel_w > job.stride_w) {
    job.flags |= TD_TILE_WINDOW_REUSE;
  }
  const std::uint32_t parts = schedule_.mapping.k_parts[p.layer];
  if (parts > 1 && !schedule_.mapping.on_lanes[p.layer]) {
    const std::uint32_t partial = places_.partial_sums(p.layer, p.output0);
    job.partial_src = partial;
    if (p.k_part > 0) {
      job.flags |= TD_TILE_ADD_PARTIAL;
    }
    if (p.k_part + 1 < parts) {
      job.flags |= TD_TILE_STORE_PARTIAL;
      job.dst = partial;
      job.dst_stride = p.outputs * 4;
    }
  }
  return job;
}

}  // namespace tessera::compiler
