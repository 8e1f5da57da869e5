// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/tensor_places.h"

#include <fmt/format.h>

#include <algorithm>

#include "sw/compiler/emit/multicast_groups.h"

namespace tessera::compiler {

TensorPlaces::TensorPlaces(const Schedule& schedule, const EmitOptions& options) : schedule_(schedule) {
  std::vector<Buffer> buffers = lifetimes();
  count_traffic(buffers);
  kept_.resize(buffers.size());
  if (options.keep_outputs) {
    keep(buffers, options.window_reuse);
  }
  place(buffers);
}

std::vector<Buffer> TensorPlaces::lifetimes() {
  const auto end = static_cast<std::uint32_t>(schedule_.layers.size());
  std::vector<Buffer> buffers;
  buffer_of_.assign(schedule_.graph.tensors.size(), 0);
  std::map<int, std::size_t> index;
  for (int t = 0; t < static_cast<int>(schedule_.graph.tensors.size()); ++t) {
    const int root = storage(t);
    const auto [entry, fresh] = index.try_emplace(root, buffers.size());
    if (fresh) {
      const int producer = schedule_.graph.producer(root);
      const auto born =
          producer < 0 ? 0U : static_cast<std::uint32_t>(schedule_.step_of[static_cast<std::size_t>(producer)]);
      buffers.push_back({schedule_.graph.shape(root).elements(), born, born});
    }
    Buffer& buffer = buffers[entry->second];
    for (const int consumer : schedule_.graph.consumers(t)) {
      if (const int step = schedule_.step_of[static_cast<std::size_t>(consumer)]; step >= 0) {
        buffer.last = std::max(buffer.last, static_cast<std::uint32_t>(step));
      }
    }
    buffer.last = t == schedule_.graph.output ? end : buffer.last;
    buffer_of_[static_cast<std::size_t>(t)] = entry->second;
  }
  for (const Placement& p : schedule_.mapping.placements) {  // int32 partial sums, one buffer for each range of outputs
    if (p.copy == 0 && p.k_part == 0 && schedule_.mapping.k_parts[p.layer] > 1 &&
        !schedule_.mapping.on_lanes[p.layer]) {
      const auto step = static_cast<std::uint32_t>(schedule_.step_of[p.layer]);
      partial_of_[{p.layer, p.output0}] = buffers.size();
      buffers.push_back({schedule_.products(step) * p.outputs * 4, step, step});
    }
  }
  return buffers;
}

int TensorPlaces::storage(int tensor) const {
  for (int producer = schedule_.graph.producer(tensor);
       producer >= 0 && schedule_.network.layers[static_cast<std::size_t>(producer)].engine == Engine::none;
       producer = schedule_.graph.producer(tensor)) {
    tensor = schedule_.graph.nodes[static_cast<std::size_t>(producer)].inputs.front();
  }
  return tensor;
}

void TensorPlaces::count_traffic(std::vector<Buffer>& buffers) const {
  for (std::uint32_t step = 0; step < schedule_.layers.size(); ++step) {
    const Node& n = schedule_.node(step);
    buffers[buffer_of(n.output)].traffic += schedule_.graph.shape(n.output).elements();
    for (const int input : n.inputs) {
      std::uint64_t reads = schedule_.graph.shape(input).elements();
      if (schedule_.quantised(step).engine == Engine::tile) {
        std::uint64_t ranges = 0;
        for (const Placement& p : schedule_.mapping.placements) {
          ranges += p.layer == schedule_.layers[step] && p.copy == 0 && p.k_part == 0 ? 1 : 0;
        }
        reads = schedule_.products(step) * schedule_.quantised(step).inputs * ranges;
      }
      buffers[buffer_of(input)].traffic += reads;
    }
  }
  for (const auto& [place, buffer] : partial_of_) {
    buffers[buffer].traffic += 2 * (schedule_.mapping.k_parts[place.first] - 1) * buffers[buffer].bytes;
  }
}

void TensorPlaces::keep(std::vector<Buffer>& buffers, bool window_reuse) {
  KeptRequest request;
  request.buffers = buffers;
  request.obstacles = obstacles(buffers.size());
  for (const tile::TileParameters& tile : schedule_.platform.tiles) {
    request.input_buffer_B.push_back(tile.input_buffer_B);
  }
  for (std::uint32_t step = 0; step < schedule_.layers.size(); ++step) {
    if (schedule_.quantised(step).engine == Engine::tile) {
      tile_traffic(step, window_reuse, request);
    }
  }
  const KeptPlan plan = plan_kept(request);
  kept_ = plan.places;
  const std::vector<std::string> names = buffer_names(buffers.size());
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (!kept_[i]) {
      not_kept_.push_back(fmt::format("{}: {}", names[i], plan.obstacles[i]));
      continue;
    }
    kept_tensors_.push_back({names[i], kept_[i]->tile, address_of(i), buffers[i].bytes, kept_[i]->saved});
    buffers[i].bytes = buffers[i].traffic = 0;
  }
}

std::vector<std::string> TensorPlaces::obstacles(std::size_t buffers) const {
  std::vector<std::string> obstacles(buffers);
  for (const auto& [place, buffer] : partial_of_) {
    obstacles[buffer] = "partial sums lie in memory";
  }
  for (std::uint32_t step = 0; step < schedule_.layers.size(); ++step) {
    if (schedule_.quantised(step).engine == Engine::cpu) {
      obstacles[buffer_of(schedule_.node(step).inputs.front())] = obstacles[buffer_of(schedule_.node(step).output)] =
          fmt::format("the CPU computes {}", schedule_.node(step).name);
    }
  }
  obstacles[buffer_of(schedule_.graph.input)] = "the network's input";
  obstacles[buffer_of(schedule_.graph.output)] = "the network's output";
  return obstacles;
}

void TensorPlaces::tile_traffic(std::uint32_t step, bool window_reuse, KeptRequest& request) const {
  const std::uint32_t source = schedule_.layers[step];
  const Node& n = schedule_.node(step);
  const bool conv = schedule_.quantised(step).kind == NodeKind::conv2d;
  const bool overlap = window_reuse && conv && n.dilation_width == 1 && n.kernel_width > n.stride_width;
  const auto kernel_w = static_cast<std::uint64_t>(conv ? n.kernel_width : 1);
  const std::uint64_t columns = overlap ? static_cast<std::uint64_t>(n.stride_width) : kernel_w;
  for (std::uint32_t k = 0; k < schedule_.mapping.k_parts[source]; ++k) {
    for (const auto& [key, members] : multicast_groups(schedule_.mapping, source, k, schedule_.products(step))) {
      const std::uint64_t copies = schedule_.mapping.copies[source];
      const std::uint64_t count =
          schedule_.products(step) * (key[0] + 1) / copies - schedule_.products(step) * key[0] / copies;
      for (const std::uint32_t p : members) {
        const Placement& one = schedule_.mapping.placements[p];
        const bool shared =
            schedule_.platform.bus.multicast && !schedule_.mapping.on_lanes[source] && members.size() > 1;
        request.loads.push_back({one.tile, step, buffer_of(n.inputs.front()),
                                 std::min<std::uint64_t>(count, 2) * one.rows, count * one.rows * columns / kernel_w,
                                 shared});
        if (k + 1 == schedule_.mapping.k_parts[source]) {
          request.stores.push_back({one.tile, buffer_of(n.output), count * one.outputs});
        }
      }
    }
  }
}

void TensorPlaces::place(const std::vector<Buffer>& buffers) {
  const std::uint64_t sram = schedule_.platform.sram.size_B;
  const std::uint64_t dram = schedule_.platform.ext_dram.present ? schedule_.platform.ext_dram.size_B : 0;
  const std::uint64_t needed = plan_memory(buffers).bytes + kRuntimeReserve;
  if (dram == 0 && needed > sram) {
    throw DoesNotFit(
        fmt::format("the network does not fit: activations and partial sums need {} bytes of SRAM, and the runtime "
                    "{}; there are {} ({} bytes too many); an SRAM of {} bytes would hold them, or an external DRAM "
                    "(ext_dram.present) beside it",
                    needed - kRuntimeReserve, kRuntimeReserve, sram, needed - sram, needed),
        DoesNotFit::Resource::sram, needed, sram);
  }
  plan_ = plan_memories(buffers, sram - kRuntimeReserve);
  if (plan_.dram_bytes > dram) {
    throw DoesNotFit(
        fmt::format("the network does not fit: {} bytes of activations and partial sums go to the SRAM of {}, and "
                    "{} to external DRAM; there are {} ({} bytes too many)",
                    plan_.sram_bytes, sram, plan_.dram_bytes, dram, plan_.dram_bytes - dram),
        DoesNotFit::Resource::dram, plan_.dram_bytes, dram);
  }
  const std::vector<std::string> names = buffer_names(buffers.size());
  for (std::size_t i = 0; i < buffers.size(); ++i) {
    if (plan_.in_dram[i]) {
      spilled_.push_back(fmt::format("{} ({} bytes)", names[i], buffers[i].bytes));
    }
  }
}

std::vector<std::string> TensorPlaces::buffer_names(std::size_t buffers) const {
  std::vector<std::string> names(buffers);
  for (int t = 0; t < static_cast<int>(schedule_.graph.tensors.size()); ++t) {
    std::string& name = names[buffer_of(t)];
    name = name.empty() ? schedule_.network.tensors[static_cast<std::size_t>(t)].name : name;
  }
  for (const auto& [place, buffer] : partial_of_) {
    names[buffer] = "partial sums of " +
                    schedule_.graph.nodes[static_cast<std::size_t>(schedule_.network.layers[place.first].node)].name;
  }
  return names;
}

std::uint32_t TensorPlaces::address_of(std::size_t buffer) const {
  if (kept_[buffer]) {
    return static_cast<std::uint32_t>(TD_TILE_BASE + kept_[buffer]->tile * TD_TILE_STRIDE +
                                      TD_TILE_INPUT_BUFFER_OFFSET + kept_[buffer]->offset);
  }
  return static_cast<std::uint32_t>((plan_.in_dram[buffer] ? TD_DRAM_BASE : TD_SRAM_BASE) + plan_.offsets[buffer]);
}

}  // namespace tessera::compiler
