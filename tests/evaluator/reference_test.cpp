// SPDX-License-Identifier: Apache-2.0
// Every layer's integers equal those of an independent reference, value for value.
#include <gtest/gtest.h>

#include <cmath>

#include "sw/compiler/import/import_onnx.h"
#include "tests/compiler/integer_reference.h"
#include "tests/compiler/random_graph.h"
#include "tests/evaluator/chip.h"
#include "tests/frontend/shared_data.h"

namespace tessera::test {
namespace {

void expect_layers_equal(const CompiledChip& chip, const std::vector<std::int8_t>& input) {
  const auto expected = integer_reference(chip.graph, chip.compiled, chip.platform.tiles.front().array, input);
  const auto actual = chip.layers(input);
  ASSERT_EQ(actual.size(), chip.compiled.contents.layers.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto& wanted = expected[chip.output_of(i)];
    if (!wanted.empty()) {
      EXPECT_EQ(actual[i], wanted) << "layer " << i << " " << chip.compiled.report.layers[i].name;
    }
  }
}

void check_network(const std::filesystem::path& path, const platform::PlatformParameters& platform,
                   const compiler::CompileOptions& options, int inputs) {
  compiler::Graph graph = compiler::import_onnx(path);
  const std::size_t elements = graph.shape(graph.input).elements();
  const CompiledChip chip(std::move(graph), platform, random_values(4 * elements, 7, 0.0F, 1.0F), options);
  for (int i = 0; i < inputs; ++i) {
    SCOPED_TRACE("input " + std::to_string(i));
    expect_layers_equal(chip, chip.codes(random_values(elements, 100 + static_cast<std::uint32_t>(i), -0.1F, 1.2F)));
  }
}

TEST(Reference, LenetExact) {
  check_network(shipped("lenet.onnx"), exact(nominal_platform()), {}, 3);
}

TEST(Reference, LenetWithIdealEightBitConverters) {
  check_network(shipped("lenet.onnx"), ideal(nominal_platform()), {}, 3);
}

TEST(Reference, LenetWithTwoSlices) {
  compiler::CompileOptions options;
  options.quantise.slices = 2;
  check_network(shipped("lenet.onnx"), exact(nominal_platform()), options, 2);
  check_network(shipped("lenet.onnx"), ideal(nominal_platform()), options, 1);
}

TEST(Reference, LenetOnSmallTiles) {  // K and N splits with a gain of their own for each part
  check_network(shipped("lenet.onnx"), ideal(nominal_platform(128, 128, 4, 4)), {}, 2);
}

TEST(Reference, Resnet8Exact) {
  check_network(shipped("resnet8.onnx"), exact(nominal_platform()), {}, 1);
}

TEST(Reference, Resnet8WithIdealEightBitConverters) {
  check_network(shipped("resnet8.onnx"), ideal(nominal_platform(256, 256, 4, 6)), {}, 1);
}

TEST(Reference, MlpSplitOverRows) {
  check_network(shipped("mlp.onnx"), ideal(nominal_platform(256, 256, 3, 4)), {}, 2);
}

TEST(Reference, DigitsExactAndIdeal) {
  const auto data = shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  check_network(*data / "models/digits_cnn.onnx", exact(nominal_platform()), {}, 5);
  check_network(*data / "models/digits_cnn.onnx", ideal(nominal_platform()), {}, 5);
}

TEST(Reference, DepthwiseNetworkExact) {
  const auto data = shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  check_network(*data / "models/fashion_dscnn.onnx", exact(nominal_platform()), {}, 2);
}

TEST(Reference, RandomNetworksOfEveryOperator) {
  std::size_t compiled = 0;
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compiler::Graph graph = random_graph(seed);
    const std::size_t elements = graph.shape(graph.input).elements();
    const auto calibration = random_values(4 * elements, seed);
    compiler::CompileOptions options;
    options.quantise.slices = seed % 5 == 0 ? 2 : 1;
    auto platform = nominal_platform(seed % 2 == 0 ? 256 : 48, seed % 3 == 0 ? 256 : 48, 8, 8);
    platform = seed % 4 < 2 ? exact(platform) : ideal(platform);
    if (graph.nodes.empty() || std::all_of(graph.nodes.begin(), graph.nodes.end(),
                                           [](const auto& node) { return node.kind == compiler::NodeKind::reshape; })) {
      EXPECT_THROW((void)compiler::compile(graph, platform, 1, calibration, options), std::invalid_argument);
      continue;
    }
    if (seed % 7 == 0) {
      for (const auto& node : graph.nodes) {
        if (node.kind == compiler::NodeKind::conv2d || node.kind == compiler::NodeKind::dense) {
          options.quantise.digital_nodes.push_back(node.name);
        }
      }
    }
    const CompiledChip chip(std::move(graph), platform, calibration, options);
    ++compiled;
    for (std::uint32_t i = 0; i < 3; ++i) {
      expect_layers_equal(chip, chip.codes(random_values(elements, 1000 * seed + i, -1.3F, 1.3F)));
    }
    if (HasFailure()) {
      break;
    }
  }
  EXPECT_GT(compiled, 100U);
}

TEST(Reference, SoftmaxIsWithinOneStepOfTheRealOne) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    compiler::Graph graph = random_graph(seed, true);
    const std::size_t elements = graph.shape(graph.input).elements();
    const auto calibration = random_values(4 * elements, seed);
    const CompiledChip chip(std::move(graph), exact(nominal_platform()), calibration);
    const auto input = chip.codes(random_values(elements, seed + 500));
    const auto layers = chip.layers(input);
    const auto tensors = integer_reference(chip.graph, chip.compiled, chip.platform.tiles.front().array, input);
    const auto& softmax = chip.graph.nodes.back();
    const auto in = static_cast<std::size_t>(softmax.inputs.front());
    const auto expected = softmax_reference(tensors[in], static_cast<double>(chip.compiled.network.tensors[in].scale),
                                            static_cast<std::size_t>(chip.graph.shape(softmax.output).channels));
    ASSERT_EQ(layers.back().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_NEAR(layers.back()[i], std::min(expected[i], 127.0), 1.01);
    }
  }
}

}  // namespace
}  // namespace tessera::test
