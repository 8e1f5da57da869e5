// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/quantise/support.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::compiler {
namespace {

bool counts_padding(const Node& node) {
  return node.kind == NodeKind::average_pool && node.count_include_pad && node.padding.any();
}

/// Whether the last window reaches beyond input and padding.
bool overhangs(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs.front());
  const Shape& out = graph.shape(node.output);
  return (out.height - 1) * node.stride_height + node.kernel_height >
             in.height + node.padding.top + node.padding.bottom ||
         (out.width - 1) * node.stride_width + node.kernel_width > in.width + node.padding.left + node.padding.right;
}

std::string too_large(const Graph& graph, const Node& node) {
  for (const int index : {node.inputs.front(), node.output}) {
    const Shape& shape = graph.shape(index);
    if (std::max({shape.height, shape.width, shape.channels}) > 65535) {
      return fmt::format("tensor '{}' is {}x{}x{}; job descriptors hold at most 65535 in each direction",
                         graph.tensor(index).name, shape.height, shape.width, shape.channels);
    }
  }
  if (node.kind == NodeKind::softmax && graph.shape(node.output).channels > 4096) {
    return fmt::format("softmax over {} values; the fixed-point sum holds 4096", graph.shape(node.output).channels);
  }
  if (node.kind == NodeKind::dense && graph.shape(node.inputs.front()).elements() > 65535) {
    return fmt::format("{} inputs; a dense layer takes at most 65535", graph.shape(node.inputs.front()).elements());
  }
  if (node.has_window()) {
    const int largest = std::max({node.kernel_height, node.kernel_width, node.stride_height, node.stride_width,
                                  node.dilation_height, node.dilation_width});
    const int padding = std::max({node.padding.top, node.padding.left, node.padding.bottom, node.padding.right});
    if (largest > 255 || padding > 32767) {
      return fmt::format(
          "kernel {}x{}, stride {}x{}, dilation {}x{}, padding {}; job descriptors hold at most 255 "
          "(padding 32767)",
          node.kernel_height, node.kernel_width, node.stride_height, node.stride_width, node.dilation_height,
          node.dilation_width, padding);
    }
  }
  if (node.kind == NodeKind::conv2d) {
    const auto window = static_cast<std::size_t>(node.kernel_height) * static_cast<std::size_t>(node.kernel_width) *
                        static_cast<std::size_t>(graph.shape(node.inputs.front()).channels);
    if (window > 65535) {
      return fmt::format("a window of {} elements; a tile job takes at most 65535", window);
    }
  }
  return {};
}

bool needs_vector_unit(NodeKind kind) {
  return kind == NodeKind::depthwise_conv2d || kind == NodeKind::max_pool || kind == NodeKind::average_pool ||
         kind == NodeKind::add || kind == NodeKind::clip;
}

}  // namespace

bool is_digital(const Node& node, const QuantiseOptions& options) {
  return (node.kind == NodeKind::conv2d || node.kind == NodeKind::dense) &&
         std::find(options.digital_nodes.begin(), options.digital_nodes.end(), node.name) !=
             options.digital_nodes.end();
}

NodeKind lowered_kind(const Node& node) {
  return counts_padding(node) ? NodeKind::depthwise_conv2d : node.kind;
}

std::vector<NotSupported::Entry> unsupported_nodes(const Graph& graph, bool vector_present,
                                                   const QuantiseOptions& options) {
  std::vector<NotSupported::Entry> entries;
  for (const Node& node : graph.nodes) {
    std::string reason = too_large(graph, node);
    if (reason.empty() && counts_padding(node) && overhangs(graph, node)) {
      reason = "average pooling that counts padding with a last window beyond the padding";
    }
    if (reason.empty() && !vector_present && (needs_vector_unit(node.kind) || is_digital(node, options))) {
      reason = "it needs the vector unit, which this platform does not have (vector_unit.present: false)";
    }
    if (!reason.empty()) {
      entries.push_back({node.name, node.operators, reason});
    }
  }
  for (const std::string& name : options.digital_nodes) {
    const bool known = std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
      return node.name == name && (node.kind == NodeKind::conv2d || node.kind == NodeKind::dense);
    });
    if (!known) {
      entries.push_back({name, "?", "asked to be digital, but no convolution or dense layer has this name"});
    }
  }
  return entries;
}

}  // namespace tessera::compiler
