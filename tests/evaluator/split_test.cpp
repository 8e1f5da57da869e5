// SPDX-License-Identifier: Apache-2.0
// However the weights lie on the chip, the exact network computes the same.
#include <gtest/gtest.h>

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
    const CompiledChip chip(graph, exact(nominal_platform(variant.rows, variant.columns, 4, 4)), calibration,
                            options_of(variant));
    for (std::size_t i = 0; i < inputs.size(); i += elements) {
      const auto input = chip.codes(inputs.subspan(i, elements));
      EXPECT_EQ(chip.layers(input), reference.layers(input));
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

}  // namespace
}  // namespace tessera::test
