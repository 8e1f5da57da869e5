// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/graph/graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

namespace tessera::compiler {

std::size_t Shape::elements() const {
  return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
}

bool Node::clamps() const {
  return !std::isinf(clamp_min) || !std::isinf(clamp_max);
}

int Graph::producer(int tensor_index) const {
  const auto found =
      std::find_if(nodes.begin(), nodes.end(), [&](const Node& node) { return node.output == tensor_index; });
  return found == nodes.end() ? -1 : static_cast<int>(found - nodes.begin());
}

std::vector<int> Graph::consumers(int tensor_index) const {
  std::vector<int> result;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const int input_index : nodes[i].inputs) {
      if (input_index == tensor_index) {
        result.push_back(static_cast<int>(i));
      }
    }
  }
  return result;
}

const char* to_string(NodeKind kind) {
  switch (kind) {
    case NodeKind::conv2d:
      return "conv2d";
    case NodeKind::depthwise_conv2d:
      return "depthwise_conv2d";
    case NodeKind::dense:
      return "dense";
    case NodeKind::max_pool:
      return "max_pool";
    case NodeKind::average_pool:
      return "average_pool";
    case NodeKind::add:
      return "add";
    case NodeKind::softmax:
      return "softmax";
    case NodeKind::reshape:
      return "reshape";
    case NodeKind::clip:
      return "clip";
  }
  return "unknown";
}

std::uint64_t macs(const Graph& graph, const Node& node) {
  const Shape& out = graph.shape(node.output);
  const auto window = static_cast<std::uint64_t>(node.kernel_height) * static_cast<std::uint64_t>(node.kernel_width);
  switch (node.kind) {
    case NodeKind::conv2d:
      return out.elements() * window * static_cast<std::uint64_t>(graph.shape(node.inputs.front()).channels);
    case NodeKind::depthwise_conv2d:
      return out.elements() * window;
    case NodeKind::dense:
      return node.weights.size();
    default:
      return 0;
  }
}

std::uint64_t macs(const Graph& graph) {
  std::uint64_t sum = 0;
  for (const Node& node : graph.nodes) {
    sum += macs(graph, node);
  }
  return sum;
}

int window_output(int input, int kernel, int stride, int dilation, int pad_before, int pad_after, bool ceil_mode) {
  const std::int64_t extent = std::int64_t{dilation} * (kernel - 1) + 1;
  const std::int64_t padded = std::int64_t{input} + pad_before + pad_after;
  if (input < 1 || kernel < 1 || stride < 1 || dilation < 1 || padded < extent) {
    return 0;
  }
  std::int64_t steps = (padded - extent) / stride;
  if (ceil_mode && (padded - extent) % stride != 0 && (steps + 1) * stride < std::int64_t{input} + pad_before) {
    ++steps;
  }
  return static_cast<int>(steps + 1);
}

namespace {

std::string check_window(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs.front());
  const Shape& out = graph.shape(node.output);
  if (node.kernel_height < 1 || node.kernel_width < 1 || node.stride_height < 1 || node.stride_width < 1 ||
      node.dilation_height < 1 || node.dilation_width < 1) {
    return "kernel, stride and dilation must be positive";
  }
  const Padding& pad = node.padding;
  if (pad.top < 0 || pad.left < 0 || pad.bottom < 0 || pad.right < 0) {
    return "padding must not be negative";
  }
  const bool pool = node.kind == NodeKind::max_pool || node.kind == NodeKind::average_pool;
  const auto fits = [&](bool ceil_mode) {
    return out.height == window_output(in.height, node.kernel_height, node.stride_height, node.dilation_height, pad.top,
                                       pad.bottom, ceil_mode) &&
           out.width == window_output(in.width, node.kernel_width, node.stride_width, node.dilation_width, pad.left,
                                      pad.right, ceil_mode);
  };
  if (!fits(false) && !(pool && fits(true))) {
    return fmt::format("output of {}x{} does not follow from input of {}x{} and the window", out.height, out.width,
                       in.height, in.width);
  }
  if (pool && in.channels != out.channels) {
    return "a pool keeps the number of channels";
  }
  return {};
}

std::string check_weights(const Graph& graph, const Node& node) {
  const Shape& in = graph.shape(node.inputs.front());
  const Shape& out = graph.shape(node.output);
  const auto window = static_cast<std::size_t>(node.kernel_height) * static_cast<std::size_t>(node.kernel_width);
  const auto out_channels = static_cast<std::size_t>(out.channels);
  std::size_t expected = 0;
  if (node.kind == NodeKind::conv2d) {
    expected = out_channels * window * static_cast<std::size_t>(in.channels);
  } else if (node.kind == NodeKind::depthwise_conv2d) {
    if (out.channels % in.channels != 0) {
      return "output channels must be a multiple of the input channels";
    }
    expected = out_channels * window;
  } else {
    if (out.height != 1 || out.width != 1) {
      return "a dense layer's output is a vector";
    }
    expected = out_channels * in.elements();
  }
  if (node.weights.size() != expected) {
    return fmt::format("{} weights, expected {}", node.weights.size(), expected);
  }
  if (node.bias.size() != out_channels) {
    return fmt::format("{} bias values, expected {}", node.bias.size(), out_channels);
  }
  const std::size_t codes = node.weight_quantisation ? expected : 0;
  const std::size_t bias_codes = node.weight_quantisation ? out_channels : 0;
  if (node.weight_codes.size() != codes || node.bias_codes.size() != bias_codes) {
    return fmt::format("{} weight and {} bias codes, expected {} and {}", node.weight_codes.size(),
                       node.bias_codes.size(), codes, bias_codes);
  }
  return {};
}

std::string check_node(const Graph& graph, const Node& node) {
  const std::size_t operands = node.kind == NodeKind::add ? 2 : 1;
  if (node.inputs.size() != operands) {
    return fmt::format("{} inputs, expected {}", node.inputs.size(), operands);
  }
  const Shape& in = graph.shape(node.inputs.front());
  const Shape& out = graph.shape(node.output);
  if (!(node.clamp_min <= node.clamp_max)) {
    return "clamp_min is above clamp_max";
  }
  if (node.has_window()) {
    if (std::string problem = check_window(graph, node); !problem.empty()) {
      return problem;
    }
  }
  if (node.has_weights()) {
    return check_weights(graph, node);
  }
  switch (node.kind) {
    case NodeKind::add:
      return in == out && graph.shape(node.inputs[1]) == out ? "" : "operands and sum must have one shape";
    case NodeKind::softmax:
    case NodeKind::clip:
      return in == out ? "" : "input and output must have one shape";
    case NodeKind::reshape:
      return in.elements() == out.elements() ? "" : "input and output must have equally many elements";
    default:
      return {};
  }
}

}  // namespace

std::string check(const Graph& graph) {
  const auto valid = [&](int index) { return index >= 0 && static_cast<std::size_t>(index) < graph.tensors.size(); };
  if (!valid(graph.input) || !valid(graph.output)) {
    return "input or output is not a tensor of the graph";
  }
  for (const Tensor& tensor : graph.tensors) {
    const Shape& shape = tensor.shape;
    if (shape.height < 1 || shape.width < 1 || shape.channels < 1) {
      return fmt::format("tensor '{}': sizes must be positive", tensor.name);
    }
  }
  std::set<int> written{graph.input};
  std::set<std::string> names;
  for (const Node& node : graph.nodes) {
    const auto problem = [&](const std::string& what) { return fmt::format("node '{}': {}", node.name, what); };
    if (!names.insert(node.name).second) {
      return problem("the name is used twice");
    }
    if (!valid(node.output)) {
      return problem("output is not a tensor of the graph");
    }
    for (const int input : node.inputs) {
      if (!valid(input)) {
        return problem("input is not a tensor of the graph");
      }
      if (written.count(input) == 0) {
        return problem("reads a tensor that no earlier node writes");
      }
    }
    if (!written.insert(node.output).second) {
      return problem("writes a tensor that is already written");
    }
    if (const std::string what = check_node(graph, node); !what.empty()) {
      return problem(what);
    }
  }
  if (written.count(graph.output) == 0) {
    return "no node writes the output";
  }
  return {};
}

std::string describe(const Graph& graph) {
  const auto text = [&](int index) {
    const Shape& shape = graph.shape(index);
    return fmt::format("{}x{}x{}", shape.height, shape.width, shape.channels);
  };
  std::string result = fmt::format("{}: input {}, output {}, {} products\n", graph.name, text(graph.input),
                                   text(graph.output), macs(graph));
  for (const Node& node : graph.nodes) {
    std::string line =
        fmt::format("  {} [{}] {} {}", node.name, node.operators, to_string(node.kind), text(node.inputs.front()));
    line += fmt::format(" -> {}", text(node.output));
    if (node.has_window()) {
      const Padding& pad = node.padding;
      line += fmt::format(", kernel {}x{}, stride {}x{}, padding {},{},{},{}", node.kernel_height, node.kernel_width,
                          node.stride_height, node.stride_width, pad.top, pad.left, pad.bottom, pad.right);
    }
    if (node.clamps()) {
      line += fmt::format(", clamp [{}, {}]", node.clamp_min, node.clamp_max);
    }
    if (const std::uint64_t products = macs(graph, node); products != 0) {
      line += fmt::format(", {} products", products);
    }
    result += line + '\n';
  }
  return result;
}

}  // namespace tessera::compiler
