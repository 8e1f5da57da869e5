// SPDX-License-Identifier: Apache-2.0
// Network files of either format to graphs.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sw/compiler/import/import_onnx.h"

namespace tessera::compiler {

/// Reads a TensorFlow Lite file (schema version 3, one subgraph, one input, one output, batch 1). An int8 network keeps
/// its quantisation: of activations in the tensors, of weights with their codes in the nodes; `weights` and `bias` hold
/// the same numbers as reals. QUANTIZE and DEQUANTIZE at the edges disappear. Float and hybrid files (int8 weights,
/// float activations) become float graphs.
/// @throws ImportError, UnsupportedError
[[nodiscard]] Graph import_tflite(const std::filesystem::path& path);
[[nodiscard]] Graph import_tflite_bytes(const std::string& bytes, const std::string& name);

/// ONNX or TensorFlow Lite, told apart by content.
[[nodiscard]] Graph import_network(const std::filesystem::path& path);

/// TensorFlow Lite operators that import_tflite accepts, sorted.
[[nodiscard]] std::vector<std::string> supported_tflite_operators();

}  // namespace tessera::compiler
