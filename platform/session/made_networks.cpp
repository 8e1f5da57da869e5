// SPDX-License-Identifier: Apache-2.0
#include "platform/session/made_networks.h"

#include <fmt/format.h>

#include <random>
#include <string>
#include <utility>

namespace tessera::platform {
namespace {

using compiler::Graph;
using compiler::Node;
using compiler::NodeKind;

class Builder {
 public:
  Builder(std::string name, compiler::Shape input) {
    graph_.name = std::move(name);
    graph_.input = 0;
    graph_.output = 0;
    graph_.tensors.push_back({"input", input, {}});
  }
  Builder& dense(int outputs) {
    Node node;
    node.kind = NodeKind::dense;
    node.operators = "Gemm";
    return add(std::move(node), {1, 1, outputs}, static_cast<int>(shape().elements()));
  }
  Builder& convolution(int outputs, int kernel) {
    Node node;
    node.kind = NodeKind::conv2d;
    node.operators = "Conv";
    node.kernel_height = node.kernel_width = kernel;
    const compiler::Shape in = shape();
    return add(std::move(node), {in.height - kernel + 1, in.width - kernel + 1, outputs},
               kernel * kernel * in.channels);
  }
  Builder& max_pool() {
    Node node;
    node.kind = NodeKind::max_pool;
    node.operators = "MaxPool";
    node.kernel_height = node.kernel_width = node.stride_height = node.stride_width = 2;
    const compiler::Shape in = shape();
    return add(std::move(node), {in.height / 2, in.width / 2, in.channels}, 0);
  }
  [[nodiscard]] Graph graph() const { return graph_; }

 private:
  [[nodiscard]] compiler::Shape shape() const { return graph_.shape(graph_.output); }
  Builder& add(Node node, compiler::Shape output, int fan_in) {
    node.name = fmt::format("layer{}", graph_.nodes.size());
    node.inputs = {graph_.output};
    node.output = static_cast<int>(graph_.tensors.size());
    if (fan_in > 0) {
      const auto outputs = static_cast<std::size_t>(output.channels);
      node.weights = uniform_values(outputs * static_cast<std::size_t>(fan_in), -0.1F, 0.1F,
                                    static_cast<std::uint32_t>(graph_.nodes.size()) + 1);
      node.bias.assign(outputs, 0.0F);
    }
    graph_.tensors.push_back({fmt::format("t{}", node.output), output, {}});
    graph_.output = node.output;
    graph_.nodes.push_back(std::move(node));
    return *this;
  }

  Graph graph_;
};

}  // namespace

std::vector<float> uniform_values(std::size_t count, float low, float high, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    // Own arithmetic: the standard distributions differ between libraries.
    value = low + (high - low) * static_cast<float>(random() >> 8) / 16777216.0F;
  }
  return values;
}

Graph dense_network(const std::vector<int>& widths) {
  std::string name = fmt::format("dense {}", widths.at(0));
  for (std::size_t i = 1; i < widths.size(); ++i) {
    name += fmt::format("-{}", widths[i]);
  }
  Builder builder(name, {1, 1, widths[0]});
  for (std::size_t i = 1; i < widths.size(); ++i) {
    builder.dense(widths[i]);
  }
  return builder.graph();
}

std::vector<Graph> synthetic_networks() {
  return {Builder("wide: dense 1500-600-10", {1, 1, 1500}).dense(600).dense(10).graph(),
          Builder("deep: 8 x dense 128", {1, 1, 128})
              .dense(128)
              .dense(128)
              .dense(128)
              .dense(128)
              .dense(128)
              .dense(128)
              .dense(128)
              .dense(10)
              .graph(),
          Builder("windows: conv 3x3, 8-16-32", {20, 20, 3})
              .convolution(8, 3)
              .convolution(16, 3)
              .max_pool()
              .convolution(32, 3)
              .dense(10)
              .graph()};
}

}  // namespace tessera::platform
