// SPDX-License-Identifier: Apache-2.0
// Small random networks that use every kind of node.
#pragma once

#include <cstdint>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::test {

/// @param softmax_at_end  whether the network may end in a softmax
[[nodiscard]] compiler::Graph random_graph(std::uint32_t seed, bool softmax_at_end = false);

/// Dense layers of the given widths, one after the other.
[[nodiscard]] compiler::Graph dense_chain(const std::vector<int>& widths);

}  // namespace tessera::test
