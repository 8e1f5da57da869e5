// SPDX-License-Identifier: Apache-2.0
// Tensors in input buffers of tiles: where the planner puts them, and that nothing is overwritten while it is needed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "sw/compiler/emit/compile.h"
#include "sw/compiler/emit/kept_tensors.h"
#include "sw/compiler/import/import_onnx.h"
#include "tests/compiler/platforms.h"
#include "tests/compiler/random_graph.h"
#include "tests/compiler/shadow.h"

namespace tessera::compiler {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// One tensor of 100 bytes that tile 0 stores at step 0, and tiles 1 and 2 load at step 1.
KeptRequest one_tensor() {
  KeptRequest request;
  request.buffers = {{100, 0, 1}};
  request.obstacles = {""};
  request.loads = {{1, 1, 0, 60, 300, false}, {2, 1, 0, 60, 200, false}};
  request.stores = {{0, 0, 100}};
  request.input_buffer_B = {128, 128, 128};
  return request;
}

TEST(KeptPlan, ATensorGoesWhereItSavesMost) {
  KeptRequest request = one_tensor();
  const KeptPlan plan = plan_kept(request);
  ASSERT_TRUE(plan.places[0]);
  EXPECT_EQ(plan.places[0]->tile, 1U);
  EXPECT_EQ(plan.places[0]->saved, 300U);
  EXPECT_THAT(plan.obstacles[0], IsEmpty());
  request.stores.push_back({2, 0, 150});  // what the tile itself stores counts, too
  EXPECT_EQ(plan_kept(request).places[0]->tile, 2U);
  EXPECT_EQ(plan_kept(request).places[0]->saved, 350U);
}

TEST(KeptPlan, LoadsOfAMulticastGroupSaveNothing) {
  KeptRequest request = one_tensor();
  request.loads[0].shared = request.loads[1].shared = true;
  EXPECT_EQ(plan_kept(request).places[0]->tile, 0U) << "the stores are left";
  request.stores.clear();
  EXPECT_FALSE(plan_kept(request).places[0]);
  EXPECT_THAT(plan_kept(request).obstacles[0], HasSubstr("none loads it alone"));
}

TEST(KeptPlan, VectorsThatPassMeanwhileNeedRoom) {
  KeptRequest request = one_tensor();
  request.buffers.push_back({20, 0, 1});  // tile 1 loads another tensor, from memory
  request.obstacles.push_back("elsewhere");
  request.loads.push_back({1, 1, 1, 28, 0, false});
  EXPECT_EQ(plan_kept(request).places[0]->tile, 1U) << "100 + 28 bytes";
  request.loads.back().vector_bytes = 29;
  EXPECT_EQ(plan_kept(request).places[0]->tile, 2U);
  request.loads.back().step = 2;
  EXPECT_EQ(plan_kept(request).places[0]->tile, 1U) << "when the tensor is no longer needed";
  request.input_buffer_B = {99, 99, 99};
  EXPECT_FALSE(plan_kept(request).places[0]);
  EXPECT_THAT(plan_kept(request).obstacles[0], HasSubstr("its input buffer has 99"));
  EXPECT_EQ(plan_kept(request).obstacles[1], "elsewhere");
}

TEST(KeptPlan, RandomPlansFitAndNeverOverlapWhileLive) {
  std::size_t kept = 0, refused = 0;
  for (std::uint32_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random()) % n; };
    KeptRequest request;
    request.input_buffer_B.assign(1 + below(4), 64 + below(2000));
    const auto tiles = static_cast<std::uint32_t>(request.input_buffer_B.size());
    for (std::uint32_t i = 0, count = 1 + below(12); i < count; ++i) {
      const std::uint32_t first = below(10), last = first + below(4);
      request.buffers.push_back({1 + below(800), first, last});
      request.obstacles.emplace_back(below(5) == 0 ? "memory" : "");
      for (std::uint32_t k = below(4); k > 0; --k) {
        request.loads.push_back(
            {below(tiles), first + below(last - first + 1), i, 1 + below(200), below(3000), below(4) == 0});
      }
      for (std::uint32_t k = below(3); k > 0; --k) {
        request.stores.push_back({below(tiles), i, below(800)});
      }
    }
    const KeptPlan plan = plan_kept(request);
    const auto live = [&](std::size_t i, std::uint32_t step) {
      return request.buffers[i].first <= step && step <= request.buffers[i].last;
    };
    for (std::size_t i = 0; i < request.buffers.size(); ++i) {
      ASSERT_EQ(plan.places[i].has_value(), plan.obstacles[i].empty());
      kept += plan.places[i] ? 1 : 0;
      refused += plan.places[i] ? 0 : 1;
      if (!plan.places[i]) {
        continue;
      }
      EXPECT_THAT(request.obstacles[i], IsEmpty());
      const KeptPlace& a = *plan.places[i];
      std::uint64_t saved = 0;
      for (const TileLoad& load : request.loads) {
        saved += load.source == i && load.tile == a.tile && !load.shared ? load.bytes : 0;
        const bool from_here = !load.shared && plan.places[load.source] && plan.places[load.source]->tile == a.tile;
        if (load.tile == a.tile && live(i, load.step) && !from_here) {
          EXPECT_LE(a.offset + request.buffers[i].bytes + load.vector_bytes, request.input_buffer_B[a.tile]);
        }
      }
      for (const TileStore& store : request.stores) {
        saved += store.buffer == i && store.tile == a.tile ? store.bytes : 0;
      }
      EXPECT_EQ(a.saved, saved);
      EXPECT_GT(a.saved, 0U);
      EXPECT_LE(a.offset + request.buffers[i].bytes, request.input_buffer_B[a.tile]);
      for (std::size_t j = 0; j < i; ++j) {
        if (!plan.places[j] || plan.places[j]->tile != a.tile) {
          continue;
        }
        const bool together =
            request.buffers[i].first <= request.buffers[j].last && request.buffers[j].first <= request.buffers[i].last;
        const std::uint64_t b = plan.places[j]->offset;
        EXPECT_TRUE(!together || a.offset + request.buffers[i].bytes <= b || b + request.buffers[j].bytes <= a.offset)
            << i << " and " << j;
      }
    }
  }
  EXPECT_GT(kept, 300U);
  EXPECT_GT(refused, 300U);
}

CompileResult compile_kept(const Graph& graph, platform::PlatformParameters platform, std::uint32_t input_buffer_B) {
  for (auto& tile : platform.tiles) {
    tile.input_buffer_B = input_buffer_B;
  }
  CompileOptions options;
  options.keep_outputs = true;
  options.gain_inputs = 1;
  return compile(graph, platform, 77, test::random_values(2 * graph.shape(graph.input).elements(), 1, 0.0F, 1.0F),
                 options);
}

TEST(Kept, ATwoLayerNetworkOnOneTileMovesItsInputAndItsOutputOnly) {
  const auto result = compile_kept(test::dense_chain({100, 50, 10}), test::nominal_platform(1024, 1024, 1, 1), 2048);
  ASSERT_EQ(result.report.kept.size(), 1U);
  const KeptReport& kept = result.report.kept.front();
  EXPECT_EQ(kept.name, "t1");
  EXPECT_EQ(kept.bytes, 50U);
  EXPECT_EQ(kept.saved, 100U) << "50 bytes stored, 50 loaded";
  EXPECT_EQ(kept.address, TD_TILE_BASE + TD_TILE_INPUT_BUFFER_OFFSET);
  ASSERT_EQ(result.contents.tile_jobs.size(), 2U);
  EXPECT_EQ(result.contents.tile_jobs[0].dst, kept.address);
  EXPECT_EQ(result.contents.tile_jobs[1].src, kept.address);
  EXPECT_GE(result.contents.tile_jobs[0].src, TD_SRAM_BASE);
  EXPECT_GE(result.contents.tile_jobs[1].dst, TD_SRAM_BASE);
  EXPECT_EQ(result.contents.model.arena_bytes, 100U) << "the output takes the place of the input";
  EXPECT_THAT(result.report.to_text(), HasSubstr("kept in tile 0: t1 (50 bytes at 0x40008000), 100 bytes"));
  EXPECT_THAT(result.report.to_text(), HasSubstr("in memory: t0: the network's input"));
  EXPECT_THAT(result.report.to_json(), HasSubstr("\"saved_bytes\": 100"));
}

TEST(Kept, OffByDefault) {
  const Graph graph = test::dense_chain({100, 50, 10});
  const auto calibration = test::random_values(200, 1, 0.0F, 1.0F);
  const auto result = compile(graph, test::nominal_platform(), 77, calibration);
  EXPECT_THAT(result.report.kept, IsEmpty());
  EXPECT_THAT(result.report.not_kept, IsEmpty());
  for (const td_tile_job& job : result.contents.tile_jobs) {
    EXPECT_GE(job.src, TD_SRAM_BASE);
    EXPECT_GE(job.dst, TD_SRAM_BASE);
  }
}

TEST(Kept, AVectorBesideTheTensorHasToFit) {
  // The first layer's vector of 100 bytes passes while its output of 50 is stored.
  const Graph graph = test::dense_chain({100, 50, 10});
  const auto platform = test::nominal_platform(128, 256, 1, 1);
  EXPECT_EQ(compile_kept(graph, platform, 150).report.kept.size(), 1U);
  const auto without = compile_kept(graph, platform, 149);
  EXPECT_THAT(without.report.kept, IsEmpty());
  EXPECT_THAT(without.report.to_text(),
              HasSubstr("in memory: t1: tile 0 would need 50 bytes for tensors and 100 for the vectors"));
}

TEST(Kept, MulticastLoadsMoveAnyway) {
  auto platform = test::nominal_platform();
  platform.bus.multicast = true;
  const auto result = compile_kept(test::dense_chain({40, 900, 700, 10}), platform, 4096);
  for (const KeptReport& kept : result.report.kept) {
    EXPECT_TRUE(kept.name != "t1" || kept.saved < 900) << "what its tile stores: the loads of fc1 are a group's";
  }
}

TEST(Kept, NothingIsOverwrittenWhileItIsNeeded) {
  const auto folder = std::filesystem::path(TESSERA_SOURCE_DIR) / "sw/examples/fashion";
  std::vector<Graph> graphs;
  for (const char* name : {"lenet.onnx", "mlp.onnx", "resnet8.onnx"}) {
    graphs.push_back(import_onnx(folder / name));
  }
  for (const std::uint32_t seed : {3U, 8U, 21U, 40U, 77U}) {
    graphs.push_back(test::random_graph(seed));
  }
  std::size_t kept = 0;
  for (const Graph& graph : graphs) {
    for (const std::uint32_t bytes : {1024U, 2048U, 32768U}) {
      SCOPED_TRACE(graph.name + ", " + std::to_string(bytes));
      const auto platform = test::nominal_platform(bytes == 1024 ? 256 : 1024, 1024, 4, 4);
      const auto result = compile_kept(graph, platform, bytes);
      kept += result.report.kept.size();
      const Shadow shadow(graph, result);
      deployment::Limits limits;
      limits.tiles.assign(16, {platform.tiles[0].array.rows, 512, 15, 5, bytes});
      EXPECT_NO_THROW((void)deployment::Image::parse(result.image, limits));
    }
  }
  EXPECT_GT(kept, 30U);
}

}  // namespace
}  // namespace tessera::compiler
