// SPDX-License-Identifier: Apache-2.0
// A YAML value as the value of a key, or what is wrong with it.
#pragma once

#include <optional>
#include <string>

#include "platform/config/schema.h"
#include "platform/config/yaml_tree.h"

namespace tessera::platform {

/// @param problem  set if there is no value: what is wrong; key.expected_text() says what was expected
[[nodiscard]] std::optional<Value> read_value(const Key& key, const YamlNode& node, std::string& problem);

/// The node in a few words for messages: `'fast'`, `a section`, `a list`, `nothing`.
[[nodiscard]] std::string describe(const YamlNode& node);

}  // namespace tessera::platform
