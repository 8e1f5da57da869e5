// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sw/compiler/emit/emitter.h"
#include "sw/compiler/emit/gains.h"
#include "sw/deployment/values.h"

namespace tessera::compiler {
namespace {

const char* to_text(Engine engine) {
  switch (engine) {
    case Engine::tile:
      return "tile";
    case Engine::vector:
      return "vector";
    case Engine::cpu:
      return "cpu";
    case Engine::none:
      return "none";
  }
  return "?";
}

std::vector<std::vector<std::int8_t>> codes(std::span<const float> calibration, const QuantisedTensor& tensor,
                                            std::size_t most) {
  const std::size_t elements = tensor.shape.elements();
  std::vector<std::vector<std::int8_t>> inputs;
  for (std::size_t i = 0; i < std::min(calibration.size() / elements, most); ++i) {
    inputs.push_back(
        deployment::quantise(calibration.subspan(i * elements, elements), tensor.scale, tensor.zero_point));
  }
  return inputs;
}

void add_placements(LayerReport& row, std::uint32_t source, const QuantisedLayer& layer, const CompileResult& result,
                    const std::vector<GainChoice>& choices, const platform::PlatformParameters& platform) {
  std::set<std::uint32_t> tiles;
  std::uint64_t available = 0;
  double weight = 0.0;
  for (std::size_t p = 0; p < result.mapping.placements.size(); ++p) {
    const Placement& placement = result.mapping.placements[p];
    if (placement.layer != source) {
      continue;
    }
    const std::uint32_t pairs = placement.outputs * static_cast<std::uint32_t>(layer.slices);
    const tile::TileParameters& tile = platform.tiles[placement.tile];
    const auto& array = tile.array;
    const std::uint32_t rows = placement.rows * tile.rows_per_input();
    const std::uint32_t columns = pairs * array.columns_per_weight() + array.references();
    const double gain = array.adc.bits == 0 ? 0.0 : array.adc.gains[choices[p].gain_index];
    row.placements.push_back({placement.tile, placement.copy, placement.k_part, placement.row0 * tile.rows_per_input(),
                              rows, placement.pair0, pairs, columns, gain});
    row.cells += std::uint64_t{rows} * columns;
    if (tiles.insert(placement.tile).second) {
      available += std::uint64_t{array.rows} * array.columns;
    }
    if (placement.copy == 0) {
      row.conversion_error += choices[p].relative_error * pairs;
      row.clipped_share += choices[p].clipped_share * pairs;
      weight += pairs;
    }
  }
  row.tiles = static_cast<std::uint32_t>(tiles.size());
  row.utilisation = available > 0 ? static_cast<double>(row.cells) / static_cast<double>(available) : 0.0;
  row.conversion_error /= std::max(weight, 1.0);
  row.clipped_share /= std::max(weight, 1.0);
}

CompileReport report(const Graph& graph, const platform::PlatformParameters& platform, const Emission& emission,
                     const CompileResult& result, const std::vector<GainChoice>& choices) {
  CompileReport report;
  report.network = graph.name;
  report.notes = result.mapping.notes;
  std::set<std::uint32_t> tiles;
  for (std::uint32_t i = 0; i < emission.layers.size(); ++i) {
    const QuantisedLayer& layer = result.network.layers[emission.layers[i]];
    const Node& node = graph.nodes[static_cast<std::size_t>(layer.node)];
    const QuantisedTensor& in = result.network.tensors[static_cast<std::size_t>(node.inputs.front())];
    const QuantisedTensor& out = result.network.tensors[static_cast<std::size_t>(node.output)];
    LayerReport row;
    row.layer = i;
    row.name = node.name;
    row.operators = node.operators.empty() ? to_string(node.kind) : node.operators;
    row.engine = to_text(layer.engine);
    row.input = in.shape;
    row.output = out.shape;
    row.macs = macs(graph, node);
    row.weights = layer.weights.size();
    row.input_scale = in.scale;
    row.output_scale = out.scale;
    row.input_zero_point = in.zero_point;
    row.output_zero_point = out.zero_point;
    row.weight_error = layer.weight_error;
    row.copies = result.mapping.copies[emission.layers[i]];
    row.k_parts = result.mapping.k_parts[emission.layers[i]];
    for (const td_tile_job& job : result.contents.tile_jobs) {
      row.jobs += job.layer == i ? 1 : 0;
      row.products += job.layer == i ? job.product_count : 0;
    }
    row.jobs += layer.engine == Engine::vector || layer.engine == Engine::cpu ? 1 : 0;
    add_placements(row, emission.layers[i], layer, result, choices, platform);
    for (const auto& placement : row.placements) {
      tiles.insert(placement.tile);
    }
    report.macs += row.macs;
    report.weights += row.weights;
    report.cells += row.cells;
    report.layers.push_back(std::move(row));
  }
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    if (result.network.layers[i].engine == Engine::none) {
      report.notes.push_back(fmt::format("{} ({}): no work, the bytes stay where they are", graph.nodes[i].name,
                                         graph.nodes[i].operators));
    }
    if (result.network.layers[i].kind != graph.nodes[i].kind) {
      report.notes.push_back(fmt::format("{} ({}): executed as {} with equal weights, as its padding counts",
                                         graph.nodes[i].name, graph.nodes[i].operators,
                                         to_string(result.network.layers[i].kind)));
    }
  }
  report.tiles_used = static_cast<std::uint32_t>(tiles.size());
  report.tiles_available = static_cast<std::uint32_t>(platform.tiles.size());
  for (const auto& tile : platform.tiles) {
    report.cells_available += std::uint64_t{tile.array.rows} * tile.array.columns;
  }
  report.arena_bytes = result.contents.model.arena_bytes;
  report.sram_bytes = platform.sram.size_B;
  report.dram_used = result.contents.model.dram_bytes;
  report.dram_bytes = platform.ext_dram.present ? platform.ext_dram.size_B : 0;
  report.in_dram = emission.in_dram;
  for (const KeptTensor& one : emission.kept) {
    report.kept.push_back({one.name, one.bytes, one.tile, one.address, one.saved});
  }
  report.not_kept = emission.not_kept;
  report.image_bytes = result.image.size();
  report.rom_bytes = result.image.size() - result.contents.cells.size();
  return report;
}

}  // namespace

CompileResult compile(const Graph& graph, const platform::PlatformParameters& platform, std::uint64_t platform_hash,
                      std::span<const float> calibration, const CompileOptions& options) {
  if (platform_hash == 0) {
    throw std::invalid_argument("compile: the platform hash is 0, which no platform has");
  }
  const auto usable = usable_tiles(platform);
  const Numerics numerics = usable.empty() ? Numerics{} : numerics_of(platform.tiles[usable.front()]);
  CompileResult result;
  result.network = quantise(graph, numerics, platform.vector_unit.present, calibration, options.quantise);
  result.mapping = map_network(graph, result.network, platform, options.map);
  platform::PlatformParameters target = platform;
  target.bus.multicast = platform.bus.multicast && options.multicast;
  Emission emission = emit(graph, result.network, result.mapping, target, {options.window_reuse, options.keep_outputs});
  std::vector<GainChoice> choices(result.mapping.placements.size());
  if (options.calibrate_gain && !result.mapping.placements.empty()) {
    const auto inputs = codes(calibration, result.network.tensors[static_cast<std::size_t>(graph.input)],
                              std::max<std::size_t>(options.gain_inputs, 1));
    choices = choose_gains(emission, result.network, result.mapping, platform, inputs);
  }
  result.contents = emission.contents;
  result.image = deployment::write_image(result.contents, platform_hash);
  result.report = report(graph, platform, emission, result, choices);
  return result;
}

}  // namespace tessera::compiler
