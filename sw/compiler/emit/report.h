// SPDX-License-Identifier: Apache-2.0
// What the compiler tells people and programs about a deployment.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// One rectangle of a layer.
struct PlacementReport {
  std::uint32_t tile = 0, copy = 0, k_part = 0;
  std::uint32_t row0 = 0, rows = 0;                 ///< physical
  std::uint32_t pair0 = 0, pairs = 0, columns = 0;  ///< columns: physical
  double gain = 0.0;                                ///< of its jobs; 0 when exact
};

struct LayerReport {
  std::uint32_t layer = 0;  ///< index in the deployment
  std::string name, operators, engine;
  Shape input, output;
  std::uint64_t macs = 0;
  std::uint64_t weights = 0;  ///< weight values
  std::uint64_t cells = 0;    ///< physical cells in use, copies included
  std::uint32_t tiles = 0, jobs = 0, copies = 0, k_parts = 0;
  std::uint64_t products = 0;  ///< array products of one inference
  double utilisation = 0.0;    ///< cells in use / cells of the tiles in use
  float input_scale = 0.0F, output_scale = 0.0F;
  std::int32_t input_zero_point = 0, output_zero_point = 0;
  double weight_error = 0.0;
  double conversion_error = 0.0;  ///< RMS of the converters' error over RMS of the sums, calibration inputs
  double clipped_share = 0.0;     ///< conversions clipped, calibration inputs
  std::vector<PlacementReport> placements;
};

/// A tensor in the input buffer of a tile.
struct KeptReport {
  std::string name;
  std::uint64_t bytes = 0;
  std::uint32_t tile = 0, address = 0;
  std::uint64_t saved = 0;  ///< bytes an inference that the plan does not move over the bus
};

struct CompileReport {
  std::string network;
  std::vector<LayerReport> layers;
  std::uint64_t macs = 0, weights = 0, cells = 0, cells_available = 0;
  std::uint32_t tiles_used = 0, tiles_available = 0;
  std::uint64_t arena_bytes = 0, sram_bytes = 0, image_bytes = 0, rom_bytes = 0;
  std::uint64_t dram_used = 0, dram_bytes = 0;  ///< external DRAM: in use, there
  std::vector<std::string> in_dram;             ///< tensors and partial sums that did not fit the SRAM
  std::vector<KeptReport> kept;                 ///< tensors in tiles, with the option to keep them
  std::vector<std::string> not_kept;            ///< "name: reason" of the others
  std::vector<std::string> notes;

  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] std::string to_json() const;  ///< every figure of the text, indented, keys in a fixed order
};

}  // namespace tessera::compiler
