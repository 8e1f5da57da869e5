// SPDX-License-Identifier: Apache-2.0
// What the chip recognises, and that results depend on nothing that they should not depend on.
#include <gtest/gtest.h>

#include <algorithm>

#include "sw/compiler/dataset/dataset.h"
#include "sw/compiler/graph/execute.h"
#include "sw/compiler/import/import_onnx.h"
#include "tests/evaluator/chip.h"

namespace tessera::test {
namespace {

bool have_fashion() {
  return std::filesystem::exists(compiler::datasets_folder() / "fashion-mnist");
}

class Fashion : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_fashion()) {
      GTEST_SKIP() << "Fashion-MNIST is not installed (Debian: dataset-fashion-mnist)";
    }
  }

  /// Correct answers out of `count` test images: float, chip.
  static std::pair<int, int> correct(const CompiledChip& chip, std::size_t count) {
    const auto test = compiler::load_fashion_mnist("test", {0, count});
    compiler::FloatExecutor executor(chip.graph);
    std::vector<std::vector<std::int8_t>> inputs;
    std::pair<int, int> good{0, 0};
    for (std::size_t i = 0; i < count; ++i) {
      inputs.push_back(chip.codes(test.input(i)));
      good.first += static_cast<std::int32_t>(compiler::argmax(executor.run(test.input(i)))) == test.labels[i] ? 1 : 0;
    }
    const auto results = chip.run(inputs, 0, 2);
    for (std::size_t i = 0; i < count; ++i) {
      const auto best = std::max_element(results[i].begin(), results[i].end()) - results[i].begin();
      good.second += best == test.labels[i] ? 1 : 0;
    }
    return good;
  }
};

TEST_F(Fashion, LenetUnderNominalParametersIsWithinTwoPointsOfFloat) {
  const auto calibration = compiler::load_fashion_mnist("train", {0, 64});
  const CompiledChip chip(compiler::import_onnx(shipped("lenet.onnx")), nominal_platform(), calibration.values);
  const auto [real, analog] = correct(chip, 1000);
  EXPECT_GE(analog, real - 20) << "of 1000 images";
  EXPECT_GE(real, 890);
}

TEST_F(Fashion, Resnet8UnderNominalParametersIsWithinThreePointsOfFloat) {
  const auto calibration = compiler::load_fashion_mnist("train", {0, 32});
  const CompiledChip chip(compiler::import_onnx(shipped("resnet8.onnx")), nominal_platform(), calibration.values);
  const auto [real, analog] = correct(chip, 300);
  EXPECT_GE(analog, real - 9) << "of 300 images";
}

TEST_F(Fashion, TheGainIsWhatMakesItAccurate) {
  const auto calibration = compiler::load_fashion_mnist("train", {0, 32});
  compiler::CompileOptions options;
  options.calibrate_gain = false;
  const CompiledChip chip(compiler::import_onnx(shipped("lenet.onnx")), nominal_platform(), calibration.values,
                          options);
  const auto [real, analog] = correct(chip, 300);
  EXPECT_LT(analog, real - 15) << "of 300 images: smallest gain for every job";
}

TEST(Determinism, ResultsDoNotDependOnThreadsOrOrder) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const std::size_t elements = graph.shape(graph.input).elements();
  const CompiledChip chip(graph, nominal_platform(), random_values(4 * elements, 1, 0.0F, 1.0F));
  std::vector<std::vector<std::int8_t>> inputs;
  for (std::uint32_t i = 0; i < 12; ++i) {
    inputs.push_back(chip.codes(random_values(elements, 50 + i, 0.0F, 1.0F)));
  }
  const auto one = chip.run(inputs, 5, 1);
  EXPECT_EQ(chip.run(inputs, 5, 2), one);
  EXPECT_EQ(chip.run(inputs, 5, 7), one);
  // One by one, backwards: inference numbers decide, not history.
  for (std::size_t i = inputs.size(); i-- > 0;) {
    EXPECT_EQ(chip.run(std::span(inputs).subspan(i, 1), 5 + i, 1).front(), one[i]) << i;
  }
}

TEST(Determinism, NoiseDependsOnInferenceAndSeed) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const std::size_t elements = graph.shape(graph.input).elements();
  CompiledChip chip(graph, nominal_platform(), random_values(4 * elements, 1, 0.0F, 1.0F));
  const auto input = chip.codes(random_values(elements, 9, 0.0F, 1.0F));
  const auto first = chip.layers(input, 0);
  EXPECT_EQ(chip.layers(input, 0), first);
  EXPECT_NE(chip.layers(input, 1), first);
  EXPECT_NE(chip.layers(input, std::uint64_t{1} << 40), first);
  chip.platform.seed = 2;
  EXPECT_NE(chip.layers(input, 0), first);
}

TEST(Counts, AreThoseOfTheDeploymentTimesInferences) {
  const compiler::Graph graph = compiler::import_onnx(shipped("lenet.onnx"));
  const std::size_t elements = graph.shape(graph.input).elements();
  const CompiledChip chip(graph, nominal_platform(), random_values(4 * elements, 1, 0.0F, 1.0F));
  std::vector<std::vector<std::int8_t>> inputs(6, chip.codes(random_values(elements, 3, 0.0F, 1.0F)));
  evaluator::Evaluator machine(chip.image, chip.platform.tiles, {1, chip.platform.sram.size_B, false});
  (void)machine.run(inputs, 0, 2);
  const auto& counts = machine.counts();
  ASSERT_EQ(counts.size(), 7U);
  EXPECT_EQ(counts[0].products, 6U * 784);
  EXPECT_EQ(counts[0].conversions, 6U * 784 * 6);
  EXPECT_EQ(counts[2].products, 6U * 100);
  EXPECT_EQ(counts[6].conversions, 6U * 10);
  EXPECT_EQ(counts[1].products, 0U);
  std::uint64_t passes = 0;
  for (const td_tile& tile : chip.compiled.contents.tiles) {
    passes += tile.passes_per_inference;
  }
  EXPECT_EQ(passes, 784U + 100 + 3);
}

}  // namespace
}  // namespace tessera::test
