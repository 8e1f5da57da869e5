// SPDX-License-Identifier: Apache-2.0
// Networks and inputs made here, for when no file is at hand: the same on every machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::platform {

/// `count` values, uniform in [low, high).
[[nodiscard]] std::vector<float> uniform_values(std::size_t count, float low, float high, std::uint32_t seed);

/// A dense network of the given widths (inputs first): "dense 1500-600-10".
[[nodiscard]] compiler::Graph dense_network(const std::vector<int>& widths);

/// Chains of dense layers that are wide and split over tiles, or deep, and a convolutional one.
[[nodiscard]] std::vector<compiler::Graph> synthetic_networks();

}  // namespace tessera::platform
