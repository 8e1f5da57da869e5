// SPDX-License-Identifier: Apache-2.0
// A float network with disturbed weights: how much a network stands before any chip is chosen.
#pragma once

#include <cstdint>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// Adds Gaussian noise to every weight of every convolution (depthwise ones, too) and dense layer; biases stay.
/// Sigma of a layer is `relative` times the largest |weight| of the layer. The draws depend on seed, number of the
/// layer among the disturbed ones and position of the weight, not on `relative`.
[[nodiscard]] Graph with_weight_noise(const Graph& graph, double relative, std::uint64_t seed);

/// Rounds the same weights to `bits` bits, symmetric, one scale a layer: largest |weight| = 2^(bits-1) - 1 steps.
/// @param bits  2 .. 16
/// @throws std::invalid_argument  bits
[[nodiscard]] Graph with_weight_bits(const Graph& graph, int bits);

}  // namespace tessera::compiler
