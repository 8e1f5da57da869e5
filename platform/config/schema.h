// SPDX-License-Identifier: Apache-2.0
// Every configuration key, declared once: name, type, unit, range, source, and the parameter it stands for.
// Files, presets, --set, `config --explain`, `config --show`, docs/configuration.md and the platform hash all follow
// this table.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "platform/config/value.h"

namespace tessera::platform {

struct Key {
  enum class Kind { boolean, whole, whole_or_exact, real, choice, reals };
  /// chip: one value. tile: a value a tile, changeable by position. all_tiles: one value that every tile holds.
  enum class Scope { chip, tile, all_tiles };
  enum class Extra { none, even, power_of_two };
  /// Does a compiled network depend on it? Then it enters the platform hash: always, or, for keys that came later, when
  /// it is not at its default, so that deployments made before keep their platform.
  enum class Compiler { ignores, depends, departs };

  std::string path;  ///< dotted; keys of a tile start with "tile."
  Kind kind = Kind::real;
  Scope scope = Scope::chip;
  std::string unit;  ///< SI; empty for counts, ratios and names
  double low = 0;    ///< smallest allowed value, or the largest not allowed if `above`
  double high = 0;   ///< largest allowed value
  bool above = false;
  std::size_t shortest = 1, longest = 16;  ///< of a list
  Extra extra = Extra::none;
  std::vector<std::string> choices;
  double offset = 0;  ///< parameter = value + offset (temperatures)
  Compiler compiler = Compiler::ignores;
  std::string source;
  char confidence = 'L';  ///< H primary source, M secondary or derived, L assumption, - no number
  std::string description;

  std::function<Value(const PlatformParameters&, const tile::TileParameters&)> get;
  std::function<void(PlatformParameters&, tile::TileParameters&, const Value&)> set;

  /// Such as "1 .. 8192, even", "> 0 .. 0.001", "tile | row".
  [[nodiscard]] std::string range_text() const;
  /// Such as "a whole number of bytes, 1 .. 65536".
  [[nodiscard]] std::string expected_text() const;
};

/// All keys in the order of documentation; a section's keys stand together.
[[nodiscard]] const std::vector<Key>& schema();
/// The key with this path, or nullptr.
[[nodiscard]] const Key* find_key(std::string_view path);
/// True if keys stand below this path, as for "tile.adc".
[[nodiscard]] bool is_section(std::string_view path);
/// Names directly below a section ("" for the top level): keys and sections, each once, in order.
[[nodiscard]] std::vector<std::string> names_in(std::string_view section);

/// The tile that stands for a platform: the most frequent one, the first of them in row-major order; nominal if none.
[[nodiscard]] const tile::TileParameters& typical_tile(const PlatformParameters& platform);
/// All keys of one tile as `path=value` lines: equal for equal tiles only.
[[nodiscard]] std::string tile_text(const tile::TileParameters& one);

}  // namespace tessera::platform
