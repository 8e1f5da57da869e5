// SPDX-License-Identifier: Apache-2.0
// Disturbed weights: which weights, how strongly, and the same for the same seed.
#include "sw/compiler/graph/disturb.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace tessera::compiler {
namespace {

/// A depthwise convolution, a convolution and a dense layer with weights of different size; a pool between.
Graph network() {
  Graph graph;
  graph.nodes.resize(4);
  const NodeKind kinds[] = {NodeKind::depthwise_conv2d, NodeKind::conv2d, NodeKind::max_pool, NodeKind::dense};
  for (std::size_t i = 0; i < 4; ++i) {
    graph.nodes[i].kind = kinds[i];
    if (kinds[i] == NodeKind::max_pool) {
      continue;
    }
    for (int w = 0; w < 20000; ++w) {
      graph.nodes[i].weights.push_back(std::sin(static_cast<float>(w)) * std::pow(10.0F, static_cast<float>(i)));
    }
    graph.nodes[i].bias = {1.0F, 2.0F};
  }
  return graph;
}

TEST(Disturb, NoiseIsRelativeToTheLargestWeightOfEachLayer) {
  const Graph plain = network();
  const Graph noisy = with_weight_noise(plain, 0.02, 7);
  for (const std::size_t layer : {0U, 1U, 3U}) {
    double squares = 0, sum = 0, largest = 0;
    for (std::size_t w = 0; w < 20000; ++w) {
      const double difference = static_cast<double>(noisy.nodes[layer].weights[w] - plain.nodes[layer].weights[w]);
      squares += difference * difference / 20000;
      sum += difference / 20000;
      largest = std::max(largest, std::abs(static_cast<double>(plain.nodes[layer].weights[w])));
    }
    EXPECT_NEAR(std::sqrt(squares) / largest, 0.02, 0.0005) << layer;
    EXPECT_NEAR(sum / largest, 0, 0.0006) << layer;
    EXPECT_EQ(noisy.nodes[layer].bias, plain.nodes[layer].bias);
  }
}

TEST(Disturb, DrawsDependOnSeedLayerAndPlaceAlone) {
  const Graph plain = network();
  const Graph weak = with_weight_noise(plain, 0.01, 7), strong = with_weight_noise(plain, 0.04, 7),
              other = with_weight_noise(plain, 0.01, 8);
  for (std::size_t w = 0; w < 100; ++w) {
    const double one = static_cast<double>(weak.nodes[0].weights[w] - plain.nodes[0].weights[w]);
    const double four = static_cast<double>(strong.nodes[0].weights[w] - plain.nodes[0].weights[w]);
    EXPECT_NEAR(four, 4 * one, 1e-6);
  }
  EXPECT_NE(weak.nodes[0].weights, other.nodes[0].weights);
  const double first = static_cast<double>(weak.nodes[0].weights[5] - plain.nodes[0].weights[5]);
  const double second = static_cast<double>(weak.nodes[1].weights[5] - plain.nodes[1].weights[5]) / 10;
  EXPECT_GT(std::abs(first - second), 1e-6) << "layers draw apart";
  EXPECT_EQ(with_weight_noise(plain, 0.01, 7).nodes[3].weights, weak.nodes[3].weights);
}

TEST(Disturb, BitsLeaveSoManyValues) {
  const Graph plain = network();
  for (const int bits : {2, 3, 4, 8}) {
    const Graph coarse = with_weight_bits(plain, bits);
    for (const std::size_t layer : {0U, 1U, 3U}) {
      const std::set<float> values(coarse.nodes[layer].weights.begin(), coarse.nodes[layer].weights.end());
      EXPECT_EQ(values.size(), (std::size_t{1} << bits) - 1) << bits;
      const double step = std::pow(10.0, layer) / (std::pow(2.0, bits - 1) - 1);
      for (std::size_t w = 0; w < 200; ++w) {
        EXPECT_LE(std::abs(static_cast<double>(coarse.nodes[layer].weights[w] - plain.nodes[layer].weights[w])),
                  0.5001 * step);
      }
    }
  }
  EXPECT_THROW(static_cast<void>(with_weight_bits(plain, 1)), std::invalid_argument);
  EXPECT_THROW(static_cast<void>(with_weight_bits(plain, 17)), std::invalid_argument);
}

}  // namespace
}  // namespace tessera::compiler
