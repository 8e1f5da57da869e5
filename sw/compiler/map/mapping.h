// SPDX-License-Identifier: Apache-2.0
// Where the weights go: rectangles on tiles, splits, replicas.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/quantise/quantise.h"

namespace tessera::compiler {

/// The network needs more than the platform has (exit code 3). what() says by how much and what would fit.
class DoesNotFit : public std::runtime_error {
 public:
  enum class Resource { cells, sram, dram };
  DoesNotFit(const std::string& message, Resource kind, std::uint64_t needs, std::uint64_t has)
      : std::runtime_error(message), resource(kind), needed(needs), available(has) {}
  Resource resource;
  std::uint64_t needed;     ///< cells or bytes
  std::uint64_t available;  ///< the same
};

struct MapOptions {
  bool replicate = true;           ///< copies of a layer on other tiles, where the cost model says it is faster
  std::uint32_t max_copies = 0;    ///< 0: as many as there are tiles
  double job_overhead_s = 2.0e-6;  ///< firmware's time per job, weighed against shorter product ranges
  std::uint32_t max_rows = 0;      ///< rows of one part at most; 0: the tile's
  std::uint32_t max_pairs = 0;     ///< pairs of one part at most; 0: the tile's
  bool column_sum = true;          ///< parts of K add on analog lanes, where the platform has them
  bool pack = true;                ///< several layers in one tile; off: a tile of its own for each part
};

/// A rectangle of weights on a tile: outputs output0.. of elements k0.. of the window. Rows count inputs: on tiles with
/// row pairs, input r has the array rows 2r and 2r + 1. Pairs are columns where tiles have single columns.
struct Placement {
  std::uint32_t layer = 0;  ///< index into QuantisedNetwork::layers
  std::uint32_t copy = 0;   ///< 0 is the original
  std::uint32_t tile = 0;
  std::uint32_t row0 = 0, pair0 = 0;
  std::uint32_t k0 = 0, rows = 0;
  std::uint32_t output0 = 0, outputs = 0;
  std::uint32_t k_part = 0;  ///< order of partial sums; on lanes the last part converts
};

struct Mapping {
  std::vector<Placement> placements;        ///< by layer, copy, k_part, output0
  std::vector<std::uint32_t> copies;        ///< per layer; 0 for layers without tiles
  std::vector<std::uint32_t> k_parts;       ///< per layer
  std::vector<bool> on_lanes;               ///< per layer: its parts of K add on analog lanes, in one grid column
  std::vector<std::uint32_t> usable_tiles;  ///< tiles with the numerics of the network
  std::vector<std::string> notes;           ///< for the report
};

/// Tiles that share the numerics of most tiles, ascending.
[[nodiscard]] std::vector<std::uint32_t> usable_tiles(const platform::PlatformParameters& platform);

/// @throws DoesNotFit
[[nodiscard]] Mapping map_network(const Graph& graph, const QuantisedNetwork& network,
                                  const platform::PlatformParameters& platform, const MapOptions& options);

}  // namespace tessera::compiler
