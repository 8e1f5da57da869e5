// SPDX-License-Identifier: Apache-2.0
// YAML text as a tree that remembers where everything stood: what yaml-cpp's own nodes lose (duplicate keys, the
// place of an alias, whether a scalar was quoted) is kept.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/diagnostic.h"

namespace tessera::platform {

struct YamlNode {
  enum class Kind { null, scalar, sequence, mapping } kind = Kind::null;
  int line = 0;    ///< from 1
  int column = 0;  ///< from 1
  bool quoted = false;
  std::string text;  ///< of a scalar
  struct Entry;
  std::vector<Entry> entries;  ///< of a mapping, in the order of the text
  struct Item;
  std::vector<Item> items;  ///< of a sequence
};

/// A use of a node: the node itself, or an alias to it, which has a place of its own.
struct YamlUse {
  std::shared_ptr<const YamlNode> node;
  int line = 0;
  int column = 0;
  bool alias = false;
};
struct YamlNode::Item {
  YamlUse value;
};
struct YamlNode::Entry {
  std::string key;
  int line = 0;
  int column = 0;
  YamlUse value;
};

/// Largest accepted text. The largest sensible file (1,024 tiles that all differ) has some 100 KiB.
inline constexpr std::size_t yaml_size_limit = std::size_t{1} << 20;
/// Deepest accepted nesting; the schema needs 5.
inline constexpr int yaml_depth_limit = 32;

/// @param text      the whole text
/// @param origin    kind and source of the places in messages
/// @return the root (a null node for a text without content), or a use without node after a syntax error. Refuses
///   binary text, duplicate keys, merge keys, tags and more than one document, each with a message.
[[nodiscard]] YamlUse parse_yaml(std::string_view text, const Origin& origin, Diagnostics& diagnostics);

}  // namespace tessera::platform
