// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/emitter.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>

#include "models/analog/weight_mapping.h"
#include "sw/compiler/emit/kept_tensors.h"
#include "sw/compiler/emit/memory_plan.h"
#include "sw/compiler/emit/multicast_groups.h"

namespace tessera::compiler {
namespace {

std::uint16_t u16(std::uint64_t value) {
  return static_cast<std::uint16_t>(value);
}
std::uint8_t u8(int value) {
  return static_cast<std::uint8_t>(value);
}

std::uint32_t coding_of(const tile::TileParameters& tile) {
  using SignedInput = tile::TileParameters::SignedInput;
  return (tile.signed_input != SignedInput::offset ? TD_CODING_CENTRED : 0U) |
         (tile.signed_input == SignedInput::row_pair ? TD_CODING_ROW_PAIRS : 0U) |
         (tile.array.single_columns() ? TD_CODING_SINGLE_COLUMNS : 0U);
}

class Emitter {
 public:
  Emitter(const Graph& graph, const QuantisedNetwork& network, const Mapping& mapping,
          const platform::PlatformParameters& platform, const EmitOptions& options)
      : graph_(graph), network_(network), mapping_(mapping), platform_(platform), options_(options) {}

  Emission run() {
    number_layers();
    plan();
    tensors();
    for (std::uint32_t i = 0; i < out_.layers.size(); ++i) {
      layer(i);
    }
    regions();
    addresses();
    return std::move(out_);
  }

 private:
  deployment::Contents& c() { return out_.contents; }
  [[nodiscard]] const QuantisedLayer& quantised(std::uint32_t layer) const {
    return network_.layers[out_.layers[layer]];
  }
  [[nodiscard]] const Node& node(std::uint32_t layer) const {
    return graph_.nodes[static_cast<std::size_t>(quantised(layer).node)];
  }
  [[nodiscard]] std::uint64_t products(std::uint32_t layer) const {
    const Shape& out = graph_.shape(node(layer).output);
    return quantised(layer).kind == NodeKind::conv2d
               ? static_cast<std::uint64_t>(out.height) * static_cast<std::uint64_t>(out.width)
               : 1;
  }

  void number_layers() {
    step_of_.assign(network_.layers.size(), -1);
    for (std::uint32_t i = 0; i < network_.layers.size(); ++i) {
      if (network_.layers[i].engine != Engine::none) {
        step_of_[i] = static_cast<int>(out_.layers.size());
        out_.layers.push_back(i);
      }
    }
    if (out_.layers.empty()) {
      throw std::invalid_argument("emit: the network has no node that computes anything");
    }
  }

  /// Tensors that share bytes: a reshape's output is its input.
  [[nodiscard]] int storage(int tensor) const {
    for (int producer = graph_.producer(tensor);
         producer >= 0 && network_.layers[static_cast<std::size_t>(producer)].engine == Engine::none;
         producer = graph_.producer(tensor)) {
      tensor = graph_.nodes[static_cast<std::size_t>(producer)].inputs.front();
    }
    return tensor;
  }

  void plan() {
    const auto end = static_cast<std::uint32_t>(out_.layers.size());
    std::vector<Buffer> buffers;
    buffer_of_.assign(graph_.tensors.size(), 0);
    std::map<int, std::size_t> index;
    for (int t = 0; t < static_cast<int>(graph_.tensors.size()); ++t) {
      const int root = storage(t);
      const auto [entry, fresh] = index.try_emplace(root, buffers.size());
      if (fresh) {
        const int producer = graph_.producer(root);
        const auto born = producer < 0 ? 0U : static_cast<std::uint32_t>(step_of_[static_cast<std::size_t>(producer)]);
        buffers.push_back({graph_.shape(root).elements(), born, born});
      }
      Buffer& buffer = buffers[entry->second];
      for (const int consumer : graph_.consumers(t)) {
        if (const int step = step_of_[static_cast<std::size_t>(consumer)]; step >= 0) {
          buffer.last = std::max(buffer.last, static_cast<std::uint32_t>(step));
        }
      }
      buffer.last = t == graph_.output ? end : buffer.last;
      buffer_of_[static_cast<std::size_t>(t)] = entry->second;
    }
    for (const Placement& p : mapping_.placements) {  // int32 partial sums, one buffer for each range of outputs
      if (p.copy == 0 && p.k_part == 0 && mapping_.k_parts[p.layer] > 1 && !mapping_.on_lanes[p.layer]) {
        const auto step = static_cast<std::uint32_t>(step_of_[p.layer]);
        partial_of_[{p.layer, p.output0}] = buffers.size();
        buffers.push_back({products(step) * p.outputs * 4, step, step});
      }
    }
    count_traffic(buffers);
    kept_.resize(buffers.size());
    if (options_.keep_outputs) {
      keep(buffers);
    }
    place(buffers);
  }

  /// Moves tensors to input buffers of tiles; in `buffers` they take no bytes any more.
  void keep(std::vector<Buffer>& buffers) {
    KeptRequest request;
    request.buffers = buffers;
    request.obstacles = obstacles(buffers.size());
    for (const tile::TileParameters& tile : platform_.tiles) {
      request.input_buffer_B.push_back(tile.input_buffer_B);
    }
    for (std::uint32_t step = 0; step < out_.layers.size(); ++step) {
      if (quantised(step).engine == Engine::tile) {
        tile_traffic(step, request);
      }
    }
    const KeptPlan plan = plan_kept(request);
    kept_ = plan.places;
    const std::vector<std::string> names = buffer_names(buffers.size());
    for (std::size_t i = 0; i < buffers.size(); ++i) {
      if (!kept_[i]) {
        out_.not_kept.push_back(fmt::format("{}: {}", names[i], plan.obstacles[i]));
        continue;
      }
      out_.kept.push_back({names[i], kept_[i]->tile, address_of(i), buffers[i].bytes, kept_[i]->saved});
      buffers[i].bytes = buffers[i].traffic = 0;
    }
  }

  /// Why a buffer has to lie in memory, one a buffer.
  [[nodiscard]] std::vector<std::string> obstacles(std::size_t buffers) const {
    std::vector<std::string> obstacles(buffers);
    for (const auto& [place, buffer] : partial_of_) {
      obstacles[buffer] = "partial sums lie in memory";
    }
    for (std::uint32_t step = 0; step < out_.layers.size(); ++step) {
      if (quantised(step).engine == Engine::cpu) {
        obstacles[buffer_of(node(step).inputs.front())] = obstacles[buffer_of(node(step).output)] =
            fmt::format("the CPU computes {}", node(step).name);
      }
    }
    obstacles[buffer_of(graph_.input)] = "the network's input";
    obstacles[buffer_of(graph_.output)] = "the network's output";
    return obstacles;
  }

  /// What the jobs of a layer load and store. Windows count as a whole, or their new columns: padding is not left out.
  void tile_traffic(std::uint32_t step, KeptRequest& request) const {
    const std::uint32_t source = out_.layers[step];
    const Node& n = node(step);
    const bool conv = quantised(step).kind == NodeKind::conv2d;
    const bool overlap = options_.window_reuse && conv && n.dilation_width == 1 && n.kernel_width > n.stride_width;
    const auto kernel_w = static_cast<std::uint64_t>(conv ? n.kernel_width : 1);
    const std::uint64_t columns = overlap ? static_cast<std::uint64_t>(n.stride_width) : kernel_w;
    for (std::uint32_t k = 0; k < mapping_.k_parts[source]; ++k) {
      for (const auto& [key, members] : multicast_groups(mapping_, source, k, products(step))) {
        const std::uint64_t copies = mapping_.copies[source];
        const std::uint64_t count = products(step) * (key[0] + 1) / copies - products(step) * key[0] / copies;
        for (const std::uint32_t p : members) {
          const Placement& one = mapping_.placements[p];
          const bool shared = platform_.bus.multicast && !mapping_.on_lanes[source] && members.size() > 1;
          request.loads.push_back({one.tile, step, buffer_of(n.inputs.front()),
                                   std::min<std::uint64_t>(count, 2) * one.rows, count * one.rows * columns / kernel_w,
                                   shared});
          if (k + 1 == mapping_.k_parts[source]) {
            request.stores.push_back({one.tile, buffer_of(n.output), count * one.outputs});
          }
        }
      }
    }
  }

  /// Reads of a tensor by its layers: windows that overlap, and each range of outputs, fetch again.
  void count_traffic(std::vector<Buffer>& buffers) const {
    for (std::uint32_t step = 0; step < out_.layers.size(); ++step) {
      const Node& n = node(step);
      buffers[buffer_of(n.output)].traffic += graph_.shape(n.output).elements();
      for (const int input : n.inputs) {
        std::uint64_t reads = graph_.shape(input).elements();
        if (quantised(step).engine == Engine::tile) {
          std::uint64_t ranges = 0;
          for (const Placement& p : mapping_.placements) {
            ranges += p.layer == out_.layers[step] && p.copy == 0 && p.k_part == 0 ? 1 : 0;
          }
          reads = products(step) * quantised(step).inputs * ranges;
        }
        buffers[buffer_of(input)].traffic += reads;
      }
    }
    for (const auto& [place, buffer] : partial_of_) {
      buffers[buffer].traffic += 2 * (mapping_.k_parts[place.first] - 1) * buffers[buffer].bytes;
    }
  }

  void place(const std::vector<Buffer>& buffers) {
    const std::uint64_t sram = platform_.sram.size_B;
    const std::uint64_t dram = platform_.ext_dram.present ? platform_.ext_dram.size_B : 0;
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
        out_.in_dram.push_back(fmt::format("{} ({} bytes)", names[i], buffers[i].bytes));
      }
    }
  }

  [[nodiscard]] std::vector<std::string> buffer_names(std::size_t buffers) const {
    std::vector<std::string> names(buffers);
    for (int t = 0; t < static_cast<int>(graph_.tensors.size()); ++t) {
      std::string& name = names[buffer_of(t)];
      name = name.empty() ? network_.tensors[static_cast<std::size_t>(t)].name : name;
    }
    for (const auto& [place, buffer] : partial_of_) {
      names[buffer] =
          "partial sums of " + graph_.nodes[static_cast<std::size_t>(network_.layers[place.first].node)].name;
    }
    return names;
  }

  [[nodiscard]] std::size_t buffer_of(int tensor) const { return buffer_of_[static_cast<std::size_t>(tensor)]; }
  [[nodiscard]] std::uint32_t address_of(std::size_t buffer) const {
    if (kept_[buffer]) {
      return static_cast<std::uint32_t>(TD_TILE_BASE + kept_[buffer]->tile * TD_TILE_STRIDE +
                                        TD_TILE_INPUT_BUFFER_OFFSET + kept_[buffer]->offset);
    }
    return static_cast<std::uint32_t>((plan_.in_dram[buffer] ? TD_DRAM_BASE : TD_SRAM_BASE) + plan_.offsets[buffer]);
  }
  [[nodiscard]] std::uint32_t address(int tensor) const { return address_of(buffer_of(tensor)); }

  void tensors() {
    for (int t = 0; t < static_cast<int>(graph_.tensors.size()); ++t) {
      const QuantisedTensor& q = network_.tensors[static_cast<std::size_t>(t)];
      td_tensor tensor{};
      tensor.name = c().add_name(q.name);
      tensor.address = address(t);
      tensor.bytes = static_cast<std::uint32_t>(q.shape.elements());
      tensor.height = u16(static_cast<std::uint64_t>(q.shape.height));
      tensor.width = u16(static_cast<std::uint64_t>(q.shape.width));
      tensor.channels = u16(static_cast<std::uint64_t>(q.shape.channels));
      tensor.zero_point = q.zero_point;
      tensor.scale = q.scale;
      c().tensors.push_back(tensor);
    }
    td_model& model = c().model;
    model.name = c().add_name(graph_.name);
    model.input_tensor = static_cast<std::uint32_t>(graph_.input);
    model.output_tensor = static_cast<std::uint32_t>(graph_.output);
    model.arena_base = TD_SRAM_BASE;
    model.arena_bytes = static_cast<std::uint32_t>(plan_.sram_bytes);
    model.dram_bytes = static_cast<std::uint32_t>(plan_.dram_bytes);
    model.frame_bytes = c().tensors[model.input_tensor].bytes;
    model.result_bytes = c().tensors[model.output_tensor].bytes;
  }

  void command(td_opcode opcode, std::uint32_t unit, std::uint32_t layer, std::uint32_t job, std::uint32_t tag) {
    td_command command{};
    command.opcode = static_cast<std::uint8_t>(opcode);
    command.unit = u16(unit);
    command.address = job;  // index for now; addresses() turns it into the descriptor's address
    command.layer = u16(layer);
    command.tag = tag;
    c().commands.push_back(command);
  }

  void layer(std::uint32_t index) {
    const Node& n = node(index);
    td_layer entry{};
    entry.name = c().add_name(n.name);
    entry.operator_name = c().add_name(n.operators.empty() ? to_string(n.kind) : n.operators);
    entry.macs = macs(graph_, n);
    entry.input_tensor = static_cast<std::uint32_t>(n.inputs.front());
    entry.output_tensor = static_cast<std::uint32_t>(n.output);
    entry.first_command = static_cast<std::uint32_t>(c().commands.size());
    command(TD_OP_LAYER_BEGIN, 0, index, 0, 0);
    switch (quantised(index).engine) {
      case Engine::tile:
        tile_layer(index);
        break;
      case Engine::vector:
        vector_job(index);
        break;
      case Engine::cpu:
        cpu_job(index);
        break;
      case Engine::none:
        break;
    }
    command(TD_OP_LAYER_END, 0, index, 0, 0);
    entry.command_count = static_cast<std::uint32_t>(c().commands.size()) - entry.first_command;
    c().layers.push_back(entry);
  }

  std::uint32_t add_channels(const QuantisedLayer& layer) {
    const auto first = static_cast<std::uint32_t>(c().channels.size());
    c().channels.insert(c().channels.end(), layer.channels.begin(), layer.channels.end());
    return first;
  }

  void tile_layer(std::uint32_t index) {
    const std::uint32_t source = out_.layers[index];
    const std::uint32_t first_channel = add_channels(quantised(index));
    const std::uint64_t total = products(index);
    const std::uint64_t copies = mapping_.copies[source];
    if (mapping_.on_lanes[source]) {
      lane_layer(index, first_channel);
      return;
    }
    if (platform_.bus.multicast) {
      multicast_layer(index, first_channel);
      return;
    }
    for (std::uint32_t k = 0; k < mapping_.k_parts[source]; ++k) {
      std::map<std::uint32_t, std::uint32_t> waiting;  // jobs submitted to a tile since the last barrier
      for (std::uint32_t p = 0; p < mapping_.placements.size(); ++p) {
        const Placement& placement = mapping_.placements[p];
        if (placement.layer != source || placement.k_part != k) {
          continue;
        }
        const std::uint64_t first = total * placement.copy / copies;
        const std::uint64_t last = total * (placement.copy + 1) / copies;
        if (first == last) {
          continue;
        }
        if (++waiting[placement.tile] > platform_.tiles[placement.tile].queue_depth) {
          command(TD_OP_BARRIER, 0, index, 0, 0);
          waiting.clear();
          waiting[placement.tile] = 1;
        }
        submit(index, p, tile_job(index, placement, first_channel), first, last);
      }
      command(TD_OP_BARRIER, 0, index, 0, 0);
    }
  }

  /// Jobs that multiply the same vectors on different tiles form groups: column splits of one part. As the jobs of a
  /// group wait for each other, no barrier comes between them, and every tile gets its groups in the same order.
  void multicast_layer(std::uint32_t index, std::uint32_t first_channel) {
    const std::uint32_t source = out_.layers[index];
    const std::uint64_t total = products(index);
    const std::uint64_t copies = mapping_.copies[source];
    for (std::uint32_t k = 0; k < mapping_.k_parts[source]; ++k) {
      std::map<std::uint32_t, std::uint32_t> waiting;  // jobs submitted to a tile since the last barrier
      for (const auto& [key, members] : multicast_groups(mapping_, source, k, total)) {
        const auto full = [&waiting, this](std::uint32_t p) {
          const std::uint32_t tile = mapping_.placements[p].tile;
          return waiting[tile] >= platform_.tiles[tile].queue_depth;
        };
        if (std::any_of(members.begin(), members.end(), full)) {
          command(TD_OP_BARRIER, 0, index, 0, 0);
          waiting.clear();
        }
        multicast_group_ += members.size() > 1 ? 1 : 0;
        for (const std::uint32_t p : members) {
          td_tile_job job = tile_job(index, mapping_.placements[p], first_channel);
          if (members.size() > 1) {
            job.flags |= TD_TILE_MULTICAST;
            job.multicast_group = u16(multicast_group_ % 65536);
            job.multicast_members = u16(members.size());
          }
          submit(index, p, job, total * key[0] / copies, total * (key[0] + 1) / copies);
          ++waiting[mapping_.placements[p].tile];
        }
      }
      command(TD_OP_BARRIER, 0, index, 0, 0);
    }
  }

  /// Gives the job of a placement its products and starts it.
  void submit(std::uint32_t index, std::uint32_t placement, td_tile_job job, std::uint64_t first, std::uint64_t last) {
    const std::uint32_t tile = mapping_.placements[placement].tile;
    job.product_first = static_cast<std::uint32_t>(first);
    job.product_count = static_cast<std::uint32_t>(last - first);
    job.tag = ++tag_;
    command(TD_OP_TILE, tile, index, static_cast<std::uint32_t>(c().tile_jobs.size()), job.tag);
    passes_[tile] += job.product_count;
    c().tile_jobs.push_back(job);
    out_.job_placement.push_back(placement);
  }

  /// Groups of jobs that add on analog lanes: each is started as a whole, the collecting job last, and a barrier never
  /// comes between, as its jobs wait for each other.
  void lane_layer(std::uint32_t index, std::uint32_t first_channel) {
    const std::uint32_t source = out_.layers[index];
    const std::uint64_t total = products(index);
    const std::uint64_t copies = mapping_.copies[source];
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> groups;  // (copy, first output)
    for (std::uint32_t p = 0; p < mapping_.placements.size(); ++p) {
      if (mapping_.placements[p].layer == source) {
        groups[{mapping_.placements[p].copy, mapping_.placements[p].output0}].push_back(p);  // in the order of K
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
        const std::uint32_t tile = mapping_.placements[p].tile;
        return waiting[tile] >= platform_.tiles[tile].queue_depth;
      };
      if (std::any_of(members.begin(), members.end(), full)) {
        command(TD_OP_BARRIER, 0, index, 0, 0);
        waiting.clear();
      }
      lane_group_ = lane_group_ % 65535 + 1;
      for (const std::uint32_t p : members) {
        const bool collects = p == members.back();
        td_tile_job job = tile_job(index, mapping_.placements[p], first_channel);
        job.flags |= collects ? TD_TILE_LANE_COLLECT : TD_TILE_LANE_DRIVE;
        job.lane_group = u16(lane_group_);
        job.lane_members = u16(members.size() - 1);
        if (!collects) {
          job.dst = job.dst_stride = 0;
        }
        submit(index, p, job, first, last);
        ++waiting[mapping_.placements[p].tile];
      }
    }
    command(TD_OP_BARRIER, 0, index, 0, 0);
  }

  td_tile_job tile_job(std::uint32_t index, const Placement& p, std::uint32_t first_channel) {
    const Node& n = node(index);
    const QuantisedLayer& q = quantised(index);
    const Shape& in = graph_.shape(n.inputs.front());
    const Shape& out = graph_.shape(n.output);
    const bool conv = q.kind == NodeKind::conv2d;
    td_tile_job job{};
    job.layer = u16(index);
    job.flags = TD_TILE_INTERRUPT;
    job.src = address(n.inputs.front());
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
    job.row0 = u16(std::uint64_t{p.row0} * platform_.tiles[p.tile].rows_per_input());
    job.rows = u16(p.rows);
    job.pair0 = u16(p.pair0);
    job.outputs = u16(p.outputs);
    job.slices = u8(q.slices);
    job.pad_value = static_cast<std::int8_t>(tensor(n.inputs.front()).zero_point);
    job.out_zero_point = static_cast<std::int8_t>(tensor(n.output).zero_point);
    job.act_min = static_cast<std::int8_t>(q.act_min);
    job.act_max = static_cast<std::int8_t>(q.act_max);
    job.channels = first_channel + p.output0;  // index for now
    job.dst = address(n.output) + p.output0;
    job.dst_stride = static_cast<std::uint32_t>(q.outputs);
    if (options_.window_reuse && job.dilation_w == 1 && job.kernel_w > job.stride_w) {
      job.flags |= TD_TILE_WINDOW_REUSE;
    }
    const std::uint32_t parts = mapping_.k_parts[p.layer];
    if (parts > 1 && !mapping_.on_lanes[p.layer]) {
      const std::uint32_t partial = address_of(partial_of_.at({p.layer, p.output0}));
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

  [[nodiscard]] const QuantisedTensor& tensor(int index) const {
    return network_.tensors[static_cast<std::size_t>(index)];
  }

  static td_vector_op vector_op(NodeKind kind) {
    switch (kind) {
      case NodeKind::max_pool:
        return TD_VECTOR_MAX_POOL;
      case NodeKind::average_pool:
        return TD_VECTOR_AVERAGE_POOL;
      case NodeKind::add:
        return TD_VECTOR_ADD;
      case NodeKind::depthwise_conv2d:
        return TD_VECTOR_DEPTHWISE;
      case NodeKind::conv2d:
      case NodeKind::dense:
        return TD_VECTOR_CONV;
      default:
        return TD_VECTOR_REQUANTISE;
    }
  }

  void vector_job(std::uint32_t index) {
    const Node& n = node(index);
    const QuantisedLayer& q = quantised(index);
    const bool dense = q.kind == NodeKind::dense;
    const Shape& shape_in = graph_.shape(n.inputs.front());
    const Shape in = dense ? Shape{1, 1, static_cast<int>(shape_in.elements())} : shape_in;
    const Shape& out = graph_.shape(n.output);
    td_vector_job job{};
    job.tag = ++tag_;
    job.layer = u16(index);
    job.op = static_cast<std::uint8_t>(vector_op(q.kind));
    job.flags = TD_TILE_INTERRUPT;
    job.src0 = address(n.inputs.front());
    job.src1 = n.inputs.size() > 1 ? address(n.inputs[1]) : 0;
    job.dst = address(n.output);
    job.in_h = u16(static_cast<std::uint64_t>(in.height));
    job.in_w = u16(static_cast<std::uint64_t>(in.width));
    job.in_c = u16(static_cast<std::uint64_t>(in.channels));
    job.out_h = u16(static_cast<std::uint64_t>(out.height));
    job.out_w = u16(static_cast<std::uint64_t>(out.width));
    job.out_c = u16(static_cast<std::uint64_t>(out.channels));
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    if (n.has_window()) {
      job.kernel_h = u8(n.kernel_height);
      job.kernel_w = u8(n.kernel_width);
      job.stride_h = u8(n.stride_height);
      job.stride_w = u8(n.stride_width);
      job.dilation_h = u8(n.dilation_height);
      job.dilation_w = u8(n.dilation_width);
      job.pad_top = static_cast<std::int16_t>(n.padding.top);
      job.pad_left = static_cast<std::int16_t>(n.padding.left);
    }
    job.in0_zero_point = tensor(n.inputs.front()).zero_point;
    job.in1_zero_point = n.inputs.size() > 1 ? tensor(n.inputs[1]).zero_point : 0;
    job.out_zero_point = tensor(n.output).zero_point;
    job.act_min = q.act_min;
    job.act_max = q.act_max;
    job.left_shift = q.left_shift;
    job.multiplier0 = q.multiplier0;
    job.shift0 = q.shift0;
    job.multiplier1 = q.multiplier1;
    job.shift1 = q.shift1;
    job.out_multiplier = q.out_multiplier;
    job.out_shift = q.out_shift;
    if (!q.channels.empty()) {
      job.channels = add_channels(q);  // index for now
      c().constants.resize((c().constants.size() + 15) / 16 * 16);
      job.weights = static_cast<std::uint32_t>(c().constants.size());  // offset for now
      for (const std::int16_t w : q.weights) {
        c().constants.push_back(static_cast<std::uint8_t>(static_cast<std::int8_t>(w)));
      }
    }
    command(TD_OP_VECTOR, 0, index, static_cast<std::uint32_t>(c().vector_jobs.size()), job.tag);
    command(TD_OP_BARRIER, 0, index, 0, 0);
    c().vector_jobs.push_back(job);
  }

  void cpu_job(std::uint32_t index) {
    const Node& n = node(index);
    const QuantisedLayer& q = quantised(index);
    const Shape& shape = graph_.shape(n.output);
    td_cpu_job job{};
    job.tag = ++tag_;
    job.layer = u16(index);
    job.op = TD_CPU_SOFTMAX;
    job.src = address(n.inputs.front());
    job.dst = address(n.output);
    job.columns = static_cast<std::uint32_t>(shape.channels);
    job.rows = static_cast<std::uint32_t>(shape.elements() / static_cast<std::size_t>(shape.channels));
    job.multiplier = q.out_multiplier;
    job.shift = q.out_shift;
    job.diff_min = q.diff_min;
    command(TD_OP_CPU, 0, index, static_cast<std::uint32_t>(c().cpu_jobs.size()), job.tag);
    command(TD_OP_BARRIER, 0, index, 0, 0);
    c().cpu_jobs.push_back(job);
  }

  void regions() {
    for (const Placement& p : mapping_.placements) {
      const QuantisedLayer& q = network_.layers[p.layer];
      const CellRectangle cells = cells_of(q, p, platform_.tiles[p.tile]);
      td_region region{};
      region.tile = p.tile;
      region.row0 = u16(cells.row0);
      region.rows = u16(cells.rows);
      region.column0 = u16(cells.column0);
      region.columns = u16(cells.columns);
      region.cells_offset = static_cast<std::uint32_t>(c().cells.size());
      region.layer = static_cast<std::uint32_t>(step_of_[p.layer]);
      region.coding = coding_of(platform_.tiles[p.tile]);
      c().regions.push_back(region);
      c().cells.insert(c().cells.end(), cells.levels.begin(), cells.levels.end());
      passes_.try_emplace(p.tile, 0);
    }
    for (const auto& [tile, passes] : passes_) {
      c().tiles.push_back({tile, passes});
    }
  }

  void addresses() {
    const auto places = deployment::layout(c());
    for (td_tile_job& job : c().tile_jobs) {
      job.channels = deployment::rom_address(places, TD_SECTION_CHANNELS, job.channels);
    }
    for (td_vector_job& job : c().vector_jobs) {
      if (job.op == TD_VECTOR_DEPTHWISE || job.op == TD_VECTOR_CONV) {
        job.channels = deployment::rom_address(places, TD_SECTION_CHANNELS, job.channels);
        job.weights = deployment::rom_address(places, TD_SECTION_CONSTANTS, job.weights);
      }
    }
    for (td_command& command : c().commands) {
      switch (command.opcode) {
        case TD_OP_TILE:
          command.address = deployment::rom_address(places, TD_SECTION_TILE_JOBS, command.address);
          break;
        case TD_OP_VECTOR:
          command.address = deployment::rom_address(places, TD_SECTION_VECTOR_JOBS, command.address);
          break;
        case TD_OP_CPU:
          command.address = deployment::rom_address(places, TD_SECTION_CPU_JOBS, command.address);
          break;
        default:
          break;
      }
    }
  }

  const Graph& graph_;
  const QuantisedNetwork& network_;
  const Mapping& mapping_;
  const platform::PlatformParameters& platform_;
  EmitOptions options_;
  Emission out_;
  std::vector<int> step_of_;            ///< per node: layer of the deployment, -1 for none
  std::vector<std::size_t> buffer_of_;  ///< per tensor
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> partial_of_;  ///< (node, first output) -> buffer
  SplitPlan plan_;
  std::vector<std::optional<KeptPlace>> kept_;  ///< per buffer
  std::map<std::uint32_t, std::uint32_t> passes_;
  std::uint32_t multicast_group_ = 0;
  std::uint32_t tag_ = 0;
  std::uint32_t lane_group_ = 0;
};

}  // namespace

CellRectangle cells_of(const QuantisedLayer& layer, const Placement& p, const tile::TileParameters& tile) {
  const analog::ArrayParameters& array = tile.array;
  const auto slices = static_cast<std::size_t>(layer.slices);
  const std::size_t each = array.columns_per_weight();
  const std::size_t columns = p.outputs * slices * each + array.references();
  const std::size_t rows_each = tile.rows_per_input();
  std::vector<std::uint8_t> cells(p.rows * rows_each * columns, 0);
  for (std::size_t r = 0; r < p.rows * rows_each; ++r) {
    std::uint8_t* row = &cells[r * columns];
    for (std::size_t j = 0; j < p.outputs; ++j) {
      const int stored = layer.weights[(p.output0 + j) * layer.inputs + p.k0 + r / rows_each];
      const int weight = r % rows_each == 0 ? stored : -stored;
      if (slices == 1) {
        analog::store_weight(array, weight, row + j * each);
        continue;
      }
      const analog::Slices halves = analog::slices_of(array, weight);
      analog::store_weight(array, halves.high, row + 2 * j * each);
      analog::store_weight(array, halves.low, row + (2 * j + 1) * each);
    }
    if (array.references() != 0) {
      row[columns - 1] = static_cast<std::uint8_t>(analog::reference_level(array));
    }
  }
  return {p.row0 * tile.rows_per_input(), p.rows * tile.rows_per_input(), p.pair0 * array.columns_per_weight(),
          static_cast<std::uint32_t>(columns), std::move(cells)};
}

Emission emit(const Graph& graph, const QuantisedNetwork& network, const Mapping& mapping,
              const platform::PlatformParameters& platform, const EmitOptions& options) {
  return Emitter(graph, network, mapping, platform, options).run();
}

}  // namespace tessera::compiler
