// SPDX-License-Identifier: Apache-2.0
#include "platform/config/schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "platform/config/schema_builder.h"

namespace tessera::platform {

std::string Key::range_text() const {
  switch (kind) {
    case Kind::boolean:
      return "true | false";
    case Kind::choice: {
      std::string text;
      for (const std::string& name : choices) {
        text += (text.empty() ? "" : " | ") + name;
      }
      return text;
    }
    default:
      break;
  }
  std::string text = (above ? "> " : "") + to_text(low) + " .. ";
  text += kind == Kind::real || kind == Kind::reals ? to_text(high) : to_text(Value(static_cast<std::uint64_t>(high)));
  if (path == "seed") {
    text = "0 .. 18446744073709551615";  // no double holds the largest 64-bit number
  }
  if (kind == Kind::whole_or_exact) {
    text = "exact | " + text;
  }
  if (extra == Extra::even) {
    text += ", even";
  }
  if (extra == Extra::power_of_two) {
    text += ", power of two";
  }
  return text;
}

std::string Key::expected_text() const {
  const std::string of_unit = unit.empty() ? "" : " [" + unit + "]";
  switch (kind) {
    case Kind::boolean:
      return "true or false";
    case Kind::choice:
      return "one of: " + range_text();
    case Kind::whole:
      return "a whole number" + of_unit + ", " + range_text();
    case Kind::whole_or_exact:
      return "'exact' or a whole number" + of_unit + ", " + range_text();
    case Kind::real:
      return "a number" + of_unit + ", " + range_text();
    case Kind::reals:
      return fmt::format("a list of {} to {} numbers{}, each {}", shortest, longest, of_unit, range_text());
  }
  return "";
}

namespace {

/// Keys of a section stand together, where its first key was; a YAML file cannot open a section twice.
std::vector<Key> by_section(std::vector<Key> keys, const std::string& section) {
  std::vector<Key> sorted;
  std::vector<std::string> done;
  for (const Key& key : keys) {
    const std::size_t end = key.path.find('.', section.size());
    if (end == std::string::npos) {
      sorted.push_back(key);
      continue;
    }
    const std::string inner = key.path.substr(0, end + 1);
    if (std::find(done.begin(), done.end(), inner) != done.end()) {
      continue;
    }
    done.push_back(inner);
    std::vector<Key> members;
    std::copy_if(keys.begin(), keys.end(), std::back_inserter(members),
                 [&](const Key& other) { return other.path.compare(0, inner.size(), inner) == 0; });
    members = by_section(std::move(members), inner);
    sorted.insert(sorted.end(), members.begin(), members.end());
  }
  return sorted;
}

}  // namespace

const std::vector<Key>& schema() {
  static const std::vector<Key> keys = [] {
    std::vector<Key> made;
    schema_builder::add_chip_keys(made);
    schema_builder::add_tile_keys(made);
    return by_section(std::move(made), "");
  }();
  return keys;
}

const Key* find_key(std::string_view path) {
  static const std::map<std::string_view, const Key*> index = [] {
    std::map<std::string_view, const Key*> made;
    for (const Key& key : schema()) {
      made.emplace(key.path, &key);
    }
    return made;
  }();
  const auto found = index.find(path);
  return found == index.end() ? nullptr : found->second;
}

bool is_section(std::string_view path) {
  return std::any_of(schema().begin(), schema().end(), [&](const Key& key) {
    return key.path.size() > path.size() && key.path.compare(0, path.size(), path) == 0 && key.path[path.size()] == '.';
  });
}

std::vector<std::string> names_in(std::string_view section) {
  std::vector<std::string> names;
  const std::string prefix = section.empty() ? "" : std::string(section) + ".";
  for (const Key& key : schema()) {
    if (key.path.compare(0, prefix.size(), prefix) != 0) {
      continue;
    }
    const std::size_t end = key.path.find('.', prefix.size());
    const std::string name = key.path.substr(prefix.size(), end == std::string::npos ? end : end - prefix.size());
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

std::string tile_text(const tile::TileParameters& one) {
  static const PlatformParameters chip;
  std::string text;
  for (const Key& key : schema()) {
    if (key.scope != Key::Scope::chip) {
      text += key.path + "=" + to_text(key.get(chip, one)) + "\n";
    }
  }
  return text;
}

const tile::TileParameters& typical_tile(const PlatformParameters& platform) {
  static const tile::TileParameters nominal;
  std::map<std::string, std::pair<std::size_t, std::size_t>> kinds;  // text -> how many, first position
  for (std::size_t i = 0; i < platform.tiles.size(); ++i) {
    ++kinds.emplace(tile_text(platform.tiles[i]), std::pair{std::size_t{0}, i}).first->second.first;
  }
  std::size_t best = platform.tiles.size();
  std::size_t most = 0;
  for (const auto& [text, kind] : kinds) {
    if (kind.first > most || (kind.first == most && kind.second < best)) {
      most = kind.first;
      best = kind.second;
    }
  }
  return most == 0 ? nominal : platform.tiles[best];
}

double schema_builder::without_offset(double field, double offset) {
  const double difference = field - offset;
  for (int digits = 1; digits < 17; ++digits) {
    const double candidate = parse_real(fmt::format("{:.{}g}", difference, digits)).value_or(difference);
    if (candidate + offset == field) {
      return candidate;
    }
  }
  return difference;
}

}  // namespace tessera::platform
