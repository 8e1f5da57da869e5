// SPDX-License-Identifier: Apache-2.0
// From a platform file, preset and --set texts to PlatformParameters, or to all that is wrong with them at once.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/diagnostic.h"
#include "platform/config/platform_parameters.h"

namespace tessera::platform {

struct LoadResult {
  PlatformParameters platform;  ///< meaningful only if ok()
  std::vector<Diagnostic> errors;
  std::size_t more_errors = 0;  ///< beyond those listed
  /// Where keys that differ from the built-in defaults were given: `bus.data_bits`, `tile.adc.bits` (default tile),
  /// `tiles[ROW,COL].adc.bits` (one position).
  std::map<std::string, Origin> origins;

  [[nodiscard]] bool ok() const { return errors.empty(); }
  /// One line an error; empty if there is none.
  [[nodiscard]] std::string error_text() const;
};

/// Precedence: built-in defaults < preset < file < settings. Within the tiles: default tile < overrides by position.
/// @param text      YAML: a `preset:` and its differences; empty text is the default platform
/// @param name      what messages call the text, such as its path
/// @param settings  `key=value` each; the last of equal keys wins. `tile.KEY` is the default tile,
///                  `tiles[ROW,COL].KEY` one position
[[nodiscard]] LoadResult load_platform_text(std::string_view text, const std::string& name,
                                            const std::vector<std::string>& settings = {});

/// @param file  path of a platform file, or the name of a preset; empty: the default platform
[[nodiscard]] LoadResult load_platform(const std::string& file, const std::vector<std::string>& settings = {});

}  // namespace tessera::platform
