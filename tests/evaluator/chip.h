// SPDX-License-Identifier: Apache-2.0
// A compiled network with its evaluator, for tests.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "sw/compiler/emit/compile.h"
#include "sw/deployment/values.h"
#include "sw/evaluator/evaluator.h"
#include "tests/compiler/platforms.h"

namespace tessera::test {

inline std::filesystem::path shipped(const std::string& name) {
  return std::filesystem::path(TESSERA_SOURCE_DIR) / "sw/examples/fashion" / name;
}

class CompiledChip {
 public:
  CompiledChip(compiler::Graph network, platform::PlatformParameters parameters, std::span<const float> calibration,
               const compiler::CompileOptions& options = {})
      : graph(std::move(network)),
        platform(std::move(parameters)),
        compiled(compiler::compile(graph, platform, 1, calibration, options)),
        image(deployment::Image::parse(compiled.image)) {}

  /// Tensors of every layer of the deployment, for one inference without noise of its own number.
  [[nodiscard]] std::vector<std::vector<std::int8_t>> layers(const std::vector<std::int8_t>& input,
                                                             std::uint64_t inference = 0) const {
    evaluator::Evaluator chip(image, platform.tiles, {platform.seed, platform.sram.size_B, true});
    (void)chip.run(std::span(&input, 1), inference, 1);
    return chip.tensors().front();
  }
  [[nodiscard]] std::vector<std::vector<std::int8_t>> run(std::span<const std::vector<std::int8_t>> inputs,
                                                          std::uint64_t first = 0, unsigned threads = 1) const {
    evaluator::Evaluator chip(image, platform.tiles, {platform.seed, platform.sram.size_B, false});
    return chip.run(inputs, first, threads);
  }
  [[nodiscard]] std::vector<std::int8_t> codes(std::span<const float> values) const {
    return deployment::quantise(values, compiled.contents.tensors[compiled.contents.model.input_tensor]);
  }
  /// Index of a layer's output among the graph's tensors.
  [[nodiscard]] std::size_t output_of(std::size_t layer) const { return compiled.contents.layers[layer].output_tensor; }

  compiler::Graph graph;
  platform::PlatformParameters platform;
  compiler::CompileResult compiled;
  deployment::Image image;
};

}  // namespace tessera::test
