// SPDX-License-Identifier: Apache-2.0
// Which nodes the platform can execute, and on what.
#pragma once

#include <vector>

#include "sw/compiler/quantise/quantise.h"

namespace tessera::compiler {

/// Whether the options keep this convolution or dense layer digital.
[[nodiscard]] bool is_digital(const Node& node, const QuantiseOptions& options);

/// The kind that is executed: an average pool whose padding counts becomes a depthwise convolution.
[[nodiscard]] NodeKind lowered_kind(const Node& node);

/// Every node that cannot be executed, with its reason; a name in `digital_nodes` that no node has is one, too.
[[nodiscard]] std::vector<NotSupported::Entry> unsupported_nodes(const Graph& graph, bool vector_present,
                                                                 const QuantiseOptions& options);

}  // namespace tessera::compiler
