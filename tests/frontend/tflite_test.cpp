// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite: int8 networks keep their codes exactly; float and hybrid files become float graphs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "sw/compiler/graph/execute.h"
#include "sw/compiler/import/import_network.h"
#include "tests/frontend/npz.h"
#include "tests/frontend/shared_data.h"
#include "tests/frontend/tflite_builder.h"

namespace tessera::compiler {
namespace {

using test::TfliteBuilder;
using testing::HasSubstr;

/// Integer accumulators of a layer after its bias, from codes: what an ideal array plus bias gives.
std::vector<double> accumulators(const Graph& graph, const Node& node, const std::vector<double>& codes) {
  const Shape& in = graph.shape(node.inputs.front());
  const Shape& out = graph.shape(node.output);
  const std::int32_t zero = graph.tensor(node.inputs.front()).quantisation->zero_point.front();
  std::vector<double> result;
  const auto at = [&](int y, int x, int c) {
    return codes[static_cast<std::size_t>((y * in.width + x) * in.channels + c)] - zero;
  };
  for (int oy = 0; oy < out.height; ++oy) {
    for (int ox = 0; ox < out.width; ++ox) {
      for (int o = 0; o < out.channels; ++o) {
        double sum = node.bias_codes[static_cast<std::size_t>(o)];
        if (node.kind == NodeKind::dense) {
          for (std::size_t i = 0; i < in.elements(); ++i) {
            sum += (codes[i] - zero) * node.weight_codes[static_cast<std::size_t>(o) * in.elements() + i];
          }
        }
        for (int ky = 0; ky < node.kernel_height && node.kind != NodeKind::dense; ++ky) {
          for (int kx = 0; kx < node.kernel_width; ++kx) {
            const int y = oy * node.stride_height - node.padding.top + ky * node.dilation_height;
            const int x = ox * node.stride_width - node.padding.left + kx * node.dilation_width;
            if (y < 0 || y >= in.height || x < 0 || x >= in.width) {
              continue;
            }
            if (node.kind == NodeKind::depthwise_conv2d) {
              const int tap = (ky * node.kernel_width + kx) * out.channels + o;
              sum += at(y, x, o / (out.channels / in.channels)) * node.weight_codes[static_cast<std::size_t>(tap)];
              continue;
            }
            for (int i = 0; i < in.channels; ++i) {
              const int tap = ((o * node.kernel_height + ky) * node.kernel_width + kx) * in.channels + i;
              sum += at(y, x, i) * node.weight_codes[static_cast<std::size_t>(tap)];
            }
          }
        }
        result.push_back(sum);
      }
    }
  }
  return result;
}

/// Every layer with weights, fed the reference's own input of that layer, has the reference's accumulators.
void expect_accumulators(const std::string& model, const std::string& reference, int layers) {
  const auto data = test::shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  const Graph graph = import_network(*data / "models" / model);
  const auto arrays = test::read_npz(*data / "reference" / reference);
  std::vector<double> codes = arrays.at("input").values;
  int number = 0;
  int found = 0;
  for (const Node& node : graph.nodes) {
    // Reference operators are numbered with the reshapes that canonicalisation removed.
    const auto entry = [&](const std::string& suffix) {
      char name[64];
      std::snprintf(name, sizeof(name), "op%02d_%s", number, suffix.c_str());
      return arrays.find(name);
    };
    if (entry("RESHAPE") != arrays.end()) {
      ++number;
    }
    if (node.has_weights()) {
      const auto expected = entry("acc_i32");
      ASSERT_NE(expected, arrays.end()) << number << ' ' << node.operators;
      ASSERT_EQ(accumulators(graph, node, codes), expected->second.values) << node.operators << ' ' << number;
      ++found;
    }
    const auto output = entry(node.operators);
    ASSERT_NE(output, arrays.end()) << number << ' ' << node.operators;
    codes = output->second.values;
    ++number;
  }
  EXPECT_EQ(found, layers);
}

TEST(TfliteReference, KeywordSpottingAccumulatorsAreExact) {
  expect_accumulators("mlperf_kws_int8.tflite", "layers_kws.npz", 10);
}

TEST(TfliteReference, AnomalyDetectionAccumulatorsAreExact) {
  expect_accumulators("mlperf_ad01_int8.tflite", "layers_ad.npz", 10);
}

TEST(TfliteReference, FloatEdgesDisappear) {
  const auto data = test::shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  const Graph plain = import_tflite(*data / "models" / "mlperf_ad01_int8.tflite");
  const Graph edges = import_tflite(*data / "models" / "mlperf_ad01_int8_floatio.tflite");
  EXPECT_EQ(edges.nodes.size(), plain.nodes.size());
  ASSERT_TRUE(edges.tensor(edges.input).quantisation.has_value());
  EXPECT_TRUE(edges.tensor(edges.output).quantisation.has_value());
}

TEST(TfliteReference, KeywordSpottingIsWhatTheTableSays) {
  const auto data = test::shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  const Graph graph = import_network(*data / "models" / "mlperf_kws_int8.tflite");
  EXPECT_EQ(macs(graph), 2656768U);
  std::size_t weights = 0;
  for (const Node& node : graph.nodes) {
    weights += node.weights.size();
  }
  EXPECT_EQ(weights, 22016U);
  EXPECT_EQ(graph.nodes.front().padding, (Padding{4, 1, 5, 1}));
  const Graph hybrid = import_network(*data / "models" / "mlperf_kws_hybrid_int8w_float_act.tflite");
  EXPECT_EQ(macs(hybrid), 2656768U);
  for (const Node& node : hybrid.nodes) {
    EXPECT_FALSE(node.weight_quantisation.has_value());
  }
}

/// 1x4x4x2 int8 -> depthwise 3x3 SAME, relu6 -> reshape -> dense.
std::string small_int8(TfliteBuilder::Type input_type = TfliteBuilder::kInt8, int last_builtin = 9) {
  TfliteBuilder b;
  std::vector<std::int8_t> depthwise(3 * 3 * 4);
  for (std::size_t i = 0; i < depthwise.size(); ++i) {
    depthwise[i] = static_cast<std::int8_t>(i * 7 % 255 - 127);
  }
  std::vector<std::int8_t> dense(3 * 64, 2);
  const int x = b.tensor("x", {1, 4, 4, 2}, input_type, {0.5F}, {-128});
  const int w = b.tensor("w", {1, 3, 3, 4}, TfliteBuilder::kInt8, {0.1F, 0.2F, 0.3F, 0.4F}, {0, 0, 0, 0}, 3,
                         TfliteBuilder::raw(depthwise));
  const int wb = b.tensor("wb", {4}, TfliteBuilder::kInt32, {0.05F}, {0}, 0,
                          TfliteBuilder::raw(std::vector<std::int32_t>{1, -2, 1 << 30, 4}));
  const int c = b.tensor("c", {1, 4, 4, 4}, TfliteBuilder::kInt8, {0.25F}, {-128});
  const int r = b.tensor("r", {1, 64}, TfliteBuilder::kInt8, {0.25F}, {-128});
  const int d = b.tensor("d", {3, 64}, TfliteBuilder::kInt8, {0.5F}, {0}, 0, TfliteBuilder::raw(dense));
  const int y = b.tensor("y", {1, 3}, TfliteBuilder::kInt8, {1.0F}, {3});
  b.op(4, {x, w, wb}, {c}, {{0, 'b', 0}, {1, 'i', 1}, {2, 'i', 1}, {3, 'i', 99}, {4, 'b', 3}});
  b.op(22, {c}, {r});
  b.op(last_builtin, {r, d, -1}, {y});
  return b.finish({x}, {y});
}

TEST(Tflite, KeepsCodesAndParameters) {
  const Graph graph = import_tflite_bytes(small_int8(), "small.tflite");
  ASSERT_EQ(graph.nodes.size(), 2U) << describe(graph);  // the dense layer ignores the reshape
  const Node& depthwise = graph.nodes[0];
  EXPECT_EQ(depthwise.kind, NodeKind::depthwise_conv2d);  // multiplier 2 from the shapes, not the 99 of the options
  EXPECT_EQ(depthwise.padding, (Padding{1, 1, 1, 1}));
  EXPECT_EQ(depthwise.clamp_max, 6.0F);
  EXPECT_EQ(depthwise.weight_codes[1], 7 - 127);
  EXPECT_FLOAT_EQ(depthwise.weights[1], 0.2F * (7 - 127));
  EXPECT_EQ(depthwise.bias_codes[2], 1 << 30);  // beyond what a float holds exactly
  EXPECT_EQ(depthwise.weight_quantisation->axis, 3);
  EXPECT_EQ(graph.tensor(graph.input).quantisation->zero_point[0], -128);
  EXPECT_EQ(graph.nodes[1].bias, (std::vector<float>{0, 0, 0}));
  EXPECT_EQ(graph.tensor(graph.output).quantisation->zero_point[0], 3);
}

TEST(Tflite, FloatAndHybridNetworksBecomeFloatGraphs) {
  for (const bool hybrid : {false, true}) {
    TfliteBuilder b;
    const int x = b.tensor("x", {-1, 2}, TfliteBuilder::kFloat32);
    const int w = hybrid ? b.tensor("w", {2, 2}, TfliteBuilder::kInt8, {0.5F}, {0}, 0,
                                    TfliteBuilder::raw(std::vector<std::int8_t>{2, 4, -6, 8}))
                         : b.tensor("w", {2, 2}, TfliteBuilder::kFloat32, {}, {}, 0,
                                    TfliteBuilder::raw(std::vector<float>{1, 2, -3, 4}));
    const int bias =
        b.tensor("b", {2}, TfliteBuilder::kFloat32, {}, {}, 0, TfliteBuilder::raw(std::vector<float>{0.5F, -0.5F}));
    const int m = b.tensor("m", {1, 2}, TfliteBuilder::kFloat32);
    const int y = b.tensor("y", {1, 2}, TfliteBuilder::kFloat32);
    b.op(9, {x, w, bias}, {m}, {{0, 'b', 1}});
    b.op(25, {m}, {y}, {{0, 'f', 1.0}});
    const Graph graph = import_tflite_bytes(b.finish({x}, {y}), "f.tflite");
    EXPECT_FALSE(graph.nodes[0].weight_quantisation.has_value());
    FloatExecutor executor(graph);
    const auto out = executor.run(std::vector<float>{1, 1});
    const double e = std::exp(3.5 - 0.5);  // relu(3.5), relu(0.5)
    EXPECT_NEAR(out[0], e / (1 + e), 1e-6);
  }
}

TEST(Tflite, PadAndMeanAndRequantisation) {
  TfliteBuilder b;
  const int x = b.tensor("x", {1, 2, 2, 1}, TfliteBuilder::kFloat32);
  const int p = b.tensor("p", {4, 2}, TfliteBuilder::kInt32, {}, {}, 0,
                         TfliteBuilder::raw(std::vector<std::int32_t>{0, 0, 0, 1, 1, 0, 0, 0}));
  const int padded = b.tensor("padded", {1, 3, 3, 1}, TfliteBuilder::kFloat32);
  const int w = b.tensor("w", {1, 2, 2, 1}, TfliteBuilder::kFloat32, {}, {}, 0,
                         TfliteBuilder::raw(std::vector<float>{1, 1, 1, 1}));
  const int c = b.tensor("c", {1, 2, 2, 1}, TfliteBuilder::kFloat32);
  const int axes =
      b.tensor("axes", {2}, TfliteBuilder::kInt32, {}, {}, 0, TfliteBuilder::raw(std::vector<std::int32_t>{1, -2}));
  const int y = b.tensor("y", {1, 1}, TfliteBuilder::kFloat32);
  b.op(34, {x, p}, {padded});
  b.op(3, {padded, w}, {c}, {{0, 'b', 1}, {1, 'i', 1}, {2, 'i', 1}});
  b.op(40, {c, axes}, {y});
  const Graph graph = import_tflite_bytes(b.finish({x}, {y}), "p.tflite");
  ASSERT_EQ(graph.nodes.size(), 2U) << describe(graph);
  EXPECT_EQ(graph.nodes[0].padding, (Padding{0, 1, 1, 0}));
  FloatExecutor executor(graph);
  EXPECT_FLOAT_EQ(executor.run(std::vector<float>{1, 2, 3, 4})[0], (4 + 10 + 3 + 7) / 4.0F);
}

std::string refused(const std::string& bytes) {
  try {
    static_cast<void>(import_tflite_bytes(bytes, "t.tflite"));
  } catch (const UnsupportedError& error) {
    return error.what();
  }
  ADD_FAILURE() << "nothing was refused";
  return {};
}

TEST(Tflite, RefusesByName) {
  EXPECT_THAT(refused(small_int8(TfliteBuilder::kUint8)), HasSubstr("tensor 'x' is uint8"));
  EXPECT_THAT(refused(small_int8(TfliteBuilder::kInt16)), HasSubstr("tensor 'x' is int16"));
  EXPECT_THAT(refused(small_int8(TfliteBuilder::kInt8, 14)), HasSubstr("LOGISTIC 'y': the operator is not supported"));
  EXPECT_THAT(refused(small_int8(TfliteBuilder::kInt8, 150)), HasSubstr("builtin operator 150"));
  TfliteBuilder b;
  const int x = b.tensor("x", {1, 2}, TfliteBuilder::kInt8, {0.5F}, {0});
  const int m = b.tensor("m", {1, 2}, TfliteBuilder::kInt8, {0.25F}, {0});
  b.op(114, {x}, {m});
  EXPECT_THAT(refused(b.finish({x}, {m})), HasSubstr("requantisation between two layers"));
}

TEST(Tflite, MalformedFiles) {
  const auto error = [](const std::string& bytes) {
    try {
      static_cast<void>(import_tflite_bytes(bytes, "t.tflite"));
    } catch (const ImportError& caught) {
      return std::string(caught.what());
    }
    ADD_FAILURE() << "no error";
    return std::string();
  };
  EXPECT_THAT(error(""), HasSubstr("empty"));
  EXPECT_THAT(error("this is no network"), HasSubstr("not a TensorFlow Lite file"));
  TfliteBuilder old;
  const int x = old.tensor("x", {1, 2}, TfliteBuilder::kFloat32);
  EXPECT_THAT(error(old.finish({x}, {x}, 2)), HasSubstr("schema version 2, expected 3"));
  TfliteBuilder short_weights;
  const int a = short_weights.tensor("a", {1, 2}, TfliteBuilder::kFloat32);
  const int w = short_weights.tensor("w", {3, 2}, TfliteBuilder::kFloat32, {}, {}, 0,
                                     TfliteBuilder::raw(std::vector<float>{1, 2}));
  const int y = short_weights.tensor("y", {1, 3}, TfliteBuilder::kFloat32);
  short_weights.op(9, {a, w, -1}, {y});
  EXPECT_THAT(error(short_weights.finish({a}, {y})),
              HasSubstr("FULLY_CONNECTED 'y': tensor 'w' has 8 bytes of data, expected 24"));
}

TEST(Tflite, DamagedFilesNeverCrash) {
  const std::string original = small_int8();
  // The last bytes may be padding or strings that no one reads, so a cut need not be noticed; it must not crash.
  for (std::size_t length = 0; length < original.size(); ++length) {
    try {
      static_cast<void>(import_tflite_bytes(original.substr(0, length), "cut.tflite"));
    } catch (const ImportError&) {
    } catch (const UnsupportedError&) {
    }
  }
  constexpr unsigned kSeed = 99;
  std::mt19937 random(kSeed);
  int refused_files = 0;
  for (int trial = 0; trial < 20000; ++trial) {
    std::string bytes = original;
    for (unsigned i = 0; i <= random() % 4; ++i) {
      bytes[8 + random() % (bytes.size() - 8)] = static_cast<char>(random());
    }
    try {
      const Graph graph = import_tflite_bytes(bytes, "mutated.tflite");
      EXPECT_EQ(check(graph), "") << "seed " << kSeed << " trial " << trial;
    } catch (const ImportError&) {
      ++refused_files;
    } catch (const UnsupportedError&) {
      ++refused_files;
    }
  }
  EXPECT_GT(refused_files, 1000);
}

}  // namespace
}  // namespace tessera::compiler
