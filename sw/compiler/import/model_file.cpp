// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/model_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>

#include "sw/compiler/graph/canonicalise.h"
#include "sw/compiler/import/import_onnx.h"

namespace tessera::compiler {

namespace {

std::string list(const std::string& file, const std::vector<UnsupportedNode>& nodes) {
  const std::string count = nodes.size() == 1 ? "one node is" : fmt::format("{} nodes are", nodes.size());
  std::string text = fmt::format("{}: {} not supported:", file, count);
  for (const UnsupportedNode& node : nodes) {
    text += fmt::format("\n  {} '{}': {}", node.op, node.node, node.reason);
  }
  return text;
}

/// Weights that are not numbers would only show as wrong results much later.
void check_finite(const Graph& graph) {
  for (const Node& node : graph.nodes) {
    for (const std::vector<float>* values : {&node.weights, &node.bias}) {
      for (const float value : *values) {
        if (std::isfinite(value)) {
          continue;
        }
        throw ImportError(
            fmt::format("{}: node '{}' ({}): a weight or bias is not finite. The training diverged or the "
                        "file is damaged: export it again",
                        graph.name, node.name, node.operators));
      }
    }
  }
}

}  // namespace

UnsupportedError::UnsupportedError(const std::string& file, std::vector<UnsupportedNode> nodes)
    : std::runtime_error(list(file, nodes)), nodes_(std::move(nodes)) {}

std::string read_model_file(const std::filesystem::path& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    throw ImportError(fmt::format("{}: this is a folder. Give the network's file", path.string()));
  }
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw ImportError(fmt::format("{}: cannot be opened ({}). Check the path", path.string(), std::strerror(errno)));
  }
  std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) {
    throw ImportError(fmt::format("{}: reading failed", path.string()));
  }
  return bytes;
}

void finish_import(Graph& graph) {
  if (const std::string problem = check(graph); !problem.empty()) {
    throw ImportError(fmt::format("{}: {}. The file is damaged: export it again", graph.name, problem));
  }
  canonicalise(graph);
  check_finite(graph);
}

}  // namespace tessera::compiler
