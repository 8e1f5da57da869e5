// SPDX-License-Identifier: Apache-2.0
// What a TensorFlow Lite file stores, before it means a network.
// Field and enumeration numbers: tensorflow/lite/schema/schema.fbs, version 3.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sw/compiler/graph/graph.h"
#include "sw/compiler/import/constant.h"
#include "sw/compiler/import/flatbuffer.h"

namespace tessera::compiler::tflite {

enum ElementType { kFloat32 = 0, kInt32 = 2, kInt8 = 9 };

[[nodiscard]] const char* type_name(int type);

/// Name of a builtin operator that networks of this size use; others are shown by number.
[[nodiscard]] std::string builtin_name(int builtin);

struct Tensor {
  std::string name;
  std::vector<std::int64_t> dims;
  int type = 0;
  std::string_view data;  ///< empty for activations
  Quantisation quantisation;
  bool odd = false;  ///< variable or sparse
};

/// Tensors of a subgraph. The views into the file stay valid as long as its bytes. @throws Malformed
[[nodiscard]] std::vector<Tensor> read_tensors(const flatbuffer::Table& model, const flatbuffer::Table& subgraph);

/// Shape of an activation without its batch. @throws NotSupported, Malformed
[[nodiscard]] Shape shape_of(const Tensor& tensor);

/// Of an activation; nothing for float32. @throws NotSupported for other types than int8, Malformed
[[nodiscard]] std::optional<Quantisation> quantisation_of(const Tensor& tensor);

/// Values of a constant. @throws Malformed if data and shape disagree
template <typename Value>
[[nodiscard]] std::vector<Value> elements(const Tensor& tensor) {
  const auto count = static_cast<std::size_t>(onnx_import::element_count(tensor.dims, onnx_import::kMaxElements));
  if (tensor.data.size() != count * sizeof(Value)) {
    throw onnx_import::Malformed("tensor '" + tensor.name + "' has " + std::to_string(tensor.data.size()) +
                                 " bytes of data, expected " + std::to_string(count * sizeof(Value)));
  }
  std::vector<Value> values(count);
  if (!values.empty()) {
    std::memcpy(values.data(), tensor.data.data(), tensor.data.size());
  }
  return values;
}

/// What a layer computes with, whatever the file stores.
struct Weights {
  std::vector<float> reals;
  std::vector<float> bias;
  std::optional<Quantisation> quantisation;
  std::vector<std::int8_t> codes;
  std::vector<std::int32_t> bias_codes;
};

/// Weights and bias (null if there is none) of a layer whose input is quantised so (or not at all).
/// @param channel_axis axis of the output channels. @throws NotSupported, Malformed
[[nodiscard]] Weights read_weights(const Tensor& weights, const Tensor* bias, int channel_axis,
                                   const std::optional<Quantisation>& input);

}  // namespace tessera::compiler::tflite
