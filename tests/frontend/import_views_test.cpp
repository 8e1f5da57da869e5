// SPDX-License-Identifier: Apache-2.0
// ONNX operators that move no data, pools and padding.
#include <gtest/gtest.h>

#include <cmath>

#include "sw/compiler/graph/execute.h"
#include "tests/frontend/onnx_builder.h"
#include "tests/frontend/reference_executor.h"

namespace tessera::compiler {
namespace {

using test::Floats;
using test::Image;
using test::Ints;
using test::ModelBuilder;
using test::Random;

std::vector<float> run(const Graph& graph, const std::vector<float>& input) {
  FloatExecutor executor(graph);
  const auto out = executor.run(input);
  return {out.begin(), out.end()};
}

void expect_values(const std::vector<float>& actual, const std::vector<double>& expected) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(actual[i]), expected[i], 1e-4) << i;
  }
}

void expect_image(const Graph& graph, const Image& input, const Image& expected) {
  const std::vector<float> nhwc = expected.nhwc();
  expect_values(run(graph, input.nhwc()), {nhwc.begin(), nhwc.end()});
}

/// y = W x of a flattened image of 3x4x5, with the flattening done by `flatten`.
template <typename Flatten>
void expect_chw_flattening(Ints input_dims, Flatten&& flatten) {
  Random random(21);
  const Image input = random.image(3, 4, 5);
  const Floats weights = random.reals(2 * 60);
  ModelBuilder model(input_dims);
  model.floats("w", {2, 60}, weights).floats("b", {2}, {0.5F, -0.5F});
  flatten(model);
  model.node("Gemm", {"f", "w", "b"}, {"y"}).with("transB", 1);
  const Graph graph = model.import();
  ASSERT_EQ(graph.nodes.size(), 1U) << describe(graph);
  expect_values(run(graph, input.nhwc()), test::dense(input.values, weights, {0.5F, -0.5F}));
}

TEST(ImportFlatten, PermutesDenseWeightsFromChwToHwc) {
  expect_chw_flattening({1, 3, 4, 5}, [](ModelBuilder& m) { m.node("Flatten", {"x"}, {"f"}); });
}

TEST(ImportFlatten, ReshapeWithConstantNode) {
  expect_chw_flattening({1, 3, 4, 5}, [](ModelBuilder& m) {
    m.node("Constant", {}, {"s"}).with("value", test::int_tensor("", {2}, {1, -1}));
    m.node("Reshape", {"x", "s"}, {"f"});
  });
}

TEST(ImportFlatten, ReshapeComputedFromADynamicBatch) {
  expect_chw_flattening({0, 3, 4, 5}, [](ModelBuilder& m) {
    m.ints("zero", {}, {0}).ints("axes", {1}, {0}).ints("rest", {1}, {-1});
    m.node("Shape", {"x"}, {"shape"});
    m.node("Gather", {"shape", "zero"}, {"batch"}).with("axis", 0);
    m.node("Unsqueeze", {"batch", "axes"}, {"batch1"});
    m.node("Concat", {"batch1", "rest"}, {"s"}).with("axis", 0);
    m.node("Reshape", {"x", "s"}, {"f"});
  });
}

TEST(ImportFlatten, ShapeArithmeticWithSliceMulAndCast) {
  expect_chw_flattening({0, 3, 4, 5}, [](ModelBuilder& m) {
    m.ints("one", {1}, {1}).ints("two", {1}, {2}).ints("big", {1}, {INT64_MAX});
    m.node("Shape", {"x"}, {"shape"});
    m.node("Slice", {"shape", "two", "big"}, {"hw"});  // 4, 5
    m.node("Slice", {"shape", "one", "two"}, {"c"});   // 3
    m.node("Mul", {"hw", "c"}, {"hwc"});               // 12, 15
    m.node("Slice", {"hwc", "one", "two"}, {"fifteen"});
    m.node("Cast", {"fifteen"}, {"f15"}).with("to", 1);
    m.node("Cast", {"f15"}, {"i15"}).with("to", 7);
    m.node("Slice", {"shape", "two", "big"}, {"hw2"});
    m.node("Squeeze", {"i15"}, {"s15"});
    m.node("Unsqueeze", {"s15", "zero_axis"}, {"u15"});
    m.ints("zero_axis", {1}, {0}).ints("four", {1}, {4});
    m.node("Mul", {"u15", "four"}, {"sixty"});
    m.node("Concat", {"one", "sixty"}, {"s"}).with("axis", 0);
    m.node("Reshape", {"x", "s"}, {"f"});
  });
}

TEST(ImportFlatten, MeanOverHeightAndWidthNeedsNoFlatten) {
  Random random(22);
  const Image input = random.image(3, 4, 5);
  const Floats weights = random.reals(2 * 3);
  std::vector<double> means;
  for (int c = 0; c < 3; ++c) {
    double sum = 0;
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 5; ++x) {
        sum += input.at(c, y, x);
      }
    }
    means.push_back(sum / 20);
  }
  for (const bool as_input : {false, true}) {
    ModelBuilder model({1, 3, 4, 5}, as_input ? 18 : 13);
    model.floats("w", {2, 3}, weights).floats("b", {2}, {0, 0});
    if (as_input) {
      model.ints("axes", {2}, {2, -1});
      model.node("ReduceMean", {"x", "axes"}, {"m"}).with("keepdims", 0);
    } else {
      model.node("ReduceMean", {"x"}, {"k"}).with("axes", Ints{-2, -1}).with("keepdims", 1);
      model.node("Squeeze", {"k"}, {"m"}).with("axes", Ints{2, 3});
    }
    model.node("Gemm", {"m", "w", "b"}, {"y"}).with("transB", 1);
    const Graph graph = model.import();
    ASSERT_EQ(graph.nodes.size(), 2U) << describe(graph);
    EXPECT_EQ(graph.nodes[0].kind, NodeKind::average_pool);
    EXPECT_EQ(graph.nodes[0].kernel_width, 5);
    expect_values(run(graph, input.nhwc()), test::dense(means, weights, {0, 0}));
  }
}

TEST(ImportTensorFlowStyle, TransposesVanish) {
  Random random(23);
  const Image input = random.image(3, 6, 4);
  const Floats conv_weights = random.reals(2 * 3 * 9);
  const Floats dense_weights = random.reals(48 * 2);  // [in][out], in = H, W, C
  ModelBuilder model({0, 6, 4, 3});
  model.floats("w", {2, 3, 3, 3}, conv_weights).floats("d", {48, 2}, dense_weights).floats("b", {2}, {1, 2});
  model.ints("s", {2}, {-1, 48});
  model.node("Transpose", {"x"}, {"t"}).with("perm", Ints{0, 3, 1, 2});
  model.node("Conv", {"t", "w"}, {"c"}).with("auto_pad", "SAME_UPPER");
  model.node("Relu", {"c"}, {"r"});
  model.node("Transpose", {"r"}, {"u"}).with("perm", Ints{0, 2, 3, 1});
  model.node("Reshape", {"u", "s"}, {"f"});
  model.node("MatMul", {"f", "d"}, {"m"});
  model.node("Add", {"m", "b"}, {"y"});
  const Graph graph = model.import();
  EXPECT_EQ(graph.shape(graph.input), (Shape{6, 4, 3}));
  ASSERT_EQ(graph.nodes.size(), 2U) << describe(graph);
  const Image conv = test::map(test::conv(input, conv_weights, {0, 0}, 1, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1}),
                               [](double v, int) { return std::max(0.0, v); });
  const std::vector<float> hwc = conv.nhwc();
  Floats transposed(dense_weights.size());
  for (std::size_t i = 0; i < 48; ++i) {
    for (std::size_t o = 0; o < 2; ++o) {
      transposed[o * 48 + i] = dense_weights[i * 2 + o];
    }
  }
  expect_values(run(graph, input.nhwc()), test::dense({hwc.begin(), hwc.end()}, transposed, {1, 2}));
}

TEST(ImportTensorFlowStyle, FlatInputBecomesAnImage) {
  Random random(24);
  const Image input = random.image(1, 7, 5);
  const Floats weights = random.reals(2 * 4);
  ModelBuilder model({0, 35});
  model.floats("w", {2, 1, 2, 2}, weights).ints("s", {4}, {-1, 7, 5, 1});
  model.node("Reshape", {"x", "s"}, {"r"});
  model.node("Transpose", {"r"}, {"t"}).with("perm", Ints{0, 3, 1, 2});
  model.node("Conv", {"t", "w"}, {"y"});
  const Graph graph = model.import();
  EXPECT_EQ(graph.nodes.size(), 1U) << describe(graph);
  EXPECT_EQ(graph.shape(graph.input), (Shape{7, 5, 1}));
  expect_image(graph, input, test::conv(input, weights, {0, 0}, 1, {2, 2}));
}

TEST(ImportTensorFlowStyle, ImageWithoutChannelsKeepsItsOrder) {
  Random random(25);
  const Image input = random.image(1, 4, 5);
  const Floats weights = random.reals(2 * 20);
  ModelBuilder model({1, 4, 5});
  model.floats("w", {2, 20}, weights).floats("b", {2}, {0, 0});
  model.node("Flatten", {"x"}, {"f"});
  model.node("Gemm", {"f", "w", "b"}, {"y"}).with("transB", 1);
  const Graph graph = model.import();
  EXPECT_EQ(graph.shape(graph.input), (Shape{4, 5, 1}));
  expect_values(run(graph, input.nhwc()), test::dense(input.values, weights, {0, 0}));
}

TEST(ImportViews, TransposeThatNeedsDataMovedIsRefused) {
  ModelBuilder model({1, 2, 3, 4});
  model.floats("w", {1, 2, 1, 1}, {1, 1});
  model.node("Transpose", {"x"}, {"t"}).with("perm", Ints{0, 1, 3, 2});
  model.node("Conv", {"t", "w"}, {"y"});
  EXPECT_THROW(static_cast<void>(model.import()), UnsupportedError);
}

TEST(ImportViews, NodesWithoutEffectVanish) {
  ModelBuilder model({1, 2, 4, 4});
  model.floats("w", {1, 2, 1, 1}, {1, 2}).ints("pads", {8}, Ints(8, 0)).floats("ratio", {}, {0.5F});
  model.node("Identity", {"x"}, {"i"});
  model.node("Dropout", {"i", "ratio"}, {"d", "mask"});
  model.node("Cast", {"d"}, {"f"}).with("to", 1);
  model.node("Pad", {"f", "pads"}, {"p"});
  model.node("Conv", {"p", "w"}, {"c"});
  model.node("Not", {"mask"}, {"unused"});  // depends on nothing that is read
  model.node("AveragePool", {"c"}, {"a"}).with("kernel_shape", Ints{1, 1});
  model.node("Identity", {"a"}, {"y"});
  const Graph graph = model.import();
  ASSERT_EQ(graph.nodes.size(), 1U) << describe(graph);
  EXPECT_EQ(graph.nodes[0].kind, NodeKind::conv2d);
  EXPECT_EQ(graph.tensors.size(), 2U);
}

TEST(ImportPad, MergesIntoConvolutionInBothForms) {
  Random random(26);
  const Image input = random.image(2, 4, 4);
  const Floats weights = random.reals(3 * 2 * 9);
  for (const int opset : {9, 13}) {
    ModelBuilder model({1, 2, 4, 4}, opset);
    model.floats("w", {3, 2, 3, 3}, weights);
    const Ints pads{0, 0, 1, 0, 0, 0, 2, 1};
    if (opset == 9) {
      model.node("Pad", {"x"}, {"p"}).with("pads", pads);
    } else {
      model.ints("pads", {8}, pads).floats("zero", {}, {0.0F});
      model.node("Pad", {"x", "pads", "zero"}, {"p"});
    }
    model.node("Conv", {"p", "w"}, {"y"}).with("pads", Ints{0, 1, 0, 0});
    const Graph graph = model.import();
    ASSERT_EQ(graph.nodes.size(), 1U) << describe(graph);
    EXPECT_EQ(graph.nodes[0].padding, (Padding{1, 1, 2, 1}));
    EXPECT_EQ(graph.nodes[0].operators, "Pad+Conv");
    expect_image(graph, input, test::conv(input, weights, {0, 0, 0}, 1, {3, 3, 1, 1, 1, 1, 1, 1, 2, 1}));
  }
}

TEST(ImportPad, CountsInTheDivisorOfAveragePool) {
  ModelBuilder model({1, 1, 2, 2});
  model.ints("pads", {8}, {0, 0, 1, 1, 0, 0, 0, 0});
  model.node("Pad", {"x", "pads"}, {"p"});
  model.node("AveragePool", {"p"}, {"y"}).with("kernel_shape", Ints{3, 3});
  const Graph graph = model.import();
  ASSERT_EQ(graph.nodes.size(), 1U);
  expect_values(run(graph, {1, 2, 3, 4}), {10.0 / 9});
}

TEST(ImportPad, StaysBeforeAMaxPoolThatMaySeeNegativeValues) {
  for (const bool relu : {false, true}) {
    ModelBuilder model({1, 1, 2, 2});
    model.ints("pads", {8}, {0, 0, 1, 1, 0, 0, 1, 1});
    if (relu) {
      model.node("Relu", {"x"}, {"r"});
    }
    model.node("Pad", {relu ? "r" : "x", "pads"}, {"p"});
    model.node("MaxPool", {"p"}, {"y"}).with("kernel_shape", Ints{2, 2}).with("strides", Ints{2, 2});
    const Graph graph = model.import();
    EXPECT_EQ(graph.nodes.size(), 2U) << describe(graph);
    EXPECT_EQ(graph.nodes[0].kind, relu ? NodeKind::clip : NodeKind::depthwise_conv2d);
    expect_values(run(graph, {-1, 2, 3, -4}), {0, 2, 3, 0});
  }
}

TEST(ImportPool, PaddingCeilModeAndDivisor) {
  struct Case {
    int ceil_mode, count_include_pad;
    std::vector<double> expected;
  };
  // 3x3 of ones, kernel 2, stride 2, one row and column of padding in front.
  const std::vector<float> input(9, 1.0F);
  for (const Case& c : {Case{0, 0, {1, 1, 1, 1}}, Case{0, 1, {0.25, 0.5, 0.5, 1}}}) {
    ModelBuilder model({1, 1, 3, 3});
    auto node = model.node("AveragePool", {"x"}, {"y"});
    node.with("kernel_shape", Ints{2, 2}).with("strides", Ints{2, 2}).with("pads", Ints{1, 1, 0, 0});
    node.with("ceil_mode", c.ceil_mode).with("count_include_pad", c.count_include_pad);
    expect_values(run(model.import(), input), c.expected);
  }
  // Without padding, ceil mode adds windows that hang over the end; the overhang never counts.
  for (const int include : {0, 1}) {
    ModelBuilder model({1, 1, 3, 3});
    auto node = model.node("AveragePool", {"x"}, {"y"});
    node.with("kernel_shape", Ints{2, 2})
        .with("strides", Ints{2, 2})
        .with("ceil_mode", 1)
        .with("count_include_pad", include);
    expect_values(run(model.import(), input), {1, 1, 1, 1});
  }
  ModelBuilder model({1, 1, 3, 3});
  model.node("MaxPool", {"x"}, {"y"}).with("kernel_shape", Ints{2, 2}).with("strides", Ints{2, 2}).with("ceil_mode", 1);
  expect_values(run(model.import(), {1, 2, 3, 4, 5, 6, 7, 8, 9}), {5, 6, 8, 9});
}

TEST(ImportPool, GlobalPoolsCoverTheImage) {
  Random random(27);
  const Image input = random.image(2, 3, 5);
  for (const char* op : {"GlobalAveragePool", "GlobalMaxPool"}) {
    ModelBuilder model({1, 2, 3, 5});
    model.node(op, {"x"}, {"y"});
    std::vector<double> expected;
    for (int c = 0; c < 2; ++c) {
      double sum = 0;
      double best = -9;
      for (int i = 0; i < 15; ++i) {
        sum += input.at(c, i / 5, i % 5);
        best = std::max(best, input.at(c, i / 5, i % 5));
      }
      expected.push_back(op[6] == 'A' ? sum / 15 : best);
    }
    expect_values(run(model.import(), input.nhwc()), expected);
  }
}

}  // namespace
}  // namespace tessera::compiler
