// SPDX-License-Identifier: Apache-2.0
#include "tests/compiler/integer_reference.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>

namespace tessera::test {
namespace {

using compiler::Engine;
using compiler::Node;
using compiler::NodeKind;
using compiler::QuantisedLayer;
using compiler::Shape;

std::int64_t saturate(std::int64_t x) {
  return std::clamp<std::int64_t>(x, -2147483648LL, 2147483647LL);
}

/// x * multiplier * 2^(shift - 31) with gemmlowp's two roundings: first to 31 bits, halves up; then the right shift,
/// halves away from zero.
std::int64_t scaled(std::int64_t x, std::int64_t multiplier, int shift) {
  const std::int64_t shifted = shift > 0 ? saturate(x * (std::int64_t{1} << shift)) : x;
  const std::int64_t product = shifted * multiplier + (std::int64_t{1} << 30);
  const std::int64_t high = product >= 0 ? product / (std::int64_t{1} << 31)
                                         : -((-product + (std::int64_t{1} << 31) - 1) / (std::int64_t{1} << 31));
  if (shift >= 0) {
    return high;
  }
  const std::int64_t divisor = std::int64_t{1} << -shift;
  const std::int64_t magnitude = (std::abs(high) * 2 + divisor) / (2 * divisor);
  return high < 0 ? -magnitude : magnitude;
}

std::int8_t to_int8(std::int64_t value, std::int64_t zero_point, std::int64_t low, std::int64_t high) {
  return static_cast<std::int8_t>(std::clamp(value + zero_point, low, high));
}

class Reference {
 public:
  Reference(const compiler::Graph& graph, const compiler::CompileResult& compiled, const analog::ArrayParameters& array)
      : graph_(graph), compiled_(compiled), array_(array), tensors_(graph.tensors.size()) {}

  std::vector<std::vector<std::int8_t>> run(std::span<const std::int8_t> input) {
    tensors_[static_cast<std::size_t>(graph_.input)].assign(input.begin(), input.end());
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      const QuantisedLayer& layer = compiled_.network.layers[i];
      auto& out = tensors_[static_cast<std::size_t>(node.output)];
      const auto& in = tensors_[static_cast<std::size_t>(node.inputs.front())];
      if (node.kind == NodeKind::reshape) {
        out = in;
      } else if (node.kind != NodeKind::softmax) {
        out.resize(graph_.shape(node.output).elements());
        execute(static_cast<std::uint32_t>(i), node, layer, in, out);
      }
    }
    return tensors_;
  }

 private:
  std::int64_t zero_point(int tensor) const {
    return compiled_.network.tensors[static_cast<std::size_t>(tensor)].zero_point;
  }

  void execute(std::uint32_t index, const Node& node, const QuantisedLayer& layer, const std::vector<std::int8_t>& in,
               std::vector<std::int8_t>& out) {
    if (layer.engine == Engine::tile) {
      tile(index, node, layer, in, out);
    } else if (layer.kind == NodeKind::add) {
      sum(node, layer, in, out);
    } else if (layer.kind == NodeKind::clip) {
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = to_int8(scaled(in[i] - zero_point(node.inputs[0]), layer.out_multiplier, layer.out_shift),
                         zero_point(node.output), layer.act_min, layer.act_max);
      }
    } else if (layer.kind == NodeKind::max_pool || layer.kind == NodeKind::average_pool) {
      pool(node, layer, in, out);
    } else {
      digital(node, layer, in, out);
    }
  }

  /// visit(ky, kx, index of the pixel or -1 outside)
  void window(const Node& node, int oy, int ox, const std::function<void(int, int, int)>& visit) const {
    const Shape& in = graph_.shape(node.inputs.front());
    for (int ky = 0; ky < node.kernel_height; ++ky) {
      for (int kx = 0; kx < node.kernel_width; ++kx) {
        const int y = oy * node.stride_height - node.padding.top + ky * node.dilation_height;
        const int x = ox * node.stride_width - node.padding.left + kx * node.dilation_width;
        const bool inside = y >= 0 && x >= 0 && y < in.height && x < in.width;
        visit(ky, kx, inside ? y * in.width + x : -1);
      }
    }
  }

  /// The input vector of one product: the window of a convolution, or all of a dense layer's input.
  std::vector<std::int64_t> vector_of(const Node& node, const std::vector<std::int8_t>& in, int oy, int ox) const {
    if (node.kind == NodeKind::dense) {
      return {in.begin(), in.end()};
    }
    std::vector<std::int64_t> values;
    const int channels = graph_.shape(node.inputs.front()).channels;
    window(node, oy, ox, [&](int, int, int pixel) {
      for (int c = 0; c < channels; ++c) {
        values.push_back(pixel < 0 ? zero_point(node.inputs.front())
                                   : in[static_cast<std::size_t>(pixel * channels + c)]);
      }
    });
    return values;
  }

  std::int64_t convert(std::int64_t column_sum, double gain) const {
    if (array_.adc.bits == 0) {
      return column_sum;
    }
    const double full_scale = array_.adc.full_scale_A / array_.cell.i_lsb_A * ((1 << array_.dac.bits) - 1);
    const double half = std::ldexp(1.0, array_.adc.bits - 1);
    const double code = std::nearbyint(static_cast<double>(column_sum) / (full_scale / (gain * half)));
    return static_cast<std::int64_t>(std::clamp(code, -half, half - 1.0));
  }

  void tile(std::uint32_t index, const Node& node, const QuantisedLayer& layer, const std::vector<std::int8_t>& in,
            std::vector<std::int8_t>& out) const {
    const Shape& shape = graph_.shape(node.output);
    const double largest = *std::max_element(array_.adc.gains.begin(), array_.adc.gains.end());
    std::vector<compiler::Placement> parts;
    std::vector<double> gains;
    std::size_t row = 0;
    const compiler::LayerReport* report = nullptr;
    for (const auto& candidate : compiled_.report.layers) {
      report = candidate.name == node.name ? &candidate : report;
    }
    for (const auto& placement : compiled_.mapping.placements) {
      if (placement.layer == index) {
        const double gain = report->placements.at(row++).gain;
        if (placement.copy == 0) {
          parts.push_back(placement);
          gains.push_back(gain);
        }
      }
    }
    std::size_t at = 0;
    for (int oy = 0; oy < shape.height; ++oy) {
      for (int ox = 0; ox < shape.width; ++ox) {
        const auto values = vector_of(node, in, oy, ox);
        for (std::uint32_t o = 0; o < layer.outputs; ++o) {
          std::int64_t acc = 0;
          for (std::size_t p = 0; p < parts.size(); ++p) {
            if (o < parts[p].output0 || o >= parts[p].output0 + parts[p].outputs) {
              continue;
            }
            std::int64_t high = 0;
            std::int64_t low = 0;
            for (std::uint32_t k = parts[p].k0; k < parts[p].k0 + parts[p].rows; ++k) {
              const std::int64_t weight = layer.weights[o * layer.inputs + k];
              const std::int64_t code = values[k] + 128;
              high += code * (layer.slices == 2 ? weight / 16 : weight);
              low += code * (layer.slices == 2 ? weight % 16 : 0);
            }
            const std::int64_t factor = array_.adc.bits == 0 ? 1 : std::llround(largest / gains[p]);
            const std::int64_t code =
                layer.slices == 2 ? convert(high, gains[p]) * 16 + convert(low, gains[p]) : convert(high, gains[p]);
            acc = saturate(acc + code * factor);
          }
          const td_channel& channel = layer.channels[o];
          out[at++] = to_int8(scaled(saturate(acc + channel.bias), channel.multiplier, channel.shift),
                              zero_point(node.output), layer.act_min, layer.act_max);
        }
      }
    }
  }

  void digital(const Node& node, const QuantisedLayer& layer, const std::vector<std::int8_t>& in,
               std::vector<std::int8_t>& out) const {
    const Shape& shape = graph_.shape(node.output);
    const int channels = graph_.shape(node.inputs.front()).channels;
    const std::int64_t zero = zero_point(node.inputs.front());
    std::size_t at = 0;
    for (int oy = 0; oy < shape.height; ++oy) {
      for (int ox = 0; ox < shape.width; ++ox) {
        for (std::size_t o = 0; o < layer.outputs; ++o) {
          std::int64_t acc = layer.channels[o].bias;
          if (layer.kind == NodeKind::depthwise_conv2d) {
            const std::size_t c = o / (layer.outputs / static_cast<std::size_t>(channels));
            window(node, oy, ox, [&](int ky, int kx, int pixel) {
              const auto k = static_cast<std::size_t>(ky * node.kernel_width + kx);
              const std::int64_t q = pixel < 0 ? zero : in[static_cast<std::size_t>(pixel * channels) + c];
              acc += (q - zero) * layer.weights[k * layer.outputs + o];
            });
          } else {
            const auto values = vector_of(node, in, oy, ox);
            for (std::size_t k = 0; k < values.size(); ++k) {
              acc += (values[k] - zero) * layer.weights[o * layer.inputs + k];
            }
          }
          out[at++] = to_int8(scaled(saturate(acc), layer.channels[o].multiplier, layer.channels[o].shift),
                              zero_point(node.output), layer.act_min, layer.act_max);
        }
      }
    }
  }

  void pool(const Node& node, const QuantisedLayer& layer, const std::vector<std::int8_t>& in,
            std::vector<std::int8_t>& out) const {
    const Shape& shape = graph_.shape(node.output);
    std::size_t at = 0;
    for (int oy = 0; oy < shape.height; ++oy) {
      for (int ox = 0; ox < shape.width; ++ox) {
        for (int c = 0; c < shape.channels; ++c) {
          std::vector<std::int64_t> values;
          window(node, oy, ox, [&](int, int, int pixel) {
            if (pixel >= 0) {
              values.push_back(in[static_cast<std::size_t>(pixel * shape.channels + c)]);
            }
          });
          std::int64_t result = -128;
          if (layer.kind == NodeKind::max_pool) {
            for (const std::int64_t value : values) {
              result = std::max(result, value);
            }
          } else {
            std::int64_t total = 0;
            for (const std::int64_t value : values) {
              total += value;
            }
            result = values.empty() ? 0 : std::llround(static_cast<double>(total) / static_cast<double>(values.size()));
          }
          out[at++] = to_int8(result, 0, layer.act_min, layer.act_max);
        }
      }
    }
  }

  void sum(const Node& node, const QuantisedLayer& layer, const std::vector<std::int8_t>& in,
           std::vector<std::int8_t>& out) const {
    const auto& other = tensors_[static_cast<std::size_t>(node.inputs[1])];
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::int64_t a = (in[i] - zero_point(node.inputs[0])) * (std::int64_t{1} << layer.left_shift);
      const std::int64_t b = (other[i] - zero_point(node.inputs[1])) * (std::int64_t{1} << layer.left_shift);
      const std::int64_t total =
          scaled(a, layer.multiplier0, layer.shift0) + scaled(b, layer.multiplier1, layer.shift1);
      out[i] = to_int8(scaled(total, layer.out_multiplier, layer.out_shift), zero_point(node.output), layer.act_min,
                       layer.act_max);
    }
  }

  const compiler::Graph& graph_;
  const compiler::CompileResult& compiled_;
  const analog::ArrayParameters& array_;
  std::vector<std::vector<std::int8_t>> tensors_;
};

}  // namespace

std::vector<std::vector<std::int8_t>> integer_reference(const compiler::Graph& graph,
                                                        const compiler::CompileResult& compiled,
                                                        const analog::ArrayParameters& array,
                                                        std::span<const std::int8_t> input) {
  return Reference(graph, compiled, array).run(input);
}

std::vector<double> softmax_reference(std::span<const std::int8_t> input, double scale, std::size_t columns) {
  std::vector<double> result;
  for (std::size_t first = 0; first < input.size(); first += columns) {
    const auto row = input.subspan(first, columns);
    const int highest = *std::max_element(row.begin(), row.end());
    double total = 0.0;
    for (const int q : row) {
      total += std::exp(scale * (q - highest));
    }
    for (const int q : row) {
      result.push_back(256.0 * std::exp(scale * (q - highest)) / total - 128.0);
    }
  }
  return result;
}

}  // namespace tessera::test
