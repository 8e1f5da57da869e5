// SPDX-License-Identifier: Apache-2.0
#include "platform/config/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <tuple>

#include "platform/config/presets.h"
#include "platform/config/rules.h"
#include "platform/config/walker.h"

namespace tessera::platform {
namespace {

constexpr std::uint64_t most_tiles = 1024;  // the memory map has room for so many register windows

Collected collect_preset(const Preset& preset, Diagnostics& diagnostics) {
  Collected collected;
  Origin origin;
  origin.source = preset.name;
  Walker(diagnostics, collected).walk_file(parse_yaml(preset.yaml, origin, diagnostics), origin);
  return collected;
}

class Resolver {
 public:
  Resolver(Diagnostics& diagnostics, LoadResult& result) : diagnostics_(diagnostics), result_(result) {}

  /// Sources in rising precedence.
  void resolve(const std::vector<const Collected*>& sources) {
    for (const Collected* source : sources) {
      assign(source->assignments, default_tile_, "", nullptr);
      failed_.insert(source->failed.begin(), source->failed.end());
    }
    if (!build_grid()) {
      return;
    }
    for (const Collected* source : sources) {
      for (const PositionOverride& one : source->positions) {
        override_position(one);
      }
    }
    const Rules rules(diagnostics_, result_, failed_);
    rules.check_chip();
    rules.check_default_tile(default_tile_);
    for (const Position& position : positions_) {
      rules.check_position(position);
    }
  }

 private:
  /// `mux_ratio` and `per_tile` say the same in two ways: the later source wins; in one source they must agree.
  void assign(const std::vector<Assignment>& assignments, tile::TileParameters& one, const std::string& prefix,
              const Position* position) {
    const Assignment* mux = nullptr;
    const Assignment* converters = nullptr;
    for (const Assignment& each : assignments) {
      const bool of_tile = each.key->scope == Key::Scope::tile;
      result_.origins[of_tile && position != nullptr ? prefix + each.key->path.substr(5) : each.key->path] =
          each.origin;
      if (each.key->path == "tile.adc.per_tile") {
        converters = &each;
      }
      if (each.key->path == "tile.adc.mux_ratio") {
        mux = &each;
      } else {
        each.key->set(result_.platform, one, each.value);
      }
    }
    if (mux == nullptr) {
      return;
    }
    if (converters == nullptr) {
      mux->key->set(result_.platform, one, mux->value);
      return;
    }
    const Value fits = mux->key->get(result_.platform, one);
    if (fits == mux->value || failed_.count("tile.array_cols") != 0) {
      return;
    }
    diagnostics_.add({mux->origin, mux->shown,
                      fmt::format("{} does not fit {} {} on {} converters", to_text(mux->value),
                                  one.array.conversions(one.array.outputs()),
                                  one.array.single_columns() ? "columns" : "column pairs", one.array.adc.per_tile),
                      to_text(fits) + ", or one of the two keys alone"});
  }

  bool build_grid() {
    PlatformParameters& chip = result_.platform;
    const std::uint64_t tiles = std::uint64_t{chip.grid_rows} * chip.grid_columns;
    if (tiles > most_tiles) {
      const auto row = result_.origins.find("grid.rows");
      const auto column = result_.origins.find("grid.cols");
      diagnostics_.add({(column != result_.origins.end() ? column : row)->second, "grid",
                        fmt::format("{} x {} are {} tiles", chip.grid_rows, chip.grid_columns, tiles),
                        fmt::format("at most {}", most_tiles)});
      return false;
    }
    chip.tiles.assign(tiles, default_tile_);
    return true;
  }

  void override_position(const PositionOverride& one) {
    PlatformParameters& chip = result_.platform;
    const auto [row, column] = one.position;
    if (row >= chip.grid_rows || column >= chip.grid_columns) {
      if (failed_.count("grid.rows") + failed_.count("grid.cols") == 0) {
        diagnostics_.add({one.origin, one.shown, fmt::format("no tile at row {}, col {}", row, column),
                          fmt::format("rows 0 .. {}, cols 0 .. {}", chip.grid_rows - 1, chip.grid_columns - 1)});
      }
      return;
    }
    const std::string prefix = fmt::format("tiles[{},{}].", row, column);
    assign(one.assignments, chip.tiles[std::size_t{row} * chip.grid_columns + column], prefix, &one.position);
    if (std::find(positions_.begin(), positions_.end(), one.position) == positions_.end()) {
      positions_.push_back(one.position);
    }
  }

  Diagnostics& diagnostics_;
  LoadResult& result_;
  tile::TileParameters default_tile_;
  std::set<std::string> failed_;
  std::vector<Position> positions_;
};

LoadResult load(std::string_view text, const std::string& name, const std::vector<std::string>& settings,
                std::string_view preset_name) {
  LoadResult result;
  Diagnostics diagnostics;
  Collected file;
  Origin origin;
  origin.kind = Origin::Kind::file;
  origin.source = name;
  const YamlUse root = parse_yaml(text, origin, diagnostics);
  const bool readable = root.node != nullptr;
  Walker(diagnostics, file).walk_file(root, origin);
  Collected line;
  Walker line_walker(diagnostics, line);
  for (const std::string& setting : settings) {
    line_walker.walk_setting(setting);
  }
  // The rules would judge a platform that nobody described if the text could not be read.
  if (readable) {
    result.platform.preset = line.preset.value_or(file.preset.value_or(std::string(preset_name)));
    if (file.preset) {
      result.origins["preset"] = file.preset_origin;
    }
    if (line.preset) {
      result.origins["preset"] = line.preset_origin;
    }
    const Collected preset = collect_preset(*find_preset(result.platform.preset), diagnostics);
    Resolver(diagnostics, result).resolve({&preset, &file, &line});
  }
  result.errors = diagnostics.list();
  std::stable_sort(result.errors.begin(), result.errors.end(), [](const Diagnostic& a, const Diagnostic& b) {
    return std::tuple(a.origin.kind, a.origin.line, a.origin.column) <
           std::tuple(b.origin.kind, b.origin.line, b.origin.column);
  });
  result.more_errors = diagnostics.suppressed();
  return result;
}

LoadResult refused(const std::string& file, const std::string& problem, const std::string& expected) {
  LoadResult result;
  Diagnostic diagnostic;
  diagnostic.origin.kind = Origin::Kind::file;
  diagnostic.origin.source = file;
  diagnostic.problem = problem;
  diagnostic.expected = expected;
  result.errors.push_back(diagnostic);
  return result;
}

}  // namespace

std::string LoadResult::error_text() const {
  std::string text;
  for (const Diagnostic& error : errors) {
    text += error.text() + "\n";
  }
  if (more_errors > 0) {
    text += fmt::format("and {} more errors\n", more_errors);
  }
  return text;
}

LoadResult load_platform_text(std::string_view text, const std::string& name,
                              const std::vector<std::string>& settings) {
  return load(text, name, settings, default_preset);
}

LoadResult load_platform(const std::string& file, const std::vector<std::string>& settings) {
  if (file.empty()) {
    return load("", "", settings, default_preset);
  }
  if (find_preset(file) != nullptr) {
    return load("", file, settings, file);
  }
  const std::string expected = "a platform file in YAML, or the name of a preset";
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(file, error);
  if (!std::filesystem::exists(status)) {
    return refused(file, "no such file or preset", expected);
  }
  // Devices and pipes may never end.
  if (!std::filesystem::is_regular_file(status)) {
    return refused(file, "not a regular file", expected);
  }
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > yaml_size_limit) {
    return refused(file, fmt::format("{} bytes are too many for a platform file", size),
                   fmt::format("at most {} bytes of YAML", yaml_size_limit));
  }
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return refused(file, std::string("cannot be opened: ") + std::strerror(errno), expected);
  }
  std::string text(yaml_size_limit + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) {
    return refused(file, "cannot be read", expected);
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  return load(text, file, settings, default_preset);
}

}  // namespace tessera::platform
