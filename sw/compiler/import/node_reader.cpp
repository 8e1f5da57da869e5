// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/node_reader.h"

#include <fmt/format.h>

namespace tessera::compiler::onnx_import {

std::string NodeReader::label() const {
  if (!proto_.name().empty()) {
    return proto_.name();
  }
  if (proto_.output_size() > 0) {
    return proto_.output(0);
  }
  return "(unnamed)";
}

const std::string& NodeReader::input(int index) const {
  if (!has_input(index)) {
    throw Malformed(fmt::format("input {} is missing", index));
  }
  return proto_.input(index);
}

const std::string& NodeReader::output(int index) const {
  if (index >= proto_.output_size()) {
    throw Malformed(fmt::format("output {} is missing", index));
  }
  return proto_.output(index);
}

const onnx::AttributeProto* NodeReader::find(const char* name) const {
  for (const onnx::AttributeProto& attribute : proto_.attribute()) {
    if (attribute.name() == name) {
      return &attribute;
    }
  }
  return nullptr;
}

const onnx::AttributeProto* NodeReader::find(const char* name, onnx::AttributeProto::AttributeType type) const {
  const onnx::AttributeProto* attribute = find(name);
  if (attribute != nullptr && attribute->type() != type) {
    throw Malformed(fmt::format("attribute '{}' has type {}, expected {}", name,
                                onnx::AttributeProto::AttributeType_Name(attribute->type()),
                                onnx::AttributeProto::AttributeType_Name(type)));
  }
  return attribute;
}

std::int64_t NodeReader::integer(const char* name, std::int64_t fallback) const {
  const onnx::AttributeProto* attribute = find(name, onnx::AttributeProto::INT);
  return attribute == nullptr ? fallback : attribute->i();
}

float NodeReader::real(const char* name, float fallback) const {
  const onnx::AttributeProto* attribute = find(name, onnx::AttributeProto::FLOAT);
  return attribute == nullptr ? fallback : attribute->f();
}

std::string NodeReader::text(const char* name, const char* fallback) const {
  const onnx::AttributeProto* attribute = find(name, onnx::AttributeProto::STRING);
  return attribute == nullptr ? std::string(fallback) : attribute->s();
}

std::vector<std::int64_t> NodeReader::integers(const char* name) const {
  const onnx::AttributeProto* attribute = find(name, onnx::AttributeProto::INTS);
  if (attribute == nullptr) {
    return {};
  }
  return {attribute->ints().begin(), attribute->ints().end()};
}

std::vector<float> NodeReader::reals(const char* name) const {
  const onnx::AttributeProto* attribute = find(name, onnx::AttributeProto::FLOATS);
  if (attribute == nullptr) {
    return {};
  }
  return {attribute->floats().begin(), attribute->floats().end()};
}

const onnx::TensorProto* NodeReader::tensor(const char* name) const {
  const onnx::AttributeProto* attribute = find(name, onnx::AttributeProto::TENSOR);
  return attribute == nullptr ? nullptr : &attribute->t();
}

}  // namespace tessera::compiler::onnx_import
