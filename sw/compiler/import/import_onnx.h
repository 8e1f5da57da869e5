// SPDX-License-Identifier: Apache-2.0
// ONNX files to canonical float graphs.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// The file cannot be read as a network: missing, truncated, inconsistent. what() says what, where and what to do.
class ImportError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One node that has no counterpart in the graph, and why.
struct UnsupportedNode {
  std::string op;      ///< operator, "LSTM"
  std::string node;    ///< name of the node in the file, or of its first output where it has none
  std::string reason;  ///< what is not supported about it
};

/// The file is sound, but uses operators or forms that are not supported: all of them, in file order.
class UnsupportedError : public std::runtime_error {
 public:
  UnsupportedError(const std::string& file, std::vector<UnsupportedNode> nodes);
  [[nodiscard]] const std::vector<UnsupportedNode>& nodes() const { return nodes_; }

 private:
  std::vector<UnsupportedNode> nodes_;
};

/// Reads a float ONNX network (opset 7 to 17) with one input and one output into a canonical graph.
/// @throws ImportError, UnsupportedError
[[nodiscard]] Graph import_onnx(const std::filesystem::path& path);

/// The same from the bytes of a file; `name` stands for the file in messages and names the graph.
[[nodiscard]] Graph import_onnx_bytes(const std::string& bytes, const std::string& name);

/// Operators that import_onnx accepts, sorted.
[[nodiscard]] std::vector<std::string> supported_onnx_operators();

}  // namespace tessera::compiler
