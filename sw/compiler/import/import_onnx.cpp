// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/import/import_onnx.h"

#include <fmt/format.h>
#include <google/protobuf/stubs/logging.h>
#include <onnx/onnx_pb.h>

#include "sw/compiler/import/importer.h"
#include "sw/compiler/import/model_file.h"

namespace tessera::compiler {

Graph import_onnx(const std::filesystem::path& path) {
  return import_onnx_bytes(read_model_file(path), path.filename().string());
}

Graph import_onnx_bytes(const std::string& bytes, const std::string& name) {
  if (bytes.empty()) {
    throw ImportError(fmt::format("{}: the file is empty. Export or download it again", name));
  }
  const google::protobuf::LogSilencer silence;
  onnx::ModelProto model;
  if (!model.ParseFromString(bytes)) {
    throw ImportError(fmt::format(
        "{}: this is not an ONNX model, or it is truncated ({} bytes read). Give a .onnx file; if it is one, export or "
        "download it again",
        name, bytes.size()));
  }
  Graph graph = onnx_import::Importer(model, name).run();
  finish_import(graph);
  return graph;
}

std::vector<std::string> supported_onnx_operators() {
  return onnx_import::Importer::handled_operators();
}

}  // namespace tessera::compiler
