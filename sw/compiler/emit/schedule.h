// SPDX-License-Identifier: Apache-2.0
// The layers that the chip computes, in the order in which it does: the layers of the deployment.
#pragma once

#include <cstdint>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/graph/graph.h"
#include "sw/compiler/map/mapping.h"
#include "sw/compiler/quantise/quantise.h"

namespace tessera::compiler {

/// Refers to what it was made from. A step is the index of a layer of the deployment.
struct Schedule {
  const Graph& graph;
  const QuantisedNetwork& network;
  const Mapping& mapping;
  const platform::PlatformParameters& platform;
  std::vector<std::uint32_t> layers;  ///< per step: index into QuantisedNetwork::layers
  std::vector<int> step_of;           ///< per layer of the network: its step, -1 if nothing computes it

  /// @throws std::invalid_argument  the network computes nothing
  Schedule(const Graph& from, const QuantisedNetwork& quantised, const Mapping& mapped,
           const platform::PlatformParameters& chip);

  [[nodiscard]] const QuantisedLayer& quantised(std::uint32_t step) const { return network.layers[layers[step]]; }
  [[nodiscard]] const Node& node(std::uint32_t step) const {
    return graph.nodes[static_cast<std::size_t>(quantised(step).node)];
  }
  /// Products of a vector and a matrix that a step is made of.
  [[nodiscard]] std::uint64_t products(std::uint32_t step) const;
  [[nodiscard]] const QuantisedTensor& tensor(int index) const {
    return network.tensors[static_cast<std::size_t>(index)];
  }
};

}  // namespace tessera::compiler
