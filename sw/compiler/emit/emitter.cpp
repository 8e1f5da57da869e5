// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/emitter.h"

#include <map>
#include <utility>

#include "sw/compiler/emit/cells.h"
#include "sw/compiler/emit/command_list.h"
#include "sw/compiler/emit/narrow.h"
#include "sw/compiler/emit/schedule.h"
#include "sw/compiler/emit/tensor_places.h"
#include "sw/compiler/emit/tile_jobs.h"
#include "sw/compiler/emit/unit_jobs.h"

namespace tessera::compiler {
namespace {

class Emitter {
 public:
  Emitter(const Graph& graph, const QuantisedNetwork& network, const Mapping& mapping,
          const platform::PlatformParameters& platform, const EmitOptions& options)
      : schedule_(graph, network, mapping, platform),
        places_(schedule_, options),
        tile_jobs_(schedule_, places_, options.window_reuse, commands_) {}

  Emission run() {
    tensors();
    for (std::uint32_t step = 0; step < schedule_.layers.size(); ++step) {
      layer(step);
    }
    regions();
    commands_.link();
    out_.layers = schedule_.layers;
    out_.job_placement = tile_jobs_.job_placement();
    out_.in_dram = places_.in_dram();
    out_.kept = places_.kept();
    out_.not_kept = places_.not_kept();
    return std::move(out_);
  }

 private:
  deployment::Contents& c() { return out_.contents; }

  void tensors() {
    for (int t = 0; t < static_cast<int>(schedule_.graph.tensors.size()); ++t) {
      const QuantisedTensor& q = schedule_.network.tensors[static_cast<std::size_t>(t)];
      td_tensor tensor{};
      tensor.name = c().add_name(q.name);
      tensor.address = places_.address(t);
      tensor.bytes = static_cast<std::uint32_t>(q.shape.elements());
      tensor.height = u16(static_cast<std::uint64_t>(q.shape.height));
      tensor.width = u16(static_cast<std::uint64_t>(q.shape.width));
      tensor.channels = u16(static_cast<std::uint64_t>(q.shape.channels));
      tensor.zero_point = q.zero_point;
      tensor.scale = q.scale;
      c().tensors.push_back(tensor);
    }
    td_model& model = c().model;
    model.name = c().add_name(schedule_.graph.name);
    model.input_tensor = static_cast<std::uint32_t>(schedule_.graph.input);
    model.output_tensor = static_cast<std::uint32_t>(schedule_.graph.output);
    model.arena_base = TD_SRAM_BASE;
    model.arena_bytes = static_cast<std::uint32_t>(places_.sram_bytes());
    model.dram_bytes = static_cast<std::uint32_t>(places_.dram_bytes());
    model.frame_bytes = c().tensors[model.input_tensor].bytes;
    model.result_bytes = c().tensors[model.output_tensor].bytes;
  }

  void layer(std::uint32_t step) {
    const Node& n = schedule_.node(step);
    td_layer entry{};
    entry.name = c().add_name(n.name);
    entry.operator_name = c().add_name(n.operators.empty() ? to_string(n.kind) : n.operators);
    entry.macs = macs(schedule_.graph, n);
    entry.input_tensor = static_cast<std::uint32_t>(n.inputs.front());
    entry.output_tensor = static_cast<std::uint32_t>(n.output);
    entry.first_command = static_cast<std::uint32_t>(c().commands.size());
    commands_.command(TD_OP_LAYER_BEGIN, 0, step, 0, 0);
    switch (schedule_.quantised(step).engine) {
      case Engine::tile:
        tile_jobs_.layer(step);
        break;
      case Engine::vector:
        vector_job(step, schedule_, places_, commands_);
        break;
      case Engine::cpu:
        cpu_job(step, schedule_, places_, commands_);
        break;
      case Engine::none:
        break;
    }
    commands_.command(TD_OP_LAYER_END, 0, step, 0, 0);
    entry.command_count = static_cast<std::uint32_t>(c().commands.size()) - entry.first_command;
    c().layers.push_back(entry);
  }

  void regions() {
    std::map<std::uint32_t, std::uint32_t> passes = tile_jobs_.passes();
    for (const Placement& p : schedule_.mapping.placements) {
      const QuantisedLayer& q = schedule_.network.layers[p.layer];
      const CellRectangle cells = cells_of(q, p, schedule_.platform.tiles[p.tile]);
      td_region region{};
      region.tile = p.tile;
      region.row0 = u16(cells.row0);
      region.rows = u16(cells.rows);
      region.column0 = u16(cells.column0);
      region.columns = u16(cells.columns);
      region.cells_offset = static_cast<std::uint32_t>(c().cells.size());
      region.layer = static_cast<std::uint32_t>(schedule_.step_of[p.layer]);
      region.coding = coding_of(schedule_.platform.tiles[p.tile]);
      c().regions.push_back(region);
      c().cells.insert(c().cells.end(), cells.levels.begin(), cells.levels.end());
      passes.try_emplace(p.tile, 0);
    }
    for (const auto& [tile, count] : passes) {
      c().tiles.push_back({tile, count});
    }
  }

  Emission out_;
  Schedule schedule_;
  TensorPlaces places_;
  CommandList commands_{out_.contents};
  TileJobs tile_jobs_;
};

}  // namespace

Emission emit(const Graph& graph, const QuantisedNetwork& network, const Mapping& mapping,
              const platform::PlatformParameters& platform, const EmitOptions& options) {
  return Emitter(graph, network, mapping, platform, options).run();
}

}  // namespace tessera::compiler
