// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/graph/disturb.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "models/analog/gaussian.h"
#include "models/analog/philox.h"

namespace tessera::compiler {
namespace {

bool has_weights(const Node& node) {
  return node.kind == NodeKind::conv2d || node.kind == NodeKind::depthwise_conv2d || node.kind == NodeKind::dense;
}

float largest(const std::vector<float>& weights) {
  float most = 0;
  for (const float weight : weights) {
    most = std::max(most, std::abs(weight));
  }
  return most;
}

}  // namespace

Graph with_weight_noise(const Graph& graph, double relative, std::uint64_t seed) {
  Graph noisy = graph;
  std::uint32_t layer = 0;
  for (Node& node : noisy.nodes) {
    if (!has_weights(node)) {
      continue;
    }
    const double sigma = relative * static_cast<double>(largest(node.weights));
    // No tile and no purpose of the chip: the low byte of the key is 0, which no purpose uses.
    const analog::PhiloxKey key = {static_cast<std::uint32_t>(seed), layer << 8U};
    analog::PhiloxCounter words{};
    for (std::size_t i = 0; i < node.weights.size(); ++i) {
      if (i % 4 == 0) {
        words = analog::philox4x32(analog::philox_counter(seed, 0, static_cast<std::uint32_t>(i / 4)), key);
      }
      const double draw = static_cast<double>(analog::gaussian(words[i % 4]));
      node.weights[i] = static_cast<float>(static_cast<double>(node.weights[i]) + sigma * draw);
    }
    ++layer;
  }
  return noisy;
}

Graph with_weight_bits(const Graph& graph, int bits) {
  if (bits < 2 || bits > 16) {
    throw std::invalid_argument(fmt::format("weights of {} bits; expected 2 to 16", bits));
  }
  Graph coarse = graph;
  const double steps = std::pow(2.0, bits - 1) - 1;
  for (Node& node : coarse.nodes) {
    const double most = has_weights(node) ? static_cast<double>(largest(node.weights)) : 0;
    if (!(most > 0)) {
      continue;
    }
    for (float& weight : node.weights) {
      weight = static_cast<float>(std::nearbyint(static_cast<double>(weight) / most * steps) * most / steps);
    }
  }
  return coarse;
}

}  // namespace tessera::compiler
