// SPDX-License-Identifier: Apache-2.0
#include "platform/config/walker.h"

#include <fmt/format.h>

#include <algorithm>

#include "platform/config/not_modelled.h"
#include "platform/config/presets.h"
#include "platform/config/read_value.h"
#include "platform/config/suggest.h"

namespace tessera::platform {
namespace {

std::string joined(const std::string& section, const std::string& name) {
  return section.empty() ? name : section + "." + name;
}

}  // namespace

Origin Walker::Here::place(int line, int column) const {
  if (pinned) {
    return *pinned;
  }
  if (origin.kind == Origin::Kind::command_line) {
    return origin;
  }
  Origin at = origin;
  at.line = line;
  at.column = column;
  return at;
}

Walker::Here Walker::Here::below(const std::string& name, const YamlUse& use) const {
  Here next = *this;
  next.section = joined(section, name);
  next.shown = joined(shown, name);
  if (use.alias && !pinned) {
    next.pinned = place(use);
    next.pinned->remark = fmt::format("alias of {}:{}", use.node->line, use.node->column);
  }
  return next;
}

void Walker::walk_file(const YamlUse& root, const Origin& origin) {
  if (root.node == nullptr) {
    return;
  }
  Here here;
  here.origin = origin;
  here.target = &collected_.assignments;
  section(root, here);
}

void Walker::section(const YamlUse& use, const Here& here) {
  if (use.node->kind == YamlNode::Kind::null) {
    return;  // a section whose lines are all comments
  }
  if (use.node->kind != YamlNode::Kind::mapping) {
    const std::string names = fmt::format("{}", fmt::join(names_in(here.section), ", "));
    diagnostics_.add({here.place(use), here.shown, describe(*use.node) + " where a section belongs",
                      "`name: value` lines with names among " + names});
    return;
  }
  for (const YamlNode::Entry& one : use.node->entries) {
    entry(one, here);
  }
}

void Walker::entry(const YamlNode::Entry& entry, const Here& here) {
  if (entry.key.find('.') != std::string::npos) {
    diagnostics_.add({here.place(entry.line, entry.column), joined(here.shown, entry.key), "a name with a dot in it",
                      "sections within sections, such as `tile: {adc: {bits: 8}}`"});
    return;
  }
  const Here next = here.below(entry.key, entry.value);
  const std::string& path = next.section;
  if (path == "preset") {
    return preset(entry.value, next);
  }
  if (path == "tiles") {
    return tiles(entry.value, next);
  }
  if (path == "tile") {
    return tile_section(entry.value, next);
  }
  if (path == "tile.effects" && entry.value.node->kind == YamlNode::Kind::scalar) {
    return effects(entry.value, next);
  }
  if (const Key* key = find_key(path)) {
    return value(*key, entry.value, next);
  }
  if (is_section(path)) {
    return section(entry.value, next);
  }
  unknown(entry.key, here.place(entry.line, entry.column), here);
}

void Walker::preset(const YamlUse& use, const Here& here) {
  const std::string name = use.node->kind == YamlNode::Kind::scalar ? use.node->text : "";
  if (find_preset(name) != nullptr) {
    collected_.preset = name;
    collected_.preset_origin = here.place(use);
    return;
  }
  std::vector<std::string> names;
  for (const Preset& one : presets()) {
    names.push_back(one.name);
  }
  const std::string near = nearest(name, names);
  diagnostics_.add({here.place(use), here.shown, describe(*use.node) + " is no preset",
                    near.empty() ? fmt::format("one of: {}", fmt::join(names, ", ")) : "did you mean '" + near + "'?"});
}

void Walker::tile_section(const YamlUse& use, Here here) {
  if (!default_tile_given_.empty()) {
    diagnostics_.add({here.place(use), here.shown,
                      "the default tile is given twice, as " + default_tile_given_ + " too",
                      "either `tile:` or `tiles: default:`"});
    return;
  }
  default_tile_given_ = here.shown;
  here.section = "tile";
  section(use, here);
}

void Walker::tiles(const YamlUse& use, const Here& here) {
  if (use.node->kind == YamlNode::Kind::null) {
    return;
  }
  if (use.node->kind != YamlNode::Kind::mapping) {
    diagnostics_.add({here.place(use), here.shown, describe(*use.node) + " where a section belongs",
                      "`default:` with a tile's keys and `overrides:` with a list"});
    return;
  }
  for (const YamlNode::Entry& one : use.node->entries) {
    const Here next = here.below(one.key, one.value);
    if (one.key == "default") {
      tile_section(one.value, next);
    } else if (one.key == "overrides") {
      overrides(one.value, next);
    } else {
      const std::string near = nearest(one.key, {"default", "overrides"});
      diagnostics_.add({here.place(one.line, one.column), next.shown, "unknown key",
                        near.empty() ? "one of: default, overrides" : "did you mean 'tiles." + near + "'?"});
    }
  }
}

void Walker::overrides(const YamlUse& use, const Here& here) {
  if (use.node->kind == YamlNode::Kind::null) {
    return;
  }
  if (use.node->kind != YamlNode::Kind::sequence) {
    diagnostics_.add({here.place(use), here.shown, describe(*use.node) + " where a list belongs",
                      "`- {row: R, col: C, KEY: VALUE}` lines"});
    return;
  }
  for (std::size_t i = 0; i < use.node->items.size(); ++i) {
    Here next = here.below("", use.node->items[i].value);
    next.shown = fmt::format("{}[{}]", here.shown, i);
    next.section = "tile";
    position(use.node->items[i].value, next);
  }
}

void Walker::position(const YamlUse& use, const Here& here) {
  if (use.node->kind != YamlNode::Kind::mapping) {
    diagnostics_.add(
        {here.place(use), here.shown, describe(*use.node) + " where a tile belongs", "`{row: R, col: C, KEY: VALUE}`"});
    return;
  }
  PositionOverride made;
  made.origin = here.place(use);
  made.shown = here.shown;
  Here inner = here;
  inner.target = &made.assignments;
  std::optional<std::uint32_t> row;
  std::optional<std::uint32_t> column;
  bool row_given = false;
  bool column_given = false;
  for (const YamlNode::Entry& one : use.node->entries) {
    if (one.key == "row") {
      row_given = true;
      row = coordinate(one.value, inner.below(one.key, one.value));
    } else if (one.key == "col") {
      column_given = true;
      column = coordinate(one.value, inner.below(one.key, one.value));
    } else {
      entry(one, inner);
    }
  }
  if (!row_given || !column_given) {
    diagnostics_.add({made.origin, here.shown, fmt::format("no {}", row_given ? "col" : "row"),
                      "`row:` and `col:`, counted from 0"});
  }
  if (!row || !column) {
    return;
  }
  made.position = {*row, *column};
  const auto same = std::find_if(collected_.positions.begin(), collected_.positions.end(),
                                 [&](const PositionOverride& other) { return other.position == made.position; });
  if (same != collected_.positions.end()) {
    diagnostics_.add({made.origin, here.shown,
                      fmt::format("row {}, col {} is given twice, first at {}", *row, *column, same->origin.text()),
                      "each position once"});
    return;
  }
  collected_.positions.push_back(std::move(made));
}

std::optional<std::uint32_t> Walker::coordinate(const YamlUse& use, const Here& here) {
  const Whole whole =
      use.node->kind == YamlNode::Kind::scalar && !use.node->quoted ? parse_whole(use.node->text) : Whole{};
  if (whole.status == Whole::Status::good && whole.value < 1024) {
    return static_cast<std::uint32_t>(whole.value);
  }
  diagnostics_.add({here.place(use), here.shown, describe(*use.node) + " is no position",
                    "a whole number from 0, below the size of the grid"});
  return std::nullopt;
}

void Walker::effects(const YamlUse& use, const Here& here) {
  const std::string& word = use.node->text;
  if (word != "none" && word != "all") {
    for (const std::string& name : names_in(here.section)) {
      collected_.failed.insert(joined(here.section, name));
    }
    diagnostics_.add({here.place(use), here.shown, describe(*use.node),
                      fmt::format("none, all, or switches: {}", fmt::join(names_in(here.section), ", "))});
    return;
  }
  for (const std::string& name : names_in(here.section)) {
    here.target->push_back(
        {find_key(joined(here.section, name)), Value(word == "all"), here.place(use), joined(here.shown, name)});
  }
}

void Walker::value(const Key& key, const YamlUse& use, const Here& here) {
  std::string problem;
  const std::optional<Value> read = read_value(key, *use.node, problem);
  if (read) {
    here.target->push_back({&key, *read, here.place(use), here.shown});
    return;
  }
  collected_.failed.insert(key.path);
  diagnostics_.add({here.place(use), here.shown, std::move(problem), key.expected_text()});
}

void Walker::unknown(const std::string& name, const Origin& at, const Here& here) {
  const std::string path = joined(here.section, name);
  const std::string shown = joined(here.shown, name);
  if (const NoKey* known = find_non_key(path)) {
    const std::string remark(known->remark);
    switch (known->why) {
      case NoKey::Why::not_modelled:
        diagnostics_.add({at, shown, "not modelled yet (" + remark + ")", "no such key"});
        return;
      case NoKey::Why::computed:
        diagnostics_.add({at, shown, "is computed, not configured: " + remark, "no such key"});
        return;
      case NoKey::Why::elsewhere:
        diagnostics_.add({at, shown, "stands elsewhere: " + remark, "no such key"});
        return;
    }
  }
  diagnostics_.add({at, shown, "unknown key", instead_of(here.section, name)});
}

bool Walker::setting_position(std::string& key, const Here& here, std::vector<Assignment>*& target) {
  const std::size_t close = key.find("].");
  const std::size_t comma = key.find(',');
  Whole row;
  Whole column;
  if (close != std::string::npos && comma < close) {
    row = parse_whole(std::string_view(key).substr(6, comma - 6));
    column = parse_whole(std::string_view(key).substr(comma + 1, close - comma - 1));
  }
  if (row.status != Whole::Status::good || column.status != Whole::Status::good || row.value >= 1024 ||
      column.value >= 1024) {
    diagnostics_.add({here.origin, here.shown, "no position in the grid", "tiles[ROW,COL].KEY, counted from 0"});
    return false;
  }
  const Position position{static_cast<std::uint32_t>(row.value), static_cast<std::uint32_t>(column.value)};
  auto found = std::find_if(collected_.positions.begin(), collected_.positions.end(),
                            [&](const PositionOverride& other) { return other.position == position; });
  if (found == collected_.positions.end()) {
    PositionOverride made;
    made.position = position;
    made.origin = here.origin;
    made.shown = here.shown;
    found = collected_.positions.insert(collected_.positions.end(), std::move(made));
  }
  target = &found->assignments;
  key = "tile." + key.substr(close + 2);
  return true;
}

void Walker::walk_setting(const std::string& text) {
  Here here;
  here.origin.kind = Origin::Kind::command_line;
  here.origin.source = "--set";
  here.target = &collected_.assignments;
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    diagnostics_.add({here.origin, text, "no key and value", "KEY=VALUE, such as tile.adc.bits=6"});
    return;
  }
  std::string key = text.substr(0, equals);
  here.shown = key;
  Diagnostics syntax;
  const YamlUse use = parse_yaml(std::string_view(text).substr(equals + 1), here.origin, syntax);
  for (const Diagnostic& one : syntax.list()) {
    diagnostics_.add({here.origin, key, one.problem, one.expected});
  }
  if (use.node == nullptr) {
    return;
  }
  if (key.rfind("tiles[", 0) == 0 && !setting_position(key, here, here.target)) {
    return;
  }
  if (key.rfind("tiles.default.", 0) == 0) {
    key = "tile." + key.substr(14);
  }
  if (key == "preset") {
    return preset(use, here);
  }
  here.section = key;
  if (key == "tile.effects" && use.node->kind == YamlNode::Kind::scalar) {
    return effects(use, here);
  }
  if (const Key* known = find_key(key)) {
    return value(*known, use, here);
  }
  if (is_section(key)) {
    diagnostics_.add({here.origin, here.shown, "a section, not a key",
                      fmt::format("one of its keys: {}", fmt::join(names_in(key), ", "))});
    return;
  }
  const std::size_t dot = key.rfind('.');
  const std::string name = dot == std::string::npos ? key : key.substr(dot + 1);
  Here parent = here;
  parent.section = dot == std::string::npos ? "" : key.substr(0, dot);
  // The nearest section that exists is where the user can look for the right name.
  std::string rest = name;
  while (!parent.section.empty() && !is_section(parent.section) &&
         find_non_key(joined(parent.section, rest)) == nullptr) {
    const std::size_t up = parent.section.rfind('.');
    rest = up == std::string::npos ? parent.section : parent.section.substr(up + 1);
    parent.section = up == std::string::npos ? "" : parent.section.substr(0, up);
  }
  const std::size_t shown_dot = here.shown.rfind('.');
  parent.shown = shown_dot == std::string::npos || rest != name ? "" : here.shown.substr(0, shown_dot);
  unknown(rest, here.origin, parent);
}

}  // namespace tessera::platform
