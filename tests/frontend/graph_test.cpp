// SPDX-License-Identifier: Apache-2.0
// The graph itself: consistency checks, products, execution, and canonicalisation as a property over random graphs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sw/compiler/graph/canonicalise.h"
#include "sw/compiler/graph/execute.h"
#include "tests/frontend/reference_executor.h"

namespace tessera::compiler {
namespace {

using test::Random;
using testing::HasSubstr;

Node node(NodeKind kind, const std::string& name, std::vector<int> inputs, int output) {
  Node result;
  result.kind = kind;
  result.name = name;
  result.operators = to_string(kind);
  result.inputs = std::move(inputs);
  result.output = output;
  return result;
}

/// conv 3x3, 2 to 3 channels, padded, then dense to 4.
Graph small_graph() {
  Graph graph;
  graph.name = "small";
  graph.tensors = {{"x", {4, 4, 2}, {}}, {"c", {4, 4, 3}, {}}, {"y", {1, 1, 4}, {}}};
  graph.input = 0;
  graph.output = 2;
  Node conv = node(NodeKind::conv2d, "conv", {0}, 1);
  conv.kernel_height = conv.kernel_width = 3;
  conv.padding = {1, 1, 1, 1};
  conv.weights.assign(3 * 9 * 2, 0.5F);
  conv.bias.assign(3, 0.0F);
  Node dense = node(NodeKind::dense, "dense", {1}, 2);
  dense.weights.assign(4 * 48, 1.0F);
  dense.bias.assign(4, 0.0F);
  graph.nodes = {conv, dense};
  return graph;
}

TEST(Graph, ChecksWhatItSays) {
  EXPECT_EQ(check(small_graph()), "");
  const auto broken = [](auto&& change) {
    Graph graph = small_graph();
    change(graph);
    return check(graph);
  };
  EXPECT_THAT(broken([](Graph& g) { g.nodes[0].weights.pop_back(); }),
              HasSubstr("node 'conv': 53 weights, expected 54"));
  EXPECT_THAT(broken([](Graph& g) { g.nodes[0].bias.push_back(0); }), HasSubstr("bias"));
  EXPECT_THAT(broken([](Graph& g) { g.nodes[0].padding.top = 0; }), HasSubstr("does not follow"));
  EXPECT_THAT(broken([](Graph& g) { g.nodes[0].stride_width = 0; }), HasSubstr("positive"));
  EXPECT_THAT(broken([](Graph& g) { std::swap(g.nodes[0], g.nodes[1]); }), HasSubstr("no earlier node"));
  EXPECT_THAT(broken([](Graph& g) { g.nodes[1].name = "conv"; }), HasSubstr("twice"));
  EXPECT_THAT(broken([](Graph& g) { g.nodes[1].inputs = {7}; }), HasSubstr("not a tensor"));
  EXPECT_THAT(broken([](Graph& g) { g.output = 9; }), HasSubstr("input or output"));
  EXPECT_THAT(broken([](Graph& g) { g.nodes.pop_back(); }), HasSubstr("no node writes the output"));
  EXPECT_THAT(broken([](Graph& g) { g.tensors[1].shape.width = 0; }), HasSubstr("positive"));
  EXPECT_THAT(broken([](Graph& g) {
                g.nodes[0].clamp_min = 1;
                g.nodes[0].clamp_max = 0;
              }),
              HasSubstr("clamp_min"));
  Graph graph = small_graph();
  graph.nodes[1].weights.pop_back();
  EXPECT_THROW(FloatExecutor executor(graph), std::invalid_argument);
}

TEST(Graph, CountsProductsOnly) {
  const Graph graph = small_graph();
  EXPECT_EQ(macs(graph, graph.nodes[0]), 16U * 3 * 18);
  EXPECT_EQ(macs(graph), 16U * 3 * 18 + 4 * 48);
  EXPECT_THAT(describe(graph), HasSubstr("conv [conv2d] conv2d 4x4x2 -> 4x4x3, kernel 3x3"));
}

TEST(Graph, WindowOutputs) {
  EXPECT_EQ(window_output(28, 5, 1, 1, 2, 2), 28);
  EXPECT_EQ(window_output(5, 2, 2, 1, 0, 0), 2);
  EXPECT_EQ(window_output(5, 2, 2, 1, 0, 0, true), 3);
  EXPECT_EQ(window_output(4, 2, 2, 1, 0, 0, true), 2);
  EXPECT_EQ(window_output(4, 3, 3, 1, 0, 0, true), 2);  // the second starts on the last input element
  EXPECT_EQ(window_output(2, 1, 3, 1, 0, 1, true), 1);  // a second would start in the trailing padding
  EXPECT_EQ(window_output(5, 3, 1, 2, 0, 0), 1);
  EXPECT_EQ(window_output(4, 3, 1, 2, 0, 0), 0);  // extent 5 does not fit
}

TEST(FloatExecutor, RefusesAnInputOfAnotherLength) {
  const Graph graph = small_graph();
  FloatExecutor executor(graph);
  EXPECT_THROW(executor.run(std::vector<float>(31)), std::invalid_argument);
}

TEST(FloatExecutor, KeepsEveryTensor) {
  const Graph graph = small_graph();
  FloatExecutor executor(graph);
  executor.run(std::vector<float>(32, 1.0F));
  EXPECT_EQ(executor.tensor(1).size(), 48U);
  EXPECT_FLOAT_EQ(executor.tensor(1)[0], 4 * 2 * 0.5F);                // corner: four of nine taps inside
  EXPECT_FLOAT_EQ(executor.tensor(1)[(1 * 4 + 1) * 3], 9 * 2 * 0.5F);  // centre
  EXPECT_EQ(argmax(std::vector<float>{1, 3, 3, 2}), 1U);
}

/// A random chain of every kind of node with all that canonicalisation looks at, sometimes with a second reader.
class RandomGraph {
 public:
  explicit RandomGraph(unsigned seed) : random_(seed) {
    graph_.name = "random";
    graph_.tensors.push_back({"x", {random_.integer(4, 7), random_.integer(4, 7), random_.integer(1, 3)}, {}});
    graph_.input = 0;
    int current = 0;
    std::vector<int> earlier;
    const int length = random_.integer(2, 9);
    for (int i = 0; i < length; ++i) {
      earlier.push_back(current);
      current = grow(current, earlier);
    }
    graph_.output = current;
  }
  [[nodiscard]] const Graph& graph() const { return graph_; }

 private:
  int push(Node next, Shape shape) {
    next.output = static_cast<int>(graph_.tensors.size());
    next.name = "n" + std::to_string(graph_.nodes.size());
    graph_.tensors.push_back({next.name, shape, {}});
    graph_.nodes.push_back(std::move(next));
    return graph_.nodes.back().output;
  }

  int grow(int current, const std::vector<int>& earlier) {
    const Shape in = graph_.shape(current);
    Node next = node(NodeKind::clip, "", {current}, -1);
    Shape out = in;
    switch (random_.integer(0, 9)) {
      case 0:
        next.clamp_min = random_.integer(0, 1) == 0 ? 0.0F : -0.5F;
        if (random_.integer(0, 1) == 0) {
          next.clamp_max = 0.75F;
        }
        break;
      case 1:  // scale and shift
        next.kind = NodeKind::depthwise_conv2d;
        next.weights = random_.reals(in.channels);
        next.bias = random_.reals(in.channels);
        if (random_.integer(0, 3) == 0) {
          next.bias.assign(next.bias.size(), 0.0F);
        }
        break;
      case 2:  // padding
        next.kind = NodeKind::depthwise_conv2d;
        next.weights.assign(static_cast<std::size_t>(in.channels), 1.0F);
        next.bias.assign(static_cast<std::size_t>(in.channels), 0.0F);
        next.padding = {random_.integer(0, 1), random_.integer(0, 1), random_.integer(0, 1), 1};
        out.height += next.padding.top + next.padding.bottom;
        out.width += next.padding.left + next.padding.right;
        break;
      case 3:
      case 4:
      case 5:
        window(next, in, out);
        break;
      case 6:
        next.kind = NodeKind::dense;
        out = {1, 1, random_.integer(2, 4)};
        next.weights = random_.reals(out.channels * static_cast<int>(in.elements()));
        next.bias = random_.reals(out.channels);
        break;
      case 7:
        next.kind = NodeKind::reshape;
        out = random_.integer(0, 1) == 0 ? Shape{in.width, in.channels, in.height} : in;
        break;
      case 8: {
        next.kind = NodeKind::add;
        next.inputs.push_back(current);
        for (const int tensor : earlier) {
          if (graph_.shape(tensor) == in) {
            next.inputs[1] = tensor;
          }
        }
        break;
      }
      default:
        next.kind = NodeKind::softmax;
    }
    return push(next, out);
  }

  void window(Node& next, const Shape& in, Shape& out) {
    const NodeKind kinds[4] = {NodeKind::conv2d, NodeKind::depthwise_conv2d, NodeKind::max_pool,
                               NodeKind::average_pool};
    next.kind = kinds[random_.integer(0, 3)];
    next.kernel_height = std::min(in.height, random_.integer(1, 3));
    next.kernel_width = std::min(in.width, random_.integer(1, 3));
    next.stride_height = random_.integer(1, 2);
    next.stride_width = random_.integer(1, 2);
    if (next.kernel_height > 1) {
      next.padding.top = random_.integer(0, 1);
    }
    if (next.kernel_width > 1) {
      next.padding.right = random_.integer(0, 1);
    }
    if (next.kind == NodeKind::conv2d) {
      out.channels = random_.integer(1, 4);
    }
    if (next.kind == NodeKind::depthwise_conv2d) {
      out.channels = in.channels * random_.integer(1, 2);
    }
    next.count_include_pad = next.kind == NodeKind::average_pool && random_.integer(0, 1) == 1;
    out.height = window_output(in.height, next.kernel_height, next.stride_height, 1, next.padding.top, 0);
    out.width = window_output(in.width, next.kernel_width, next.stride_width, 1, 0, next.padding.right);
    if (!next.has_weights()) {
      return;
    }
    const int per_output = next.kernel_height * next.kernel_width * (next.kind == NodeKind::conv2d ? in.channels : 1);
    next.weights = random_.reals(out.channels * per_output);
    next.bias = random_.reals(out.channels);
  }

  Random random_;
  Graph graph_;
};

TEST(Canonicalise, KeepsTheResultsOfRandomGraphs) {
  int removed = 0;
  for (unsigned seed = 1; seed <= 3000; ++seed) {
    const RandomGraph random(seed);
    const Graph& original = random.graph();
    ASSERT_EQ(check(original), "") << "seed " << seed;
    Graph simple = original;
    canonicalise(simple);
    ASSERT_EQ(check(simple), "") << "seed " << seed << '\n' << describe(original) << describe(simple);
    EXPECT_LE(simple.nodes.size(), original.nodes.size());
    removed += static_cast<int>(original.nodes.size() - simple.nodes.size());
    Random values(seed);
    const std::vector<float> input = values.reals(static_cast<int>(original.shape(0).elements()));
    FloatExecutor before(original);
    FloatExecutor after(simple);
    const auto expected = before.run(input);
    const auto actual = after.run(input);
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      ASSERT_NEAR(actual[i], expected[i], 1e-4 * std::max(1.0F, std::abs(expected[i])))
          << "seed " << seed << '\n'
          << describe(original) << describe(simple);
    }
    Graph again = simple;
    canonicalise(again);
    EXPECT_EQ(describe(again), describe(simple)) << "seed " << seed;
  }
  EXPECT_GT(removed, 3000);  // the property is empty if nothing ever folds
}

}  // namespace
}  // namespace tessera::compiler
