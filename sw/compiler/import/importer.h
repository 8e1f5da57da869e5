// SPDX-License-Identifier: Apache-2.0
// One pass over an ONNX graph: constants are folded, views are tracked, every other node becomes a node of the graph.
#pragma once

#include <onnx/onnx_pb.h>

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "sw/compiler/graph/graph.h"
#include "sw/compiler/import/constant.h"
#include "sw/compiler/import/import_onnx.h"
#include "sw/compiler/import/node_reader.h"
#include "sw/compiler/import/view.h"

namespace tessera::compiler::onnx_import {

/// Unknown (the result of a node that is not supported), constant, or an activation.
using Value = std::variant<std::monostate, ConstantPtr, View>;

class Importer {
 public:
  Importer(const onnx::ModelProto& model, std::string name);
  /// The graph before canonicalisation. @throws ImportError, UnsupportedError
  Graph run();

  [[nodiscard]] static std::vector<std::string> handled_operators();

 private:
  using Handler = void (Importer::*)(const NodeReader&);
  static const std::map<std::string, Handler>& handlers();

  // importer.cpp: the walk
  void find_opset();
  void find_live_nodes();
  void read_initializers();
  void read_input();
  [[nodiscard]] View input_view(const std::string& name, const std::vector<std::int64_t>& dims);
  [[nodiscard]] std::vector<const onnx::NodeProto*> readers_of(const std::string& name) const;
  void read_node(const onnx::NodeProto& proto);
  bool fold_node(const NodeReader& node);
  void read_output();
  void refuse(const std::string& op, const std::string& node, const std::string& reason);
  [[nodiscard]] ImportError malformed(const std::string& where, const std::string& what) const;

  // importer.cpp: values
  [[nodiscard]] const Value& value(const std::string& name) const;
  [[nodiscard]] const View& view(const NodeReader& node, int index) const;
  [[nodiscard]] ConstantPtr constant(const NodeReader& node, int index, const char* what) const;
  [[nodiscard]] bool is_constant(const NodeReader& node, int index) const;
  void define(const NodeReader& node, Value value);

  // importer.cpp: building
  int add_tensor(const std::string& name, const Shape& shape);
  Node& add_node(NodeKind kind, const NodeReader& reader, std::vector<int> inputs, const Shape& output);
  /// The view's tensor under another shape with the same memory order.
  int shaped(const View& view, const Shape& shape);
  /// The view of rank 3 or 4 as an NHWC image. @throws NotSupported if its memory order is another.
  int image(const View& view);
  [[nodiscard]] static Shape vector_shape(const View& view);

  // import_layers.cpp
  void conv(const NodeReader& node);
  void gemm(const NodeReader& node);
  void matmul(const NodeReader& node);
  void batch_normalization(const NodeReader& node);
  void arithmetic(const NodeReader& node);
  void relu(const NodeReader& node);
  void clip(const NodeReader& node);
  void softmax(const NodeReader& node);
  void dense(const NodeReader& node, const View& x, const std::vector<float>& weights, std::vector<float> bias,
             const std::vector<std::int64_t>& output_dims);
  void affine(const NodeReader& node, const View& x, const std::vector<float>& scale, const std::vector<float>& shift);
  void add_activations(const NodeReader& node);

  // import_windows.cpp
  void pool(const NodeReader& node);
  void global_pool(const NodeReader& node);
  void reduce_mean(const NodeReader& node);
  void pad(const NodeReader& node);

  // import_views.cpp
  void alias(const NodeReader& node);
  void cast(const NodeReader& node);
  void transpose(const NodeReader& node);
  void reshape(const NodeReader& node);

  const onnx::ModelProto& model_;
  std::string name_;
  int opset_ = 0;
  std::vector<bool> live_;
  std::map<std::string, Value> values_;
  std::map<std::string, int> uses_of_name_;
  std::vector<UnsupportedNode> unsupported_;
  Graph graph_;
};

/// Window attributes of Conv and the pools for a 1-D (height 1) or 2-D window.
struct Window {
  int kernel_height = 1;
  int kernel_width = 1;
  int stride_height = 1;
  int stride_width = 1;
  int dilation_height = 1;
  int dilation_width = 1;
  Padding padding;
  int output_height = 0;
  int output_width = 0;
};

/// @param kernel sizes, one or two. @throws Malformed, NotSupported
[[nodiscard]] Window read_window(const NodeReader& node, const Shape& input, const std::vector<std::int64_t>& kernel);
void set_window(Node& node, const Window& window);

/// Padding before and after that gives ceil(input / stride) outputs; the odd element goes to the end (upper) or start.
[[nodiscard]] std::pair<int, int> same_padding(int input, int kernel, int stride, int dilation, bool upper);

}  // namespace tessera::compiler::onnx_import
