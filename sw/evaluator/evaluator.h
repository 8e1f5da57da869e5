// SPDX-License-Identifier: Apache-2.0
// Executes a deployment without SystemC: the same arithmetic as the platform (models/analog, models/tile,
// models/vector), no time, no energy, many images at once.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/analog/array.h"
#include "models/tile/tile_parameters.h"
#include "sw/deployment/image.h"

namespace tessera::evaluator {

/// What the jobs of one layer did, summed over inferences.
struct LayerCounts {
  std::uint64_t products = 0, conversions = 0, clipped = 0, saturated = 0;
};

struct EvaluatorOptions {
  std::uint64_t seed = 1;  ///< of the chip: programming errors, converter instances, noise
  std::size_t sram_B = 2u << 20;
  bool keep_tensors = false;  ///< keep every layer's output tensor of every inference
  bool calibrate = false;     ///< trim the converters first, as runtime_calibrate.elf does
};

class Evaluator {
 public:
  /// Programs the chip's arrays and calibrates its converters if asked to. The image and the parameters must outlive
  /// the evaluator.
  /// @param tiles  one entry a tile of the grid, row-major
  Evaluator(const deployment::Image& image, std::span<const tile::TileParameters> tiles,
            const EvaluatorOptions& options);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Runs one inference per input; input i is inference first_inference + i, which decides its noise.
  /// @param inputs   int8 tensors of td_model.frame_bytes bytes
  /// @param threads  0: one per processor. The results do not depend on it.
  /// @param progress called now and then from one thread with the number of inferences done; may be empty
  /// @return output tensors
  /// @throws std::runtime_error  a job of the deployment cannot be executed (the message names it)
  [[nodiscard]] std::vector<std::vector<std::int8_t>> run(std::span<const std::vector<std::int8_t>> inputs,
                                                          std::uint64_t first_inference, unsigned threads,
                                                          const std::function<void(std::uint64_t)>& progress = {});

  /// Of the last run(), by layer.
  [[nodiscard]] const std::vector<LayerCounts>& counts() const;
  /// Of the last run() with keep_tensors: [inference][layer] = the layer's output tensor.
  [[nodiscard]] const std::vector<std::vector<std::vector<std::int8_t>>>& tensors() const;
  [[nodiscard]] analog::Array& array(std::uint32_t tile);
  /// ADC_TRIM of the tiles whose trims are in use, by tile.
  [[nodiscard]] std::map<std::uint32_t, std::vector<std::uint32_t>> trims() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tessera::evaluator
