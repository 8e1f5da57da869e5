// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/quantise/quantise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/analog/array.h"
#include "models/tile/job_core.h"
#include "models/vector/requantise.h"
#include "sw/compiler/quantise/ranges.h"
#include "sw/compiler/quantise/support.h"

namespace tessera::compiler {
namespace {

std::string message(const std::vector<NotSupported::Entry>& entries) {
  std::string text = "the network has nodes that this platform cannot execute:";
  for (const auto& entry : entries) {
    text += fmt::format("\n  {} ({}): {}", entry.node, entry.operators, entry.reason);
  }
  return text;
}

std::int32_t to_int32(double value) {
  return static_cast<std::int32_t>(std::clamp(std::round(value), -2147483648.0, 2147483647.0));
}

constexpr analog::WeightRange kBytes{-127, 127};  ///< weights of the vector unit

/// Builds the integers of one layer after the other; tensors are complete up to the layer's output.
class Builder {
 public:
  Builder(const Graph& graph, const Numerics& numerics, const QuantiseOptions& options)
      : graph_(graph), options_(options) {
    network_.numerics = numerics;
  }

  QuantisedNetwork run(const std::vector<ActivationRange>& ranges) {
    for (const Tensor& tensor : graph_.tensors) {
      network_.tensors.push_back({tensor.name, tensor.shape, 1.0F, 0});
    }
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      set_range(network_.tensors[t], ranges[t].low, ranges[t].high);
    }
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
      network_.layers.push_back(layer(static_cast<int>(n)));
    }
    return std::move(network_);
  }

 private:
  QuantisedLayer layer(int index) {
    const Node& node = graph_.nodes[static_cast<std::size_t>(index)];
    QuantisedLayer result;
    result.node = index;
    result.kind = lowered_kind(node);
    const QuantisedTensor& in = tensor(node.inputs.front());
    QuantisedTensor& out = tensor(node.output);
    switch (result.kind) {
      case NodeKind::conv2d:
      case NodeKind::dense:
        weighted(node, result, is_digital(node, options_));
        break;
      case NodeKind::depthwise_conv2d:
        depthwise(node, result);
        break;
      case NodeKind::max_pool:
      case NodeKind::average_pool:  // pools pass codes on: one quantisation on both sides
        result.engine = Engine::vector;
        share(in, out);
        break;
      case NodeKind::reshape:
        result.engine = Engine::none;
        share(in, out);
        return result;
      case NodeKind::add:
        add(node, result);
        break;
      case NodeKind::clip:
        clip(in, out, result);
        break;
      case NodeKind::softmax:
        softmax(in, out, result);
        return result;
    }
    clamp_range(node, out, result);
    return result;
  }

  QuantisedTensor& tensor(int index) { return network_.tensors[static_cast<std::size_t>(index)]; }

  static void share(const QuantisedTensor& in, QuantisedTensor& out) {
    out.scale = in.scale;
    out.zero_point = in.zero_point;
  }

  static void clamp_range(const Node& node, const QuantisedTensor& out, QuantisedLayer& result) {
    const auto code = [&](float limit, std::int32_t otherwise) {
      if (!std::isfinite(limit)) {
        return otherwise;
      }
      const double q = std::round(static_cast<double>(limit) / static_cast<double>(out.scale)) + out.zero_point;
      return static_cast<std::int32_t>(std::clamp(q, -128.0, 127.0));
    };
    result.act_min = code(node.clamp_min, -128);
    result.act_max = code(node.clamp_max, 127);
  }

  /// Bias and multiplier of one output.
  /// @param step  activation steps times weight steps that one step of the accumulator stands for
  /// @param constant  what the accumulator holds beyond the sum of (q - zero point) * weight, in its steps
  static td_channel channel(double in_scale, double out_scale, double weight_scale, double step, double bias,
                            double constant) {
    const double unit = in_scale * weight_scale * step;
    const auto factor = vector::quantise_multiplier(unit / out_scale);
    return {to_int32(bias / unit - constant), factor.multiplier, factor.shift};
  }

  /// Quantises one output's weights; the scale never gets so small that the bias would leave 30 bits.
  ChannelWeights weights_of(std::span<const float> weights, analog::WeightRange range, double bias, double in_scale,
                            double out_scale, double step) const {
    ChannelWeights best = quantise_channel(weights, range, options_.search_weight_scale);
    const double floor = std::max(std::abs(bias) / (in_scale * step * 536870912.0),
                                  out_scale / (in_scale * step) * std::ldexp(1.0, -24));
    if (static_cast<double>(best.scale) < floor) {
      best.scale = static_cast<float>(floor);
      best.squared_error = 0.0;
      for (std::size_t k = 0; k < weights.size(); ++k) {
        const double w = static_cast<double>(weights[k]);
        best.values[k] =
            static_cast<std::int16_t>(std::clamp(std::round(w / floor), 1.0 * range.low, 1.0 * range.high));
        const double difference = w - static_cast<double>(best.scale) * best.values[k];
        best.squared_error += difference * difference;
      }
    }
    return best;
  }

  void weighted(const Node& node, QuantisedLayer& result, bool digital) {
    const Numerics& numerics = network_.numerics;
    const QuantisedTensor& in = tensor(node.inputs.front());
    const QuantisedTensor& out = tensor(node.output);
    result.engine = digital ? Engine::vector : Engine::tile;
    result.slices = digital ? 1 : options_.slices;
    result.outputs = static_cast<std::size_t>(out.shape.channels);
    result.inputs = node.weights.size() / result.outputs;
    const analog::WeightRange range = digital ? kBytes : options_.slices == 2 ? numerics.sliced : numerics.weights;
    const double step = digital ? 1.0 : numerics.q_per_step();
    result.weights.reserve(node.weights.size());
    double error = 0.0;
    for (std::size_t o = 0; o < result.outputs; ++o) {
      const double bias = node.bias.empty() ? 0.0 : static_cast<double>(node.bias[o]);
      const ChannelWeights w = weights_of(std::span(node.weights).subspan(o * result.inputs, result.inputs), range,
                                          bias, static_cast<double>(in.scale), static_cast<double>(out.scale), step);
      std::int64_t sum = 0;
      for (const std::int16_t value : w.values) {
        sum += value;
      }
      // An array with offset inputs multiplies q + 128; what that adds to (q - zero point) is the same for every input.
      const double constant =
          digital || numerics.centred ? 0.0 : static_cast<double>((in.zero_point + 128) * sum) / step;
      result.channels.push_back(channel(static_cast<double>(in.scale), static_cast<double>(out.scale),
                                        static_cast<double>(w.scale), step, bias, constant));
      result.weights.insert(result.weights.end(), w.values.begin(), w.values.end());
      result.weight_scales.push_back(w.scale);
      error += w.squared_error;
    }
    result.weight_error = relative(error, node.weights);
  }

  void depthwise(const Node& node, QuantisedLayer& result) {
    const QuantisedTensor& in = tensor(node.inputs.front());
    const QuantisedTensor& out = tensor(node.output);
    result.engine = Engine::vector;
    result.outputs = static_cast<std::size_t>(out.shape.channels);
    result.inputs = static_cast<std::size_t>(node.kernel_height) * static_cast<std::size_t>(node.kernel_width);
    std::vector<float> weights = node.weights;
    if (node.kind == NodeKind::average_pool) {  // padding counts: a convolution with equal weights
      weights.assign(result.inputs * result.outputs, 1.0F / static_cast<float>(result.inputs));
    }
    result.weights.resize(weights.size());
    double error = 0.0;
    std::vector<float> column(result.inputs);
    for (std::size_t o = 0; o < result.outputs; ++o) {
      for (std::size_t k = 0; k < result.inputs; ++k) {
        column[k] = weights[k * result.outputs + o];
      }
      const double bias = o < node.bias.size() ? static_cast<double>(node.bias[o]) : 0.0;
      const ChannelWeights w =
          weights_of(column, kBytes, bias, static_cast<double>(in.scale), static_cast<double>(out.scale), 1.0);
      for (std::size_t k = 0; k < result.inputs; ++k) {
        result.weights[k * result.outputs + o] = w.values[k];
      }
      result.channels.push_back(channel(static_cast<double>(in.scale), static_cast<double>(out.scale),
                                        static_cast<double>(w.scale), 1.0, bias, 0.0));
      result.weight_scales.push_back(w.scale);
      error += w.squared_error;
    }
    result.weight_error = relative(error, weights);
  }

  static double relative(double squared_error, std::span<const float> weights) {
    double power = 0.0;
    for (const float w : weights) {
      power += static_cast<double>(w) * static_cast<double>(w);
    }
    return power > 0.0 ? std::sqrt(squared_error / power) : 0.0;
  }

  /// TensorFlow Lite's int8 ADD: both inputs are brought to twice the larger input scale with 20 guard bits.
  void add(const Node& node, QuantisedLayer& result) {
    const double scale0 = static_cast<double>(tensor(node.inputs[0]).scale);
    const double scale1 = static_cast<double>(tensor(node.inputs[1]).scale);
    const double twice = 2.0 * std::max(scale0, scale1);
    result.engine = Engine::vector;
    result.left_shift = 20;
    const auto first = vector::quantise_multiplier(scale0 / twice);
    const auto second = vector::quantise_multiplier(scale1 / twice);
    const auto sum = vector::quantise_multiplier(
        twice / (std::ldexp(1.0, result.left_shift) * static_cast<double>(tensor(node.output).scale)));
    result.multiplier0 = first.multiplier;
    result.shift0 = first.shift;
    result.multiplier1 = second.multiplier;
    result.shift1 = second.shift;
    result.out_multiplier = sum.multiplier;
    result.out_shift = sum.shift;
  }

  static void clip(const QuantisedTensor& in, const QuantisedTensor& out, QuantisedLayer& result) {
    result.engine = Engine::vector;
    const auto factor = vector::quantise_multiplier(static_cast<double>(in.scale) / static_cast<double>(out.scale));
    result.out_multiplier = factor.multiplier;
    result.out_shift = factor.shift;
  }

  /// TensorFlow Lite Micro's preparation: exponent inputs with 5 integer bits.
  static void softmax(const QuantisedTensor& in, QuantisedTensor& out, QuantisedLayer& result) {
    result.engine = Engine::cpu;
    out.scale = 1.0F / 256.0F;
    out.zero_point = -128;
    const double factor = std::min(static_cast<double>(in.scale) * std::ldexp(1.0, 26), 2147483647.0);
    const auto quantised = vector::quantise_multiplier(factor);
    result.out_multiplier = quantised.multiplier;
    result.out_shift = std::max(quantised.shift, 0);
    result.diff_min = -static_cast<std::int32_t>(std::floor(31.0 * std::ldexp(1.0, 26 - result.out_shift)));
  }

  const Graph& graph_;
  const QuantiseOptions& options_;
  QuantisedNetwork network_;
};

}  // namespace

NotSupported::NotSupported(std::vector<Entry> entries)
    : std::runtime_error(message(entries)), entries_(std::move(entries)) {}

Numerics numerics_of(const tile::TileParameters& tile) {
  // One cell pair is enough to ask the array what its converters' steps mean.
  analog::ArrayParameters small = tile.array;
  small.rows = 1;
  small.columns = 2;
  const analog::Array probe(small, 0, 0);
  const auto& adc = tile.array.adc;
  const auto largest = std::max_element(adc.gains.begin(), adc.gains.end());
  Numerics numerics;
  numerics.cell_bits = tile.array.cell.bits;
  numerics.weights = analog::weight_range(tile.array);
  numerics.sliced = analog::sliced_range(tile.array);
  if (tile.rows_per_input() == 2) {  // the second row holds the opposite of each weight
    numerics.weights.low = -numerics.weights.high;
    numerics.sliced.low = -numerics.sliced.high;
  }
  numerics.dac_bits = tile.array.dac.bits;
  numerics.adc_bits = adc.bits;
  numerics.lsb = adc.bits == 0 ? 1.0 : probe.lsb_in_column_sum(static_cast<std::uint32_t>(largest - adc.gains.begin()));
  numerics.q_per_code = tile::activation_steps_per_code(tile.array.dac.bits);
  numerics.centred = tile.signed_input != tile::TileParameters::SignedInput::offset;
  if (tile.array.dac.coding == analog::DacParameters::Coding::bit_serial && adc.bits != 0) {
    numerics.lsb /= tile.array.max_code();  // a bit drives its row fully, and is weighed by its place
  }
  return numerics;
}

void set_range(QuantisedTensor& tensor, float low, float high) {
  const double from = std::min(static_cast<double>(low), 0.0);
  const double to = std::max(static_cast<double>(high), 0.0);
  const double width = to - from;
  if (!(width > 0.0)) {  // a tensor that is always 0
    tensor.scale = 1.0F / 255.0F;
    tensor.zero_point = -128;
    return;
  }
  tensor.scale = std::max(static_cast<float>(width / 255.0), std::numeric_limits<float>::min());
  const double zero = std::round(-128.0 - from / static_cast<double>(tensor.scale));
  tensor.zero_point = static_cast<std::int32_t>(std::clamp(zero, -128.0, 127.0));
}

QuantisedNetwork quantise(const Graph& graph, const Numerics& numerics, bool vector_present,
                          std::span<const float> calibration, const QuantiseOptions& options) {
  if (const std::string problem = check(graph); !problem.empty()) {
    throw std::invalid_argument("quantise: " + problem);
  }
  if (options.slices != 1 && options.slices != 2) {
    throw std::invalid_argument(fmt::format("quantise: {} slices; expected 1 or 2", options.slices));
  }
  if (options.slices == 2 && numerics.cell_bits < 4) {
    throw std::invalid_argument(
        fmt::format("quantise: two slices need cells of at least 4 bits, these have {}", numerics.cell_bits));
  }
  if (options.slices == 2 && numerics.cell_bits > 7) {
    throw std::invalid_argument(
        fmt::format("quantise: two slices make weights of 8 bits, which one cell of {} bits holds alone; expected one "
                    "slice, or cells "
                    "of 4 to 7 bits",
                    numerics.cell_bits));
  }
  auto entries = unsupported_nodes(graph, vector_present, options);
  if (!entries.empty()) {
    throw NotSupported(std::move(entries));
  }
  return Builder(graph, numerics, options).run(activation_ranges(graph, calibration, options.percentile));
}

}  // namespace tessera::compiler
