// SPDX-License-Identifier: Apache-2.0
// The quantised network executed from its definition: plain loops, 64-bit sums, no tiles, no jobs, no memory.
// Shares no arithmetic with models/ and sw/evaluator.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/analog/array_parameters.h"
#include "sw/compiler/emit/compile.h"

namespace tessera::test {

/// @param adc  of the tiles: bits 0 passes exact sums, else codes are rounded and clamped as docs/architecture.md says
/// @return every tensor of the graph, int8; a softmax's output is empty, and nothing may read it
[[nodiscard]] std::vector<std::vector<std::int8_t>> integer_reference(const compiler::Graph& graph,
                                                                      const compiler::CompileResult& compiled,
                                                                      const analog::ArrayParameters& array,
                                                                      std::span<const std::int8_t> input);

/// Real-valued softmax of dequantised inputs, as codes of scale 1/256 and zero point -128, not rounded.
[[nodiscard]] std::vector<double> softmax_reference(std::span<const std::int8_t> input, double scale,
                                                    std::size_t columns);

}  // namespace tessera::test
