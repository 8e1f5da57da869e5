// SPDX-License-Identifier: Apache-2.0
// Where tests find development data that are not in the repository.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace tessera::test {

/// Folder named by TESSERA_DATA, else shared/data beside the source tree; nothing if neither is there.
inline std::optional<std::filesystem::path> shared_data() {
  std::filesystem::path folder = std::filesystem::path(TESSERA_SOURCE_DIR) / ".." / "shared" / "data";
  if (const char* variable = std::getenv("TESSERA_DATA"); variable != nullptr && *variable != '\0') {
    folder = variable;
  }
  if (std::filesystem::is_directory(folder)) {
    return folder;
  }
  return std::nullopt;
}

}  // namespace tessera::test
