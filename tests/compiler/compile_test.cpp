// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "sw/compiler/emit/cells.h"
#include "sw/compiler/emit/emitter.h"
#include "sw/compiler/import/import_onnx.h"
#include "tests/compiler/platforms.h"
#include "tests/compiler/random_graph.h"
#include "tests/compiler/shadow.h"

namespace tessera::compiler {
namespace {

using testing::HasSubstr;

Graph lenet() {
  return import_onnx(std::filesystem::path(TESSERA_SOURCE_DIR) / "sw/examples/fashion/lenet.onnx");
}

CompileResult compile_lenet(const platform::PlatformParameters& platform, const CompileOptions& options = {}) {
  return compile(lenet(), platform, 77, test::random_values(4 * 784, 1, 0.0F, 1.0F), options);
}

TEST(Compile, GivesAValidImageForThePlatform) {
  const auto platform = test::nominal_platform();
  const auto result = compile_lenet(platform);
  deployment::Limits limits;
  limits.tiles.assign(12, {1024, 512, 15, 5, 2048});
  limits.sram_bytes = platform.sram.size_B - 256;
  const auto image = deployment::Image::parse(result.image, limits);
  EXPECT_EQ(image.platform_hash(), 77U);
  EXPECT_EQ(image.contents().layers.size(), 7U);
  std::uint64_t macs = 0;
  for (const td_layer& layer : image.contents().layers) {
    macs += layer.macs;
  }
  EXPECT_EQ(macs, 416520U);  // 117600 + 240000 + 48000 + 10080 + 840
}

/// A dense network whose first layer takes three tiles, on a platform whose tiles add on analog lanes.
CompileResult compile_on_lanes(std::uint32_t queue_depth = 16) {
  auto platform = test::nominal_platform();
  platform.analog_plane.column_sum = true;
  for (auto& tile : platform.tiles) {
    tile.queue_depth = queue_depth;
  }
  const auto graph = test::dense_chain({3000, 600, 10});
  return compile(graph, platform, 77, test::random_values(4 * 3000, 1, 0.0F, 1.0F));
}

TEST(Compile, GroupsOnLanesAreStartedAsAWholeAndTheLastPartConverts) {
  for (const std::uint32_t queue_depth : {16U, 1U}) {
    const auto result = compile_on_lanes(queue_depth);
    deployment::Limits limits;
    limits.tiles.assign(12, {1024, 512, 15, 5, 2048});
    limits.grid_columns = 4;
    EXPECT_NO_THROW((void)deployment::Image::parse(result.image, limits));
    std::size_t collecting = 0, driving = 0;
    for (const td_tile_job& job : result.contents.tile_jobs) {
      EXPECT_EQ(job.flags & (TD_TILE_STORE_PARTIAL | TD_TILE_ADD_PARTIAL), 0);
      collecting += (job.flags & TD_TILE_LANE_COLLECT) != 0 ? 1 : 0;
      driving += (job.flags & TD_TILE_LANE_DRIVE) != 0 ? 1 : 0;
      EXPECT_EQ(job.lane_members, job.lane_group != 0 ? 2 : 0);
      EXPECT_TRUE((job.flags & TD_TILE_LANE_COLLECT) == 0 || job.k_first == 2000) << "the last part";
    }
    EXPECT_EQ(collecting, 2U) << "600 outputs are more than 512 pairs";
    EXPECT_EQ(driving, 4U);
    ASSERT_FALSE(result.report.notes.empty());
    EXPECT_THAT(result.report.to_text(), HasSubstr("add on the analog lanes"));
  }
}

TEST(Compile, ColumnSplitsBecomeMulticastGroupsWhereTheBusCan) {
  auto platform = test::nominal_platform();
  const auto graph = test::dense_chain({900, 1100, 8});
  const auto calibration = test::random_values(4 * 900, 1, 0.0F, 1.0F);
  const auto alone = compile(graph, platform, 77, calibration);
  platform.bus.multicast = true;
  const auto together = compile(graph, platform, 77, calibration);
  CompileOptions off;
  off.multicast = false;
  EXPECT_EQ(compile(graph, platform, 77, calibration, off).image, alone.image);
  ASSERT_EQ(together.contents.tile_jobs.size(), alone.contents.tile_jobs.size());
  std::map<std::uint32_t, std::set<std::uint32_t>> tiles_of_group;
  std::map<std::uint32_t, std::uint32_t> members;
  for (const td_command& command : together.contents.commands) {
    if (command.opcode != TD_OP_TILE) {
      continue;
    }
    const auto job = std::find_if(together.contents.tile_jobs.begin(), together.contents.tile_jobs.end(),
                                  [&](const td_tile_job& one) { return one.tag == command.tag; });
    if ((job->flags & TD_TILE_MULTICAST) != 0) {
      EXPECT_TRUE(tiles_of_group[job->multicast_group].insert(command.unit).second) << "one job a tile";
      members[job->multicast_group] = job->multicast_members;
    }
  }
  ASSERT_FALSE(members.empty()) << "1100 outputs are more than one tile has";
  for (const auto& [group, tiles] : tiles_of_group) {
    EXPECT_EQ(tiles.size(), members[group]);
  }
  deployment::Limits limits;
  limits.tiles.assign(12, {1024, 512, 15, 5, 2048});
  EXPECT_NO_THROW(deployment::validate(together.contents, deployment::layout(together.contents), limits));
  deployment::Contents broken = together.contents;
  const auto first = std::find_if(broken.tile_jobs.begin(), broken.tile_jobs.end(),
                                  [](const td_tile_job& job) { return (job.flags & TD_TILE_MULTICAST) != 0; });
  ++first->multicast_members;
  EXPECT_THROW(deployment::validate(broken, deployment::layout(broken), limits), deployment::ImageError);
}

TEST(Compile, TheGainFollowsTheSum) {
  // Inputs and weights above zero: sums of three tiles are three times those of one.
  auto graph = test::dense_chain({3000, 8});
  for (std::size_t i = 0; i < graph.nodes[0].weights.size(); ++i) {
    float& weight = graph.nodes[0].weights[i];
    weight = i % 50 == 0 ? std::abs(weight) : 0.0F;
  }
  auto platform = test::ideal(test::nominal_platform());
  const auto calibration = test::random_values(4 * 3000, 1, 0.0F, 1.0F);
  const auto digital = compile(graph, platform, 77, calibration);
  platform.analog_plane.column_sum = true;
  const auto lanes = compile(graph, platform, 77, calibration);
  ASSERT_EQ(lanes.contents.tile_jobs.size(), 3U);
  EXPECT_LT(lanes.contents.tile_jobs[2].gain_index, digital.contents.tile_jobs[2].gain_index);
  EXPECT_EQ(lanes.contents.tile_jobs[0].gain_index, lanes.contents.tile_jobs[2].gain_index);
}

TEST(Compile, BrokenGroupsOnLanesAreRefused) {
  const auto good = compile_on_lanes().contents;
  deployment::Limits limits;
  limits.tiles.assign(12, {1024, 512, 15, 5, 2048});
  limits.grid_columns = 4;
  const auto refused = [&](auto change, const char* text) {
    deployment::Contents contents = good;
    change(contents);
    try {
      deployment::validate(contents, deployment::layout(contents), limits);
      ADD_FAILURE() << "accepted: " << text;
    } catch (const deployment::ImageError& error) {
      EXPECT_THAT(std::string(error.what()), HasSubstr(text));
    }
  };
  EXPECT_NO_THROW(deployment::validate(good, deployment::layout(good), limits));
  refused([](auto& c) { c.tile_jobs[0].lane_members = 3; }, "as the other jobs of lane group");
  refused([](auto& c) { c.tile_jobs[0].lane_group = 9; }, "they wait for each other");
  refused(
      [](auto& c) {
        c.tile_jobs[0].flags = TD_TILE_LANE_COLLECT;
        c.tile_jobs[0].dst = c.tile_jobs[2].dst;
      },
      "collects twice");
  refused([](auto& c) { c.tile_jobs[1].lane_group = 0; }, "at least one driving job");
  refused(
      [](auto& c) {
        c.tile_jobs[2].flags |= TD_TILE_ADD_PARTIAL;
        c.tile_jobs[2].partial_src = TD_SRAM_BASE;
      },
      "no digital partial sums");
  refused([](auto& c) { c.tile_jobs[2].flags = TD_TILE_LANE_DRIVE; }, "no collecting job");
  refused(
      [](auto& c) {  // a barrier inside a group
        std::swap(c.commands[2], *std::find_if(c.commands.begin(), c.commands.end(), [](const td_command& command) {
                    return command.opcode == TD_OP_BARRIER;
                  }));
      },
      "before anything waits for them");
  limits.grid_columns = 5;
  refused([](auto&) {}, "the same grid column");
}

TEST(Compile, SameArgumentsSameBytes) {
  const auto platform = test::nominal_platform();
  EXPECT_EQ(compile_lenet(platform).image, compile_lenet(platform).image);
}

TEST(Compile, EveryJobInterruptsAndHasATagOfItsOwnAndLayersAreFramed) {
  const auto result = compile_lenet(test::nominal_platform(128, 128, 4, 4));
  const auto& c = result.contents;
  std::set<std::uint32_t> tags;
  for (const auto& job : c.tile_jobs) {
    EXPECT_NE(job.flags & TD_TILE_INTERRUPT, 0);
    EXPECT_TRUE(tags.insert(job.tag).second);
  }
  for (const auto& job : c.vector_jobs) {
    EXPECT_NE(job.flags & TD_TILE_INTERRUPT, 0);
    EXPECT_TRUE(tags.insert(job.tag).second);
  }
  for (const td_layer& layer : c.layers) {
    EXPECT_EQ(c.commands[layer.first_command].opcode, TD_OP_LAYER_BEGIN);
    const auto end = layer.first_command + layer.command_count;
    EXPECT_EQ(c.commands[end - 2].opcode, TD_OP_BARRIER);
    EXPECT_EQ(c.commands[end - 1].opcode, TD_OP_LAYER_END);
  }
}

TEST(Compile, NoMoreJobsWaitThanATileQueues) {
  auto platform = test::nominal_platform(256, 256, 1, 1);
  platform.tiles[0].queue_depth = 2;
  CompileOptions options;
  options.map.max_pairs = 3;
  const auto result = compile(test::dense_chain({20, 20}), platform, 1, test::random_values(20, 1), options);
  int waiting = 0;
  int most = 0;
  for (const td_command& command : result.contents.commands) {
    waiting = command.opcode == TD_OP_TILE ? waiting + 1 : command.opcode == TD_OP_BARRIER ? 0 : waiting;
    most = std::max(most, waiting);
  }
  EXPECT_EQ(most, 2);
  EXPECT_EQ(result.contents.tile_jobs.size(), 7U);
}

TEST(Compile, MemoryPlanKeepsLiveTensors) {
  const auto platform = test::nominal_platform(96, 96, 8, 8);
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = test::random_graph(seed);
    const auto calibration = test::random_values(graph.shape(graph.input).elements(), seed);
    try {
      const CompileResult fits = compile(graph, platform, 1, calibration);
      const Shadow shadow(graph, fits);
      auto split = platform;
      split.ext_dram.present = true;
      split.sram.size_B = fits.contents.model.arena_bytes / 2 + kRuntimeReserve;
      const Shadow both(graph, compile(graph, split, 1, calibration));
    } catch (const std::invalid_argument&) {  // nothing but reshapes
    }
  }
  const Graph resnet = import_onnx(std::filesystem::path(TESSERA_SOURCE_DIR) / "sw/examples/fashion/resnet8.onnx");
  CompileOptions options;
  options.gain_inputs = 1;
  const Shadow shadow(resnet,
                      compile(resnet, test::nominal_platform(), 1, test::random_values(784, 1, 0.0F, 1.0F), options));
}

TEST(Compile, SmallMemoryIsRefusedByBytes) {
  auto platform = test::nominal_platform();
  const auto enough = compile_lenet(platform).contents.model.arena_bytes + kRuntimeReserve;
  platform.sram.size_B = static_cast<std::uint32_t>(enough);
  EXPECT_NO_THROW((void)compile_lenet(platform));
  platform.sram.size_B -= 1;
  try {
    (void)compile_lenet(platform);
    FAIL() << "it fitted";
  } catch (const DoesNotFit& error) {
    EXPECT_EQ(error.resource, DoesNotFit::Resource::sram);
    EXPECT_EQ(error.needed, enough);
    EXPECT_EQ(error.available, enough - 1);
    EXPECT_THAT(error.what(), HasSubstr("1 bytes too many"));
  }
}

TEST(Compile, WhatDoesNotFitGoesToDramWhole) {
  const auto plain = compile_lenet(test::nominal_platform());
  auto platform = test::nominal_platform();
  platform.ext_dram.present = true;
  EXPECT_EQ(compile_lenet(platform).contents.model.dram_bytes, 0U) << "only when SRAM is short";
  platform.sram.size_B = 4096;
  const auto split = compile_lenet(platform);
  const deployment::Contents& c = split.contents;
  EXPECT_LE(c.model.arena_bytes, 4096 - kRuntimeReserve);
  EXPECT_GT(c.model.dram_bytes, 0U);
  EXPECT_FALSE(split.report.in_dram.empty());
  EXPECT_THAT(split.report.to_text(), HasSubstr("external DRAM: " + std::to_string(c.model.dram_bytes)));
  std::size_t in_dram = 0;
  for (const td_tensor& tensor : c.tensors) {
    const bool dram = tensor.address >= TD_DRAM_BASE;
    const std::uint64_t end = std::uint64_t{tensor.address} + tensor.bytes;
    EXPECT_LE(end, dram ? TD_DRAM_BASE + c.model.dram_bytes : TD_SRAM_BASE + c.model.arena_bytes);
    in_dram += dram ? 1 : 0;
  }
  EXPECT_GT(in_dram, 0U);
  EXPECT_LT(in_dram, c.tensors.size());
  EXPECT_EQ(c.cells, plain.contents.cells) << "the weights do not care";
  deployment::Limits limits;
  limits.tiles.assign(12, {1024, 512, 15, 5, 2048});
  limits.sram_bytes = 4096;
  limits.dram_bytes = c.model.dram_bytes;
  EXPECT_NO_THROW((void)deployment::Image::parse(split.image, limits));
  limits.dram_bytes -= 1;
  EXPECT_THROW((void)deployment::Image::parse(split.image, limits), deployment::ImageError);
  platform.ext_dram.size_B = static_cast<std::uint32_t>(c.model.dram_bytes) - 1;
  try {
    (void)compile_lenet(platform);
    FAIL() << "it fitted";
  } catch (const DoesNotFit& error) {
    EXPECT_EQ(error.resource, DoesNotFit::Resource::dram);
    EXPECT_THAT(error.what(), HasSubstr("1 bytes too many"));
  }
}

TEST(Compile, ChoosesLargeGainsForSmallSumsAndReplicasFollow) {
  const auto result = compile_lenet(test::nominal_platform());
  std::map<std::uint32_t, std::set<double>> gains;
  for (const auto& layer : result.report.layers) {
    for (const auto& p : layer.placements) {
      gains[layer.layer].insert(p.gain);
    }
  }
  EXPECT_EQ(gains[0].size(), 1U);
  EXPECT_GE(*gains[0].begin(), 8.0);
  CompileOptions options;
  options.calibrate_gain = false;
  for (const auto& job : compile_lenet(test::nominal_platform(), options).contents.tile_jobs) {
    EXPECT_EQ(job.gain_index, 0);
  }
}

TEST(Compile, ReportAddsUpAndBothFormsSayTheSame) {
  const auto platform = test::nominal_platform();
  const auto result = compile_lenet(platform);
  const auto& report = result.report;
  EXPECT_EQ(report.macs, 416520U);
  EXPECT_EQ(report.weights, 61470U);
  EXPECT_EQ(report.cells, result.contents.cells.size());
  EXPECT_EQ(report.cells_available, 12U * 1024 * 1024);
  const auto json = nlohmann::json::parse(report.to_json());
  EXPECT_EQ(json["macs"], report.macs);
  ASSERT_EQ(json["layers"].size(), report.layers.size());
  const std::string text = report.to_text();
  std::uint64_t cells = 0;
  std::uint32_t jobs = 0;
  for (std::size_t i = 0; i < report.layers.size(); ++i) {
    const auto& layer = report.layers[i];
    cells += layer.cells;
    jobs += layer.jobs;
    EXPECT_EQ(json["layers"][i]["name"], layer.name);
    EXPECT_EQ(json["layers"][i]["placements"].size(), layer.placements.size());
    EXPECT_THAT(text, HasSubstr(layer.name));
    EXPECT_THAT(text, HasSubstr(std::to_string(layer.macs)));
  }
  EXPECT_EQ(cells, report.cells);
  EXPECT_EQ(jobs, result.contents.tile_jobs.size() + result.contents.vector_jobs.size());
}

TEST(Compile, NamesEveryNodeThatNeedsAMissingVectorUnit) {
  auto platform = test::nominal_platform();
  platform.vector_unit.present = false;
  try {
    (void)compile_lenet(platform);
    FAIL() << "compiled";
  } catch (const NotSupported& error) {
    EXPECT_EQ(error.entries().size(), 2U);  // two pools
    EXPECT_THAT(error.what(), HasSubstr("MaxPool"));
  }
}

TEST(Compile, CellsHoldSignAndMagnitude) {
  QuantisedLayer layer;
  layer.outputs = 2;
  layer.inputs = 2;
  layer.weights = {5, -9, 0, 15};
  Placement placement;
  placement.rows = 2;
  placement.outputs = 2;
  layer.slices = 1;
  EXPECT_THAT(cells_of(layer, placement, {}).levels, testing::ElementsAre(5, 0, 0, 0, 0, 9, 15, 0));
  layer.slices = 2;
  layer.weights = {0x5A, -0x9B, 0, 255};
  EXPECT_THAT(cells_of(layer, placement, {}).levels,
              testing::ElementsAre(5, 0, 10, 0, 0, 0, 0, 0, 0, 9, 0, 11, 15, 0, 15, 0));
}

TEST(Compile, TheSecondRowOfAPairHoldsTheOtherSign) {
  QuantisedLayer layer;
  layer.outputs = 2;
  layer.inputs = 2;
  layer.weights = {5, -9, 0, 15};
  layer.slices = 1;
  Placement placement;
  placement.row0 = 3;
  placement.pair0 = 4;
  placement.rows = 2;
  placement.outputs = 2;
  tile::TileParameters tile;
  tile.signed_input = tile::TileParameters::SignedInput::row_pair;
  const CellRectangle cells = cells_of(layer, placement, tile);
  EXPECT_THAT(cells.levels, testing::ElementsAre(5, 0, 0, 0, 0, 5, 0, 0, 0, 9, 15, 0, 9, 0, 0, 15));
  EXPECT_EQ(cells.row0, 6U);
  EXPECT_EQ(cells.rows, 4U);
  EXPECT_EQ(cells.column0, 8U);
  EXPECT_EQ(cells.columns, 4U);
}

TEST(Compile, SingleColumnsHoldLevelsAroundTheirReference) {
  QuantisedLayer layer;
  layer.outputs = 2;
  layer.inputs = 2;
  layer.weights = {5, -8, 0, 7};
  layer.slices = 1;
  Placement placement;
  placement.pair0 = 3;
  placement.rows = 2;
  placement.outputs = 2;
  tile::TileParameters tile;
  tile.array.weight_mapping = analog::ArrayParameters::WeightMapping::offset_column;
  CellRectangle cells = cells_of(layer, placement, tile);
  EXPECT_THAT(cells.levels, testing::ElementsAre(13, 8, 8, 0, 15, 8));
  EXPECT_EQ(cells.column0, 3U);
  EXPECT_EQ(cells.columns, 3U);
  layer.slices = 2;
  layer.weights = {119, -136, 0, 8};
  cells = cells_of(layer, placement, tile);
  EXPECT_THAT(cells.levels, testing::ElementsAre(15, 15, 8, 8, 8, 0, 0, 9, 0, 8));
}

TEST(Compile, SingleColumnsUseHalfOfTheLevelsAndHaveAReference) {
  for (const bool row_pairs : {false, true}) {
    auto platform = test::nominal_platform();
    for (auto& tile : platform.tiles) {
      tile.array.weight_mapping = analog::ArrayParameters::WeightMapping::reference_column;
      tile.signed_input =
          row_pairs ? tile::TileParameters::SignedInput::row_pair : tile::TileParameters::SignedInput::offset;
    }
    const CompileResult result = compile(lenet(), platform, 1, test::random_values(784, 1));
    int low = 0, high = 0;
    for (const QuantisedLayer& layer : result.network.layers) {
      for (const std::int16_t w : layer.weights) {
        low = layer.engine == Engine::tile ? std::min<int>(low, w) : low;
        high = layer.engine == Engine::tile ? std::max<int>(high, w) : high;
      }
    }
    EXPECT_EQ(low, row_pairs ? -7 : -8);
    EXPECT_EQ(high, 7);
    for (const td_region& region : result.contents.regions) {
      EXPECT_EQ(region.coding & TD_CODING_SINGLE_COLUMNS, TD_CODING_SINGLE_COLUMNS);
      for (std::uint32_t row = 0; row < region.rows; ++row) {
        EXPECT_EQ(result.contents.cells[region.cells_offset + (row + 1) * region.columns - 1], 8);
      }
    }
    for (const td_tile_job& job : result.contents.tile_jobs) {
      EXPECT_LE(job.pair0 + job.outputs * job.slices + 1, 1024);
    }
  }
}

/// A matrix of 512 x 900 needs two tiles of 512 x 1024 cells in pairs, and one in single columns.
TEST(Compile, SingleColumnsHoldNearlyTwiceTheOutputs) {
  Graph graph;
  graph.tensors = {{"in", {1, 1, 512}, {}}, {"out", {1, 1, 900}, {}}};
  graph.input = 0;
  graph.output = 1;
  Node node;
  node.name = "dense";
  node.kind = NodeKind::dense;
  node.inputs = {0};
  node.output = 1;
  node.weights = test::random_values(512 * 900, 3);
  node.bias.assign(900, 0.0F);
  graph.nodes = {node};
  for (const bool single : {false, true}) {
    auto platform = test::nominal_platform();
    platform.tiles.resize(2);
    platform.grid_rows = 1;
    platform.grid_columns = 2;
    for (auto& tile : platform.tiles) {
      tile.array.rows = 512;
      tile.array.weight_mapping = single ? analog::ArrayParameters::WeightMapping::offset_column
                                         : analog::ArrayParameters::WeightMapping::differential_adjacent;
    }
    const CompileResult result = compile(graph, platform, 1, test::random_values(2 * 512, 4));
    EXPECT_EQ(result.report.tiles_used, single ? 1U : 2U);
    EXPECT_EQ(result.report.cells, single ? 512U * 901U : 512U * 1800U);
  }
}

TEST(Compile, RowPairsHalveTheRowsOfATile) {
  auto platform = test::nominal_platform();
  for (auto& tile : platform.tiles) {
    tile.signed_input = tile::TileParameters::SignedInput::row_pair;
  }
  const CompileResult result = compile(lenet(), platform, 1, test::random_values(784, 1));
  std::size_t regions = 0;
  for (const td_region& region : result.contents.regions) {
    EXPECT_EQ(region.coding, TD_CODING_CENTRED | TD_CODING_ROW_PAIRS);
    EXPECT_EQ(region.row0 % 2, 0);
    EXPECT_EQ(region.rows % 2, 0);
    EXPECT_LE(region.row0 + region.rows, 1024);
    ++regions;
  }
  EXPECT_GT(regions, 4U);
  for (const td_tile_job& job : result.contents.tile_jobs) {
    EXPECT_LE(job.row0 + 2 * job.rows, 1024);
  }
}

TEST(Compile, BadArgumentsAreRefused) {
  const auto platform = test::nominal_platform();
  EXPECT_THROW((void)compile(lenet(), platform, 0, test::random_values(784, 1)), std::invalid_argument);
  EXPECT_THROW((void)compile(lenet(), platform, 1, {}), std::invalid_argument);
  EXPECT_THROW((void)compile(lenet(), platform, 1, test::random_values(100, 1)), std::invalid_argument);
  Graph broken = lenet();
  broken.nodes.front().weights.pop_back();
  EXPECT_THROW((void)compile(broken, platform, 1, test::random_values(784, 1)), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::compiler
