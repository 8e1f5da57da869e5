// SPDX-License-Identifier: Apache-2.0
// Whole networks against outputs that PyTorch computed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "sw/compiler/dataset/dataset.h"
#include "sw/compiler/dataset/file_bytes.h"
#include "sw/compiler/graph/execute.h"
#include "sw/compiler/import/import_onnx.h"
#include "tests/frontend/shared_data.h"

namespace tessera::compiler {
namespace {

const std::filesystem::path kExamples = std::filesystem::path(TESSERA_SOURCE_DIR) / "sw" / "examples" / "fashion";

/// Largest deviation from `expected` (rows of logits), relative to the largest expected value of its row.
double worst_deviation(const Graph& graph, const Dataset& inputs, const std::vector<float>& expected) {
  FloatExecutor executor(graph);
  const std::size_t classes = expected.size() / inputs.size();
  double worst = 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto actual = executor.run(inputs.input(i));
    EXPECT_EQ(actual.size(), classes);
    double scale = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      scale = std::max(scale, std::abs(static_cast<double>(expected[i * classes + c])));
    }
    for (std::size_t c = 0; c < classes; ++c) {
      const double deviation =
          std::abs(static_cast<double>(actual[c]) - static_cast<double>(expected[i * classes + c]));
      worst = std::max(worst, deviation / scale);
    }
  }
  return worst;
}

std::vector<float> read_floats(const std::filesystem::path& path, std::size_t count) {
  const std::string bytes = read_file(path);
  std::vector<float> values(count);
  EXPECT_GE(bytes.size(), count * sizeof(float));
  std::memcpy(values.data(), bytes.data(), std::min(bytes.size(), count * sizeof(float)));
  return values;
}

void expect_golden(const std::string& network) {
  const Graph graph = import_onnx(kExamples / (network + ".onnx"));
  const Dataset images = load_npy(kExamples / "golden" / "images.npy", {}, 255.0F);
  const NpyArray logits = read_npy(kExamples / "golden" / (network + "_logits.npy"));
  ASSERT_EQ(images.size(), 16U);
  ASSERT_EQ(logits.sizes, (std::vector<std::size_t>{16, 10}));
  const std::vector<float> expected(logits.values.begin(), logits.values.end());
  EXPECT_LT(worst_deviation(graph, images, expected), 1e-5);
}

TEST(ShippedNetworks, LeNetReproducesPyTorch) {
  expect_golden("lenet");
}

TEST(ShippedNetworks, ResNet8ReproducesPyTorch) {
  expect_golden("resnet8");
}

TEST(ShippedNetworks, MlpReproducesPyTorch) {
  expect_golden("mlp");
}

TEST(ShippedNetworks, ResNet8IsConvolutionsAddsAndOneDenseLayer) {
  const Graph graph = import_onnx(kExamples / "resnet8.onnx");
  std::map<std::string, int> kinds;
  for (const Node& node : graph.nodes) {
    ++kinds[to_string(node.kind)];
  }
  EXPECT_EQ(kinds, (std::map<std::string, int>{{"conv2d", 9}, {"add", 3}, {"average_pool", 1}, {"dense", 1}}))
      << describe(graph);
}

TEST(ShippedNetworks, AccuracyIsWhatTheReadmeSays) {
  Dataset test;
  try {
    test = load_fashion_mnist("test", {0, 2000});
  } catch (const MissingDatasetError& error) {
    GTEST_SKIP() << error.what();
  }
  const Graph graph = import_onnx(kExamples / "lenet.onnx");
  FloatExecutor executor(graph);
  int hits = 0;
  for (std::size_t i = 0; i < test.size(); ++i) {
    hits += argmax(executor.run(test.input(i))) == static_cast<std::size_t>(test.labels[i]) ? 1 : 0;
  }
  // 9160 of 10000; the first 2000 may differ by three standard deviations of a binomial.
  EXPECT_NEAR(hits / 2000.0, 0.916, 0.019);
}

TEST(ShippedNetworks, LeNetHas887Products) {
  const Graph graph = import_onnx(kExamples / "lenet.onnx");
  std::vector<std::string> kinds;
  int vector_products = 0;
  for (const Node& node : graph.nodes) {
    kinds.emplace_back(to_string(node.kind));
    const Shape& out = graph.shape(node.output);
    if (node.has_weights()) {
      vector_products += out.height * out.width;
    }
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"conv2d", "max_pool", "conv2d", "max_pool", "dense", "dense", "dense"}));
  EXPECT_EQ(vector_products, 784 + 100 + 3);
  EXPECT_EQ(graph.nodes[0].operators, "Conv+Relu");
  EXPECT_EQ(macs(graph), 784U * 25 * 6 + 100U * 150 * 16 + 400 * 120 + 120 * 84 + 84 * 10);
}

struct SharedNetwork {
  const char* model;
  const char* reference;
};

class SharedNetworks : public testing::TestWithParam<SharedNetwork> {};

TEST_P(SharedNetworks, ReproducePyTorchOn200Images) {
  const auto data = test::shared_data();
  if (!data) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  const std::string model = GetParam().model;
  constexpr std::size_t kImages = 200;
  Dataset inputs;
  if (model.rfind("digits", 0) == 0) {
    inputs = load_csv(*data / "inputs" / "digits.csv.gz", {8, 8, 1}, 16.0F, {1437, kImages});
  } else {
    try {
      inputs = load_fashion_mnist("test", {0, kImages});
    } catch (const MissingDatasetError& error) {
      GTEST_SKIP() << error.what();
    }
  }
  const Graph graph = import_onnx(*data / "models" / (model + ".onnx"));
  const auto expected = read_floats(*data / "reference" / GetParam().reference, kImages * 10);
  EXPECT_LT(worst_deviation(graph, inputs, expected), 1e-4) << describe(graph);
}

INSTANTIATE_TEST_SUITE_P(All, SharedNetworks,
                         testing::Values(SharedNetwork{"fashion_lenet", "onnx_fashion_lenet_out_f32.bin"},
                                         SharedNetwork{"fashion_lenet_dyn", "onnx_fashion_lenet_out_f32.bin"},
                                         SharedNetwork{"fashion_dscnn", "onnx_fashion_dscnn_out_f32.bin"},
                                         SharedNetwork{"digits_cnn", "onnx_digits_cnn_out_f32.bin"}),
                         [](const auto& network) { return std::string(network.param.model); });

}  // namespace
}  // namespace tessera::compiler
