// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/map/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "models/tile/cost.h"
#include "models/tile/job_core.h"
#include "sw/compiler/map/placer.h"

namespace tessera::compiler {
namespace {

auto numeric_key(const tile::TileParameters& t) {
  const auto& a = t.array;
  return std::make_tuple(a.cell.bits, a.cell.i_lsb_A, a.dac.bits, a.dac.coding, t.signed_input, a.weight_mapping,
                         a.adc.bits, a.adc.full_scale_A, a.adc.gains);
}

std::vector<Matrix> matrices_of(const Graph& graph, const QuantisedNetwork& network) {
  std::vector<Matrix> matrices;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const QuantisedLayer& layer = network.layers[i];
    if (layer.engine != Engine::tile) {
      continue;
    }
    const Node& node = graph.nodes[static_cast<std::size_t>(layer.node)];
    const Shape& out = graph.shape(node.output);
    const bool conv = layer.kind == NodeKind::conv2d;
    matrices.push_back({static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(layer.inputs),
                        static_cast<std::uint32_t>(layer.outputs), static_cast<std::uint32_t>(layer.slices),
                        conv ? static_cast<std::uint32_t>(graph.shape(node.inputs.front()).channels) : 1U,
                        conv ? static_cast<std::uint64_t>(out.height) * static_cast<std::uint64_t>(out.width) : 1U});
  }
  return matrices;
}

TileSpace space_of(const platform::PlatformParameters& platform, std::uint32_t tile) {
  const auto& t = platform.tiles[tile];
  return {tile,
          t.inputs(),
          t.array.pairs(),
          t.input_buffer_B,
          t.output_buffer_B,
          tile % platform.grid_columns,
          t.array.references()};
}

/// How many of `copies` tiles, taken anywhere, wait for the same bank of converters.
std::uint64_t sharers(tile::TileParameters::Sharing sharing, std::uint64_t copies,
                      const platform::PlatformParameters& platform) {
  using Sharing = tile::TileParameters::Sharing;
  const std::uint64_t banks = sharing == Sharing::chip     ? 1
                              : sharing == Sharing::row    ? platform.grid_rows
                              : sharing == Sharing::column ? platform.grid_columns
                                                           : copies;
  return (copies + banks - 1) / std::max<std::uint64_t>(banks, 1);
}

/// Estimated time of a layer with so many copies [s]: products share out, jobs are started one after the other.
double layer_time(const Matrix& matrix, std::uint64_t copies, std::uint64_t parts, std::uint32_t pairs,
                  const platform::PlatformParameters& platform, std::uint32_t tile, const MapOptions& options) {
  const auto& parameters = platform.tiles[tile];
  const auto time = tile::product_time(
      parameters, (matrix.inputs + static_cast<std::uint32_t>(parts) - 1) / static_cast<std::uint32_t>(parts), pairs);
  const auto ps = static_cast<double>(
      std::max({time.total(),
                time.convert * static_cast<decltype(time.convert)>(sharers(parameters.adc_sharing, copies, platform)),
                time.settle * static_cast<decltype(time.settle)>(sharers(parameters.dac_sharing, copies, platform))}));
  const std::uint64_t products = (matrix.products + copies - 1) / copies;
  if (matrix.on_lanes && parts > 1) {  // its parts work at the same time
    const std::uint64_t rounds = (pairs + platform.analog_plane.lanes - 1) / platform.analog_plane.lanes;
    const auto settling = static_cast<double>(rounds * tile::lane_settling(parameters));
    return static_cast<double>(products) * (ps + settling) * 1.0e-12 +
           static_cast<double>(copies * parts) * options.job_overhead_s;
  }
  return static_cast<double>(products * parts) * ps * 1.0e-12 +
         static_cast<double>(copies * parts) * options.job_overhead_s;
}

void replicate(Placer& placer, const std::vector<Matrix>& matrices, const platform::PlatformParameters& platform,
               const MapOptions& options, std::vector<std::uint32_t>& copies) {
  struct Candidate {
    const Matrix* matrix = nullptr;
    std::uint64_t parts = 0;
    std::uint32_t pairs = 0, tile = 0;
    double time = 0.0;
  };
  std::vector<Candidate> candidates;
  for (const Matrix& matrix : matrices) {
    Candidate candidate{&matrix, 0, 0, 0, 0.0};
    for (const Placement& p : placer.placements()) {
      if (p.layer == matrix.layer) {
        candidate.parts = std::max<std::uint64_t>(candidate.parts, p.k_part + 1);
        candidate.pairs = std::max(candidate.pairs, p.outputs * matrix.slices);
        candidate.tile = p.tile;
      }
    }
    candidate.time = layer_time(matrix, 1, candidate.parts, candidate.pairs, platform, candidate.tile, options);
    candidates.push_back(candidate);
  }
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const Candidate& a, const Candidate& b) { return a.time > b.time; });
  const std::uint64_t most = options.max_copies != 0 ? options.max_copies : platform.tiles.size();
  for (Candidate& c : candidates) {
    for (std::uint32_t next = 2; next <= std::min<std::uint64_t>(most, c.matrix->products); ++next) {
      const double time = layer_time(*c.matrix, next, c.parts, c.pairs, platform, c.tile, options);
      if (time >= c.time || !placer.place_copy(*c.matrix, next - 1)) {
        break;
      }
      c.time = time;
      copies[c.matrix->layer] = next;
    }
  }
}

/// Empty if parts of K may add on analog lanes, else why they do not although the platform has lanes.
std::string lane_obstacle(const platform::PlatformParameters& platform, const std::vector<std::uint32_t>& tiles) {
  for (const std::uint32_t tile : tiles) {
    if (std::string obstacle = tile::lane_obstacle(platform.tiles[tile]); !obstacle.empty()) {
      return obstacle;
    }
  }
  return {};
}

/// Says where sums are on lanes, and why they are not where a layer is split.
void lane_notes(const Graph& graph, const QuantisedNetwork& network, const Placer& placer,
                const std::vector<Matrix>& matrices, const platform::PlatformParameters& platform, Mapping& mapping) {
  for (std::size_t m = 0; m < matrices.size(); ++m) {
    const std::uint32_t layer = matrices[m].layer;
    if (mapping.k_parts[layer] < 2) {
      continue;
    }
    const std::string& name = graph.nodes[static_cast<std::size_t>(network.layers[layer].node)].name;
    if (!mapping.on_lanes[layer]) {
      if (!placer.lane_obstacle(m).empty()) {
        mapping.notes.push_back(fmt::format("{}: partial sums stay digital: {}", name, placer.lane_obstacle(m)));
      }
      continue;
    }
    std::set<std::uint32_t> columns;
    for (const Placement& p : mapping.placements) {
      if (p.layer == layer) {
        columns.insert(p.tile % platform.grid_columns);
      }
    }
    mapping.notes.push_back(fmt::format("{}: the {} parts of K add on the analog lanes of grid column{} {}", name,
                                        mapping.k_parts[layer], columns.size() == 1 ? "" : "s",
                                        fmt::join(columns, ", ")));
  }
}

bool fits(const std::vector<Matrix>& matrices, std::vector<TileSpace> tiles, const MapOptions& options) {
  return Placer(std::move(tiles), options).place_all(matrices);
}

constexpr std::size_t most_tiles = 1024;   // the address map holds so many
constexpr std::uint32_t most_rows = 8192;  // as the keys of the platform say
constexpr std::uint32_t most_columns = 8192;

/// Physical rows of an input and columns of a weight: what the placer counts, in cells.
struct Cells {
  std::uint32_t rows = 1, columns = 2;
};

/// What would do: more tiles of the largest kind, or larger ones in the same number.
std::string advice(const std::vector<Matrix>& matrices, const std::vector<TileSpace>& tiles, const Cells& each,
                   const MapOptions& options) {
  TileSpace largest = tiles.front();
  for (const TileSpace& tile : tiles) {
    if (std::uint64_t{tile.rows} * tile.pairs > std::uint64_t{largest.rows} * largest.pairs) {
      largest = tile;
    }
  }
  std::string text;
  auto more = tiles;
  std::size_t low = tiles.size();
  std::size_t high = low;
  const auto fits_with = [&](std::size_t count) {
    more.assign(tiles.begin(), tiles.end());
    more.resize(count, largest);
    return fits(matrices, more, options);
  };
  while (high < most_tiles && !fits_with(high)) {
    low = high;
    high *= 2;
  }
  if (fits_with(high = std::min(high, most_tiles))) {
    while (high - low > 1) {
      const std::size_t middle = (low + high) / 2;
      (fits_with(middle) ? high : low) = middle;
    }
    text = fmt::format("{} tiles of {} rows x {} columns would hold it", high, each.rows * largest.rows,
                       each.columns * largest.pairs);
  }
  auto larger = tiles;
  for (int doublings = 1; doublings <= 5; ++doublings) {
    for (std::size_t i = 0; i < larger.size(); ++i) {
      larger[i].rows = std::min(tiles[i].rows << doublings, most_rows / each.rows);
      larger[i].pairs = std::min(tiles[i].pairs << doublings, most_columns / each.columns);
      larger[i].input_bytes = std::max(larger[i].input_bytes, larger[i].rows * 2);
      larger[i].output_bytes = std::max(larger[i].output_bytes, larger[i].pairs * 4);
    }
    if (fits(matrices, larger, options)) {
      text += fmt::format("{}{} tiles of {} rows x {} columns {}", text.empty() ? "" : ", or ", tiles.size(),
                          each.rows * std::min(largest.rows << doublings, most_rows / each.rows),
                          each.columns * std::min(largest.pairs << doublings, most_columns / each.columns),
                          text.empty() ? "would hold it" : "");
      break;
    }
  }
  while (!text.empty() && text.back() == ' ') {
    text.pop_back();
  }
  return text.empty() ? "a network with fewer weights is needed" : text;
}

[[noreturn]] void refuse(const std::vector<Matrix>& matrices, const std::vector<TileSpace>& tiles, const Cells& each,
                         const MapOptions& options) {
  std::uint64_t needed = 0;
  for (const Matrix& matrix : matrices) {
    needed += std::uint64_t{matrix.inputs} * each.rows *
              (std::uint64_t{matrix.outputs} * matrix.slices * each.columns + tiles.front().references);
  }
  const std::uint64_t available = Placer(tiles, options).free_weights() * each.rows * each.columns;
  const std::string by =
      needed > available
          ? fmt::format("{} cells too many", needed - available)
          : std::string("enough cells in number, but no arrangement of the layers' rectangles was found");
  throw DoesNotFit(
      fmt::format("the network does not fit: its weights need {} cells, {} {} ({}); {}", needed,
                  tiles.size() == 1 ? "the one usable tile has" : fmt::format("the {} usable tiles have", tiles.size()),
                  available, by, advice(matrices, tiles, each, options)),
      DoesNotFit::Resource::cells, needed, available);
}

}  // namespace

std::vector<std::uint32_t> usable_tiles(const platform::PlatformParameters& platform) {
  std::vector<std::uint32_t> best;
  for (std::uint32_t i = 0; i < platform.tiles.size(); ++i) {
    std::vector<std::uint32_t> same;
    for (std::uint32_t j = 0; j < platform.tiles.size(); ++j) {
      if (numeric_key(platform.tiles[i]) == numeric_key(platform.tiles[j])) {
        same.push_back(j);
      }
    }
    if (same.size() > best.size()) {
      best = same;
    }
  }
  return best;
}

Mapping map_network(const Graph& graph, const QuantisedNetwork& network, const platform::PlatformParameters& platform,
                    const MapOptions& wanted) {
  Mapping mapping;
  MapOptions options = wanted;
  options.column_sum = wanted.column_sum && platform.analog_plane.column_sum;
  mapping.usable_tiles = usable_tiles(platform);
  mapping.copies.assign(network.layers.size(), 0);
  mapping.k_parts.assign(network.layers.size(), 0);
  mapping.on_lanes.assign(network.layers.size(), false);
  if (mapping.usable_tiles.size() < platform.tiles.size()) {
    mapping.notes.push_back(fmt::format(
        "{} of {} tiles are left out: their cell bits, cell current, converters or codings differ from the others'",
        platform.tiles.size() - mapping.usable_tiles.size(), platform.tiles.size()));
  }
  auto matrices = matrices_of(graph, network);
  if (matrices.empty()) {
    return mapping;
  }
  std::vector<TileSpace> tiles;
  for (const std::uint32_t tile : mapping.usable_tiles) {
    tiles.push_back(space_of(platform, tile));
  }
  if (tiles.empty()) {
    throw DoesNotFit("the network does not fit: the platform has no tiles", DoesNotFit::Resource::cells, 1, 0);
  }
  if (options.column_sum) {
    if (const std::string obstacle = lane_obstacle(platform, mapping.usable_tiles); !obstacle.empty()) {
      options.column_sum = false;
      mapping.notes.push_back("partial sums stay digital: " + obstacle);
    }
  }
  Placer placer(tiles, options);
  if (!placer.place_all(matrices)) {
    const tile::TileParameters& one = platform.tiles[tiles.front().tile];
    refuse(matrices, tiles, {one.rows_per_input(), one.array.columns_per_weight()}, options);
  }
  for (std::size_t m = 0; m < matrices.size(); ++m) {
    mapping.copies[matrices[m].layer] = 1;
    matrices[m].on_lanes = placer.on_lanes(m);
  }
  if (options.replicate) {
    replicate(placer, matrices, platform, options, mapping.copies);
  }
  mapping.placements = placer.placements();
  std::stable_sort(mapping.placements.begin(), mapping.placements.end(), [](const Placement& a, const Placement& b) {
    return std::tie(a.layer, a.copy, a.k_part, a.output0) < std::tie(b.layer, b.copy, b.k_part, b.output0);
  });
  for (const Placement& p : mapping.placements) {
    mapping.k_parts[p.layer] = std::max(mapping.k_parts[p.layer], p.k_part + 1);
  }
  for (const Matrix& matrix : matrices) {
    mapping.on_lanes[matrix.layer] = matrix.on_lanes && mapping.k_parts[matrix.layer] > 1;
  }
  lane_notes(graph, network, placer, matrices, platform, mapping);
  return mapping;
}

}  // namespace tessera::compiler
