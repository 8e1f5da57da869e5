// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/compile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "sw/compiler/emit/emitter.h"
#include "sw/compiler/import/import_onnx.h"
#include "tests/compiler/platforms.h"
#include "tests/compiler/random_graph.h"

namespace tessera::compiler {
namespace {

using testing::HasSubstr;

Graph lenet() { return import_onnx(std::filesystem::path(TESSERA_SOURCE_DIR) / "sw/examples/fashion/lenet.onnx"); }

CompileResult compile_lenet(const platform::PlatformParameters& platform, const CompileOptions& options = {}) {
  return compile(lenet(), platform, 77, test::random_values(4 * 784, 1, 0.0F, 1.0F), options);
}

/// Who writes and who reads each byte of the arena, job by job; layers must not disturb tensors that are still needed.
void expect_no_live_byte_is_overwritten(const Graph& graph, const CompileResult& result) {
  const auto& c = result.contents;
  const auto last_use = [&](std::uint32_t tensor) {
    std::uint32_t last = tensor == c.model.output_tensor ? static_cast<std::uint32_t>(c.layers.size()) : 0;
    for (std::uint32_t l = 0; l < c.layers.size(); ++l) {
      for (const Node& node : graph.nodes) {
        if (node.name == c.name(c.layers[l].name)) {
          for (const int input : node.inputs) {
            // A reshape's output is another name of the same bytes.
            if (c.tensors[static_cast<std::size_t>(input)].address == c.tensors[tensor].address &&
                result.network.layers[static_cast<std::size_t>(std::max(graph.producer(input), 0))].engine != Engine::none &&
                static_cast<std::uint32_t>(input) == tensor) {
              last = std::max(last, l);
            }
          }
        }
      }
    }
    return last;
  };
  const auto ranges = [&](std::uint32_t layer) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> written;
    for (const td_tile_job& job : c.tile_jobs) {
      if (job.layer == layer) {
        const bool partial = (job.flags & TD_TILE_STORE_PARTIAL) != 0;
        const std::uint64_t stride = partial ? std::uint64_t{job.outputs} * 4 : job.dst_stride;
        const std::uint64_t first = job.dst + job.product_first * stride;
        written.emplace_back(first, first + (job.product_count - 1) * stride + (partial ? stride : job.outputs));
      }
    }
    for (const td_vector_job& job : c.vector_jobs) {
      if (job.layer == layer) {
        written.emplace_back(job.dst, std::uint64_t{job.dst} + std::uint64_t{job.out_h} * job.out_w * job.out_c);
      }
    }
    return written;
  };
  for (std::uint32_t l = 0; l < c.layers.size(); ++l) {
    for (const auto& [first, last] : ranges(l)) {
      EXPECT_LE(last, std::uint64_t{c.model.arena_base} + c.model.arena_bytes);
      for (std::uint32_t t = 0; t < c.tensors.size(); ++t) {
        const int producer = graph.producer(static_cast<int>(t));
        std::uint32_t born = 0;
        for (std::uint32_t b = 0; producer >= 0 && b < c.layers.size(); ++b) {
          born = c.name(c.layers[b].name) == graph.nodes[static_cast<std::size_t>(producer)].name ? b : born;
        }
        const bool own = c.layers[l].output_tensor == t;
        if (!own && born <= l && l <= last_use(t) && last_use(t) > 0) {
          const bool apart = last <= c.tensors[t].address || std::uint64_t{c.tensors[t].address} + c.tensors[t].bytes <= first;
          const bool alias = c.tensors[t].address == c.tensors[c.layers[l].output_tensor].address &&
                             c.tensors[t].bytes == c.tensors[c.layers[l].output_tensor].bytes;
          EXPECT_TRUE(apart || alias) << "layer " << l << " writes into tensor " << t;
        }
      }
    }
  }
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
  const auto result = compile(test::random_graph(41), platform, 1, test::random_values(2000, 1).empty()
                                  ? std::vector<float>{}
                                  : test::random_values(test::random_graph(41).shape(test::random_graph(41).input).elements(), 1),
                              options);
  int waiting = 0;
  int most = 0;
  for (const td_command& command : result.contents.commands) {
    waiting = command.opcode == TD_OP_TILE ? waiting + 1 : command.opcode == TD_OP_BARRIER ? 0 : waiting;
    most = std::max(most, waiting);
  }
  EXPECT_LE(most, 2);
  EXPECT_GT(result.contents.tile_jobs.size(), 2U);
}

TEST(Compile, MemoryPlanKeepsLiveTensors) {
  const auto platform = test::nominal_platform(96, 96, 8, 8);
  for (std::uint32_t seed = 1; seed <= 80; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = test::random_graph(seed);
    const auto calibration = test::random_values(graph.shape(graph.input).elements(), seed);
    try {
      expect_no_live_byte_is_overwritten(graph, compile(graph, platform, 1, calibration));
    } catch (const std::invalid_argument&) {  // nothing but reshapes
    }
  }
  const Graph resnet = import_onnx(std::filesystem::path(TESSERA_SOURCE_DIR) / "sw/examples/fashion/resnet8.onnx");
  CompileOptions options;
  options.gain_inputs = 1;
  expect_no_live_byte_is_overwritten(
      resnet, compile(resnet, test::nominal_platform(), 1, test::random_values(784, 1, 0.0F, 1.0F), options));
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
    EXPECT_THAT(text, HasSubstr(layer.name.substr(0, 24)));
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
  EXPECT_THAT(cells_of(layer, placement), testing::ElementsAre(5, 0, 0, 0, 0, 9, 15, 0));
  layer.slices = 2;
  layer.weights = {0x5A, -0x9B, 0, 255};
  EXPECT_THAT(cells_of(layer, placement),
              testing::ElementsAre(5, 0, 10, 0, 0, 0, 0, 0, 0, 9, 0, 11, 15, 0, 15, 0));
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
