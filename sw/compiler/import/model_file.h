// SPDX-License-Identifier: Apache-2.0
// What the importers of all formats share.
#pragma once

#include <filesystem>
#include <string>

#include "sw/compiler/graph/graph.h"

namespace tessera::compiler {

/// The whole file. @throws ImportError if it cannot be read
[[nodiscard]] std::string read_model_file(const std::filesystem::path& path);

/// Canonicalises and checks; the last step of every importer.
/// @throws ImportError if a weight is not finite or the graph does not fit together
void finish_import(Graph& graph);

}  // namespace tessera::compiler
