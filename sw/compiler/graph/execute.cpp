// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/graph/execute.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tessera::compiler {

namespace {

constexpr float kLowest = -std::numeric_limits<float>::infinity();

std::size_t size_of(int value) {
  return static_cast<std::size_t>(value);
}

/// out[j] += sum over k of a[k] * b[k][j], j < columns: unit stride in the inner loop, which the compiler vectorises.
void accumulate_row(const float* a, const float* b, float* out, std::size_t depth, std::size_t columns) {
  for (std::size_t k = 0; k < depth; ++k) {
    const float factor = a[k];
    if (factor == 0.0F) {  // padding and what a ReLU cut off
      continue;
    }
    const float* row = b + k * columns;
    for (std::size_t j = 0; j < columns; ++j) {
      out[j] += factor * row[j];
    }
  }
}

std::vector<float> transpose(const std::vector<float>& matrix, std::size_t rows, std::size_t columns) {
  std::vector<float> result(matrix.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t c = 0; c < columns; ++c) {
      result[c * rows + r] = matrix[r * columns + c];
    }
  }
  return result;
}

}  // namespace

FloatExecutor::FloatExecutor(const Graph& graph) : graph_(graph) {
  if (const std::string problem = check(graph); !problem.empty()) {
    throw std::invalid_argument("graph '" + graph.name + "': " + problem);
  }
  values_.resize(graph.tensors.size());
  for (std::size_t i = 0; i < values_.size(); ++i) {
    values_[i].resize(graph.tensors[i].shape.elements());
  }
  transposed_.resize(graph.nodes.size());
  for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.kind != NodeKind::conv2d && node.kind != NodeKind::dense) {
      continue;
    }
    const std::size_t outputs = size_of(graph.shape(node.output).channels);
    transposed_[i] = transpose(node.weights, outputs, node.weights.size() / outputs);
  }
}

std::span<const float> FloatExecutor::run(std::span<const float> input) {
  std::vector<float>& destination = values(graph_.input);
  if (input.size() != destination.size()) {
    throw std::invalid_argument(
        fmt::format("graph '{}': input has {} values, expected {}", graph_.name, input.size(), destination.size()));
  }
  std::copy(input.begin(), input.end(), destination.begin());
  for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
    execute(i);
  }
  return values(graph_.output);
}

std::span<const float> FloatExecutor::tensor(int index) const {
  return values_.at(size_of(index));
}

void FloatExecutor::execute(std::size_t node_index) {
  const Node& node = graph_.nodes[node_index];
  const std::vector<float>& in = values(node.inputs.front());
  std::vector<float>& out = values(node.output);
  switch (node.kind) {
    case NodeKind::conv2d:
      convolution(node, transposed_[node_index]);
      break;
    case NodeKind::depthwise_conv2d:
      depthwise(node);
      break;
    case NodeKind::dense:
      dense(node, transposed_[node_index]);
      break;
    case NodeKind::max_pool:
    case NodeKind::average_pool:
      pool(node);
      break;
    case NodeKind::add: {
      const std::vector<float>& other = values(node.inputs[1]);
      for (std::size_t i = 0; i < out.size(); ++i) {
        out[i] = in[i] + other[i];
      }
      break;
    }
    case NodeKind::softmax:
      softmax(node);
      break;
    case NodeKind::reshape:
    case NodeKind::clip:
      std::copy(in.begin(), in.end(), out.begin());
      break;
  }
  if (node.clamps()) {
    for (float& value : out) {
      value = std::clamp(value, node.clamp_min, node.clamp_max);
    }
  }
}

void FloatExecutor::convolution(const Node& node, const std::vector<float>& transposed) {
  const Shape& in_shape = graph_.shape(node.inputs.front());
  const Shape& out_shape = graph_.shape(node.output);
  const std::vector<float>& in = values(node.inputs.front());
  float* out = values(node.output).data();
  const std::size_t channels = size_of(in_shape.channels);
  const std::size_t outputs = size_of(out_shape.channels);
  const std::size_t depth = size_of(node.kernel_height) * size_of(node.kernel_width) * channels;
  columns_.resize(depth);
  for (int oy = 0; oy < out_shape.height; ++oy) {
    for (int ox = 0; ox < out_shape.width; ++ox, out += outputs) {
      float* column = columns_.data();
      for (int ky = 0; ky < node.kernel_height; ++ky) {
        const int y = oy * node.stride_height - node.padding.top + ky * node.dilation_height;
        for (int kx = 0; kx < node.kernel_width; ++kx, column += channels) {
          const int x = ox * node.stride_width - node.padding.left + kx * node.dilation_width;
          if (y < 0 || y >= in_shape.height || x < 0 || x >= in_shape.width) {
            std::fill(column, column + channels, 0.0F);
          } else {
            const float* source = in.data() + (size_of(y) * size_of(in_shape.width) + size_of(x)) * channels;
            std::copy(source, source + channels, column);
          }
        }
      }
      std::copy(node.bias.begin(), node.bias.end(), out);
      accumulate_row(columns_.data(), transposed.data(), out, depth, outputs);
    }
  }
}

void FloatExecutor::depthwise(const Node& node) {
  const Shape& in_shape = graph_.shape(node.inputs.front());
  const Shape& out_shape = graph_.shape(node.output);
  const std::vector<float>& in = values(node.inputs.front());
  float* out = values(node.output).data();
  const std::size_t channels = size_of(in_shape.channels);
  const std::size_t outputs = size_of(out_shape.channels);
  const std::size_t multiplier = outputs / channels;
  for (int oy = 0; oy < out_shape.height; ++oy) {
    for (int ox = 0; ox < out_shape.width; ++ox, out += outputs) {
      std::copy(node.bias.begin(), node.bias.end(), out);
      const float* weights = node.weights.data();
      for (int ky = 0; ky < node.kernel_height; ++ky) {
        const int y = oy * node.stride_height - node.padding.top + ky * node.dilation_height;
        for (int kx = 0; kx < node.kernel_width; ++kx, weights += outputs) {
          const int x = ox * node.stride_width - node.padding.left + kx * node.dilation_width;
          if (y < 0 || y >= in_shape.height || x < 0 || x >= in_shape.width) {
            continue;
          }
          const float* source = in.data() + (size_of(y) * size_of(in_shape.width) + size_of(x)) * channels;
          if (multiplier == 1) {
            for (std::size_t c = 0; c < outputs; ++c) {
              out[c] += source[c] * weights[c];
            }
          } else {
            for (std::size_t c = 0; c < outputs; ++c) {
              out[c] += source[c / multiplier] * weights[c];
            }
          }
        }
      }
    }
  }
}

void FloatExecutor::dense(const Node& node, const std::vector<float>& transposed) {
  const std::vector<float>& in = values(node.inputs.front());
  std::vector<float>& out = values(node.output);
  std::copy(node.bias.begin(), node.bias.end(), out.begin());
  accumulate_row(in.data(), transposed.data(), out.data(), in.size(), out.size());
}

void FloatExecutor::pool(const Node& node) {
  const Shape& in_shape = graph_.shape(node.inputs.front());
  const Shape& out_shape = graph_.shape(node.output);
  const std::vector<float>& in = values(node.inputs.front());
  float* out = values(node.output).data();
  const std::size_t channels = size_of(in_shape.channels);
  const bool maximum = node.kind == NodeKind::max_pool;
  for (int oy = 0; oy < out_shape.height; ++oy) {
    for (int ox = 0; ox < out_shape.width; ++ox, out += channels) {
      std::fill(out, out + channels, maximum ? kLowest : 0.0F);
      int inside = 0;
      int padded = 0;  // positions inside input or declared padding: a ceil-mode overhang is neither
      for (int ky = 0; ky < node.kernel_height; ++ky) {
        const int y = oy * node.stride_height - node.padding.top + ky * node.dilation_height;
        for (int kx = 0; kx < node.kernel_width; ++kx) {
          const int x = ox * node.stride_width - node.padding.left + kx * node.dilation_width;
          if (y < in_shape.height + node.padding.bottom && x < in_shape.width + node.padding.right) {
            ++padded;
          }
          if (y < 0 || y >= in_shape.height || x < 0 || x >= in_shape.width) {
            continue;
          }
          ++inside;
          const float* source = in.data() + (size_of(y) * size_of(in_shape.width) + size_of(x)) * channels;
          if (maximum) {
            for (std::size_t c = 0; c < channels; ++c) {
              out[c] = std::max(out[c], source[c]);
            }
          } else {
            for (std::size_t c = 0; c < channels; ++c) {
              out[c] += source[c];
            }
          }
        }
      }
      if (maximum) {
        continue;
      }
      const auto divisor = static_cast<float>(std::max(1, node.count_include_pad ? padded : inside));
      for (std::size_t c = 0; c < channels; ++c) {
        out[c] /= divisor;
      }
    }
  }
}

void FloatExecutor::softmax(const Node& node) {
  const std::vector<float>& in = values(node.inputs.front());
  std::vector<float>& out = values(node.output);
  const std::size_t channels = size_of(graph_.shape(node.output).channels);
  for (std::size_t base = 0; base < out.size(); base += channels) {
    const float largest = *std::max_element(in.begin() + static_cast<std::ptrdiff_t>(base),
                                            in.begin() + static_cast<std::ptrdiff_t>(base + channels));
    double sum = 0.0;
    for (std::size_t c = 0; c < channels; ++c) {
      out[base + c] = std::exp(in[base + c] - largest);
      sum += static_cast<double>(out[base + c]);
    }
    for (std::size_t c = 0; c < channels; ++c) {
      out[base + c] = static_cast<float>(static_cast<double>(out[base + c]) / sum);
    }
  }
}

std::size_t argmax(std::span<const float> values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace tessera::compiler
