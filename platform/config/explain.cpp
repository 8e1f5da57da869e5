// SPDX-License-Identifier: Apache-2.0
// Every key with its value and where both come from: as a table, as JSON, as Markdown.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/config/derived.h"
#include "platform/config/not_modelled.h"
#include "platform/config/presets.h"
#include "platform/config/report.h"
#include "platform/config/schema.h"

namespace tessera::platform {
namespace {

using Row = std::vector<std::string>;

/// Columns as wide as their longest cell; the last column is not padded.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], row[i].size());
    }
  }
  std::string text;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += i + 1 < row.size() ? fmt::format("{:<{}}  ", row[i], widths[i]) : row[i];
    }
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text;
}

std::string origin_text(const LoadResult& result, const std::string& name) {
  const auto found = result.origins.find(name);
  return found == result.origins.end() ? "default" : found->second.text();
}

std::string default_text(const Key& key) {
  static const PlatformParameters chip;
  static const tile::TileParameters one;
  return to_text(key.get(chip, one));
}

/// One key of one tile that differs from the typical tile.
struct Difference {
  std::size_t tile;
  const Key* key;
  std::string name;  ///< tiles[ROW,COL].KEY
};

std::vector<Difference> differences(const PlatformParameters& platform) {
  const tile::TileParameters& typical = typical_tile(platform);
  std::vector<Difference> found;
  for (std::size_t i = 0; i < platform.tiles.size(); ++i) {
    for (const Key& key : schema()) {
      if (key.scope == Key::Scope::chip || key.get(platform, platform.tiles[i]) == key.get(platform, typical)) {
        continue;
      }
      found.push_back(
          {i, &key,
           fmt::format("tiles[{},{}].{}", i / platform.grid_columns, i % platform.grid_columns, key.path.substr(5))});
    }
  }
  return found;
}

nlohmann::ordered_json json_of(const Value& value) {
  return std::visit([](const auto& held) { return nlohmann::ordered_json(held); }, value);
}

/// Where the value of a position came from: its override, else what the default tile says.
std::string tile_origin(const LoadResult& result, const Difference& one) {
  return origin_text(result, result.origins.count(one.name) != 0 ? one.name : one.key->path);
}

std::string cell(std::string text) {
  for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2)) {
    text.insert(at, "\\");
  }
  return text.empty() ? " " : text;
}

}  // namespace

std::string explain(const LoadResult& result) {
  const PlatformParameters& platform = result.platform;
  const tile::TileParameters& typical = typical_tile(platform);
  std::vector<Row> rows = {{"KEY", "VALUE", "UNIT", "DEFAULT", "RANGE", "FROM", "CONF", "SOURCE", "MEANING"}};
  rows.push_back({"preset", platform.preset, "", std::string(default_preset), "", origin_text(result, "preset"), "", "",
                  "named platform that the rest differs from"});
  for (const Key& key : schema()) {
    rows.push_back({key.path, to_text(key.get(platform, typical)), key.unit, default_text(key), key.range_text(),
                    origin_text(result, key.path), std::string(1, key.confidence), key.source, key.description});
  }
  std::string text = aligned(rows);
  const std::vector<Difference> others = differences(platform);
  if (!others.empty()) {
    std::vector<Row> more = {{"TILES THAT DIFFER", "VALUE", "UNIT", "FROM"}};
    for (const Difference& one : others) {
      more.push_back({one.name, to_text(one.key->get(platform, platform.tiles[one.tile])), one.key->unit,
                      tile_origin(result, one)});
    }
    text += "\n" + aligned(more);
  }
  return text +
         "\nCONF: H primary source, M secondary or derived, L assumption. Tile keys show the most frequent tile.\n";
}

std::string explain_json(const LoadResult& result) {
  const PlatformParameters& platform = result.platform;
  const tile::TileParameters& typical = typical_tile(platform);
  nlohmann::ordered_json root;
  root["preset"] = platform.preset;
  root["platform_hash"] = fmt::format("{:016x}", platform_hash(platform));
  root["keys"] = nlohmann::ordered_json::array();
  for (const Key& key : schema()) {
    nlohmann::ordered_json one;
    one["key"] = key.path;
    one["value"] = json_of(key.get(platform, typical));
    one["unit"] = key.unit;
    one["default"] = json_of(key.get(PlatformParameters{}, tile::TileParameters{}));
    one["range"] = key.range_text();
    one["from"] = origin_text(result, key.path);
    one["source"] = key.source;
    one["confidence"] = std::string(1, key.confidence);
    one["meaning"] = key.description;
    root["keys"].push_back(std::move(one));
  }
  root["tiles"] = nlohmann::ordered_json::array();
  for (const Difference& one : differences(platform)) {
    nlohmann::ordered_json entry;
    entry["row"] = one.tile / platform.grid_columns;
    entry["col"] = one.tile % platform.grid_columns;
    entry["key"] = one.key->path;
    entry["value"] = json_of(one.key->get(platform, platform.tiles[one.tile]));
    entry["from"] = tile_origin(result, one);
    root["tiles"].push_back(std::move(entry));
  }
  root["derived"] = nlohmann::ordered_json::parse(derived_json(platform));
  // Paths of files need not be UTF-8.
  return root.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string reference_tables() {
  std::string text =
      "### Keys\n\n| key | default | unit | range | compiled in | meaning | source | conf "
      "|\n|---|---|---|---|---|---|---|---|\n";
  for (const Key& key : schema()) {
    text += fmt::format("| `{}` | {} | {} | {} | {} | {} | {} | {} |\n", key.path, default_text(key), cell(key.unit),
                        cell(key.range_text()), key.compiler != Key::Compiler::ignores ? "yes" : " ",
                        cell(key.description), cell(key.source), key.confidence);
  }
  text += "\n### Presets\n\n| preset | what it is | source |\n|---|---|---|\n";
  for (const Preset& preset : presets()) {
    text += fmt::format("| `{}` | {} | {} |\n", preset.name, cell(preset.summary), cell(preset.source));
  }
  text += "\n### Names that are no keys\n\n| name | why | what holds instead |\n|---|---|---|\n";
  for (const NoKey& name : known_non_keys()) {
    const char* why = name.why == NoKey::Why::not_modelled ? "not modelled yet"
                      : name.why == NoKey::Why::computed   ? "computed"
                                                           : "elsewhere";
    text += fmt::format("| `{}` | {} | {} |\n", name.path, why, cell(std::string(name.remark)));
  }
  return text;
}

}  // namespace tessera::platform
