// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/report.h"

#include <fmt/format.h>

#include <algorithm>

#include <nlohmann/json.hpp>
#include <set>

namespace tessera::compiler {
namespace {

std::string shape_text(const Shape& shape) {
  return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
}

/// "25x12": rows x columns of one copy's parts, "2x(400x240)" when there are several of one size.
std::string geometry(const LayerReport& layer) {
  std::size_t parts = 0;
  std::uint32_t rows = 0;
  std::uint32_t columns = 0;
  for (const auto& p : layer.placements) {
    if (p.copy == 0) {
      ++parts;
      rows = std::max(rows, p.rows);
      columns = std::max(columns, p.columns);
    }
  }
  return parts == 0   ? "-"
         : parts == 1 ? fmt::format("{}x{}", rows, columns)
                      : fmt::format("{}x({}x{})", parts, rows, columns);
}

std::string gains(const LayerReport& layer) {
  std::set<double> values;
  for (const auto& p : layer.placements) {
    if (p.gain > 0.0) {
      values.insert(p.gain);
    }
  }
  if (values.empty()) {
    return "-";
  }
  return values.size() == 1 ? fmt::format("{}", *values.begin())
                            : fmt::format("{}..{}", *values.begin(), *values.rbegin());
}

constexpr std::size_t widest_name = 48;

/// Names differ at their ends: a long one keeps its last characters.
std::string shortened(const std::string& name, std::size_t width) {
  return name.size() <= width ? name : "~" + name.substr(name.size() - width + 1);
}

}  // namespace

std::string CompileReport::to_text() const {
  std::string text = fmt::format("network {}: {} layers, {} products (multiply-accumulates), {} weights\n", network,
                                 layers.size(), macs, weights);
  std::size_t width = 5;
  for (const auto& l : layers) {
    width = std::max(width, std::min(l.name.size(), widest_name));
  }
  text += fmt::format("{:<3} {:<{}} {:<22} {:<7} {:>12} {:>12} {:>11} {:>5} {:>6} {:>14} {:>7} {:>6} {:>9} {:>7}\n",
                      "#", "layer", width, "operators", "engine", "input", "output", "MACs", "tiles", "copies",
                      "rows x columns", "use %", "gain", "clip %", "jobs");
  for (const auto& l : layers) {
    text +=
        fmt::format("{:<3} {:<{}} {:<22} {:<7} {:>12} {:>12} {:>11} {:>5} {:>6} {:>14} {:>7.2f} {:>6} {:>9.4f} {:>7}\n",
                    l.layer, shortened(l.name, width), width, shortened(l.operators, 22), l.engine, shape_text(l.input),
                    shape_text(l.output), l.macs, l.tiles, l.copies, geometry(l), 100.0 * l.utilisation, gains(l),
                    100.0 * l.clipped_share, l.jobs);
  }
  text += fmt::format(
      "tiles: {} of {} in use; cells: {} of {} ({:.2f} %)\n", tiles_used, tiles_available, cells, cells_available,
      cells_available > 0 ? 100.0 * static_cast<double>(cells) / static_cast<double>(cells_available) : 0.0);
  text +=
      fmt::format("SRAM: {} of {} bytes for activations and partial sums; deployment: {} bytes, {} of them in ROM\n",
                  arena_bytes, sram_bytes, image_bytes, rom_bytes);
  if (dram_bytes > 0) {
    text +=
        fmt::format("external DRAM: {} of {} bytes{}\n", dram_used, dram_bytes,
                    in_dram.empty() ? ": everything fits the SRAM" : "; least traffic a byte, where SRAM is short:");
    for (const std::string& what : in_dram) {
      text += fmt::format("  {}\n", what);
    }
  }
  for (const KeptReport& one : kept) {
    text += fmt::format("kept in tile {}: {} ({} bytes at {:#010x}), {} bytes an inference less on the bus\n", one.tile,
                        one.name, one.bytes, one.address, one.saved);
  }
  for (const std::string& one : not_kept) {
    text += fmt::format("in memory: {}\n", one);
  }
  for (const auto& note : notes) {
    text += fmt::format("note: {}\n", note);
  }
  return text;
}

std::string CompileReport::to_json() const {
  using Json = nlohmann::ordered_json;
  Json json;
  json["network"] = network;
  json["macs"] = macs;
  json["weights"] = weights;
  json["cells"] = cells;
  json["cells_available"] = cells_available;
  json["tiles_used"] = tiles_used;
  json["tiles_available"] = tiles_available;
  json["arena_bytes"] = arena_bytes;
  json["sram_bytes"] = sram_bytes;
  json["dram_used"] = dram_used;
  json["dram_bytes"] = dram_bytes;
  json["in_dram"] = in_dram;
  json["kept"] = Json::array();
  for (const KeptReport& one : kept) {
    json["kept"].push_back({{"name", one.name},
                            {"bytes", one.bytes},
                            {"tile", one.tile},
                            {"address", one.address},
                            {"saved_bytes", one.saved}});
  }
  json["not_kept"] = not_kept;
  json["image_bytes"] = image_bytes;
  json["rom_bytes"] = rom_bytes;
  json["layers"] = Json::array();
  for (const auto& l : layers) {
    Json row;
    row["layer"] = l.layer;
    row["name"] = l.name;
    row["operators"] = l.operators;
    row["engine"] = l.engine;
    row["input"] = {l.input.height, l.input.width, l.input.channels};
    row["output"] = {l.output.height, l.output.width, l.output.channels};
    row["macs"] = l.macs;
    row["weights"] = l.weights;
    row["cells"] = l.cells;
    row["tiles"] = l.tiles;
    row["copies"] = l.copies;
    row["k_parts"] = l.k_parts;
    row["jobs"] = l.jobs;
    row["products"] = l.products;
    row["utilisation"] = l.utilisation;
    row["input_scale"] = l.input_scale;
    row["input_zero_point"] = l.input_zero_point;
    row["output_scale"] = l.output_scale;
    row["output_zero_point"] = l.output_zero_point;
    row["weight_error"] = l.weight_error;
    row["conversion_error"] = l.conversion_error;
    row["clipped_share"] = l.clipped_share;
    row["placements"] = Json::array();
    for (const auto& p : l.placements) {
      Json place;
      place["tile"] = p.tile;
      place["copy"] = p.copy;
      place["k_part"] = p.k_part;
      place["row0"] = p.row0;
      place["rows"] = p.rows;
      place["pair0"] = p.pair0;
      place["pairs"] = p.pairs;
      place["gain"] = p.gain;
      row["placements"].push_back(place);
    }
    json["layers"].push_back(row);
  }
  json["notes"] = notes;
  return json.dump(2) + "\n";
}

}  // namespace tessera::compiler
