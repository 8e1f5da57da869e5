// SPDX-License-Identifier: Apache-2.0
// Post-training quantisation: activations to int8, weights to cell levels or int8, integers for every layer.
#pragma once

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/analog/weight_mapping.h"
#include "models/tile/tile_parameters.h"
#include "sw/compiler/graph/graph.h"
#include "sw/deployment/tessera_deployment.h"

namespace tessera::compiler {

/// Nodes that the platform cannot execute (exit code 3): all of them, each with its reason.
class NotSupported : public std::runtime_error {
 public:
  struct Entry {
    std::string node, operators, reason;
  };
  explicit NotSupported(std::vector<Entry> entries);
  [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

struct QuantiseOptions {
  int slices = 1;                          ///< column pairs per weight: 1 (levels of one cell) or 2 (hi * 16 + lo)
  double percentile = 100.0;               ///< share of calibration values inside an activation's range; 100: min/max
  bool search_weight_scale = true;         ///< off: the largest weight of a channel is the highest level
  std::vector<std::string> digital_nodes;  ///< names of conv2d and dense nodes that the vector unit executes
};

/// What the integers of a tile mean. Tiles that work on one network share them.
struct Numerics {
  int cell_bits = 4;
  analog::WeightRange weights{-15, 15};   ///< of one slice
  analog::WeightRange sliced{-255, 255};  ///< of two
  int dac_bits = 8;
  int adc_bits = 8;         ///< 0: exact
  double lsb = 1.0;         ///< column sum of one accumulator step, in codes * levels
  double q_per_code = 1.0;  ///< activation steps of one DAC code
  bool centred = false;     ///< the array multiplies q - zero point (two phases, row pairs), not q + 128
  /// Column sum of activations q + 128 that one accumulator step stands for.
  [[nodiscard]] double q_per_step() const { return lsb * q_per_code; }
};

[[nodiscard]] Numerics numerics_of(const tile::TileParameters& tile);

struct QuantisedTensor {
  std::string name;
  Shape shape;
  float scale = 1.0F;
  std::int32_t zero_point = 0;
};

enum class Engine { tile, vector, cpu, none };  ///< none: the bytes stay where they are (reshape)

/// One node with its integers. Only the fields of its engine and kind are meaningful.
struct QuantisedLayer {
  int node = -1;                      ///< index into Graph::nodes
  NodeKind kind = NodeKind::reshape;  ///< may differ from the node's: a padded average pool becomes depthwise
  Engine engine = Engine::none;
  int slices = 1;
  std::size_t outputs = 0, inputs = 0;  ///< of the weight matrix: output channels, elements of one window
  /// tile: signed levels [output][input]; vector: int8 weights, depthwise [window][output], else [output][input].
  std::vector<std::int16_t> weights;
  std::vector<float> weight_scales;  ///< real weight = scale * weight, one per output
  std::vector<td_channel> channels;  ///< bias in accumulator steps (tile) or products (vector)
  std::int32_t act_min = -128, act_max = 127;
  // add, clip, softmax
  std::int32_t left_shift = 0;
  std::int32_t multiplier0 = 0, shift0 = 0, multiplier1 = 0, shift1 = 0, out_multiplier = 0, out_shift = 0;
  std::int32_t diff_min = 0;
  double weight_error = 0.0;  ///< root of mean squared weight error over root of mean squared weight
};

struct QuantisedNetwork {
  std::vector<QuantisedTensor> tensors;  ///< one per tensor of the graph
  std::vector<QuantisedLayer> layers;    ///< one per node of the graph
  Numerics numerics;
};

/// @param calibration  whole inputs, NHWC, one after the other
/// @param vector_present whether depthwise, pools, add and clips have a place to run
/// @throws NotSupported, std::invalid_argument
[[nodiscard]] QuantisedNetwork quantise(const Graph& graph, const Numerics& numerics, bool vector_present,
                                        std::span<const float> calibration, const QuantiseOptions& options);

/// Signed integers of one output channel and their scale.
struct ChannelWeights {
  std::vector<std::int16_t> values;
  float scale = 0.0F;
  double squared_error = 0.0;
};
/// Quantisation to low..high, 0 being 0; with `search`, the scale of least squared error among a fixed set of
/// candidates from half the largest weight upwards.
[[nodiscard]] ChannelWeights quantise_channel(std::span<const float> weights, analog::WeightRange range, bool search);

/// Activation range of a tensor to scale and zero point: zero is exactly representable; ranges that do not go below
/// zero get zero point -128, so that a zero costs nothing.
void set_range(QuantisedTensor& tensor, float low, float high);

}  // namespace tessera::compiler
