// SPDX-License-Identifier: Apache-2.0
// Named platforms: each is written as its differences from membrain40_nominal, in the language of platform files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera::platform {

struct Preset {
  std::string name;
  std::string summary;  ///< one line
  std::string source;   ///< where its numbers come from
  std::string yaml;     ///< differences from membrain40_nominal
};

inline constexpr std::string_view default_preset = "membrain40_nominal";

[[nodiscard]] const std::vector<Preset>& presets();
/// The preset of this name, or nullptr.
[[nodiscard]] const Preset* find_preset(std::string_view name);

}  // namespace tessera::platform
