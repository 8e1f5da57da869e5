// SPDX-License-Identifier: Apache-2.0
// Typed access to one ONNX node, and the two ways in which importing it can fail.
#pragma once

#include <onnx/onnx_pb.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace tessera::compiler::onnx_import {

/// The file contradicts itself or the ONNX specification. The driver adds file and node.
class Malformed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Legal ONNX that has no counterpart in the graph. The driver collects these over all nodes.
class NotSupported : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class NodeReader {
 public:
  NodeReader(const onnx::NodeProto& proto, int opset) : proto_(proto), opset_(opset) {}

  [[nodiscard]] const std::string& op() const { return proto_.op_type(); }
  [[nodiscard]] int opset() const { return opset_; }
  /// Name of the node, or what it writes where it has none.
  [[nodiscard]] std::string label() const;

  [[nodiscard]] bool has_input(int index) const { return index < proto_.input_size() && !proto_.input(index).empty(); }
  [[nodiscard]] int input_count() const { return proto_.input_size(); }
  [[nodiscard]] const std::string& input(int index) const;  ///< @throws Malformed if absent
  [[nodiscard]] const std::string& output(int index = 0) const;
  [[nodiscard]] int output_count() const { return proto_.output_size(); }

  [[nodiscard]] bool has(const char* name) const { return find(name) != nullptr; }
  // Attributes; an absent one gives the fallback (or an empty list), one of another type is Malformed.
  [[nodiscard]] std::int64_t integer(const char* name, std::int64_t fallback) const;
  [[nodiscard]] float real(const char* name, float fallback) const;
  [[nodiscard]] std::string text(const char* name, const char* fallback) const;
  [[nodiscard]] std::vector<std::int64_t> integers(const char* name) const;
  [[nodiscard]] std::vector<float> reals(const char* name) const;
  [[nodiscard]] const onnx::TensorProto* tensor(const char* name) const;

 private:
  [[nodiscard]] const onnx::AttributeProto* find(const char* name) const;
  [[nodiscard]] const onnx::AttributeProto* find(const char* name, onnx::AttributeProto::AttributeType type) const;

  const onnx::NodeProto& proto_;
  int opset_;
};

}  // namespace tessera::compiler::onnx_import
