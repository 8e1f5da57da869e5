// SPDX-License-Identifier: Apache-2.0
#include "platform/world/fault_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "platform/world/script_line.h"

namespace tessera::platform {
namespace {

constexpr std::array<std::array<std::string_view, 4>, 5> kinds = {{{"stuck_cell", "row", "column", "level"},
                                                                   {"stuck_column", "column", "level", ""},
                                                                   {"dead_row", "row", "", ""},
                                                                   {"adc_offset", "converter", "lsb", ""},
                                                                   {"adc_stuck", "converter", "code", ""}}};

std::string usage(const std::array<std::string_view, 4>& kind) {
  std::string text = fmt::format("tile N {}", kind[0]);
  for (std::size_t i = 1; i < kind.size() && !kind[i].empty(); ++i) {
    text += fmt::format(" {} N", kind[i]);
  }
  return text;
}

class FaultReader {
 public:
  FaultReader(const std::filesystem::path& file, const PlatformParameters& platform)
      : file_(file), platform_(platform) {}

  void add(const ScriptLine& line) {
    const std::vector<Word>& words = line.words;
    if (words.size() < 3 || words[0].text != "tile") {
      script_error(file_, line.number, words[0].column,
                   "expected `tile N KIND ...`, such as `tile 3 stuck_column column 9 level 0`");
    }
    tile_ = static_cast<std::uint32_t>(script_number(file_, line, words[1], "tile", platform_.tile_count() - 1));
    const tile::TileParameters& one = platform_.tiles.at(tile_);
    if (one.kind == tile::TileParameters::Kind::digital) {
      script_error(file_, line.number, words[1].column,
                   fmt::format("tile {} is digital; expected one with an analog array", tile_));
    }
    const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k[0] == words[2].text; });
    if (kind == kinds.end()) {
      script_error(file_, line.number, words[2].column,
                   fmt::format("'{}' is no kind of fault; expected stuck_cell, stuck_column, dead_row, adc_offset or "
                               "adc_stuck",
                               words[2].text));
    }
    values_ = {};
    std::size_t next = 3;
    for (std::size_t i = 1; i < kind->size() && !(*kind)[i].empty(); ++i, next += 2) {
      if (words.size() < next + 2 || words[next].text != (*kind)[i]) {
        const Word& at = words[std::min(next, words.size() - 1)];
        script_error(file_, line.number, at.column, fmt::format("expected `{}`", usage(*kind)));
      }
      values_.at(i - 1) = value(line, words[next + 1], (*kind)[i], one);
    }
    if (words.size() > next) {
      script_error(file_, line.number, words[next].column,
                   fmt::format("'{}' is too much; expected `{}`", words[next].text, usage(*kind)));
    }
    put((*kind)[0]);
  }

  TileFaults faults;

 private:
  std::int64_t value(const ScriptLine& line, const Word& word, std::string_view name,
                     const tile::TileParameters& one) const {
    if (name == "lsb" || name == "code") {
      const std::int64_t most = one.array.adc.bits == 0 ? 1 << 30 : std::int64_t{1} << (one.array.adc.bits - 1);
      std::int64_t number = 0;
      const char* last = word.text.data() + word.text.size();
      const auto [end, error] = std::from_chars(word.text.data(), last, number);
      if (error != std::errc() || end != last || number < -most || number > most - (name == "code" ? 1 : 0)) {
        script_error(file_, line.number, word.column,
                     fmt::format("{}: '{}'; expected a whole number, {} .. {}", name, word.text, -most,
                                 most - (name == "code" ? 1 : 0)));
      }
      return number;
    }
    const std::size_t most = name == "row"      ? one.array.rows - 1
                             : name == "column" ? one.array.columns - 1
                             : name == "level"  ? static_cast<std::size_t>(one.array.max_level())
                                                : one.array.adc.per_tile - 1;
    return static_cast<std::int64_t>(script_number(file_, line, word, std::string(name), most));
  }

  void put(std::string_view kind) {
    analog::InjectedFaults& tile = faults[tile_];
    const auto at = [this](std::size_t i) { return static_cast<std::uint32_t>(values_.at(i)); };
    if (kind == "stuck_cell") {
      tile.cells[{at(0), at(1)}] = static_cast<std::uint8_t>(at(2));
    } else if (kind == "stuck_column") {
      tile.columns[at(0)] = static_cast<std::uint8_t>(at(1));
    } else if (kind == "dead_row") {
      tile.dead_rows.insert(at(0));
    } else if (kind == "adc_offset") {
      tile.converters[at(0)].offset = static_cast<std::int32_t>(values_[1]);
    } else {
      tile.converters[at(0)].stuck = static_cast<std::int32_t>(values_[1]);
    }
  }

  const std::filesystem::path& file_;
  const PlatformParameters& platform_;
  std::uint32_t tile_ = 0;
  std::array<std::int64_t, 3> values_{};
};

}  // namespace

TileFaults load_fault_script(const std::filesystem::path& file, const PlatformParameters& platform) {
  const std::string text = script_text(file);
  FaultReader reader(file, platform);
  for (const ScriptLine& line : script_lines(text)) {
    reader.add(line);
  }
  return std::move(reader.faults);
}

}  // namespace tessera::platform
