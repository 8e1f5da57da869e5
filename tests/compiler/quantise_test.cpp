// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/quantise/quantise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sw/compiler/quantise/ranges.h"
#include "tests/compiler/platforms.h"
#include "tests/compiler/random_graph.h"

namespace tessera::compiler {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Graph dense_graph(std::vector<float> weights, std::vector<float> bias, int inputs) {
  Graph graph;
  graph.name = "dense";
  const int outputs = static_cast<int>(bias.size());
  graph.tensors = {{"in", {1, 1, inputs}, {}}, {"out", {1, 1, outputs}, {}}};
  graph.input = 0;
  graph.output = 1;
  Node node;
  node.kind = NodeKind::dense;
  node.name = "fc";
  node.operators = "Gemm";
  node.inputs = {0};
  node.output = 1;
  node.weights = std::move(weights);
  node.bias = std::move(bias);
  graph.nodes = {node};
  return graph;
}

double error_of(std::span<const float> weights, const ChannelWeights& channel) {
  double sum = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double d = static_cast<double>(weights[i]) - static_cast<double>(channel.scale) * channel.values[i];
    sum += d * d;
  }
  return sum;
}

Numerics exact_numerics() {
  Numerics numerics;
  numerics.adc_bits = 0;
  return numerics;
}

TEST(Channel, LargestWeightIsTheHighestLevelWithoutSearch) {
  const std::vector<float> weights = {0.3F, -1.5F, 0.1F, 0.0F};
  const auto channel = quantise_channel(weights, {-15, 15}, false);
  EXPECT_THAT(channel.values, ElementsAre(3, -15, 1, 0));
  EXPECT_FLOAT_EQ(channel.scale, 0.1F);
}

TEST(Channel, SearchIsNeverWorseAndOftenBetter) {
  int better = 0;
  for (std::uint32_t seed = 1; seed <= 50; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    auto weights = test::random_values(60, seed);
    for (float& w : weights) {
      w = w * w * w;  // a few large, many small
    }
    const auto plain = quantise_channel(weights, {-15, 15}, false);
    const auto searched = quantise_channel(weights, {-15, 15}, true);
    EXPECT_NEAR(searched.squared_error, error_of(weights, searched), 1e-9);
    EXPECT_LE(searched.squared_error, plain.squared_error);
    better += searched.squared_error < 0.9 * plain.squared_error ? 1 : 0;
    for (const auto value : searched.values) {
      EXPECT_LE(std::abs(value), 15);
    }
  }
  EXPECT_GT(better, 10);
}

TEST(Channel, OfZerosHasNoScale) {
  const auto channel = quantise_channel(std::vector<float>(4, 0.0F), {-15, 15}, true);
  EXPECT_THAT(channel.values, ElementsAre(0, 0, 0, 0));
  EXPECT_EQ(channel.scale, 0.0F);
}

TEST(Range, ZeroIsExactAndNonNegativeTensorsStartAtCodeZero) {
  QuantisedTensor tensor;
  set_range(tensor, 0.0F, 5.1F);
  EXPECT_EQ(tensor.zero_point, -128);
  EXPECT_FLOAT_EQ(tensor.scale, 0.02F);
  set_range(tensor, 1.0F, 5.1F);  // widened to include 0
  EXPECT_EQ(tensor.zero_point, -128);
  set_range(tensor, -1.0F, 1.0F);
  EXPECT_NEAR(tensor.zero_point, 0, 1);
  set_range(tensor, -2.0F, -1.0F);
  EXPECT_EQ(tensor.zero_point, 127);
  set_range(tensor, 0.0F, 0.0F);
  EXPECT_GT(tensor.scale, 0.0F);
}

TEST(Range, PercentileLeavesOutliersOut) {
  const Graph graph = dense_graph({1.0F}, {0.0F}, 1);
  auto values = test::random_values(4000, 1);
  values[17] = 100.0F;
  EXPECT_FLOAT_EQ(activation_ranges(graph, values, 100.0)[0].high, 100.0F);
  EXPECT_LT(activation_ranges(graph, values, 99.9)[0].high, 2.0F);
}

TEST(Range, BadCalibrationIsRefused) {
  const Graph graph = dense_graph({1.0F, 1.0F}, {0.0F}, 2);
  EXPECT_THROW((void)activation_ranges(graph, std::vector<float>{}, 100.0), std::invalid_argument);
  EXPECT_THROW((void)activation_ranges(graph, std::vector<float>{1.0F, 2.0F, 3.0F}, 100.0), std::invalid_argument);
  EXPECT_THROW((void)activation_ranges(graph, std::vector<float>{1.0F, NAN}, 100.0), std::invalid_argument);
  EXPECT_THROW((void)activation_ranges(graph, std::vector<float>{1.0F, 2.0F}, 20.0), std::invalid_argument);
}

TEST(Numerics, StepIsTheConvertersAtTheLargestGain) {
  const auto platform = test::nominal_platform();
  const Numerics numerics = numerics_of(platform.tiles.front());
  // 1 uA full scale / 1 nA a level * 255 codes / (16 * 128)
  EXPECT_NEAR(numerics.lsb, 1000.0 * 255.0 / 2048.0, 1e-9);
  EXPECT_EQ(numerics.q_per_code, 1.0);
  EXPECT_EQ(numerics_of(test::exact(platform).tiles.front()).lsb, 1.0);
  auto coarse = platform;
  coarse.tiles.front().array.dac.bits = 6;
  EXPECT_EQ(numerics_of(coarse.tiles.front()).q_per_code, 4.0);
}

TEST(Quantise, IntegersOfADenseLayerAreItsRealValues) {
  for (std::uint32_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const int inputs = 1 + static_cast<int>(seed * 7 % 50);
    const Graph graph = dense_graph(test::random_values(static_cast<std::size_t>(3 * inputs), seed),
                                    test::random_values(3, seed + 1), inputs);
    const auto calibration = test::random_values(static_cast<std::size_t>(20 * inputs), seed + 2, -1.0F, 2.0F);
    QuantiseOptions options;
    options.slices = 2;
    const auto network = quantise(graph, exact_numerics(), true, calibration, options);
    const QuantisedLayer& layer = network.layers.front();
    const QuantisedTensor& in = network.tensors[0];
    const QuantisedTensor& out = network.tensors[1];
    for (std::size_t o = 0; o < 3; ++o) {
      std::int64_t acc = layer.channels[o].bias;
      double real = static_cast<double>(graph.nodes[0].bias[o]);
      for (std::size_t k = 0; k < layer.inputs; ++k) {
        const auto q = static_cast<std::int64_t>(k * 31 % 256) - 128;
        acc += (q + 128) * layer.weights[o * layer.inputs + k];
        real += static_cast<double>(in.scale) * static_cast<double>(q - in.zero_point) *
                static_cast<double>(layer.weight_scales[o]) * layer.weights[o * layer.inputs + k];
      }
      const double factor = std::ldexp(layer.channels[o].multiplier, layer.channels[o].shift - 31);
      // Nothing is lost but the rounding of the bias to one step.
      const double step = static_cast<double>(in.scale) * static_cast<double>(layer.weight_scales[o]);
      EXPECT_NEAR(static_cast<double>(acc) * factor * static_cast<double>(out.scale), real,
                  0.5 * step + 1e-6 * (1.0 + std::abs(real)));
      EXPECT_NEAR(
          factor,
          static_cast<double>(in.scale) * static_cast<double>(layer.weight_scales[o]) / static_cast<double>(out.scale),
          1e-6 * factor);
    }
  }
}

TEST(Quantise, LargeBiasOfADeadChannelStaysInRange) {
  const Graph graph = dense_graph({1e-9F, -1e-9F, 0.5F, 0.25F, 0.0F, 0.0F}, {50.0F, 0.1F, -3.0F}, 2);
  const auto network = quantise(graph, exact_numerics(), true, std::vector<float>{1.0F, 1.0F}, {});
  const QuantisedLayer& layer = network.layers.front();
  for (std::size_t o = 0; o < 3; ++o) {
    const double value = layer.channels[o].bias *
                         std::ldexp(layer.channels[o].multiplier, layer.channels[o].shift - 31) *
                         static_cast<double>(network.tensors[1].scale);
    EXPECT_LT(std::abs(layer.channels[o].bias), 1 << 30);
    if (o != 1) {
      EXPECT_NEAR(value, static_cast<double>(graph.nodes[0].bias[o]), 0.01);
    }
  }
}

TEST(Quantise, PoolsAndReshapesKeepTheirInputsQuantisation) {
  for (std::uint32_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const Graph graph = test::random_graph(seed);
    const auto calibration = test::random_values(2 * graph.shape(graph.input).elements(), seed);
    const auto network = quantise(graph, Numerics{}, true, calibration, {});
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const NodeKind kind = network.layers[i].kind;
      if (kind == NodeKind::max_pool || kind == NodeKind::average_pool || kind == NodeKind::reshape) {
        const auto& in = network.tensors[static_cast<std::size_t>(graph.nodes[i].inputs.front())];
        const auto& out = network.tensors[static_cast<std::size_t>(graph.nodes[i].output)];
        EXPECT_EQ(in.scale, out.scale);
        EXPECT_EQ(in.zero_point, out.zero_point);
      }
    }
  }
}

TEST(Quantise, WithoutVectorUnitItsNodesAreNamed) {
  Graph graph = dense_graph({1.0F, 2.0F}, {0.0F}, 2);
  graph.tensors.push_back({"clipped", {1, 1, 1}, {}});
  Node clip;
  clip.kind = NodeKind::clip;
  clip.name = "limit";
  clip.operators = "Clip";
  clip.inputs = {1};
  clip.output = 2;
  graph.nodes.push_back(clip);
  graph.output = 2;
  try {
    (void)quantise(graph, Numerics{}, false, std::vector<float>{1.0F, 1.0F}, {});
    FAIL();
  } catch (const NotSupported& error) {
    ASSERT_EQ(error.entries().size(), 1U);
    EXPECT_EQ(error.entries()[0].node, "limit");
    EXPECT_THAT(error.what(), HasSubstr("Clip"));
    EXPECT_THAT(error.what(), HasSubstr("vector unit"));
  }
}

TEST(Quantise, OptionsAreChecked) {
  const Graph graph = dense_graph({1.0F}, {0.0F}, 1);
  const std::vector<float> calibration = {1.0F};
  QuantiseOptions options;
  options.slices = 3;
  EXPECT_THROW((void)quantise(graph, Numerics{}, true, calibration, options), std::invalid_argument);
  options.slices = 2;
  Numerics narrow;
  narrow.cell_bits = 3;
  EXPECT_THROW((void)quantise(graph, narrow, true, calibration, options), std::invalid_argument);
  options.slices = 1;
  options.digital_nodes = {"nobody"};
  EXPECT_THROW((void)quantise(graph, Numerics{}, true, calibration, options), NotSupported);
}

}  // namespace
}  // namespace tessera::compiler
