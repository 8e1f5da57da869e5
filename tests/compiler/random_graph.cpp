// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/random_graph.h"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>

#include "tests/compiler/platforms.h"

namespace tessera::test {
namespace {

using compiler::Graph;
using compiler::Node;
using compiler::NodeKind;
using compiler::Shape;

class Maker {
 public:
  explicit Maker(std::uint32_t seed) : engine_(seed) {}

  Graph run(bool softmax_at_end) {
    graph_.name = "random";
    const bool image = below(4) != 0;
    graph_.input = add_tensor(image ? Shape{3 + below(8), 3 + below(8), 1 + below(5)} : Shape{1, 1, 2 + below(60)});
    int last = graph_.input;
    for (int n = 2 + below(6); n > 0; --n) {
      last = node_after(last);
    }
    if (below(2) == 0) {
      last = dense(last);
    }
    if (softmax_at_end) {
      last = simple(NodeKind::softmax, last, graph_.shape(last), false);
    }
    graph_.output = last;
    if (const std::string problem = compiler::check(graph_); !problem.empty()) {
      throw std::logic_error("random graph: " + problem);
    }
    return graph_;
  }

 private:
  int below(int limit) { return static_cast<int>(engine_() % static_cast<std::uint32_t>(limit)); }
  float real(float low, float high) { return low + (high - low) * (static_cast<float>(engine_() >> 8U) / 16777216.0F); }

  int add_tensor(Shape shape) {
    graph_.tensors.push_back({"t" + std::to_string(graph_.tensors.size()), shape, {}});
    return static_cast<int>(graph_.tensors.size()) - 1;
  }

  int finish(Node node, int input, Shape output, bool may_clamp) {
    node.inputs.insert(node.inputs.begin(), input);
    node.name = "n" + std::to_string(graph_.nodes.size());
    node.operators = compiler::to_string(node.kind);
    node.output = add_tensor(output);
    if (may_clamp && below(2) == 0) {
      node.clamp_min = 0.0F;
      if (below(3) == 0) {
        node.clamp_max = real(0.5F, 3.0F);
      }
    }
    graph_.nodes.push_back(node);
    return graph_.nodes.back().output;
  }

  int simple(NodeKind kind, int input, Shape output, bool may_clamp) {
    Node node;
    node.kind = kind;
    return finish(node, input, output, may_clamp);
  }

  void fill_weights(Node& node, std::size_t count, int outputs) {
    for (std::size_t i = 0; i < count; ++i) {
      node.weights.push_back(below(8) == 0 ? 0.0F : real(-0.5F, 0.5F));
    }
    for (int o = 0; o < outputs; ++o) {
      node.bias.push_back(below(3) == 0 ? 0.0F : real(-0.4F, 0.4F));
    }
    if (below(4) == 0 && outputs > 1) {  // a channel without weights: its bias alone comes out
      const auto o = static_cast<std::size_t>(below(outputs));
      const auto channels = static_cast<std::size_t>(outputs);
      for (std::size_t k = 0; k < count / channels; ++k) {
        node.weights[node.kind == NodeKind::depthwise_conv2d ? k * channels + o : o * (count / channels) + k] = 0.0F;
      }
    }
  }

  int dense(int input) {
    Node node;
    node.kind = NodeKind::dense;
    const int outputs = 1 + below(40);
    fill_weights(node, graph_.shape(input).elements() * static_cast<std::size_t>(outputs), outputs);
    return finish(node, input, {1, 1, outputs}, true);
  }

  /// Random window that fits; `output` is its size.
  bool window(Node& node, const Shape& in, Shape& output, bool ceil_mode, bool dilate) {
    for (int attempt = 0; attempt < 20; ++attempt) {
      node.kernel_height = 1 + below(4);
      node.kernel_width = 1 + below(4);
      node.stride_height = 1 + below(3);
      node.stride_width = 1 + below(3);
      node.dilation_height = dilate ? 1 + below(2) : 1;
      node.dilation_width = dilate ? 1 + below(2) : 1;
      // Padding below the kernel, so that no window lies wholly in it.
      const int most_h = std::min(2, (node.kernel_height - 1) * node.dilation_height);
      const int most_w = std::min(2, (node.kernel_width - 1) * node.dilation_width);
      node.padding = {below(most_h + 1), below(most_w + 1), below(most_h + 1), below(most_w + 1)};
      if (node.kind == NodeKind::max_pool || node.kind == NodeKind::average_pool) {
        node.padding.top = std::min(node.padding.top, node.kernel_height - 1);
        node.padding.left = std::min(node.padding.left, node.kernel_width - 1);
      }
      output.height = compiler::window_output(in.height, node.kernel_height, node.stride_height, node.dilation_height,
                                              node.padding.top, node.padding.bottom, ceil_mode);
      output.width = compiler::window_output(in.width, node.kernel_width, node.stride_width, node.dilation_width,
                                             node.padding.left, node.padding.right, ceil_mode);
      if (output.height > 0 && output.width > 0 && output.height * output.width < 200) {
        return true;
      }
    }
    return false;
  }

  int convolution(int input, bool depthwise) {
    const Shape in = graph_.shape(input);
    Node node;
    node.kind = depthwise ? NodeKind::depthwise_conv2d : NodeKind::conv2d;
    Shape out;
    if (!window(node, in, out, false, true)) {
      return input;
    }
    out.channels = depthwise ? in.channels * (1 + below(2)) : 1 + below(20);
    const auto per_output =
        static_cast<std::size_t>(node.kernel_height * node.kernel_width * (depthwise ? 1 : in.channels));
    fill_weights(node, per_output * static_cast<std::size_t>(out.channels), out.channels);
    return finish(node, input, out, true);
  }

  int pool(int input, NodeKind kind) {
    const Shape in = graph_.shape(input);
    Node node;
    node.kind = kind;
    node.count_include_pad = kind == NodeKind::average_pool && below(2) == 0;
    Shape out;
    if (!window(node, in, out, below(3) == 0 && !node.count_include_pad, false)) {
      return input;
    }
    out.channels = in.channels;
    return finish(node, input, out, true);
  }

  int residual(int input) {
    Node branch;  // a convolution that keeps the shape, and the sum with its input
    branch.kind = NodeKind::conv2d;
    branch.kernel_height = branch.kernel_width = 3;
    branch.padding = {1, 1, 1, 1};
    const Shape shape = graph_.shape(input);
    fill_weights(branch, static_cast<std::size_t>(9 * shape.channels * shape.channels), shape.channels);
    const int other = finish(branch, input, shape, true);
    Node sum;
    sum.kind = NodeKind::add;
    sum.inputs = {other};
    return finish(sum, input, shape, true);
  }

  int node_after(int input) {
    const Shape in = graph_.shape(input);
    switch (below(9)) {
      case 0:
      case 1:
        return convolution(input, false);
      case 2:
        return convolution(input, true);
      case 3:
        return pool(input, NodeKind::max_pool);
      case 4:
        return pool(input, NodeKind::average_pool);
      case 5:
        return in.elements() < 600 ? residual(input) : input;
      case 6:
        return simple(NodeKind::clip, input, in, true);
      case 7:
        return simple(NodeKind::reshape, input, {in.width, in.height, in.channels}, false);
      default:
        return dense(input);
    }
  }

  std::mt19937 engine_;
  Graph graph_;
};

}  // namespace

compiler::Graph dense_chain(const std::vector<int>& widths) {
  Graph graph;
  graph.name = "chain";
  graph.input = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    graph.tensors.push_back({"t" + std::to_string(i), {1, 1, widths[i]}, {}});
  }
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    Node node;
    node.kind = NodeKind::dense;
    node.name = "fc" + std::to_string(i);
    node.operators = "Gemm";
    node.inputs = {static_cast<int>(i)};
    node.output = static_cast<int>(i) + 1;
    const auto outputs = static_cast<std::size_t>(widths[i + 1]);
    node.weights = random_values(outputs * static_cast<std::size_t>(widths[i]), static_cast<std::uint32_t>(i));
    node.bias.assign(outputs, 0.0F);
    graph.nodes.push_back(node);
  }
  graph.output = static_cast<int>(widths.size()) - 1;
  return graph;
}

compiler::Graph random_graph(std::uint32_t seed, bool softmax_at_end) {
  return Maker(seed).run(softmax_at_end);
}

}  // namespace tessera::test
