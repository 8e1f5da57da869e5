// SPDX-License-Identifier: Apache-2.0
// From what a file says to what a chip should do: fewer nodes, the same numbers.
#pragma once

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// Rewrites the graph until nothing changes:
/// - padding merges into the convolutions and pools that read it (a pool then counts it; a maximum only where no value
///   is negative),
/// - scale and shift (1x1 depthwise: batch normalisation, constant arithmetic) fold into the convolution or dense layer
///   before, else into those after,
/// - clamps move into their producers, through max pools where that reaches a layer with weights,
/// - nodes without effect, reshapes that dense layers ignore, and nodes that nobody reads disappear.
/// What cannot be folded stays as a node of its own. Results change by rounding only.
/// Requires check(graph).empty(), keeps it so; tensors are renumbered.
void canonicalise(Graph& graph);

}  // namespace tessera::compiler
