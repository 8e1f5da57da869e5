// SPDX-License-Identifier: Apache-2.0
// The float network between import and quantisation: few node kinds, everything explicit, NHWC, batch 1.
//
// A graph that left the importer is canonical (canonicalise.h): batch normalisation, padding, activations and constant
// arithmetic are folded into the nodes that remain, and flattening is expressed by the order of dense weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace tessera::compiler {

/// Height, width and channels of an activation; a vector of n is {1, 1, n}. Element (y, x, c) of the tensor lies at
/// (y * width + x) * channels + c.
struct Shape {
  int height = 1;
  int width = 1;
  int channels = 1;
  [[nodiscard]] std::size_t elements() const;
  friend bool operator==(const Shape&, const Shape&) = default;
};

/// Affine quantisation, real = scale * (code - zero_point); one entry, or one per index of `axis`.
/// Empty in a float graph; files that come quantised carry theirs here.
struct Quantisation {
  std::vector<float> scale;
  std::vector<std::int32_t> zero_point;
  int axis = -1;
  friend bool operator==(const Quantisation&, const Quantisation&) = default;
};

struct Tensor {
  std::string name;
  Shape shape;
  std::optional<Quantisation> quantisation;
};

/// What a node computes. Every kind clamps its results to [clamp_min, clamp_max] last.
enum class NodeKind {
  conv2d,            ///< weights [out][kernel_height][kernel_width][in]
  depthwise_conv2d,  ///< weights [1][kernel_height][kernel_width][in * multiplier]; output c reads input c / multiplier
  dense,             ///< weights [out][in], in = the input tensor's elements in NHWC order whatever its shape is
  max_pool,          ///< padding never wins
  average_pool,      ///< global average pooling is the kernel that covers the whole input
  add,               ///< two inputs of the same shape
  softmax,           ///< over the channels
  reshape,           ///< same elements in the same order under another shape
  clip,              ///< the clamp alone, where no producer could take it
};

struct Padding {
  int top = 0;
  int left = 0;
  int bottom = 0;
  int right = 0;
  [[nodiscard]] bool any() const { return top != 0 || left != 0 || bottom != 0 || right != 0; }
  friend bool operator==(const Padding&, const Padding&) = default;
};

struct Node {
  NodeKind kind = NodeKind::reshape;
  std::string name;       ///< of the layer, unique in the graph
  std::string operators;  ///< original operators that it stands for, "Conv+BatchNormalization+Relu"
  std::vector<int> inputs;
  int output = -1;

  // Window of convolutions and pools. The output's size is that of its tensor: with a pool's ceil mode the last window
  // may reach beyond input and padding.
  int kernel_height = 1;
  int kernel_width = 1;
  int stride_height = 1;
  int stride_width = 1;
  int dilation_height = 1;
  int dilation_width = 1;
  Padding padding;                 ///< zeros for convolutions
  bool count_include_pad = false;  ///< average_pool: padding counts in the divisor (a ceil-mode overhang never does)

  float clamp_min = -std::numeric_limits<float>::infinity();
  float clamp_max = std::numeric_limits<float>::infinity();

  std::vector<float> weights;
  std::vector<float> bias;  ///< one entry per output channel for convolutions and dense, zeros where the file has none
  // Of files that come quantised: what `weights` and `bias` were computed from, in the same order; else empty.
  std::optional<Quantisation> weight_quantisation;
  std::vector<std::int8_t> weight_codes;
  std::vector<std::int32_t> bias_codes;  ///< at scale input * weights

  [[nodiscard]] bool has_weights() const {
    return kind == NodeKind::conv2d || kind == NodeKind::depthwise_conv2d || kind == NodeKind::dense;
  }
  [[nodiscard]] bool has_window() const {
    return kind == NodeKind::conv2d || kind == NodeKind::depthwise_conv2d || kind == NodeKind::max_pool ||
           kind == NodeKind::average_pool;
  }
  [[nodiscard]] bool clamps() const;
};

struct Graph {
  std::string name;
  std::vector<Tensor> tensors;
  std::vector<Node> nodes;  ///< in topological order
  int input = -1;           ///< index into tensors
  int output = -1;

  [[nodiscard]] const Tensor& tensor(int index) const { return tensors.at(static_cast<std::size_t>(index)); }
  [[nodiscard]] Tensor& tensor(int index) { return tensors.at(static_cast<std::size_t>(index)); }
  [[nodiscard]] const Shape& shape(int index) const { return tensor(index).shape; }
  /// Index of the node that writes the tensor; -1 for the input.
  [[nodiscard]] int producer(int tensor_index) const;
  /// Indices of the nodes that read the tensor, ascending, a node that reads it twice appears twice.
  [[nodiscard]] std::vector<int> consumers(int tensor_index) const;
};

[[nodiscard]] const char* to_string(NodeKind kind);

/// Products of the node (multiplications of a weight by an activation; bias and pooling count none). Products with
/// padding count, as an array would do them.
[[nodiscard]] std::uint64_t macs(const Graph& graph, const Node& node);
[[nodiscard]] std::uint64_t macs(const Graph& graph);

/// Empty if the graph is well formed (indices, order, shapes, weight counts), else what is wrong and in which node.
[[nodiscard]] std::string check(const Graph& graph);

/// One line per node for people: name, operators, shapes, window, products.
[[nodiscard]] std::string describe(const Graph& graph);

/// Output length of a window over `input` elements; 0 if the window does not fit.
/// @param ceil_mode a last window may start inside input or leading padding and reach beyond (pools).
[[nodiscard]] int window_output(int input, int kernel, int stride, int dilation, int pad_before, int pad_after,
                                bool ceil_mode = false);

}  // namespace tessera::compiler
