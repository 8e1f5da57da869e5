// SPDX-License-Identifier: Apache-2.0
// TensorFlow Lite networks. Numbers of option fields: tensorflow/lite/schema/schema.fbs, version 3.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "sw/compiler/import/constant.h"
#include "sw/compiler/import/flatbuffer.h"
#include "sw/compiler/import/import_network.h"
#include "sw/compiler/import/importer.h"
#include "sw/compiler/import/model_file.h"
#include "sw/compiler/import/tflite_file.h"

namespace tessera::compiler {

namespace {

using flatbuffer::Bytes;
using flatbuffer::Table;
using onnx_import::Malformed;
using onnx_import::NotSupported;
using tflite::elements;
using tflite::kInt32;
using tflite::quantisation_of;
using tflite::shape_of;
using tflite::Weights;

class TfliteImporter {
 public:
  TfliteImporter(const std::string& bytes, std::string name) : bytes_(bytes), name_(std::move(name)) {}

  Graph run() {
    graph_.name = name_;
    const Table model = Table::root(bytes_);
    if (model.value<std::uint32_t>(0, 0) != 3) {
      throw Malformed(fmt::format("schema version {}, expected 3", model.value<std::uint32_t>(0, 0)));
    }
    const std::vector<Table> subgraphs = model.tables(2);
    if (subgraphs.empty()) {
      throw Malformed("it holds no subgraph");
    }
    if (subgraphs.size() > 1) {
      refuse("subgraphs", name_, fmt::format("{} of them; one is supported", subgraphs.size()));
    }
    tensors_ = tflite::read_tensors(model, subgraphs.front());
    const auto inputs = subgraphs.front().values<std::int32_t>(1);
    const auto outputs = subgraphs.front().values<std::int32_t>(2);
    if (inputs.size() != 1) {
      refuse("inputs", name_, fmt::format("{} of them; one is supported", inputs.size()));
    }
    if (outputs.size() != 1) {
      refuse("outputs", name_, fmt::format("{} of them; one is supported", outputs.size()));
    }
    if (!unsupported_.empty()) {
      throw UnsupportedError(name_, unsupported_);
    }
    read_input(inputs.front());
    const std::vector<Table> codes = model.tables(1);
    for (const Table& op : subgraphs.front().tables(3)) {
      read_operator(op, codes);
    }
    if (!unsupported_.empty()) {
      throw UnsupportedError(name_, unsupported_);
    }
    graph_.output = activation(outputs.front());
    return std::move(graph_);
  }

  static const std::map<std::string, void (TfliteImporter::*)(const Table&)>& handlers() {
    static const std::map<std::string, void (TfliteImporter::*)(const Table&)> table{
        {"ADD", &TfliteImporter::add},
        {"AVERAGE_POOL_2D", &TfliteImporter::pool},
        {"CONV_2D", &TfliteImporter::convolution},
        {"DEPTHWISE_CONV_2D", &TfliteImporter::convolution},
        {"DEQUANTIZE", &TfliteImporter::edge},
        {"EXPAND_DIMS", &TfliteImporter::reshape},
        {"FULLY_CONNECTED", &TfliteImporter::fully_connected},
        {"MAX_POOL_2D", &TfliteImporter::pool},
        {"MEAN", &TfliteImporter::mean},
        {"PAD", &TfliteImporter::pad},
        {"QUANTIZE", &TfliteImporter::edge},
        {"RELU", &TfliteImporter::relu},
        {"RELU6", &TfliteImporter::relu},
        {"RESHAPE", &TfliteImporter::reshape},
        {"SOFTMAX", &TfliteImporter::softmax},
        {"SQUEEZE", &TfliteImporter::reshape}};
    return table;
  }

 private:
  void refuse(const std::string& op, const std::string& node, const std::string& reason) {
    unsupported_.push_back({op, node, reason});
  }

  const tflite::Tensor& tensor(std::int32_t index) const {
    if (index < 0 || static_cast<std::size_t>(index) >= tensors_.size()) {
      throw Malformed(fmt::format("tensor {} does not exist", index));
    }
    return tensors_[static_cast<std::size_t>(index)];
  }

  int add_tensor(std::int32_t index) {
    const tflite::Tensor& source = tensor(index);
    if (source.odd) {
      throw NotSupported(fmt::format("tensor '{}' is variable or sparse", source.name));
    }
    if (graph_tensors_.count(index) != 0) {
      throw Malformed(fmt::format("tensor '{}' is written twice", source.name));
    }
    graph_.tensors.push_back({source.name, shape_of(source), quantisation_of(source)});
    return graph_tensors_[index] = static_cast<int>(graph_.tensors.size()) - 1;
  }

  void read_input(std::int32_t index) {
    try {
      graph_.input = add_tensor(index);
    } catch (const NotSupported& error) {
      refuse("input", tensor(index).name, error.what());
      throw UnsupportedError(name_, unsupported_);
    }
  }

  int activation(std::int32_t index) const {
    const auto found = graph_tensors_.find(index);
    if (found != graph_tensors_.end()) {
      return found->second;
    }
    if (!tensor(index).data.empty()) {
      throw NotSupported(fmt::format("operand '{}' is constant", tensor(index).name));
    }
    throw Malformed(fmt::format("tensor '{}' is read, but no earlier operator writes it", tensor(index).name));
  }

  void read_operator(const Table& op, const std::vector<Table>& codes) {
    const auto code_index = op.value<std::uint32_t>(0, 0);
    if (code_index >= codes.size()) {
      throw Malformed(fmt::format("operator code {} does not exist", code_index));
    }
    const Table& code = codes[code_index];
    // The number moved to a wider field when it outgrew a byte; writers fill both.
    const int builtin = std::max<int>(code.value<std::int8_t>(0, 0), code.value<std::int32_t>(3, 0));
    op_ = tflite::builtin_name(builtin);
    if (op_ == "CUSTOM") {
      op_ = code.text(1);
    }
    inputs_ = op.values<std::int32_t>(1);
    const auto outputs = op.values<std::int32_t>(2);
    if (outputs.empty()) {
      throw Malformed(fmt::format("operator {} writes nothing", op_));
    }
    output_ = outputs.front();
    const std::string label = tensor(output_).name;
    // Behind a refused operator the file is only searched for more of them.
    const bool reachable =
        std::none_of(inputs_.begin(), inputs_.end(), [&](std::int32_t i) { return lost_.count(i) != 0; });
    const auto handler = handlers().find(op_);
    try {
      if (handler == handlers().end()) {
        throw NotSupported("the operator is not supported");
      }
      if (!reachable) {
        lost_.insert(outputs.begin(), outputs.end());
        return;
      }
      if (inputs_.empty()) {
        throw Malformed("it reads nothing");
      }
      (this->*handler->second)(op.table(4).value_or(op));
    } catch (const NotSupported& error) {
      refuse(op_, label, error.what());
      lost_.insert(outputs.begin(), outputs.end());
    } catch (const Malformed& error) {
      throw Malformed(fmt::format("{} '{}': {}", op_, label, error.what()));
    }
  }

  std::int32_t input(std::size_t index) const {
    if (index >= inputs_.size()) {
      throw Malformed(fmt::format("operand {} is missing", index));
    }
    return inputs_[index];
  }

  Node& add_node(NodeKind kind, std::vector<int> inputs) {
    Node node;
    node.kind = kind;
    node.operators = op_;
    node.name = tensor(output_).name.empty() ? fmt::format("{}_{}", op_, graph_.nodes.size()) : tensor(output_).name;
    if (const int earlier = uses_of_name_[node.name]++; earlier > 0) {
      node.name += fmt::format("#{}", earlier + 1);
    }
    node.inputs = std::move(inputs);
    node.output = add_tensor(output_);
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.back();
  }

  static void set_activation(Node& node, int activation) {
    if (activation == 0) {
      return;
    }
    if (activation < 0 || activation > 3) {
      throw NotSupported(fmt::format("fused activation {}", activation));
    }
    node.clamp_min = activation == 2 ? -1.0F : 0.0F;
    if (activation != 1) {
      node.clamp_max = activation == 2 ? 1.0F : 6.0F;
    }
  }

  const tflite::Tensor& constant(std::size_t index, const char* what) const {
    const tflite::Tensor& found = tensor(input(index));
    if (graph_tensors_.count(input(index)) != 0) {
      throw NotSupported(fmt::format("{} computed at run time", what));
    }
    if (found.data.empty()) {
      throw Malformed(fmt::format("{} without data", what));
    }
    if (found.odd) {
      throw NotSupported(fmt::format("{} stored sparse", what));
    }
    return found;
  }

  /// Weights (operand 1) and bias (operand 2, optional). @param channel_axis axis of the output channels
  Weights read_weights(int source, int channel_axis) const {
    const tflite::Tensor* bias = inputs_.size() > 2 && inputs_[2] >= 0 ? &constant(2, "the bias is") : nullptr;
    return tflite::read_weights(constant(1, "the weights are"), bias, channel_axis, graph_.tensor(source).quantisation);
  }

  static void take(Weights&& weights, Node& node) {
    node.weights = std::move(weights.reals);
    node.bias = std::move(weights.bias);
    node.weight_quantisation = std::move(weights.quantisation);
    node.weight_codes = std::move(weights.codes);
    node.bias_codes = std::move(weights.bias_codes);
  }

  /// Kernel, stride and dilation as given; padding from the mode (0 SAME, 1 VALID).
  void set_window(Node& node, int mode) const {
    const Shape& in = graph_.shape(node.inputs.front());
    for (const int value : {node.kernel_height, node.kernel_width, node.stride_height, node.stride_width,
                            node.dilation_height, node.dilation_width}) {
      if (value < 1 || value > 1 << 16) {
        throw Malformed(fmt::format("a window with the size {}", value));
      }
    }
    if (mode == 1) {
      return;
    }
    if (mode != 0) {
      throw Malformed(fmt::format("padding mode {}", mode));
    }
    std::tie(node.padding.top, node.padding.bottom) =
        onnx_import::same_padding(in.height, node.kernel_height, node.stride_height, node.dilation_height, true);
    std::tie(node.padding.left, node.padding.right) =
        onnx_import::same_padding(in.width, node.kernel_width, node.stride_width, node.dilation_width, true);
  }

  void convolution(const Table& options) {
    const bool depthwise = op_ == "DEPTHWISE_CONV_2D";
    const int source = activation(input(0));
    const std::vector<std::int64_t>& dims = tensor(input(1)).dims;
    if (dims.size() != 4) {
      throw Malformed(fmt::format("weights of shape {}", onnx_import::to_text(dims)));
    }
    Weights weights = read_weights(source, depthwise ? 3 : 0);
    Node& node = add_node(depthwise ? NodeKind::depthwise_conv2d : NodeKind::conv2d, {source});
    node.kernel_height = static_cast<int>(std::clamp<std::int64_t>(dims[1], 0, 1 << 17));
    node.kernel_width = static_cast<int>(std::clamp<std::int64_t>(dims[2], 0, 1 << 17));
    node.stride_width = options.value<std::int32_t>(1, 1);
    node.stride_height = options.value<std::int32_t>(2, 1);
    const int next = depthwise ? 4 : 3;  // depthwise has its multiplier here, which the shapes tell as well
    node.dilation_width = std::max(1, options.value<std::int32_t>(next + 1, 1));
    node.dilation_height = std::max(1, options.value<std::int32_t>(next + 2, 1));
    set_activation(node, options.value<std::int8_t>(next, 0));
    set_window(node, options.value<std::int8_t>(0, 0));
    take(std::move(weights), node);
  }

  void fully_connected(const Table& options) {
    const int source = activation(input(0));
    if (tensor(input(1)).dims.size() != 2) {
      throw Malformed("weights must be a matrix");
    }
    if (options.value<std::int8_t>(1, 0) != 0) {
      throw NotSupported("shuffled weights");
    }
    Weights weights = read_weights(source, 0);
    Node& node = add_node(NodeKind::dense, {source});
    set_activation(node, options.value<std::int8_t>(0, 0));
    take(std::move(weights), node);
  }

  void pool(const Table& options) {
    Node& node = add_node(op_ == "MAX_POOL_2D" ? NodeKind::max_pool : NodeKind::average_pool, {activation(input(0))});
    node.stride_width = options.value<std::int32_t>(1, 0);
    node.stride_height = options.value<std::int32_t>(2, 0);
    node.kernel_width = options.value<std::int32_t>(3, 0);
    node.kernel_height = options.value<std::int32_t>(4, 0);
    set_activation(node, options.value<std::int8_t>(5, 0));
    set_window(node, options.value<std::int8_t>(0, 0));
  }

  void mean(const Table&) {
    const tflite::Tensor& axes = constant(1, "the axes are");
    if (axes.type != kInt32) {
      throw Malformed("the axes must be int32");
    }
    std::vector<std::int32_t> which = elements<std::int32_t>(axes);
    for (std::int32_t& axis : which) {
      axis = axis < 0 ? axis + 4 : axis;
    }
    std::sort(which.begin(), which.end());
    if (tensor(input(0)).dims.size() != 4 || which != std::vector<std::int32_t>{1, 2}) {
      throw NotSupported("a mean over other dimensions than height and width");
    }
    const int source = activation(input(0));
    Node& node = add_node(NodeKind::average_pool, {source});
    node.kernel_height = graph_.shape(source).height;
    node.kernel_width = graph_.shape(source).width;
  }

  void pad(const Table&) {
    const int source = activation(input(0));
    const tflite::Tensor& amounts = constant(1, "the padding is");
    if (amounts.type != kInt32 || amounts.dims != std::vector<std::int64_t>{4, 2}) {
      throw NotSupported("padding of this form");
    }
    const std::vector<std::int32_t> p = elements<std::int32_t>(amounts);
    if (p[0] != 0 || p[1] != 0 || p[6] != 0 || p[7] != 0) {
      throw NotSupported("pads the batch or the channels");
    }
    for (const std::int32_t value : p) {
      if (value < 0 || value > 1 << 16) {
        throw Malformed(fmt::format("pads by {}", value));
      }
    }
    Node& node = add_node(NodeKind::depthwise_conv2d, {source});
    node.padding = {p[2], p[4], p[3], p[5]};
    node.weights.assign(static_cast<std::size_t>(graph_.shape(source).channels), 1.0F);
    node.bias.assign(node.weights.size(), 0.0F);
  }

  void add(const Table& options) {
    Node& node = add_node(NodeKind::add, {activation(input(0)), activation(input(1))});
    set_activation(node, options.value<std::int8_t>(0, 0));
    if (graph_.shape(node.inputs[0]) != graph_.shape(node.inputs[1])) {
      throw NotSupported("operands of two shapes");
    }
  }

  void relu(const Table&) { set_activation(add_node(NodeKind::clip, {activation(input(0))}), op_ == "RELU" ? 1 : 3); }

  /// The shape is that of the output tensor, wherever else the file states it.
  void reshape(const Table&) { add_node(NodeKind::reshape, {activation(input(0))}); }

  void softmax(const Table& options) {
    if (options.value<float>(0, 0.0F) != 1.0F) {
      throw NotSupported("a temperature (beta) other than 1");
    }
    add_node(NodeKind::softmax, {activation(input(0))});
  }

  /// QUANTIZE and DEQUANTIZE: at the network's edges they only say how its input and output are coded.
  void edge(const Table&) {
    const int source = activation(input(0));
    const std::optional<Quantisation> from = quantisation_of(tensor(input(0)));
    const std::optional<Quantisation> to = quantisation_of(tensor(output_));
    if (from && to) {
      throw NotSupported("requantisation between two layers");
    }
    if (to && source != graph_.input) {
      throw NotSupported("quantises in the middle of the network");
    }
    if (to) {
      graph_.tensor(source).quantisation = to;
    }
    graph_tensors_[output_] = source;
  }

  Bytes bytes_;
  std::string name_;
  Graph graph_;
  std::vector<tflite::Tensor> tensors_;
  std::map<std::int32_t, int> graph_tensors_;  // index in the file -> index in the graph
  std::set<std::int32_t> lost_;                // outputs of refused operators
  std::map<std::string, int> uses_of_name_;
  std::vector<UnsupportedNode> unsupported_;

  // The operator at hand.
  std::string op_;
  std::vector<std::int32_t> inputs_;
  std::int32_t output_ = -1;
};

bool looks_like_tflite(const std::string& bytes) {
  return bytes.size() >= 8 && bytes.compare(4, 4, "TFL3") == 0;
}

}  // namespace

Graph import_tflite(const std::filesystem::path& path) {
  return import_tflite_bytes(read_model_file(path), path.filename().string());
}

Graph import_tflite_bytes(const std::string& bytes, const std::string& name) {
  if (bytes.empty()) {
    throw ImportError(fmt::format("{}: the file is empty. Export or download it again", name));
  }
  if (!looks_like_tflite(bytes)) {
    throw ImportError(
        fmt::format("{}: this is not a TensorFlow Lite file (no TFL3 at byte 4). Give a .tflite file", name));
  }
  Graph graph;
  try {
    graph = TfliteImporter(bytes, name).run();
  } catch (const Malformed& error) {
    throw ImportError(fmt::format("{}: {}. The file is damaged: convert or download it again", name, error.what()));
  } catch (const NotSupported& error) {
    throw UnsupportedError(name, {{"output", name, error.what()}});
  }
  finish_import(graph);
  // Padding that no convolution took has no int8 form.
  std::vector<UnsupportedNode> left;
  for (const Node& node : graph.nodes) {
    if (node.has_weights() && !node.weight_quantisation && graph.tensor(node.inputs.front()).quantisation) {
      left.push_back({node.operators, node.name, "padding that the next operator cannot take"});
    }
  }
  if (!left.empty()) {
    throw UnsupportedError(name, left);
  }
  return graph;
}

Graph import_network(const std::filesystem::path& path) {
  const std::string bytes = read_model_file(path);
  const std::string name = path.filename().string();
  return looks_like_tflite(bytes) ? import_tflite_bytes(bytes, name) : import_onnx_bytes(bytes, name);
}

std::vector<std::string> supported_tflite_operators() {
  std::vector<std::string> names;
  for (const auto& entry : TfliteImporter::handlers()) {
    names.push_back(entry.first);
  }
  return names;
}

}  // namespace tessera::compiler
