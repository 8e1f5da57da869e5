// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/map/mapping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "sw/compiler/emit/compile.h"
#include "sw/compiler/map/placer.h"
#include "tests/compiler/platforms.h"
#include "tests/compiler/random_graph.h"

namespace tessera::compiler {
namespace {

using testing::HasSubstr;

Mapping map(const Graph& graph, const platform::PlatformParameters& platform, const MapOptions& options = {}) {
  const auto calibration = test::random_values(graph.shape(graph.input).elements(), 1);
  const auto network = quantise(graph, numerics_of(platform.tiles.front()), true, calibration, {});
  return map_network(graph, network, platform, options);
}

/// Every weight of every layer lies in exactly one rectangle of each copy; no cell is used twice.
void expect_sound(const Mapping& mapping, const QuantisedNetwork& network,
                  const platform::PlatformParameters& platform) {
  std::map<std::uint32_t, std::vector<const Placement*>> tiles;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> weights;
  for (const Placement& p : mapping.placements) {
    const QuantisedLayer& layer = network.layers[p.layer];
    const auto pairs = p.outputs * static_cast<std::uint32_t>(layer.slices);
    const auto& tile = platform.tiles.at(p.tile);
    EXPECT_LE(p.row0 + p.rows, tile.array.rows);
    EXPECT_LE(p.pair0 + pairs, tile.array.pairs());
    EXPECT_LE(p.k0 + p.rows, layer.inputs);
    EXPECT_LE(p.output0 + p.outputs, layer.outputs);
    for (const Placement* other : tiles[p.tile]) {
      const auto other_pairs = other->outputs * static_cast<std::uint32_t>(network.layers[other->layer].slices);
      EXPECT_TRUE(p.row0 >= other->row0 + other->rows || other->row0 >= p.row0 + p.rows ||
                  p.pair0 >= other->pair0 + other_pairs || other->pair0 >= p.pair0 + pairs);
    }
    tiles[p.tile].push_back(&p);
    weights[{p.layer, p.copy}] += std::uint64_t{p.rows} * p.outputs;
  }
  for (const auto& [key, count] : weights) {
    EXPECT_EQ(count, network.layers[key.first].weights.size()) << "layer " << key.first << " copy " << key.second;
  }
}

TEST(Split, IsEvenAndKeepsGroupsTogether) {
  EXPECT_EQ(split_evenly(100, 100, 1), (std::vector<Segment>{{0, 100}}));
  EXPECT_EQ(split_evenly(101, 100, 1), (std::vector<Segment>{{0, 51}, {51, 50}}));
  EXPECT_EQ(split_evenly(144, 128, 16), (std::vector<Segment>{{0, 80}, {80, 64}}));
  EXPECT_EQ(split_evenly(30, 16, 15), (std::vector<Segment>{{0, 15}, {15, 15}}));
  for (std::uint32_t total = 1; total < 200; ++total) {
    for (std::uint32_t largest = 1; largest < 40; largest += 3) {
      std::uint32_t next = 0;
      const auto segments = split_evenly(total, largest, 1 + total % 7);
      for (const auto& [first, count] : segments) {
        EXPECT_EQ(first, next);
        EXPECT_GT(count, 0U);
        EXPECT_LE(count, largest);
        next = first + count;
      }
      EXPECT_EQ(next, total);
      EXPECT_EQ(segments.size(), (total + largest - 1) / largest);
    }
  }
}

TEST(Mapping, SmallLayersShareATile) {
  const auto mapping = map(test::dense_chain({64, 32, 16, 10}), test::nominal_platform());
  std::set<std::uint32_t> tiles;
  for (const Placement& p : mapping.placements) {
    tiles.insert(p.tile);
  }
  EXPECT_EQ(tiles.size(), 1U);
  MapOptions apart;
  apart.pack = false;
  tiles.clear();
  for (const Placement& p : map(test::dense_chain({64, 32, 16, 10}), test::nominal_platform(), apart).placements) {
    tiles.insert(p.tile);
  }
  EXPECT_EQ(tiles.size(), 3U);
}

TEST(Mapping, WideLayersAreSplitOverTiles) {
  const auto platform = test::nominal_platform(512, 512);
  const auto graph = test::dense_chain({640, 300});
  const auto mapping = map(graph, platform);
  EXPECT_EQ(mapping.k_parts[0], 2U);
  ASSERT_EQ(mapping.placements.size(), 4U);
  // Parts that work at the same time lie on tiles of their own.
  EXPECT_NE(mapping.placements[0].tile, mapping.placements[1].tile);
}

platform::PlatformParameters with_plane(platform::PlatformParameters platform) {
  platform.analog_plane.column_sum = true;
  return platform;
}

// Groups of parts with the same outputs: one grid column, a tile of its own for each part.
void expect_columns(const Mapping& mapping, std::uint32_t grid_columns) {
  std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>, std::vector<std::uint32_t>> groups;
  for (const Placement& p : mapping.placements) {
    if (mapping.on_lanes[p.layer]) {
      groups[{p.layer, p.copy, p.output0}].push_back(p.tile);
    }
  }
  EXPECT_FALSE(groups.empty());
  for (const auto& [key, tiles] : groups) {
    EXPECT_EQ(tiles.size(), mapping.k_parts[std::get<0>(key)]);
    EXPECT_EQ(std::set<std::uint32_t>(tiles.begin(), tiles.end()).size(), tiles.size());
    for (const std::uint32_t tile : tiles) {
      EXPECT_EQ(tile % grid_columns, tiles.front() % grid_columns);
    }
  }
}

TEST(Mapping, PartsOfKLieInOneColumnWhereTheyAddOnLanes) {
  const auto graph = test::dense_chain({3000, 600, 10});
  const auto digital = map(graph, test::nominal_platform());
  EXPECT_FALSE(digital.on_lanes[0]) << "the plane is off by default";
  const auto mapping = map(graph, with_plane(test::nominal_platform()));
  EXPECT_TRUE(mapping.on_lanes[0]);
  EXPECT_FALSE(mapping.on_lanes[1]) << "600 inputs need no split";
  EXPECT_EQ(mapping.k_parts[0], 3U);
  expect_columns(mapping, 4);
  ASSERT_FALSE(mapping.notes.empty());
  EXPECT_THAT(mapping.notes.back(), HasSubstr("the 3 parts of K add on the analog lanes of grid columns"));
  MapOptions off;
  off.column_sum = false;
  EXPECT_FALSE(map(graph, with_plane(test::nominal_platform()), off).on_lanes[0]);
}

TEST(Mapping, CopiesAddOnLanesInColumnsOfTheirOwn) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = test::random_graph(seed);
    const auto platform = with_plane(test::nominal_platform(seed % 3 == 0 ? 40 : 60, 200, 7, 9));
    const auto calibration = test::random_values(graph.shape(graph.input).elements(), 1);
    const auto network = quantise(graph, numerics_of(platform.tiles.front()), true, calibration, {});
    const auto mapping = map_network(graph, network, platform, {});
    expect_sound(mapping, network, platform);
    if (std::count(mapping.on_lanes.begin(), mapping.on_lanes.end(), true) > 0) {
      expect_columns(mapping, 9);
    }
  }
}

TEST(Mapping, FallsBackToDigitalPartialSumsAndSaysWhy) {
  const auto reason = [](const Mapping& mapping) { return mapping.notes.empty() ? "" : mapping.notes.back(); };
  const auto graph = test::dense_chain({3000, 200});
  const auto low = map(graph, with_plane(test::nominal_platform(1024, 1024, 2, 4)));
  EXPECT_FALSE(low.on_lanes[0]);
  EXPECT_THAT(reason(low), HasSubstr("K has 3 parts, a grid column 2 tiles"));
  auto two_phase = with_plane(test::nominal_platform());
  for (auto& tile : two_phase.tiles) {
    tile.signed_input = tile::TileParameters::SignedInput::two_phase;
  }
  const auto passes = map(graph, two_phase);
  EXPECT_FALSE(passes.on_lanes[0]);
  EXPECT_THAT(reason(passes), HasSubstr("products of 2 passes"));
  auto apart = with_plane(test::nominal_platform(100, 512, 2, 2));
  apart.tiles[0].input_buffer_B = apart.tiles[1].input_buffer_B = 50;  // the two others lie in different columns
  const auto none = map(test::dense_chain({200, 100}), apart);
  EXPECT_FALSE(none.on_lanes[0]);
  EXPECT_EQ(none.k_parts[0], 2U);
  EXPECT_THAT(reason(none), HasSubstr("no grid column has room for all parts of K"));
}

TEST(Mapping, AutoencoderNeedsPackingAndRowSplitsOnTwelveTiles) {
  // 640-128-128-128-128-8-128-128-128-128-640 on 512 x 512: twelve tiles suffice when each layer has its own.
  const std::vector<int> widths = {640, 128, 128, 128, 128, 8, 128, 128, 128, 128, 640};
  EXPECT_NO_THROW((void)map(test::dense_chain(widths), test::nominal_platform(512, 512)));
  EXPECT_NO_THROW((void)map(test::dense_chain(widths), test::nominal_platform(256, 256)));
}

TEST(Mapping, OfRandomNetworksIsSound) {
  for (std::uint32_t seed = 1; seed <= 120; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = test::random_graph(seed);
    auto platform = test::nominal_platform(seed % 3 == 0 ? 40 : 256, seed % 2 == 0 ? 36 : 200, 7, 9);
    platform.tiles[3].array.rows *= 2;  // tiles need not be equal
    platform.tiles[5].array.adc.bits = 7;
    const auto calibration = test::random_values(graph.shape(graph.input).elements(), seed);
    QuantiseOptions options;
    options.slices = seed % 4 == 0 ? 2 : 1;
    const auto network = quantise(graph, numerics_of(platform.tiles.front()), true, calibration, options);
    const auto mapping = map_network(graph, network, platform, {});
    expect_sound(mapping, network, platform);
    for (const Placement& p : mapping.placements) {
      EXPECT_NE(p.tile, 5U) << "this tile's converters differ from the others'";
    }
    if (!mapping.placements.empty()) {
      ASSERT_EQ(mapping.notes.size(), 1U);
    }
  }
}

TEST(Mapping, IsDeterministic) {
  const Graph graph = test::random_graph(12);
  const auto platform = test::nominal_platform(64, 64, 6, 6);
  const auto a = map(graph, platform);
  const auto b = map(graph, platform);
  ASSERT_EQ(a.placements.size(), b.placements.size());
  for (std::size_t i = 0; i < a.placements.size(); ++i) {
    EXPECT_EQ(a.placements[i].tile, b.placements[i].tile);
    EXPECT_EQ(a.placements[i].row0, b.placements[i].row0);
    EXPECT_EQ(a.placements[i].pair0, b.placements[i].pair0);
  }
}

TEST(Mapping, ReplicasAreBoughtWhereTheyShortenALayer) {
  Graph graph;
  graph.name = "conv";
  graph.tensors = {{"in", {30, 30, 1}, {}}, {"out", {28, 28, 4}, {}}};
  graph.input = 0;
  graph.output = 1;
  Node node;
  node.kind = NodeKind::conv2d;
  node.name = "conv";
  node.inputs = {0};
  node.output = 1;
  node.kernel_height = node.kernel_width = 3;
  node.weights.assign(36, 0.5F);
  node.bias.assign(4, 0.0F);
  graph.nodes = {node};
  const auto platform = test::nominal_platform();
  EXPECT_EQ(map(graph, platform).copies[0], 12U);
  MapOptions options;
  options.max_copies = 3;
  EXPECT_EQ(map(graph, platform, options).copies[0], 3U);
  options.replicate = false;
  EXPECT_EQ(map(graph, platform, options).copies[0], 1U);
  options = {};
  options.job_overhead_s = 1.0;  // starting a job costs more than any product
  EXPECT_EQ(map(graph, platform, options).copies[0], 1U);
  // With one bank of converters for the whole chip, copies would only wait for each other.
  auto shared = platform;
  for (auto& tile : shared.tiles) {
    tile.adc_sharing = tile::TileParameters::Sharing::chip;
    tile.timing.adc_conversion_s = 1.0e-6;
  }
  EXPECT_LT(map(graph, shared).copies[0], 12U);
}

TEST(DoesNotFit, SaysByHowMuchAndWhatWouldDo) {
  const auto platform = test::nominal_platform(64, 64, 1, 2);  // 8192 cells
  try {
    (void)map(test::dense_chain({100, 100}), platform);  // 20000 cells
    FAIL() << "it fitted";
  } catch (const DoesNotFit& error) {
    EXPECT_EQ(error.resource, DoesNotFit::Resource::cells);
    EXPECT_EQ(error.needed, 20000U);
    EXPECT_EQ(error.available, 8192U);
    EXPECT_THAT(error.what(), HasSubstr("11808 cells too many"));
    EXPECT_THAT(error.what(), HasSubstr("tiles of 64 rows x 64 columns would hold it"));
    EXPECT_THAT(error.what(), HasSubstr("2 tiles of 128 rows x 128 columns"));
  }
}

TEST(DoesNotFit, TheAdviceHolds) {
  for (const std::uint32_t width : {70U, 100U, 130U, 200U}) {
    SCOPED_TRACE(width);
    const Graph graph = test::dense_chain({static_cast<int>(width), static_cast<int>(width)});
    const auto fits = [&](std::uint32_t tiles) {
      try {
        (void)map(graph, test::nominal_platform(64, 64, 1, tiles));
        return std::string();
      } catch (const DoesNotFit& error) {
        return std::string(error.what());
      }
    };
    const std::string message = fits(1);
    ASSERT_FALSE(message.empty());
    const auto at = message.find(" tiles of 64 rows x 64 columns would hold it");
    ASSERT_NE(at, std::string::npos) << message;
    const auto first = message.rfind(' ', at - 1) + 1;
    const auto advised = static_cast<std::uint32_t>(std::stoul(message.substr(first, at - first)));
    EXPECT_EQ(fits(advised), "");
    EXPECT_NE(fits(advised - 1), "");
  }
}

TEST(DoesNotFit, APlatformWithoutTilesIsRefused) {
  auto platform = test::nominal_platform();
  const Graph graph = test::dense_chain({4, 4});
  const auto network = quantise(graph, Numerics{}, true, test::random_values(4, 1), {});
  platform.tiles.clear();
  EXPECT_THROW((void)map_network(graph, network, platform, {}), DoesNotFit);
}

}  // namespace
}  // namespace tessera::compiler
