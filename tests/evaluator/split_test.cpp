// SPDX-License-Identifier: Apache-2.0
// However the weights lie on the chip, the exact network computes the same.
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/compiler/import/import_onnx.h"
#include "tests/compiler/random_graph.h"
#include "tests/evaluator/chip.h"

namespace tessera::test {
namespace {

struct Variant {
  const char* name;
  std::uint32_t rows, columns, max_rows, max_pairs;
  bool pack, replicate, reuse;
};

constexpr Variant kVariants[] = {
    {"no replicas", 1024, 1024, 0, 0, true, false, true},
    {"rows split", 1024, 1024, 64, 0, true, false, true},
    {"outputs split", 1024, 1024, 0, 5, true, false, true},
    {"both split, replicas", 1024, 1024, 90, 17, true, true, true},
    {"unpacked", 1024, 1024, 0, 0, false, false, true},
    {"small tiles", 128, 128, 0, 0, true, true, true},
    {"no window reuse", 1024, 1024, 0, 0, true, true, false},
};

compiler::CompileOptions options_of(const Variant& variant) {
  compiler::CompileOptions options;
  options.map.max_rows = variant.max_rows;
  options.map.max_pairs = variant.max_pairs;
  options.map.pack = variant.pack;
  options.map.replicate = variant.replicate;
  options.window_reuse = variant.reuse;
  return options;
}

void check_variants(const compiler::Graph& graph, std::span<const float> calibration, std::span<const float> inputs) {
  const std::size_t elements = graph.shape(graph.input).elements();
  compiler::CompileOptions whole;
  const CompiledChip reference(graph, exact(nominal_platform(1024, 1024, 4, 4)), calibration, whole);
  for (const Variant& variant : kVariants) {
    SCOPED_TRACE(variant.name);
    for (const bool keep : {false, true}) {
      compiler::CompileOptions options = options_of(variant);
      options.keep_outputs = keep;
      const CompiledChip chip(graph, exact(nominal_platform(variant.rows, variant.columns, 4, 4)), calibration,
                              options);
      for (std::size_t i = 0; i < inputs.size(); i += elements) {
        const auto input = chip.codes(inputs.subspan(i, elements));
        EXPECT_EQ(chip.layers(input), reference.layers(input)) << (keep ? "kept in tiles" : "in memory");
      }
    }
  }
}

TEST(Splits, LenetComputesTheSame) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const std::size_t elements = graph.shape(graph.input).elements();
  check_variants(graph, random_values(2 * elements, 1, 0.0F, 1.0F), random_values(2 * elements, 2, 0.0F, 1.0F));
}

TEST(Splits, RandomNetworksComputeTheSame) {
  for (const std::uint32_t seed : {3U, 8U, 21U, 40U, 77U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const compiler::Graph graph = random_graph(seed);
    const std::size_t elements = graph.shape(graph.input).elements();
    check_variants(graph, random_values(2 * elements, seed), random_values(2 * elements, seed + 1));
  }
}

TEST(Splits, HappenWhereTheyAreAskedFor) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const auto calibration = random_values(graph.shape(graph.input).elements(), 1, 0.0F, 1.0F);
  const CompiledChip chip(graph, exact(nominal_platform()), calibration, options_of(kVariants[3]));
  bool partial = false;
  for (const td_tile_job& job : chip.compiled.contents.tile_jobs) {
    partial = partial || (job.flags & TD_TILE_STORE_PARTIAL) != 0;
    EXPECT_LE(job.rows, 90U);
    EXPECT_LE(job.outputs * job.slices, 17U);
  }
  EXPECT_TRUE(partial);
  EXPECT_GT(chip.compiled.report.layers[0].copies, 1U);
  EXPECT_EQ(chip.compiled.report.layers[4].k_parts, 5U);  // 400 rows, at most 90 at once
}

platform::PlatformParameters with_plane(platform::PlatformParameters platform) {
  platform.analog_plane.column_sum = true;
  return platform;
}

std::size_t collecting_jobs(const CompiledChip& chip) {
  const auto& jobs = chip.compiled.contents.tile_jobs;
  return static_cast<std::size_t>(std::count_if(
      jobs.begin(), jobs.end(), [](const td_tile_job& job) { return (job.flags & TD_TILE_LANE_COLLECT) != 0; }));
}

/// Sums on analog lanes: with exact converters what one tile gives, wherever the parts lie and however many copies.
std::size_t check_lanes(const compiler::Graph& graph, std::span<const float> calibration,
                        std::span<const float> inputs) {
  const std::size_t elements = graph.shape(graph.input).elements();
  const CompiledChip reference(graph, exact(nominal_platform(1024, 1024, 4, 4)), calibration, {});
  std::size_t collecting = 0;
  for (const Variant& variant : kVariants) {
    SCOPED_TRACE(variant.name);
    const CompiledChip chip(graph, with_plane(exact(nominal_platform(variant.rows, variant.columns, 4, 4))),
                            calibration, options_of(variant));
    collecting += collecting_jobs(chip);
    for (std::size_t i = 0; i < inputs.size(); i += elements) {
      const auto input = chip.codes(inputs.subspan(i, elements));
      EXPECT_EQ(chip.layers(input), reference.layers(input));
    }
  }
  return collecting;
}

TEST(Lanes, LenetComputesTheSame) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const std::size_t elements = graph.shape(graph.input).elements();
  EXPECT_GT(check_lanes(graph, random_values(2 * elements, 1, 0.0F, 1.0F), random_values(2 * elements, 2, 0.0F, 1.0F)),
            0U);
}

TEST(Lanes, RandomNetworksComputeTheSame) {
  std::size_t collecting = 0;
  for (const std::uint32_t seed : {3U, 8U, 21U, 40U, 77U}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const compiler::Graph graph = random_graph(seed);
    const std::size_t elements = graph.shape(graph.input).elements();
    collecting += check_lanes(graph, random_values(2 * elements, seed), random_values(2 * elements, seed + 1));
  }
  EXPECT_GT(collecting, 0U);
}

// With noise on: the same for every number of threads, and the noise of the lanes is there.
TEST(Lanes, NoiseDependsOnTheInferenceAlone) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const std::size_t elements = graph.shape(graph.input).elements();
  const auto calibration = random_values(2 * elements, 1, 0.0F, 1.0F);
  const auto values = random_values(6 * elements, 2, 0.0F, 1.0F);
  platform::PlatformParameters noisy = with_plane(nominal_platform(128, 256, 4, 4));
  const CompiledChip chip(graph, noisy, calibration);
  ASSERT_GT(collecting_jobs(chip), 0U);
  std::vector<std::vector<std::int8_t>> inputs;
  for (std::size_t i = 0; i < 6; ++i) {
    inputs.push_back(chip.codes(std::span(values).subspan(i * elements, elements)));
  }
  const auto expected = chip.run(inputs);
  EXPECT_EQ(chip.run(inputs, 0, 4), expected);
  EXPECT_EQ(chip.run(std::span(inputs).subspan(3), 3), std::vector(expected.begin() + 3, expected.end()));
  EXPECT_NE(chip.run(inputs, 100), expected);
  for (tile::TileParameters& tile : noisy.tiles) {
    tile.array.lane.sigma_A = 1e-7;
  }
  const CompiledChip loud(graph, noisy, calibration);
  EXPECT_NE(loud.run(inputs), expected);
}

}  // namespace
}  // namespace tessera::test
