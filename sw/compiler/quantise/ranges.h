// SPDX-License-Identifier: Apache-2.0
// Ranges of activations over calibration inputs.
#pragma once

#include <span>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

struct ActivationRange {
  float low = 0.0F, high = 0.0F;  ///< always includes 0
};

/// One range a tensor of the graph.
/// @param percentile 100: smallest and largest value; less: so many percent of the values lie inside, half of the
///        rest on each side (resolution: 1/2048 of the full range)
/// @throws std::invalid_argument  no whole number of inputs, none at all, or a value that is not finite
[[nodiscard]] std::vector<ActivationRange> activation_ranges(const Graph& graph, std::span<const float> calibration,
                                                             double percentile);

}  // namespace tessera::compiler
