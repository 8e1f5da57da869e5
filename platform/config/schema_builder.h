// SPDX-License-Identifier: Apache-2.0
// How a row of the key table binds to the field of a parameter struct. Only the files that hold the table use it.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "platform/config/schema.h"

namespace tessera::platform::schema_builder {

/// Where a number comes from, how sure it is, and what it means.
struct About {
  const char* source;
  char confidence;
  const char* description;
};

/// The number with the fewest digits that gives exactly `field` when `offset` is added.
[[nodiscard]] double without_offset(double field, double offset);

template <typename Field>
Value load(const Field& field, const Key& key) {
  if constexpr (std::is_enum_v<Field>) {
    return key.choices.at(static_cast<std::size_t>(field));
  } else if constexpr (std::is_integral_v<Field> && !std::is_same_v<Field, bool>) {
    if (key.kind == Key::Kind::whole_or_exact && field == 0) {
      return std::string("exact");
    }
    return static_cast<std::uint64_t>(field);
  } else if constexpr (std::is_floating_point_v<Field>) {
    return key.offset == 0 ? field : without_offset(field, key.offset);
  } else {
    return field;  // switches and lists are held as they are
  }
}

template <typename Field>
void store(Field& field, const Key& key, const Value& value) {
  if constexpr (std::is_same_v<Field, bool>) {
    field = std::get<bool>(value);
  } else if constexpr (std::is_enum_v<Field>) {
    const std::string& name = std::get<std::string>(value);
    for (std::size_t i = 0; i < key.choices.size(); ++i) {
      if (key.choices[i] == name) {
        field = static_cast<Field>(i);
      }
    }
  } else if constexpr (std::is_integral_v<Field>) {
    const std::uint64_t* number = std::get_if<std::uint64_t>(&value);
    field = number == nullptr ? Field{0} : static_cast<Field>(*number);
  } else if constexpr (std::is_floating_point_v<Field>) {
    field = std::get<double>(value) + key.offset;
  } else {
    field = std::get<std::vector<double>>(value);
  }
}

/// @param field  captureless generic lambda (chip, tile) -> reference to the field, for const and other arguments
template <typename FieldOf>
Key bind(Key key, FieldOf field, const About& about) {
  key.source = about.source;
  key.confidence = about.confidence;
  key.description = about.description;
  Key facts;  // what the accessors need of the key, without the accessors
  facts.kind = key.kind;
  facts.choices = key.choices;
  facts.offset = key.offset;
  key.get = [facts, field](const PlatformParameters& chip, const tile::TileParameters& one) {
    return load(field(chip, one), facts);
  };
  key.set = [facts, field](PlatformParameters& chip, tile::TileParameters& one, const Value& value) {
    store(field(chip, one), facts, value);
  };
  return key;
}

inline Key::Scope scope_of(const std::string& path) {
  return path.rfind("tile.", 0) == 0 ? Key::Scope::tile : Key::Scope::chip;
}

inline Key key(std::string path, Key::Kind kind, std::string unit) {
  Key made;
  made.scope = scope_of(path);
  made.path = std::move(path);
  made.kind = kind;
  made.unit = std::move(unit);
  return made;
}
inline Key whole(std::string path, std::string unit, double low, double high) {
  Key made = key(std::move(path), Key::Kind::whole, std::move(unit));
  made.low = low;
  made.high = high;
  return made;
}
inline Key real(std::string path, std::string unit, double low, double high) {
  Key made = key(std::move(path), Key::Kind::real, std::move(unit));
  made.low = low;
  made.high = high;
  return made;
}
/// A real number above zero.
inline Key positive(std::string path, std::string unit, double high) {
  Key made = real(std::move(path), std::move(unit), 0, high);
  made.above = true;
  return made;
}
inline Key boolean(std::string path) {
  return key(std::move(path), Key::Kind::boolean, "");
}
inline Key choice(std::string path, std::vector<std::string> choices) {
  Key made = key(std::move(path), Key::Kind::choice, "");
  made.choices = std::move(choices);
  return made;
}
inline Key with(Key made, Key::Extra extra) {
  made.extra = extra;
  return made;
}
/// Marks a key that a compiled network depends on.
inline Key compiled(Key made) {
  made.compiler = Key::Compiler::depends;
  return made;
}

/// Likewise, where it differs from its default.
inline Key compiled_later(Key made) {
  made.compiler = Key::Compiler::departs;
  return made;
}

void add_tile_keys(std::vector<Key>& keys);
void add_programming_keys(std::vector<Key>& keys);
void add_chip_keys(std::vector<Key>& keys);
void add_area_keys(std::vector<Key>& keys);

}  // namespace tessera::platform::schema_builder
