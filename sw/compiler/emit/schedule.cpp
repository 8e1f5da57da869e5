// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/emit/schedule.h"

#include <stdexcept>

namespace tessera::compiler {

Schedule::Schedule(const Graph& from, const QuantisedNetwork& quantised, const Mapping& mapped,
                   const platform::PlatformParameters& chip)
    : graph(from), network(quantised), mapping(mapped), platform(chip), step_of(network.layers.size(), -1) {
  for (std::uint32_t i = 0; i < network.layers.size(); ++i) {
    if (network.layers[i].engine != Engine::none) {
      step_of[i] = static_cast<int>(layers.size());
      layers.push_back(i);
    }
  }
  if (layers.empty()) {
    throw std::invalid_argument("emit: the network has no node that computes anything");
  }
}

std::uint64_t Schedule::products(std::uint32_t step) const {
  const Shape& out = graph.shape(node(step).output);
  return quantised(step).kind == NodeKind::conv2d
             ? static_cast<std::uint64_t>(out.height) * static_cast<std::uint64_t>(out.width)
             : 1;
}

}  // namespace tessera::compiler
