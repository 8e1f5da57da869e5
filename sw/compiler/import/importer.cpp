// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/importer.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "sw/compiler/import/fold_constants.h"

namespace tessera::compiler::onnx_import {

namespace {

constexpr int kOldestOpset = 7;   // before, broadcasting was explicit
constexpr int kNewestOpset = 21;  // 18 and later change none of the supported operators but ReduceMean and Pad
constexpr std::int64_t kMaxSize = 1 << 20;

bool standard_domain(const std::string& domain) {
  return domain.empty() || domain == "ai.onnx";
}

}  // namespace

Importer::Importer(const onnx::ModelProto& model, std::string name) : model_(model), name_(std::move(name)) {}

Graph Importer::run() {
  graph_.name = name_;
  find_opset();
  if (!unsupported_.empty()) {  // nodes mean something else there
    throw UnsupportedError(name_, unsupported_);
  }
  read_initializers();
  find_live_nodes();
  read_input();
  for (int i = 0; i < model_.graph().node_size(); ++i) {
    if (live_[static_cast<std::size_t>(i)]) {
      read_node(model_.graph().node(i));
    }
  }
  if (unsupported_.empty()) {
    read_output();
  }
  if (!unsupported_.empty()) {
    throw UnsupportedError(name_, unsupported_);
  }
  return std::move(graph_);
}

ImportError Importer::malformed(const std::string& where, const std::string& what) const {
  return ImportError(
      fmt::format("{}: {}: {}. The file is damaged or was written by a faulty exporter: export it again "
                  "and check it with onnx.checker",
                  name_, where, what));
}

void Importer::refuse(const std::string& op, const std::string& node, const std::string& reason) {
  unsupported_.push_back({op, node, reason});
}

void Importer::find_opset() {
  if (!model_.has_graph() || model_.opset_import_size() == 0) {
    throw ImportError(
        fmt::format("{}: this is not an ONNX model: {} missing. Give a .onnx file; if it is one, it is "
                    "truncated",
                    name_, model_.has_graph() ? "the operator set version is" : "the graph is"));
  }
  for (const auto& entry : model_.opset_import()) {
    if (!standard_domain(entry.domain())) {  // nodes of other domains are refused one by one
      continue;
    }
    opset_ = static_cast<int>(std::clamp<std::int64_t>(entry.version(), 0, 1000));
  }
  if (opset_ < kOldestOpset || opset_ > kNewestOpset) {
    refuse("opset_import", name_,
           fmt::format("operator set {}; {} to {} are supported: export with opset_version=13", opset_, kOldestOpset,
                       kNewestOpset));
  }
}

void Importer::read_initializers() {
  for (const onnx::TensorProto& tensor : model_.graph().initializer()) {
    if (const auto location = external_location(tensor)) {
      refuse("external data", tensor.name(),
             fmt::format("the values are in the file '{}': save the model in one file (onnx.save_model with "
                         "save_as_external_data=False)",
                         *location));
      values_[tensor.name()] = std::monostate{};
      continue;
    }
    try {
      values_[tensor.name()] = std::make_shared<const Constant>(read_constant(tensor));
    } catch (const Malformed& error) {
      throw malformed("initializer", error.what());
    } catch (const NotSupported& error) {
      refuse("initializer", tensor.name(), error.what());
      values_[tensor.name()] = std::monostate{};
    }
  }
  for (const auto& tensor : model_.graph().sparse_initializer()) {
    refuse("sparse initializer", tensor.values().name(), "weights must be stored dense");
    values_[tensor.values().name()] = std::monostate{};
  }
}

/// Nodes that the output depends on; exporters leave others behind (masks of Dropout, unused Shape).
void Importer::find_live_nodes() {
  const onnx::GraphProto& graph = model_.graph();
  std::set<std::string> needed;
  for (const auto& output : graph.output()) {
    needed.insert(output.name());
  }
  live_.assign(static_cast<std::size_t>(graph.node_size()), false);
  for (int i = graph.node_size(); i-- > 0;) {
    const onnx::NodeProto& node = graph.node(i);
    const bool live = std::any_of(node.output().begin(), node.output().end(),
                                  [&](const std::string& name) { return needed.count(name) != 0; });
    live_[static_cast<std::size_t>(i)] = live;
    if (live) {
      needed.insert(node.input().begin(), node.input().end());
    }
  }
}

/// Live nodes that read the value, looking through nodes that only pass it on.
std::vector<const onnx::NodeProto*> Importer::readers_of(const std::string& name) const {
  std::vector<const onnx::NodeProto*> readers;
  std::set<std::string> names{name};
  // Nodes are in topological order (checked where they are read), so one sweep meets every name before its readers.
  for (int i = 0; i < model_.graph().node_size(); ++i) {
    const onnx::NodeProto& node = model_.graph().node(i);
    const bool reads = std::any_of(node.input().begin(), node.input().end(),
                                   [&](const std::string& input) { return names.count(input) != 0; });
    if (!live_[static_cast<std::size_t>(i)] || !reads) {
      continue;
    }
    const bool passes = node.op_type() == "Identity" || node.op_type() == "Dropout" || node.op_type() == "Cast";
    if (passes && node.output_size() > 0) {
      names.insert(node.output(0));
    } else {
      readers.push_back(&node);
    }
  }
  return readers;
}

void Importer::read_input() {
  const onnx::ValueInfoProto* input = nullptr;
  for (const auto& candidate : model_.graph().input()) {
    if (values_.count(candidate.name()) != 0) {  // an initializer with a default, as IR version 3 wants it
      continue;
    }
    if (input != nullptr) {
      refuse("input", candidate.name(), fmt::format("a second input beside '{}'; one is supported", input->name()));
      values_[candidate.name()] = std::monostate{};
      continue;
    }
    input = &candidate;
  }
  if (input == nullptr) {
    throw malformed("graph", "it has no input");
  }
  const std::string where = fmt::format("input '{}'", input->name());
  values_[input->name()] = std::monostate{};
  const auto& type = input->type().tensor_type();
  if (!input->type().has_tensor_type() || type.elem_type() != onnx::TensorProto::FLOAT) {
    return refuse("input", input->name(), "it must be a float32 tensor");
  }
  if (!type.has_shape() || type.shape().dim_size() == 0) {
    return refuse("input", input->name(), "it has no shape: export with a fixed input shape");
  }
  std::vector<std::int64_t> dims;
  for (const auto& dim : type.shape().dim()) {
    dims.push_back(dim.has_dim_value() ? dim.dim_value() : 0);
  }
  if (dims.front() <= 0) {  // dynamic batch: one at a time
    dims.front() = 1;
  }
  if (dims.front() != 1) {
    return refuse("input", input->name(), fmt::format("a batch of {} is built in: export with batch 1", dims.front()));
  }
  for (std::size_t i = 1; i < dims.size(); ++i) {
    if (dims[i] <= 0) {
      return refuse("input", input->name(), fmt::format("dimension {} is not fixed: export with a fixed shape", i));
    }
    if (dims[i] > kMaxSize) {
      throw malformed(where, fmt::format("dimension {} is {}", i, dims[i]));
    }
  }
  if (dims.size() < 2 || dims.size() > 4) {
    return refuse("input", input->name(),
                  fmt::format("{} dimensions; 2 to 4 with the batch first are supported", dims.size()));
  }
  try {
    static_cast<void>(element_count(dims, kMaxActivation));
  } catch (const Malformed& error) {
    throw malformed(where, error.what());
  }
  values_[input->name()] = input_view(input->name(), dims);
}

View Importer::input_view(const std::string& name, const std::vector<std::int64_t>& dims) {
  const auto at = [&](std::size_t axis) { return static_cast<int>(dims[axis]); };
  const auto readers = readers_of(name);
  const auto all_readers = [&](auto&& condition) {
    return !readers.empty() && std::all_of(readers.begin(), readers.end(), condition);
  };
  if (dims.size() == 2) {
    return {graph_.input = add_tensor(name, {1, 1, at(1)}), dims};
  }
  if (dims.size() == 3) {
    // [1, C, L] if something treats the second dimension as channels, else one image of one channel.
    static const std::set<std::string> channel_operators{"Conv",        "BatchNormalization", "MaxPool",
                                                         "AveragePool", "GlobalAveragePool",  "GlobalMaxPool"};
    const bool channels = std::any_of(readers.begin(), readers.end(), [](const onnx::NodeProto* node) {
      return channel_operators.count(node->op_type()) != 0;
    });
    if (!channels) {
      return {graph_.input = add_tensor(name, {at(1), at(2), 1}), dims};
    }
    graph_.input = add_tensor(name, {1, at(2), at(1)});
    return View::image(graph_.input, graph_.shape(graph_.input), 3);
  }
  const bool transposed = all_readers([](const onnx::NodeProto* node) {
    const std::vector<std::int64_t> to_nchw{0, 3, 1, 2};
    return node->op_type() == "Transpose" && NodeReader(*node, 0).integers("perm") == to_nchw;
  });
  const bool flattened = all_readers(
      [](const onnx::NodeProto* node) { return node->op_type() == "Reshape" || node->op_type() == "Flatten"; });
  const auto few = [](int channels) { return channels == 1 || channels == 3; };
  if (transposed || (flattened && few(at(3)) && !few(at(1)))) {
    return {graph_.input = add_tensor(name, {at(1), at(2), at(3)}), dims};
  }
  graph_.input = add_tensor(name, {at(2), at(3), at(1)});
  return View::image(graph_.input, graph_.shape(graph_.input), 4);
}

void Importer::read_node(const onnx::NodeProto& proto) {
  const NodeReader node(proto, opset_);
  const auto handler = handlers().find(proto.op_type());
  const auto give_up = [&](const std::string& reason) {
    refuse(proto.domain().empty() ? proto.op_type() : proto.domain() + "." + proto.op_type(), node.label(), reason);
  };
  bool known = true;
  for (const std::string& input : proto.input()) {
    if (input.empty()) {
      continue;
    }
    if (values_.count(input) == 0) {
      throw malformed(fmt::format("node '{}' ({})", node.label(), proto.op_type()),
                      fmt::format("it reads '{}', which no earlier node writes", input));
    }
    known = known && !std::holds_alternative<std::monostate>(value(input));
  }
  for (const std::string& output : proto.output()) {
    if (!output.empty() && values_.count(output) != 0) {
      throw malformed(fmt::format("node '{}' ({})", node.label(), proto.op_type()),
                      fmt::format("it writes '{}', which exists already", output));
    }
  }
  try {
    if (!standard_domain(proto.domain())) {
      give_up("operators of this domain are not supported");
    } else if (handler == handlers().end() && !folds(proto.op_type())) {
      give_up("the operator is not supported");
    } else if (known && !fold_node(node)) {
      if (handler == handlers().end()) {
        throw NotSupported("supported for constants only");
      }
      (this->*handler->second)(node);
    }
  } catch (const NotSupported& error) {
    give_up(error.what());
  } catch (const Malformed& error) {
    throw malformed(fmt::format("node '{}' ({})", node.label(), proto.op_type()), error.what());
  }
  for (const std::string& output : proto.output()) {
    if (!output.empty()) {  // keeps what the handler defined
      values_.emplace(output, std::monostate{});
    }
  }
}

bool Importer::fold_node(const NodeReader& node) {
  if (!folds(node.op())) {
    return false;
  }
  std::vector<ConstantPtr> inputs;
  for (int i = 0; i < node.input_count(); ++i) {
    if (!node.has_input(i)) {
      inputs.push_back(nullptr);
    } else if (is_constant(node, i)) {
      inputs.push_back(std::get<ConstantPtr>(value(node.input(i))));
    } else if (node.op() == "Shape") {
      Constant dims_only;
      dims_only.dims = view(node, i).dims();
      inputs.push_back(std::make_shared<const Constant>(std::move(dims_only)));
    } else {
      return false;
    }
  }
  define(node, std::make_shared<const Constant>(fold(node, inputs)));
  return true;
}

void Importer::read_output() {
  const onnx::GraphProto& graph = model_.graph();
  if (graph.output_size() == 0) {
    throw malformed("graph", "it has no output");
  }
  for (int i = 1; i < graph.output_size(); ++i) {
    refuse("output", graph.output(i).name(),
           fmt::format("a second output beside '{}'; one is supported", graph.output(0).name()));
  }
  const std::string& name = graph.output(0).name();
  const auto found = values_.find(name);
  if (found == values_.end()) {
    throw malformed("graph", fmt::format("no node writes its output '{}'", name));
  }
  const View* view = std::get_if<View>(&found->second);
  if (view == nullptr) {
    return refuse("output", name, "it does not depend on the input");
  }
  // An image leaves as NHWC, whatever order the file gives it; a vector must not be in another order than the file's.
  std::vector<std::size_t> axes(view->rank());
  for (std::size_t i = 0; i < axes.size(); ++i) {
    axes[i] = i;
  }
  graph_.output = view->in_memory_order(axes) ? view->tensor() : -1;
  if (graph_.output >= 0) {
    return;
  }
  try {
    graph_.output = image(*view);
  } catch (const NotSupported&) {
    refuse("output", name, "its order needs data moved at run time: end the network before the last reshape");
  }
}

const Value& Importer::value(const std::string& name) const {
  return values_.at(name);
}

const View& Importer::view(const NodeReader& node, int index) const {
  const View* found = std::get_if<View>(&value(node.input(index)));
  if (found == nullptr) {
    throw NotSupported(fmt::format("operand {} is constant", index));
  }
  return *found;
}

bool Importer::is_constant(const NodeReader& node, int index) const {
  return std::holds_alternative<ConstantPtr>(value(node.input(index)));
}

ConstantPtr Importer::constant(const NodeReader& node, int index, const char* what) const {
  const ConstantPtr* found = std::get_if<ConstantPtr>(&value(node.input(index)));
  if (found == nullptr) {
    throw NotSupported(fmt::format("{} computed at run time", what));
  }
  return *found;
}

void Importer::define(const NodeReader& node, Value value) {
  values_[node.output()] = std::move(value);
}

int Importer::add_tensor(const std::string& name, const Shape& shape) {
  graph_.tensors.push_back({name, shape, std::nullopt});
  return static_cast<int>(graph_.tensors.size()) - 1;
}

Node& Importer::add_node(NodeKind kind, const NodeReader& reader, std::vector<int> inputs, const Shape& output) {
  if (output.height < 1 || output.width < 1 || output.channels < 1) {
    throw Malformed("the output would be empty");
  }
  static_cast<void>(element_count({output.height, output.width, output.channels}, kMaxActivation));
  Node node;
  node.kind = kind;
  node.operators = reader.op();
  node.name = reader.label();
  if (const int earlier = uses_of_name_[node.name]++; earlier > 0) {
    node.name += fmt::format("#{}", earlier + 1);
  }
  node.inputs = std::move(inputs);
  node.output = add_tensor(reader.output(), output);
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back();
}

int Importer::shaped(const View& view, const Shape& shape) {
  if (graph_.shape(view.tensor()) == shape) {
    return view.tensor();
  }
  const std::string name = graph_.tensor(view.tensor()).name;
  Node node;
  node.kind = NodeKind::reshape;
  node.operators = "Reshape";
  node.name = fmt::format("{}#as_{}x{}x{}", name, shape.height, shape.width, shape.channels);
  if (const int earlier = uses_of_name_[node.name]++; earlier > 0) {
    node.name += fmt::format("#{}", earlier + 1);
  }
  node.inputs = {view.tensor()};
  node.output = add_tensor(name, shape);
  graph_.nodes.push_back(std::move(node));
  return graph_.nodes.back().output;
}

int Importer::image(const View& view) {
  if (view.rank() != 3 && view.rank() != 4) {
    throw NotSupported(fmt::format("input has {} dimensions; 3 or 4 are supported", view.rank()));
  }
  if (view.size(0) != 1) {
    throw NotSupported(fmt::format("a batch of {}", view.size(0)));
  }
  const std::size_t width_axis = view.rank() - 1;
  std::vector<std::size_t> axes{width_axis, 1};
  if (view.rank() == 4) {
    axes.insert(axes.begin(), 2);
  }
  if (!view.in_memory_order(axes)) {
    throw NotSupported("its input needs data moved at run time (transposed or reshaped)");
  }
  return shaped(view, {view.rank() == 4 ? static_cast<int>(view.size(2)) : 1, static_cast<int>(view.size(width_axis)),
                       static_cast<int>(view.size(1))});
}

Shape Importer::vector_shape(const View& view) {
  return {1, 1, static_cast<int>(view.elements())};
}

const std::map<std::string, Importer::Handler>& Importer::handlers() {
  static const std::map<std::string, Handler> table{{"Add", &Importer::arithmetic},
                                                    {"AveragePool", &Importer::pool},
                                                    {"BatchNormalization", &Importer::batch_normalization},
                                                    {"Cast", &Importer::cast},
                                                    {"Clip", &Importer::clip},
                                                    {"Conv", &Importer::conv},
                                                    {"Div", &Importer::arithmetic},
                                                    {"Dropout", &Importer::alias},
                                                    {"Flatten", &Importer::reshape},
                                                    {"Gemm", &Importer::gemm},
                                                    {"GlobalAveragePool", &Importer::global_pool},
                                                    {"GlobalMaxPool", &Importer::global_pool},
                                                    {"Identity", &Importer::alias},
                                                    {"MatMul", &Importer::matmul},
                                                    {"MaxPool", &Importer::pool},
                                                    {"Mul", &Importer::arithmetic},
                                                    {"Pad", &Importer::pad},
                                                    {"ReduceMean", &Importer::reduce_mean},
                                                    {"Relu", &Importer::relu},
                                                    {"Reshape", &Importer::reshape},
                                                    {"Softmax", &Importer::softmax},
                                                    {"Squeeze", &Importer::reshape},
                                                    {"Sub", &Importer::arithmetic},
                                                    {"Transpose", &Importer::transpose},
                                                    {"Unsqueeze", &Importer::reshape}};
  return table;
}

std::vector<std::string> Importer::handled_operators() {
  std::set<std::string> names;
  for (const auto& entry : handlers()) {
    names.insert(entry.first);
  }
  for (const std::string& name : folded_operators()) {
    names.insert(name);
  }
  return {names.begin(), names.end()};
}

}  // namespace tessera::compiler::onnx_import
