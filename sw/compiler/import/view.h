// SPDX-License-Identifier: Apache-2.0
// How an ONNX value of any rank and order of dimensions lies in an NHWC tensor of the graph.
//
// Transpose, Reshape, Flatten, Squeeze and Unsqueeze only change the view; no data moves. A convolution asks for its
// image, a dense layer permutes its weights by the view: so CHW flattening and TensorFlow's transposes cost nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler::onnx_import {

struct Factor {
  std::int64_t size;
  std::int64_t stride;  ///< in elements of the tensor's memory
  friend bool operator==(const Factor&, const Factor&) = default;
};

/// One dimension as nested loops, outermost first; empty for size 1. No factor has size 1.
using Dimension = std::vector<Factor>;

class View {
 public:
  View() = default;
  /// Dimensions that lie row-major in the tensor's memory.
  View(int tensor, const std::vector<std::int64_t>& dims);
  /// [1, C, H, W] over an NHWC tensor. @param rank 4, or 3 for [1, C, W] where the height is 1
  static View image(int tensor, const Shape& shape, std::size_t rank);

  [[nodiscard]] int tensor() const { return tensor_; }
  [[nodiscard]] std::size_t rank() const { return dimensions_.size(); }
  [[nodiscard]] std::int64_t size(std::size_t axis) const;
  [[nodiscard]] std::vector<std::int64_t> dims() const;
  [[nodiscard]] std::int64_t elements() const;

  /// The same elements of another tensor with the same memory order.
  [[nodiscard]] View on(int tensor) const;
  [[nodiscard]] View transposed(const std::vector<std::size_t>& permutation) const;
  /// @throws NotSupported if the new dimensions cut the strided ones across. Requires as many elements.
  [[nodiscard]] View reshaped(const std::vector<std::int64_t>& dims) const;

  /// True if running through the given axes, first axis outermost, is running through memory in order.
  [[nodiscard]] bool in_memory_order(const std::vector<std::size_t>& axes) const;
  /// True if each element has the same memory index in both views.
  [[nodiscard]] bool same_layout(const View& other) const;
  /// Memory index of each element in ONNX (row-major) order.
  [[nodiscard]] std::vector<std::size_t> memory_order() const;

 private:
  int tensor_ = -1;
  std::vector<Dimension> dimensions_;
};

}  // namespace tessera::compiler::onnx_import
