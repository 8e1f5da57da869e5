// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/tflite_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace tessera::compiler::tflite {

using flatbuffer::Table;
using onnx_import::Malformed;
using onnx_import::NotSupported;

const char* type_name(int type) {
  constexpr const char* kNames[] = {"float32", "float16", "int32",     "uint8", "int64",   "string",
                                    "bool",    "int16",   "complex64", "int8",  "float64", "complex128"};
  return type >= 0 && type < 12 ? kNames[type] : "unknown";
}

namespace {

const std::map<int, std::string>& builtin_names() {
  static const std::map<int, std::string> names{{0, "ADD"},
                                                {1, "AVERAGE_POOL_2D"},
                                                {2, "CONCATENATION"},
                                                {3, "CONV_2D"},
                                                {4, "DEPTHWISE_CONV_2D"},
                                                {6, "DEQUANTIZE"},
                                                {9, "FULLY_CONNECTED"},
                                                {14, "LOGISTIC"},
                                                {16, "LSTM"},
                                                {17, "MAX_POOL_2D"},
                                                {18, "MUL"},
                                                {19, "RELU"},
                                                {21, "RELU6"},
                                                {22, "RESHAPE"},
                                                {23, "RESIZE_BILINEAR"},
                                                {25, "SOFTMAX"},
                                                {27, "SVDF"},
                                                {28, "TANH"},
                                                {32, "CUSTOM"},
                                                {34, "PAD"},
                                                {36, "GATHER"},
                                                {39, "TRANSPOSE"},
                                                {40, "MEAN"},
                                                {41, "SUB"},
                                                {43, "SQUEEZE"},
                                                {45, "STRIDED_SLICE"},
                                                {49, "SPLIT"},
                                                {54, "PRELU"},
                                                {65, "SLICE"},
                                                {67, "TRANSPOSE_CONV"},
                                                {70, "EXPAND_DIMS"},
                                                {77, "SHAPE"},
                                                {83, "PACK"},
                                                {97, "RESIZE_NEAREST_NEIGHBOR"},
                                                {98, "LEAKY_RELU"},
                                                {114, "QUANTIZE"},
                                                {117, "HARD_SWISH"},
                                                {142, "VAR_HANDLE"}};
  return names;
}

void read_bias(const Tensor* file, const std::optional<Quantisation>& input, const std::vector<float>& scale,
               Weights& weights) {
  const std::size_t outputs = scale.size();
  weights.bias.assign(outputs, 0.0F);
  if (weights.quantisation) {
    weights.bias_codes.assign(outputs, 0);
  }
  if (file == nullptr) {
    return;
  }
  if (file->type == kFloat32 && !input) {
    weights.bias = elements<float>(*file);
  } else if (file->type == kInt32 && input) {
    weights.bias_codes = elements<std::int32_t>(*file);
    for (std::size_t o = 0; o < std::min(outputs, weights.bias_codes.size()); ++o) {
      weights.bias[o] = static_cast<float>(static_cast<double>(weights.bias_codes[o]) *
                                           static_cast<double>(input->scale[0]) * static_cast<double>(scale[o]));
    }
  } else {
    throw NotSupported(fmt::format("a bias of type {}", type_name(file->type)));
  }
  if (weights.bias.size() != outputs || (weights.quantisation && weights.bias_codes.size() != outputs)) {
    throw Malformed(fmt::format("a bias of shape {} for {} outputs", onnx_import::to_text(file->dims), outputs));
  }
}

}  // namespace

std::string builtin_name(int builtin) {
  const auto found = builtin_names().find(builtin);
  return found == builtin_names().end() ? fmt::format("builtin operator {}", builtin) : found->second;
}

std::vector<Tensor> read_tensors(const Table& model, const Table& subgraph) {
  std::vector<Tensor> tensors;
  const std::vector<Table> buffers = model.tables(4);
  for (const Table& entry : subgraph.tables(0)) {
    Tensor tensor;
    tensor.name = entry.text(3);
    for (const std::int32_t size : entry.values<std::int32_t>(0)) {
      tensor.dims.push_back(size);
    }
    tensor.type = entry.value<std::int8_t>(1, 0);
    const auto buffer = entry.value<std::uint32_t>(2, 0);
    if (buffer >= std::max<std::size_t>(buffers.size(), 1)) {
      throw Malformed(fmt::format("tensor '{}': buffer {} does not exist", tensor.name, buffer));
    }
    if (buffer != 0) {
      tensor.data = buffers[buffer].data(0);
    }
    if (const auto quantisation = entry.table(4)) {
      tensor.quantisation.scale = quantisation->values<float>(2);
      for (const std::int64_t zero : quantisation->values<std::int64_t>(3)) {
        if (zero < -255 || zero > 255) {
          throw Malformed(fmt::format("tensor '{}': zero point {}", tensor.name, zero));
        }
        tensor.quantisation.zero_point.push_back(static_cast<std::int32_t>(zero));
      }
      tensor.quantisation.axis = quantisation->value<std::int32_t>(6, 0);
    }
    tensor.odd = entry.value<std::uint8_t>(5, 0) != 0 || entry.table(6).has_value();
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

Shape shape_of(const Tensor& tensor) {
  std::vector<std::int64_t> dims = tensor.dims;
  if (dims.size() > 1) {
    if (dims.front() > 1) {
      throw NotSupported(fmt::format("a batch of {}", dims.front()));
    }
    dims.erase(dims.begin());  // 1, or -1 for a dynamic batch
  }
  while (dims.size() < 3) {
    dims.insert(dims.begin(), 1);
  }
  if (dims.size() > 3) {
    throw NotSupported(fmt::format("{} dimensions", tensor.dims.size()));
  }
  if (*std::min_element(dims.begin(), dims.end()) < 1) {
    throw NotSupported(
        fmt::format("tensor '{}' has no fixed shape {}", tensor.name, onnx_import::to_text(tensor.dims)));
  }
  static_cast<void>(onnx_import::element_count(dims, onnx_import::kMaxActivation));
  return {static_cast<int>(dims[0]), static_cast<int>(dims[1]), static_cast<int>(dims[2])};
}

std::optional<Quantisation> quantisation_of(const Tensor& tensor) {
  if (tensor.type == kFloat32) {
    return std::nullopt;
  }
  if (tensor.type != kInt8) {
    throw NotSupported(
        fmt::format("tensor '{}' is {}; activations must be int8 or float32", tensor.name, type_name(tensor.type)));
  }
  const Quantisation& q = tensor.quantisation;
  if (q.scale.size() != 1 || q.zero_point.size() != 1 || !(q.scale[0] > 0) || !std::isfinite(q.scale[0]) ||
      q.zero_point[0] < -128 || q.zero_point[0] > 127) {
    throw Malformed(fmt::format("tensor '{}' needs one positive scale and one zero point of 8 bits", tensor.name));
  }
  return Quantisation{q.scale, q.zero_point, -1};
}

Weights read_weights(const Tensor& file, const Tensor* bias, int channel_axis,
                     const std::optional<Quantisation>& input) {
  const std::int64_t count = onnx_import::element_count(file.dims, onnx_import::kMaxElements);
  if (count < 1 || static_cast<std::size_t>(count) > file.data.size()) {
    throw Malformed(fmt::format("tensor '{}' has {} bytes of data for shape {}", file.name, file.data.size(),
                                onnx_import::to_text(file.dims)));
  }
  const auto outputs = static_cast<std::size_t>(file.dims.at(static_cast<std::size_t>(channel_axis)));
  const bool last = channel_axis + 1 == static_cast<int>(file.dims.size());
  Weights result;
  std::vector<float> scale(outputs, 1.0F);
  if (file.type == kFloat32) {
    if (input) {
      throw NotSupported("float weights for int8 activations");
    }
    result.reals = elements<float>(file);
  } else if (file.type == kInt8) {
    result.codes = elements<std::int8_t>(file);
    const Quantisation& q = file.quantisation;
    if (q.scale.size() == 1) {
      scale.assign(outputs, q.scale[0]);
    }
    if (q.scale.size() > 1 && (q.scale.size() != outputs || q.axis != channel_axis)) {
      throw Malformed(
          fmt::format("{} weight scales on axis {} for {} output channels", q.scale.size(), q.axis, outputs));
    }
    if (q.scale.empty()) {
      throw Malformed("int8 weights without a scale");
    }
    if (q.scale.size() > 1) {
      scale = q.scale;
    }
    if (std::any_of(q.zero_point.begin(), q.zero_point.end(), [](std::int32_t zero) { return zero != 0; })) {
      throw NotSupported("asymmetric weights");
    }
    const std::size_t per_output = result.codes.size() / outputs;
    for (std::size_t i = 0; i < result.codes.size(); ++i) {
      result.reals.push_back(static_cast<float>(result.codes[i]) * scale[last ? i % outputs : i / per_output]);
    }
    if (input) {
      result.quantisation = q;
      result.quantisation->zero_point.assign(q.scale.size(), 0);
      result.quantisation->axis = q.scale.size() > 1 ? channel_axis : -1;
    }
  } else {
    throw NotSupported(fmt::format("weights of type {}", type_name(file.type)));
  }
  read_bias(bias, input, scale, result);
  if (!result.quantisation) {
    result.codes.clear();
  }
  return result;
}

}  // namespace tessera::compiler::tflite
