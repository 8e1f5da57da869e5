// SPDX-License-Identifier: Apache-2.0
// The resolved platform as YAML, and the part of it that a deployment depends on as a hash.
#include <fmt/format.h>

#include <algorithm>

#include "platform/config/derived.h"
#include "platform/config/presets.h"
#include "platform/config/report.h"
#include "platform/config/schema.h"

namespace tessera::platform {
namespace {

struct Line {
  std::string path;
  std::string text;
  std::string remark;
};

/// Nested YAML from dotted paths; keys of a section must stand together.
std::string nested(const std::vector<Line>& lines, std::size_t indent) {
  std::string text;
  std::vector<std::string> open;  // names of the sections that the last line stood in
  for (const Line& line : lines) {
    std::vector<std::string> names;
    std::size_t begin = 0;
    for (std::size_t dot = line.path.find('.'); dot != std::string::npos; dot = line.path.find('.', begin)) {
      names.push_back(line.path.substr(begin, dot - begin));
      begin = dot + 1;
    }
    const auto differ = std::mismatch(open.begin(), open.end(), names.begin(), names.end());
    const auto common = static_cast<std::size_t>(differ.first - open.begin());
    for (std::size_t depth = common; depth < names.size(); ++depth) {
      text += std::string(indent + 2 * depth, ' ') + names[depth] + ":\n";
    }
    std::string pair = std::string(indent + 2 * names.size(), ' ') + line.path.substr(begin) + ": " + line.text;
    if (!line.remark.empty()) {
      pair += "  # " + line.remark;
    }
    text += pair + "\n";
    open = names;
  }
  return text;
}

/// mux_ratio follows from per_tile; written out it would have to be edited with it.
bool is_shown(const Key& key) {
  return key.path != "tile.adc.mux_ratio";
}

std::vector<Line> tile_lines(const PlatformParameters& platform, const tile::TileParameters& one,
                             const tile::TileParameters* reference, const std::string& prefix) {
  std::vector<Line> lines;
  for (const Key& key : schema()) {
    if (key.scope != Key::Scope::tile || !is_shown(key)) {
      continue;
    }
    const Value value = key.get(platform, one);
    if (reference != nullptr && value == key.get(platform, *reference)) {
      continue;
    }
    lines.push_back({prefix + key.path.substr(5), to_text(value), key.unit});
  }
  return lines;
}

}  // namespace

std::string show(const PlatformParameters& platform) {
  const tile::TileParameters& typical = typical_tile(platform);
  std::string text;
  if (find_preset(platform.preset) != nullptr) {
    text += "preset: " + platform.preset + "\n";
  }
  std::vector<Line> lines;
  for (const Key& key : schema()) {
    if (key.scope != Key::Scope::tile) {
      lines.push_back({key.path, to_text(key.get(platform, typical)), key.unit});
    }
  }
  text += nested(lines, 0) + "tiles:\n" + nested(tile_lines(platform, typical, nullptr, "default."), 2);
  std::string overrides;
  for (std::size_t i = 0; i < platform.tiles.size(); ++i) {
    const std::vector<Line> differences = tile_lines(platform, platform.tiles[i], &typical, "");
    if (differences.empty()) {
      continue;
    }
    overrides += fmt::format("    - row: {}\n      col: {}\n", i / platform.grid_columns, i % platform.grid_columns);
    overrides += nested(differences, 6);
  }
  if (!overrides.empty()) {
    text += "  overrides:\n" + overrides;
  }
  return text;
}

std::string platform_hash_text(const PlatformParameters& platform) {
  static const tile::TileParameters unused;
  static const PlatformParameters defaults;
  const auto enters = [&platform](const Key& key, const tile::TileParameters& one) {
    return key.compiler == Key::Compiler::depends ||
           (key.compiler == Key::Compiler::departs &&
            to_text(key.get(platform, one)) != to_text(key.get(defaults, unused)));
  };
  std::string text;
  for (const Key& key : schema()) {
    if (key.scope == Key::Scope::chip && enters(key, unused)) {
      text += key.path + "=" + to_text(key.get(platform, unused)) + "\n";
    }
  }
  std::string last;
  std::size_t count = 0;
  const auto flush = [&] {
    if (count > 0) {
      text += fmt::format("tiles {}:\n{}", count, last);
    }
  };
  for (const tile::TileParameters& one : platform.tiles) {
    std::string facts;
    for (const Key& key : schema()) {
      if (key.scope != Key::Scope::chip && enters(key, one)) {
        facts += key.path + "=" + to_text(key.get(platform, one)) + "\n";
      }
    }
    if (facts != last) {
      flush();
      last = std::move(facts);
      count = 0;
    }
    ++count;
  }
  flush();
  return text;
}

std::uint64_t platform_hash(const PlatformParameters& platform) {
  std::uint64_t hash = 0xCBF29CE484222325u;  // FNV-1a 64: draft-eastlake-fnv, section 5
  for (const char c : platform_hash_text(platform)) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x00000100000001B3u;
  }
  return hash == 0 ? 1 : hash;  // 0 means "no platform" in a deployment
}

std::string check(const LoadResult& result) {
  if (!result.ok()) {
    return result.error_text();
  }
  const PlatformParameters& platform = result.platform;
  const std::string notes = notes_on(platform);
  return fmt::format("platform is valid: preset {}, {} x {} tiles, {} keys checked, hash {:016x}\n\n{}{}{}",
                     platform.preset, platform.grid_rows, platform.grid_columns, schema().size(),
                     platform_hash(platform), derived_text(platform), notes.empty() ? "" : "\n", notes);
}

}  // namespace tessera::platform
