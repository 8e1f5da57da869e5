// SPDX-License-Identifier: Apache-2.0
// Small ONNX models for tests, built in memory.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "sw/compiler/import/import_onnx.h"

namespace tessera::test {

using Ints = std::vector<std::int64_t>;
using Floats = std::vector<float>;

inline onnx::TensorProto float_tensor(const std::string& name, const Ints& dims, const Floats& values) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (const std::int64_t size : dims) {
    tensor.add_dims(size);
  }
  for (const float value : values) {
    tensor.add_float_data(value);
  }
  return tensor;
}

/// As exporters store them: raw little-endian bytes.
inline onnx::TensorProto int_tensor(const std::string& name, const Ints& dims, const Ints& values) {
  onnx::TensorProto tensor;
  tensor.set_name(name);
  tensor.set_data_type(onnx::TensorProto::INT64);
  for (const std::int64_t size : dims) {
    tensor.add_dims(size);
  }
  std::string raw(values.size() * sizeof(std::int64_t), '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  tensor.set_raw_data(raw);
  return tensor;
}

/// A node under construction: attributes are chained.
class NodeBuilder {
 public:
  explicit NodeBuilder(onnx::NodeProto* node) : node_(node) {}
  NodeBuilder& with(const char* name, std::int64_t value) {
    auto* attribute = add(name, onnx::AttributeProto::INT);
    attribute->set_i(value);
    return *this;
  }
  NodeBuilder& with(const char* name, int value) { return with(name, std::int64_t{value}); }
  NodeBuilder& with(const char* name, float value) {
    auto* attribute = add(name, onnx::AttributeProto::FLOAT);
    attribute->set_f(value);
    return *this;
  }
  NodeBuilder& with(const char* name, const char* value) {
    auto* attribute = add(name, onnx::AttributeProto::STRING);
    attribute->set_s(value);
    return *this;
  }
  NodeBuilder& with(const char* name, const Ints& values) {
    auto* attribute = add(name, onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) {
      attribute->add_ints(value);
    }
    return *this;
  }
  NodeBuilder& with(const char* name, const onnx::TensorProto& value) {
    auto* attribute = add(name, onnx::AttributeProto::TENSOR);
    *attribute->mutable_t() = value;
    return *this;
  }
  NodeBuilder& domain(const char* name) {
    node_->set_domain(name);
    return *this;
  }

 private:
  onnx::AttributeProto* add(const char* name, onnx::AttributeProto::AttributeType type) {
    onnx::AttributeProto* attribute = node_->add_attribute();
    attribute->set_name(name);
    attribute->set_type(type);
    return attribute;
  }
  onnx::NodeProto* node_;
};

class ModelBuilder {
 public:
  /// A size of 0 or less is a dynamic one.
  explicit ModelBuilder(const Ints& input_dims, int opset = 13) {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(opset);
    input("x", input_dims);
    model_.mutable_graph()->add_output()->set_name("y");
  }
  ModelBuilder& input(const std::string& name, const Ints& dims) {
    auto* value = model_.mutable_graph()->add_input();
    value->set_name(name);
    auto* type = value->mutable_type()->mutable_tensor_type();
    type->set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t size : dims) {
      auto* dim = type->mutable_shape()->add_dim();
      if (size > 0) {
        dim->set_dim_value(size);
      } else {
        dim->set_dim_param("n");
      }
    }
    return *this;
  }
  ModelBuilder& floats(const std::string& name, const Ints& dims, const Floats& values) {
    *model_.mutable_graph()->add_initializer() = float_tensor(name, dims, values);
    return *this;
  }
  ModelBuilder& ints(const std::string& name, const Ints& dims, const Ints& values) {
    *model_.mutable_graph()->add_initializer() = int_tensor(name, dims, values);
    return *this;
  }
  /// The node is named after its operator and first output, "Conv_y".
  NodeBuilder node(const char* op, const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
    onnx::NodeProto* proto = model_.mutable_graph()->add_node();
    proto->set_op_type(op);
    if (!outputs.empty()) {
      proto->set_name(std::string(op) + "_" + outputs.front());
    }
    for (const std::string& name : inputs) {
      proto->add_input(name);
    }
    for (const std::string& name : outputs) {
      proto->add_output(name);
    }
    return NodeBuilder(proto);
  }
  [[nodiscard]] onnx::ModelProto& proto() { return model_; }
  [[nodiscard]] std::string bytes() const { return model_.SerializeAsString(); }
  [[nodiscard]] compiler::Graph import() const { return compiler::import_onnx_bytes(bytes(), "test.onnx"); }

 private:
  onnx::ModelProto model_;
};

}  // namespace tessera::test
