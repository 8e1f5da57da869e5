// SPDX-License-Identifier: Apache-2.0
// From YAML trees and --set texts to assignments of keys; every wrong key or value becomes a diagnostic.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "platform/config/diagnostic.h"
#include "platform/config/schema.h"
#include "platform/config/yaml_tree.h"

namespace tessera::platform {

struct Assignment {
  const Key* key = nullptr;
  Value value;
  Origin origin;
  std::string shown;  ///< the key as written
};

using Position = std::pair<std::uint32_t, std::uint32_t>;  ///< row and column of a tile

struct PositionOverride {
  Position position;
  Origin origin;
  std::string shown;
  std::vector<Assignment> assignments;
};

/// What one source (preset, file, command line) says.
struct Collected {
  std::optional<std::string> preset;
  Origin preset_origin;
  std::vector<Assignment> assignments;  ///< chip and default tile
  std::vector<PositionOverride> positions;
  std::set<std::string> failed;  ///< keys with a wrong value: rules about them would only repeat the news
};

class Walker {
 public:
  Walker(Diagnostics& diagnostics, Collected& collected) : diagnostics_(diagnostics), collected_(collected) {}

  /// @param origin  kind and source of the text that the tree was made from
  void walk_file(const YamlUse& root, const Origin& origin);
  /// @param text  `key=value`, the value in YAML; `tiles[ROW,COL].key=value` for one position
  void walk_setting(const std::string& text);

 private:
  /// Where in the tree the walk is, and what messages call it.
  struct Here {
    std::string section;           ///< schema path
    std::string shown;             ///< as the user wrote it
    Origin origin;                 ///< kind and source
    std::optional<Origin> pinned;  ///< inside an alias: the place of the alias, which all messages give
    std::vector<Assignment>* target = nullptr;

    [[nodiscard]] Origin place(int line, int column) const;
    [[nodiscard]] Origin place(const YamlUse& use) const { return place(use.line, use.column); }
    /// The same place one name further in.
    [[nodiscard]] Here below(const std::string& name, const YamlUse& use) const;
  };

  void section(const YamlUse& use, const Here& here);
  void entry(const YamlNode::Entry& entry, const Here& here);
  void preset(const YamlUse& use, const Here& here);
  void tile_section(const YamlUse& use, Here here);
  void tiles(const YamlUse& use, const Here& here);
  void overrides(const YamlUse& use, const Here& here);
  void position(const YamlUse& use, const Here& here);
  std::optional<std::uint32_t> coordinate(const YamlUse& use, const Here& here);
  void effects(const YamlUse& use, const Here& here);
  void value(const Key& key, const YamlUse& use, const Here& here);
  void unknown(const std::string& name, const Origin& at, const Here& here);
  bool setting_position(std::string& key, const Here& here, std::vector<Assignment>*& target);

  Diagnostics& diagnostics_;
  Collected& collected_;
  std::string default_tile_given_;  ///< "tile" or "tiles.default", whichever came first
};

}  // namespace tessera::platform
