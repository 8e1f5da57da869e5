// SPDX-License-Identifier: Apache-2.0
// Float execution of a graph, for calibration and as the yardstick of quantised accuracy.
#pragma once

#include <span>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// Runs a graph on one input at a time and keeps every tensor of the last run. One object per thread.
class FloatExecutor {
 public:
  /// @throws std::invalid_argument if check(graph) finds a problem. Keeps a reference: the graph must outlive it.
  explicit FloatExecutor(const Graph& graph);
  explicit FloatExecutor(Graph&&) = delete;

  /// @param input NHWC, exactly the elements of the graph's input. @throws std::invalid_argument on another length.
  /// @return the graph's output, valid until the next run.
  std::span<const float> run(std::span<const float> input);

  /// Values of any tensor after the last run, NHWC.
  [[nodiscard]] std::span<const float> tensor(int index) const;

 private:
  void execute(std::size_t node_index);
  void convolution(const Node& node, const std::vector<float>& transposed);
  void depthwise(const Node& node);
  void dense(const Node& node, const std::vector<float>& transposed);
  void pool(const Node& node);
  void softmax(const Node& node);

  [[nodiscard]] const std::vector<float>& values(int index) const { return values_[static_cast<std::size_t>(index)]; }
  [[nodiscard]] std::vector<float>& values(int index) { return values_[static_cast<std::size_t>(index)]; }

  const Graph& graph_;
  std::vector<std::vector<float>> values_;  // per tensor
  std::vector<std::vector<float>>
      transposed_;              // per node: weights as [k][out], so that the inner loop runs over outputs
  std::vector<float> columns_;  // im2col: [out pixel][kernel element]
};

/// Index of the largest value; the first of equals.
[[nodiscard]] std::size_t argmax(std::span<const float> values);

}  // namespace tessera::compiler
