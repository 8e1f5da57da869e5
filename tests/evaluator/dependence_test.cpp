// SPDX-License-Identifier: Apache-2.0
// Outputs come from cells, bytes and descriptors: changing one changes exactly the outputs that depend on it.
#include <gtest/gtest.h>

#include <functional>

#include "tests/evaluator/chip.h"

namespace tessera::test {
namespace {

using compiler::Graph;
using compiler::Node;
using compiler::NodeKind;

/// 6x6x2 -> 3x3 convolution, 5 outputs, no padding -> 4x4x5
Graph one_convolution() {
  Graph graph;
  graph.name = "one";
  graph.tensors = {{"in", {6, 6, 2}, {}}, {"out", {4, 4, 5}, {}}};
  graph.input = 0;
  graph.output = 1;
  Node node;
  node.kind = NodeKind::conv2d;
  node.name = "conv";
  node.operators = "Conv";
  node.inputs = {0};
  node.output = 1;
  node.kernel_height = node.kernel_width = 3;
  node.weights = random_values(5 * 18, 4);
  node.bias = random_values(5, 5);
  graph.nodes = {node};
  return graph;
}

class Dependence : public testing::Test {
 protected:
  Dependence() : chip_(one_convolution(), exact(nominal_platform()), random_values(8 * 72, 6), single()) {
    input_ = chip_.codes(random_values(72, 7));
    before_ = run(chip_.compiled.contents, input_);
  }

  static compiler::CompileOptions single() {
    compiler::CompileOptions options;
    options.map.replicate = false;
    return options;
  }

  [[nodiscard]] std::vector<std::int8_t> run(const deployment::Contents& contents,
                                             const std::vector<std::int8_t>& input) const {
    const auto image = deployment::Image::parse(deployment::write_image(contents, 1));
    evaluator::Evaluator machine(image, chip_.platform.tiles, {1, chip_.platform.sram.size_B, false});
    return machine.run(std::span(&input, 1), 0, 1).front();
  }

  /// Fails where an output changed that must not, or none did that may.
  void expect_changed(const std::vector<std::int8_t>& after,
                      const std::function<bool(int, int, int)>& may_change) const {
    int changed = 0;
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 4; ++x) {
        for (int c = 0; c < 5; ++c) {
          const auto i = static_cast<std::size_t>((y * 4 + x) * 5 + c);
          if (may_change(y, x, c)) {
            changed += after[i] != before_[i] ? 1 : 0;
          } else {
            EXPECT_EQ(after[i], before_[i]) << y << "," << x << "," << c;
          }
        }
      }
    }
    EXPECT_GT(changed, 0);
  }

  CompiledChip chip_;
  std::vector<std::int8_t> input_, before_;
};

TEST_F(Dependence, OneInputByteReachesItsWindowsOnly) {
  for (int y = 0; y < 6; ++y) {
    for (int x = 0; x < 6; ++x) {
      auto input = input_;
      auto& byte = input[static_cast<std::size_t>((y * 6 + x) * 2 + 1)];
      byte = static_cast<std::int8_t>(byte > 0 ? -128 : 127);
      expect_changed(run(chip_.compiled.contents, input),
                     [&](int oy, int ox, int) { return y >= oy && y < oy + 3 && x >= ox && x < ox + 3; });
    }
  }
}

TEST_F(Dependence, OneCellReachesItsOutputOnly) {
  const td_region& region = chip_.compiled.contents.regions.front();
  ASSERT_EQ(region.columns, 10);
  for (int column = 0; column < region.columns; ++column) {
    auto contents = chip_.compiled.contents;
    auto& cell = contents.cells[static_cast<std::size_t>(7 * region.columns + column)];
    cell = cell > 7 ? 0 : 15;
    expect_changed(run(contents, input_), [&](int, int, int c) { return c == column / 2; });
  }
}

TEST_F(Dependence, OneChannelReachesItsOutputOnly) {
  auto contents = chip_.compiled.contents;
  contents.channels[3].bias += 4000;
  expect_changed(run(contents, input_), [](int, int, int c) { return c == 3; });
}

TEST_F(Dependence, FewerProductsLeaveTheRestUnwritten) {
  auto contents = chip_.compiled.contents;
  contents.tile_jobs[0].product_count = 10;
  contents.tiles[0].passes_per_inference = 10;
  const auto after = run(contents, input_);
  for (std::size_t i = 0; i < after.size(); ++i) {
    EXPECT_EQ(after[i], i < 50 ? before_[i] : 0) << i;
  }
}

TEST_F(Dependence, AJobThatIsNotSubmittedWritesNothing) {
  auto contents = chip_.compiled.contents;
  contents.commands.erase(contents.commands.begin() + 1);
  contents.layers[0].command_count -= 1;
  contents.tiles[0].passes_per_inference = 0;
  // The sections move, and with them the channel table.
  contents.tile_jobs[0].channels = deployment::rom_address(deployment::layout(contents), TD_SECTION_CHANNELS, 0);
  EXPECT_EQ(run(contents, input_), std::vector<std::int8_t>(80, 0));
}

TEST_F(Dependence, DescriptorFieldsMeanWhatTheySay) {
  auto contents = chip_.compiled.contents;
  contents.tile_jobs[0].act_max = contents.tile_jobs[0].act_min = 42;
  EXPECT_EQ(run(contents, input_), std::vector<std::int8_t>(80, 42));

  contents = chip_.compiled.contents;
  contents.tile_jobs[0].outputs = 4;  // the fifth stays unwritten
  expect_changed(run(contents, input_), [](int, int, int c) { return c == 4; });

  contents = chip_.compiled.contents;
  contents.tile_jobs[0].pad_left = 1;  // every window moves by one pixel
  const auto shifted = run(contents, input_);
  for (int y = 0; y < 4; ++y) {
    for (int x = 1; x < 4; ++x) {
      for (int c = 0; c < 5; ++c) {
        EXPECT_EQ(shifted[static_cast<std::size_t>((y * 4 + x) * 5 + c)],
                  before_[static_cast<std::size_t>((y * 4 + x - 1) * 5 + c)]);
      }
    }
  }
}

TEST_F(Dependence, JobsThatATileWouldRefuseAreRefused) {
  auto contents = chip_.compiled.contents;
  contents.tile_jobs[0].row0 = 1020;
  const auto image = deployment::Image::parse(deployment::write_image(contents, 1));
  EXPECT_THROW(evaluator::Evaluator(image, chip_.platform.tiles, {1, 4096, false}), std::runtime_error);
}

TEST_F(Dependence, InputsOfTheWrongSizeAreRefused) {
  evaluator::Evaluator machine(chip_.image, chip_.platform.tiles, {1, chip_.platform.sram.size_B, false});
  const std::vector<std::vector<std::int8_t>> inputs = {input_, {1, 2, 3}};
  EXPECT_THROW((void)machine.run(inputs, 0, 2), std::runtime_error);
}

}  // namespace
}  // namespace tessera::test
