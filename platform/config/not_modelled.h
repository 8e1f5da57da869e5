// SPDX-License-Identifier: Apache-2.0
// Names that a reader of the literature may well write, and that are no keys: what to say instead of "unknown key".
#pragma once

#include <string_view>
#include <vector>

namespace tessera::platform {

struct NoKey {
  enum class Why { not_modelled, computed, elsewhere } why;
  std::string_view path;    ///< as a key would be written in a platform file
  std::string_view remark;  ///< what holds instead
};

/// All such names, for the documentation.
[[nodiscard]] const std::vector<NoKey>& known_non_keys();
/// The entry with this path, or nullptr.
[[nodiscard]] const NoKey* find_non_key(std::string_view path);

}  // namespace tessera::platform
