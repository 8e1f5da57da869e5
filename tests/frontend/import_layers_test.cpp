// SPDX-License-Identifier: Apache-2.0
// ONNX operators that compute, each against an independent reference.
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

void expect_near(std::span<const float> actual, const std::vector<double>& expected, const std::string& context = {}) {
  ASSERT_EQ(actual.size(), expected.size()) << context;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(static_cast<double>(actual[i]), expected[i], 1e-4 * std::max(1.0, std::abs(expected[i])))
        << context << " at " << i;
  }
}

void expect_image(const Graph& graph, const Image& input, const Image& expected, const std::string& context = {}) {
  FloatExecutor executor(graph);
  const std::vector<float> nhwc = expected.nhwc();
  expect_near(executor.run(input.nhwc()), {nhwc.begin(), nhwc.end()}, context);
}

std::vector<std::string> operators(const Graph& graph) {
  std::vector<std::string> result;
  for (const Node& node : graph.nodes) {
    result.push_back(node.operators);
  }
  return result;
}

std::int64_t wide(int value) {
  return value;
}

TEST(ImportConv, AgreesWithReferenceOnRandomShapes) {
  constexpr unsigned kSeed = 20230611;
  Random random(kSeed);
  for (int trial = 0; trial < 200; ++trial) {
    const int group = random.integer(1, 3);
    const int in_channels = group * random.integer(1, 3);
    const int out_channels = group * random.integer(1, 3);
    const bool flat = trial % 5 == 0;  // one dimension
    test::Window w;
    w.kh = flat ? 1 : random.integer(1, 4);
    w.kw = random.integer(1, 4);
    w.sh = flat ? 1 : random.integer(1, 3);
    w.sw = random.integer(1, 3);
    w.dh = flat ? 1 : random.integer(1, 2);
    w.dw = random.integer(1, 2);
    if (!flat) {
      w.top = random.integer(0, 2);
    }
    if (!flat) {
      w.bottom = random.integer(0, 2);
    }
    w.left = random.integer(0, 2);
    w.right = random.integer(0, 2);
    const Image input = random.image(in_channels, flat ? 1 : random.integer(7, 10), random.integer(7, 10));
    const Floats weights = random.reals(out_channels * in_channels / group * w.kh * w.kw);
    const bool has_bias = random.integer(0, 1) == 1;
    const Floats bias = has_bias ? random.reals(out_channels) : Floats(static_cast<std::size_t>(out_channels), 0.0F);
    Ints input_dims{1, in_channels, input.height, input.width};
    Ints weight_dims{out_channels, in_channels / group, w.kh, w.kw};
    if (flat) {
      input_dims.erase(input_dims.begin() + 2);
    }
    if (flat) {
      weight_dims.erase(weight_dims.begin() + 2);
    }
    ModelBuilder model(input_dims);
    model.floats("w", weight_dims, weights);
    if (has_bias) {
      model.floats("b", {out_channels}, bias);
    }
    auto node = model.node(
        "Conv", has_bias ? std::vector<std::string>{"x", "w", "b"} : std::vector<std::string>{"x", "w"}, {"y"});
    node.with("group", group);
    if (flat) {
      node.with("strides", Ints{w.sw}).with("dilations", Ints{w.dw}).with("pads", Ints{w.left, w.right});
    } else {
      node.with("strides", Ints{w.sh, w.sw}).with("dilations", Ints{w.dh, w.dw});
      node.with("pads", Ints{w.top, w.left, w.bottom, w.right}).with("kernel_shape", Ints{w.kh, w.kw});
    }
    const Graph graph = model.import();
    ASSERT_EQ(graph.nodes.size(), 1U);
    const bool depthwise = group > 1 && group == in_channels;
    EXPECT_EQ(graph.nodes[0].kind, depthwise ? NodeKind::depthwise_conv2d : NodeKind::conv2d);
    expect_image(graph, input, test::conv(input, weights, bias, group, w),
                 "seed " + std::to_string(kSeed) + " trial " + std::to_string(trial) + "\n" + describe(graph));
  }
}

TEST(ImportConv, AutoPadFollowsTheStride) {
  struct Case {
    const char* mode;
    int top, left, bottom, right;
  };
  // 10x4 kernel with stride 2 on 49x10, as in keyword spotting: 9 rows and 2 columns of padding.
  for (const Case& c : {Case{"SAME_UPPER", 4, 1, 5, 1}, Case{"SAME_LOWER", 5, 1, 4, 1}, Case{"VALID", 0, 0, 0, 0}}) {
    Random random(7);
    const Image input = random.image(1, 49, 10);
    const Floats weights = random.reals(3 * 10 * 4);
    ModelBuilder model({1, 1, 49, 10});
    model.floats("w", {3, 1, 10, 4}, weights);
    model.node("Conv", {"x", "w"}, {"y"}).with("auto_pad", c.mode).with("strides", Ints{2, 2});
    const Graph graph = model.import();
    EXPECT_EQ(graph.nodes[0].padding, (Padding{c.top, c.left, c.bottom, c.right})) << c.mode;
    expect_image(graph, input,
                 test::conv(input, weights, {0, 0, 0}, 1, {10, 4, 2, 2, 1, 1, c.top, c.left, c.bottom, c.right}),
                 c.mode);
  }
}

TEST(ImportConv, StrideTwoPaddingOfTorchAndTensorFlowDiffer) {
  Random random(8);
  const Image input = random.image(2, 8, 8);
  const Floats weights = random.reals(4 * 2 * 9);
  const Floats bias = random.reals(4);
  for (const Ints& pads : {Ints{1, 1, 1, 1}, Ints{0, 0, 1, 1}}) {
    ModelBuilder model({1, 2, 8, 8});
    model.floats("w", {4, 2, 3, 3}, weights).floats("b", {4}, bias);
    model.node("Conv", {"x", "w", "b"}, {"y"}).with("pads", pads).with("strides", Ints{2, 2});
    const auto at = [&](std::size_t i) { return static_cast<int>(pads[i]); };
    expect_image(model.import(), input,
                 test::conv(input, weights, bias, 1, {3, 3, 2, 2, 1, 1, at(0), at(1), at(2), at(3)}));
  }
}

TEST(ImportDense, GemmFormsAgree) {
  Random random(3);
  const Image input = random.image(6, 1, 1);
  const Floats weights = random.reals(4 * 6);  // [out][in]
  const Floats bias = random.reals(4);
  Floats transposed(24);
  for (std::size_t o = 0; o < 4; ++o) {
    for (std::size_t i = 0; i < 6; ++i) {
      transposed[i * 4 + o] = weights[o * 6 + i];
    }
  }
  const std::vector<double> plain = test::dense(input.values, weights, bias);
  const auto run = [&](ModelBuilder& model) {
    const Graph graph = model.import();
    EXPECT_EQ(graph.nodes.size(), 1U);
    EXPECT_EQ(graph.nodes[0].kind, NodeKind::dense);
    FloatExecutor executor(graph);
    const auto out = executor.run(input.nhwc());
    return std::vector<float>(out.begin(), out.end());
  };
  {
    ModelBuilder model({1, 6});
    model.floats("w", {4, 6}, weights).floats("b", {4}, bias);
    model.node("Gemm", {"x", "w", "b"}, {"y"}).with("transB", 1);
    expect_near(run(model), plain);
  }
  {
    ModelBuilder model({1, 6});
    model.floats("w", {6, 4}, transposed).floats("b", {1, 4}, bias);
    model.node("Gemm", {"x", "w", "b"}, {"y"});
    expect_near(run(model), plain);
  }
  {
    ModelBuilder model({1, 6});
    model.floats("w", {6, 4}, transposed).floats("b", {4}, bias);
    model.node("MatMul", {"x", "w"}, {"m"});
    model.node("Add", {"b", "m"}, {"y"});
    expect_near(run(model), plain);
    EXPECT_EQ(operators(model.import()), std::vector<std::string>{"MatMul+Add"});
  }
  {  // alpha, beta and a scalar bias; the transposed input is a column
    ModelBuilder model({1, 6});
    model.floats("w", {6, 4}, transposed).floats("b", {}, {0.5F}).ints("s", {2}, {6, 1});
    model.node("Reshape", {"x", "s"}, {"c"});
    model.node("Gemm", {"c", "w", "b"}, {"y"}).with("transA", 1).with("alpha", 2.0F).with("beta", 3.0F);
    std::vector<double> expected = test::dense(input.values, weights, {0, 0, 0, 0});
    for (double& value : expected) {
      value = 2 * value + 1.5;
    }
    expect_near(run(model), expected);
  }
  {
    ModelBuilder model({1, 6});
    model.floats("w", {4, 6}, weights);
    model.node("Gemm", {"x", "w"}, {"y"}).with("transB", 1);
    expect_near(run(model), test::dense(input.values, weights, {0, 0, 0, 0}));
  }
}

Floats ones(int count) {
  return Floats(static_cast<std::size_t>(count), 1.0F);
}

TEST(ImportBatchNormalization, FoldsIntoTheConvolutionBefore) {
  Random random(4);
  for (const bool depthwise : {false, true}) {
    const Image input = random.image(3, 6, 6);
    const Floats weights = random.reals(depthwise ? 3 * 9 : 3 * 3 * 9);
    const Floats bias = random.reals(3);
    const Floats gamma = random.reals(3), beta = random.reals(3), mean = random.reals(3);
    const Floats variance{0.5F, 1.5F, 2.5F};
    ModelBuilder model({1, 3, 6, 6});
    model.floats("w", {3, depthwise ? 1 : 3, 3, 3}, weights).floats("b", {3}, bias);
    model.floats("g", {3}, gamma).floats("o", {3}, beta).floats("m", {3}, mean).floats("v", {3}, variance);
    model.node("Conv", {"x", "w", "b"}, {"c"}).with("pads", Ints{1, 1, 1, 1}).with("group", depthwise ? 3 : 1);
    model.node("BatchNormalization", {"c", "g", "o", "m", "v"}, {"n"}).with("epsilon", 0.01F);
    model.node("Relu", {"n"}, {"y"});
    const Graph graph = model.import();
    EXPECT_EQ(operators(graph), std::vector<std::string>{"Conv+BatchNormalization+Relu"});
    const auto normal = [&](double value, int c) {
      const auto i = static_cast<std::size_t>(c);
      const double scale = static_cast<double>(gamma[i]) / std::sqrt(static_cast<double>(variance[i]) + 0.01);
      return std::max(0.0, (value - static_cast<double>(mean[i])) * scale + static_cast<double>(beta[i]));
    };
    const test::Window window{3, 3, 1, 1, 1, 1, 1, 1, 1, 1};
    expect_image(graph, input, test::map(test::conv(input, weights, bias, depthwise ? 3 : 1, window), normal));
  }
}

TEST(ImportBatchNormalization, FoldsForwardsOnlyWherePaddingDoesNotMatter) {
  Random random(5);
  const Image input = random.image(2, 5, 5);
  const Floats weights = random.reals(3 * 2 * 9);
  for (const bool padded : {false, true}) {
    ModelBuilder model({1, 2, 5, 5});
    model.floats("w", {3, 2, 3, 3}, weights);
    model.floats("g", {2}, {2.0F, -1.0F}).floats("o", {2}, {0.5F, 0.25F}).floats("m", {2}, {0.1F, 0.2F});
    model.floats("v", {2}, {1.0F, 4.0F});
    model.node("BatchNormalization", {"x", "g", "o", "m", "v"}, {"n"}).with("epsilon", 0.0F);
    model.node("Conv", {"n", "w"}, {"y"}).with("pads", padded ? Ints{1, 1, 1, 1} : Ints{0, 0, 0, 0});
    const Graph graph = model.import();
    EXPECT_EQ(graph.nodes.size(), padded ? 2U : 1U);
    const Image normal = test::map(
        input, [](double value, int c) { return c == 0 ? (value - 0.1) * 2 + 0.5 : (value - 0.2) / -2 + 0.25; });
    const int pad = padded ? 1 : 0;
    expect_image(graph, input, test::conv(normal, weights, {0, 0, 0}, 1, {3, 3, 1, 1, 1, 1, pad, pad, pad, pad}),
                 describe(graph));
  }
}

TEST(ImportBatchNormalization, AfterAPoolItReachesTheDenseLayer) {
  Random random(6);
  const Image input = random.image(2, 4, 4);
  const Floats weights = random.reals(3 * 8);
  ModelBuilder model({1, 2, 4, 4});
  model.floats("w", {3, 8}, weights).floats("b", {3}, {0.1F, 0.2F, 0.3F});
  model.floats("g", {2}, {2.0F, -1.0F}).floats("o", {2}, {0.5F, 0.25F}).floats("m", {2}, {0.0F, 0.0F});
  model.floats("v", {2}, ones(2));
  model.node("MaxPool", {"x"}, {"p"}).with("kernel_shape", Ints{2, 2}).with("strides", Ints{2, 2});
  model.node("BatchNormalization", {"p", "g", "o", "m", "v"}, {"n"}).with("epsilon", 0.0F);
  model.node("Flatten", {"n"}, {"f"});
  model.node("Gemm", {"f", "w", "b"}, {"y"}).with("transB", 1);
  const Graph graph = model.import();
  EXPECT_EQ(operators(graph), (std::vector<std::string>{"MaxPool", "BatchNormalization+Gemm"}));
  const Image normal = test::map(test::max_pool(input, {2, 2, 2, 2}),
                                 [](double value, int c) { return c == 0 ? value * 2 + 0.5 : -value + 0.25; });
  FloatExecutor executor(graph);
  expect_near(executor.run(input.nhwc()), test::dense(normal.values, weights, {0.1F, 0.2F, 0.3F}));
}

TEST(ImportActivation, Relu6IsReluAndClipWithConstantNodes) {
  Random random(9);
  const Image input = random.image(1, 3, 3);
  ModelBuilder model({1, 1, 3, 3});
  model.floats("w", {1, 1, 1, 1}, {20.0F});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Relu", {"c"}, {"r"});
  model.node("Constant", {}, {"zero"}).with("value", test::float_tensor("", {}, {0.0F}));
  model.node("Constant", {}, {"six"}).with("value", test::float_tensor("", {}, {6.0F}));
  model.node("Cast", {"zero"}, {"low"}).with("to", 1);
  model.node("Cast", {"six"}, {"high"}).with("to", 1);
  model.node("Clip", {"r", "low", "high"}, {"y"});
  const Graph graph = model.import();
  ASSERT_EQ(operators(graph), std::vector<std::string>{"Conv+Relu+Clip"});
  EXPECT_EQ(graph.nodes[0].clamp_min, 0.0F);
  EXPECT_EQ(graph.nodes[0].clamp_max, 6.0F);
  expect_image(graph, input, test::map(input, [](double v, int) { return std::min(6.0, std::max(0.0, 20 * v)); }));
}

TEST(ImportActivation, ClipBoundsAsAttributesOrHalfOpen) {
  const Image input = Random(1).image(1, 4, 4);
  {
    ModelBuilder model({1, 1, 4, 4}, 9);
    model.node("Clip", {"x"}, {"y"}).with("min", -0.25F).with("max", 0.5F);
    expect_image(model.import(), input,
                 test::map(input, [](double v, int) { return std::min(0.5, std::max(-0.25, v)); }));
  }
  ModelBuilder model({1, 1, 4, 4}, 11);
  model.floats("high", {}, {0.5F});
  model.node("Clip", {"x", "", "high"}, {"y"});
  const Graph graph = model.import();
  EXPECT_TRUE(std::isinf(graph.nodes[0].clamp_min));
  expect_image(graph, input, test::map(input, [](double v, int) { return std::min(0.5, v); }));
}

TEST(ImportActivation, ReluAfterMaxPoolMovesToTheConvolution) {
  Random random(10);
  const Image input = random.image(1, 6, 6);
  const Floats weights = random.reals(2);
  ModelBuilder model({1, 1, 6, 6});
  model.floats("w", {2, 1, 1, 1}, weights);
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("MaxPool", {"c"}, {"p"}).with("kernel_shape", Ints{2, 2}).with("strides", Ints{2, 2});
  model.node("Relu", {"p"}, {"y"});
  const Graph graph = model.import();
  ASSERT_EQ(graph.nodes.size(), 2U);
  EXPECT_EQ(graph.nodes[0].clamp_min, 0.0F);
  EXPECT_FALSE(graph.nodes[1].clamps());
  const Image conv = test::conv(input, weights, {0, 0}, 1, {});
  expect_image(graph, input,
               test::map(test::max_pool(conv, {2, 2, 2, 2}), [](double v, int) { return std::max(0.0, v); }));
}

TEST(ImportActivation, ReluBeforeABranchIsNotTakenFromTheOtherReader) {
  Random random(11);
  const Image input = random.image(1, 3, 3);
  ModelBuilder model({1, 1, 3, 3});
  model.floats("w", {1, 1, 1, 1}, {1.5F});
  model.node("Conv", {"x", "w"}, {"c"});
  model.node("Relu", {"c"}, {"r"});
  model.node("Add", {"c", "r"}, {"y"});
  const Graph graph = model.import();
  ASSERT_EQ(graph.nodes.size(), 3U);
  EXPECT_EQ(graph.nodes[1].kind, NodeKind::clip);
  expect_image(graph, input, test::map(input, [](double v, int) { return 1.5 * v + std::max(0.0, 1.5 * v); }));
}

TEST(ImportArithmetic, ConstantsFoldFromEitherSide) {
  Random random(12);
  const Image input = random.image(2, 3, 3);
  const Floats weights = random.reals(2 * 2);
  ModelBuilder model({1, 2, 3, 3});
  model.floats("mean", {1, 2, 1, 1}, {0.5F, 0.25F})
      .floats("std", {2, 1, 1}, {0.5F, 2.0F})
      .floats("w", {2, 2, 1, 1}, weights);
  model.floats("bias", {2, 1, 1}, {1.0F, -1.0F}).floats("one", {}, {1.0F}).floats("three", {1}, {3.0F});
  model.node("Sub", {"x", "mean"}, {"a"});
  model.node("Div", {"a", "std"}, {"b"});
  model.node("Conv", {"b", "w"}, {"c"});
  model.node("Add", {"c", "bias"}, {"d"});
  model.node("Mul", {"three", "d"}, {"e"});
  model.node("Sub", {"one", "e"}, {"y"});
  const Graph graph = model.import();
  ASSERT_EQ(graph.nodes.size(), 1U) << describe(graph);
  EXPECT_EQ(graph.nodes[0].kind, NodeKind::conv2d);
  const Image normal = test::map(input, [](double v, int c) { return c == 0 ? (v - 0.5) / 0.5 : (v - 0.25) / 2; });
  const Image conv = test::conv(normal, weights, {0, 0}, 1, {});
  expect_image(graph, input, test::map(conv, [](double v, int c) { return 1 - 3 * (v + (c == 0 ? 1 : -1)); }));
}

TEST(ImportArithmetic, ResidualBlockKeepsItsAdd) {
  Random random(13);
  const Image input = random.image(2, 5, 5);
  const Floats weights = random.reals(2 * 2 * 9);
  ModelBuilder model({0, 2, 5, 5});
  model.floats("w", {2, 2, 3, 3}, weights);
  model.node("Relu", {"x"}, {"r"});
  model.node("Conv", {"r", "w"}, {"c"}).with("pads", Ints{1, 1, 1, 1});
  model.node("Add", {"c", "r"}, {"a"});
  model.node("Relu", {"a"}, {"y"});
  const Graph graph = model.import();
  EXPECT_EQ(operators(graph), (std::vector<std::string>{"Relu", "Conv", "Add+Relu"}));
  const Image relu = test::map(input, [](double v, int) { return std::max(0.0, v); });
  Image sum = test::conv(relu, weights, {0, 0}, 1, {3, 3, 1, 1, 1, 1, 1, 1, 1, 1});
  for (std::size_t i = 0; i < sum.values.size(); ++i) {
    sum.values[i] = std::max(0.0, sum.values[i] + relu.values[i]);
  }
  expect_image(graph, input, sum);
}

TEST(ImportSoftmax, AxisMeansTheWholeRowBeforeOpset13) {
  Random random(14);
  const Image input = random.image(3, 2, 2);
  const auto softmax = [](std::vector<double> values) {
    double sum = 0;
    for (double& value : values) {
      sum += value = std::exp(value);
    }
    for (double& value : values) {
      value /= sum;
    }
    return values;
  };
  {
    ModelBuilder model({1, 3, 2, 2}, 11);  // axis 1: one row of 12
    model.node("Softmax", {"x"}, {"y"});
    Image expected = input;
    expected.values = softmax(input.values);
    const std::vector<float> nhwc = expected.nhwc();
    const Graph graph = model.import();
    FloatExecutor executor(graph);
    expect_near(executor.run(input.nhwc()), {nhwc.begin(), nhwc.end()});
  }
  ModelBuilder model({1, 3, 2, 2}, 13);
  model.node("Softmax", {"x"}, {"y"}).with("axis", 1);
  Image expected = input;
  for (int y = 0; y < 2; ++y) {
    for (int x = 0; x < 2; ++x) {
      const auto row = softmax({input.at(0, y, x), input.at(1, y, x), input.at(2, y, x)});
      for (int c = 0; c < 3; ++c) {
        expected.at(c, y, x) = row[static_cast<std::size_t>(c)];
      }
    }
  }
  expect_image(model.import(), input, expected);
}

TEST(ImportNames, LayersKeepTheirNamesAndStayUnique) {
  ModelBuilder model({1, 2});
  model.floats("w", {2, 2}, {1, 2, 3, 4});
  for (int i = 0; i < 2; ++i) {
    model.node("MatMul", {i == 0 ? "x" : "a", "w"}, {i == 0 ? "a" : "y"});
    model.proto().mutable_graph()->mutable_node(i)->set_name("fc");
  }
  const Graph graph = model.import();
  EXPECT_EQ(graph.name, "test.onnx");
  EXPECT_EQ(graph.nodes[0].name, "fc");
  EXPECT_EQ(graph.nodes[1].name, "fc#2");
  EXPECT_EQ(wide(graph.shape(graph.output).channels), 2);
}

}  // namespace
}  // namespace tessera::compiler
