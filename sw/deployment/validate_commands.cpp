// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <set>

#include "sw/deployment/validate.h"

namespace tessera::deployment {
namespace {

class Commands {
 public:
  Commands(const Contents& c, const std::vector<SectionPlace>& places, const AddressRanges& ranges,
           const Limits& limits)
      : c_(c), places_(places), ranges_(ranges), limits_(limits), passes_(limits.tiles.size(), 0) {}

  void run() {
    for (std::size_t i = 0; i < c_.commands.size(); ++i) {
      const td_command& command = c_.commands[i];
      const std::string where = fmt::format("command {}", i);
      require_below(where, "layer", command.layer, c_.layers.size());
      switch (command.opcode) {
        case TD_OP_TILE:
          submit_tile(command, where);
          break;
        case TD_OP_VECTOR:
          if (!limits_.vector_present) {
            fail(where, "a job of the vector unit", "none: this platform has no vector unit");
          }
          submit(entry(c_.vector_jobs, TD_SECTION_VECTOR_JOBS, command, where), command, where);
          break;
        case TD_OP_DMA:
          require_below(where, "unit", command.unit, limits_.dma_channels);
          submit(entry(c_.dma_jobs, TD_SECTION_DMA_JOBS, command, where), command, where);
          break;
        case TD_OP_CPU:
          submit(entry(c_.cpu_jobs, TD_SECTION_CPU_JOBS, command, where), command, where);
          break;
        case TD_OP_BARRIER:
        case TD_OP_LAYER_BEGIN:
        case TD_OP_LAYER_END:
          marker(command, where);
          break;
        default:
          fail(where, fmt::format("opcode {}", command.opcode), "one of td_opcode");
      }
    }
    if (open_ >= 0) {
      fail("commands", fmt::format("layer {} does not end", open_), "an end marker for each begin marker");
    }
    for (const td_tile& tile : c_.tiles) {
      if (passes_[tile.tile] != tile.passes_per_inference) {
        fail(fmt::format("tile {}", tile.tile), fmt::format("passes_per_inference is {}", tile.passes_per_inference),
             fmt::format("{}, the products of its jobs", passes_[tile.tile]));
      }
    }
  }

 private:
  /// The entry of a job section that an address points to.
  template <typename Job>
  const Job& entry(const std::vector<Job>& all, td_section_kind kind, const td_command& command,
                   const std::string& where) const {
    for (const auto& place : places_) {
      if (place.kind == kind && command.address >= TD_ROM_BASE + std::uint64_t{place.offset}) {
        const std::uint64_t at = command.address - TD_ROM_BASE - std::uint64_t{place.offset};
        if (at % sizeof(Job) == 0 && at / sizeof(Job) < all.size()) {
          return all[at / sizeof(Job)];
        }
      }
    }
    fail(where, fmt::format("address {:#x}", command.address),
         fmt::format("the address of an entry of the {}", to_string(kind)));
  }

  template <typename Job>
  void submit(const Job& job, const td_command& command, const std::string& where) {
    if (command.tag == 0 || command.tag != job.tag || command.layer != job.layer) {
      fail(where, fmt::format("tag {}, layer {}", command.tag, command.layer),
           fmt::format("tag {} and layer {} of its descriptor, tag not 0", job.tag, job.layer));
    }
    if (!tags_.insert(command.tag).second) {
      fail(where, fmt::format("tag {} appears twice", command.tag), "a tag of its own for each job");
    }
    if (open_ != static_cast<std::int64_t>(command.layer)) {
      fail(where, fmt::format("a job of layer {} outside of it", command.layer), "its layer's begin marker before");
    }
  }

  void submit_tile(const td_command& command, const std::string& where) {
    ranges_.require_listed(command.unit, where);
    const auto& job = entry(c_.tile_jobs, TD_SECTION_TILE_JOBS, command, where);
    submit(job, command, where);
    const TileLimits& tile = limits_.tiles[command.unit];
    const std::uint32_t rows = std::uint32_t{job.rows} * tile.rows_per_input;
    if (std::uint32_t{job.row0} + rows > tile.rows ||
        std::uint32_t{job.pair0} + std::uint32_t{job.outputs} * job.slices + tile.references > tile.pairs) {
      fail(where, fmt::format("rows {}+{}, pairs {}+{}", job.row0, rows, job.pair0, job.outputs * job.slices),
           fmt::format("a rectangle inside {} rows and {} pairs of tile {}", tile.rows, tile.pairs, command.unit));
    }
    require_below(where, "gain_index", job.gain_index, tile.gains);
    passes_[command.unit] += job.product_count;
    lane_job(job, command.unit, where);
  }

  /// Jobs that add on analog lanes wait for each other: one group is started as a whole, on tiles of one grid column.
  void lane_job(const td_tile_job& job, std::uint32_t tile, const std::string& where) {
    const bool on_lanes = (job.flags & (TD_TILE_LANE_DRIVE | TD_TILE_LANE_COLLECT)) != 0;
    const bool collects = (job.flags & TD_TILE_LANE_COLLECT) != 0;
    if (!lane_tiles_.empty() && (!on_lanes || job.lane_group != lane_job_.lane_group)) {
      fail(where, "a job between those of lane group " + std::to_string(lane_job_.lane_group),
           "the jobs of a group one behind the other: they wait for each other");
    }
    if (!on_lanes) {
      return;
    }
    if (lane_tiles_.empty()) {
      lane_job_ = job;
      lane_collects_ = false;
    }
    const td_tile_job& first = lane_job_;
    if (job.product_first != first.product_first || job.product_count != first.product_count ||
        job.outputs != first.outputs || job.slices != first.slices || job.lane_members != first.lane_members) {
      fail(where,
           fmt::format("products {}+{}, {} outputs of {} slices, {} members", job.product_first, job.product_count,
                       job.outputs, job.slices, job.lane_members),
           fmt::format("as the other jobs of lane group {}", job.lane_group));
    }
    const bool known = limits_.grid_columns != 0 && !lane_tiles_.empty();
    if (!lane_tiles_.insert(tile).second ||
        (known && *lane_tiles_.begin() % limits_.grid_columns != tile % limits_.grid_columns)) {
      fail(where, fmt::format("tile {} in lane group {}", tile, job.lane_group),
           "another tile of the same grid column for each job of a group");
    }
    if (collects && lane_collects_) {
      fail(where, fmt::format("lane group {} collects twice", job.lane_group), "one collecting job a group");
    }
    lane_collects_ = lane_collects_ || collects;
    if (lane_tiles_.size() == std::size_t{job.lane_members} + 1) {
      if (!lane_collects_) {
        fail(where, fmt::format("lane group {} has no collecting job", job.lane_group), "one collecting job a group");
      }
      lane_tiles_.clear();
    }
  }

  void no_open_group(const std::string& where) const {
    if (!lane_tiles_.empty()) {
      fail(where,
           fmt::format("lane group {} has {} jobs of {}", lane_job_.lane_group, lane_tiles_.size(),
                       lane_job_.lane_members + 1),
           "all jobs of a group, before anything waits for them");
    }
  }

  void marker(const td_command& command, const std::string& where) {
    no_open_group(where);
    if (command.tag != 0) {
      fail(where, fmt::format("tag {}", command.tag), "0: the command is no job");
    }
    if (command.opcode == TD_OP_LAYER_BEGIN) {
      if (open_ >= 0) {
        fail(where, fmt::format("layer {} begins inside layer {}", command.layer, open_), "layers one after the other");
      }
      open_ = command.layer;
    } else if (command.opcode == TD_OP_LAYER_END) {
      if (open_ != static_cast<std::int64_t>(command.layer)) {
        fail(where, fmt::format("layer {} ends", command.layer), "its begin marker before");
      }
      open_ = -1;
    }
  }

  const Contents& c_;
  const std::vector<SectionPlace>& places_;
  const AddressRanges& ranges_;
  const Limits& limits_;
  std::vector<std::uint64_t> passes_;
  std::set<std::uint32_t> tags_;
  std::set<std::uint32_t> lane_tiles_;  ///< of the lane group whose jobs are being started
  td_tile_job lane_job_{};              ///< its first job
  bool lane_collects_ = false;
  std::int64_t open_ = -1;
};

}  // namespace

void validate_commands(const Contents& contents, const std::vector<SectionPlace>& places, const AddressRanges& ranges,
                       const Limits& limits) {
  Commands(contents, places, ranges, limits).run();
}

}  // namespace tessera::deployment
