// SPDX-License-Identifier: Apache-2.0
// Damaged platform files and settings: refused with a place or loaded, never a crash or a hang.
#include <random>

#include "models/analog/parameter_check.h"
#include "platform/config/presets.h"
#include "platform/config/report.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

constexpr std::uint64_t seed = 424242;

const std::vector<std::string>& corpus() {
  static const std::vector<std::string> texts = [] {
    std::vector<std::string> made = {
        show(good("preset: vendor_target", {"tiles[1,2].adc.bits=6"})),
        "preset: ideal\ngrid: {rows: 2, cols: 2}\ntiles:\n  default: &t {adc: {bits: exact}}\n  overrides:\n"
        "    - {row: 0, col: 1, effects: none}\n    - row: 1\n      col: 1\n      integration: {pga_gains: [1, 2]}\n",
        "seed: 0x10\ntile:\n  effects: {read_noise: false}\n  adc: {per_tile: 32, mux_ratio: 16} # comment\n",
        "a: &x {b: *x}\n? [c, d]\n: >\n  folded\n  text\n--- |\n e\n",
    };
    for (const Preset& preset : presets()) made.push_back(preset.yaml);
    return made;
  }();
  return texts;
}

std::string damage(std::string text, std::mt19937_64& random) {
  static const std::vector<std::string> pieces = {":",
                                                  ": ",
                                                  "- ",
                                                  "\n",
                                                  "  ",
                                                  "[",
                                                  "]",
                                                  "{",
                                                  "}",
                                                  "&a ",
                                                  "*a",
                                                  "!!x ",
                                                  "\"",
                                                  "'",
                                                  "#",
                                                  "|",
                                                  ">",
                                                  "?",
                                                  "<<: ",
                                                  "---\n",
                                                  "...\n",
                                                  "%YAML 1.2\n",
                                                  "\t",
                                                  "0",
                                                  "-1",
                                                  "1e999",
                                                  ".nan",
                                                  "\xC3",
                                                  "\xF0\x9F\x98\x80",
                                                  std::string(1, '\0'),
                                                  "tile:",
                                                  "exact",
                                                  "none",
                                                  ","};
  const auto below = [&](std::size_t limit) {
    return static_cast<std::size_t>(random() % std::max<std::size_t>(limit, 1));
  };
  const std::size_t slips = 1 + below(4);
  for (std::size_t i = 0; i < slips; ++i) {
    const std::size_t at = below(text.size() + 1);
    switch (random() % 6) {
      case 0:
        text.insert(at, pieces[below(pieces.size())]);
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        if (at < text.size()) text[at] = static_cast<char>(random());
        break;
      case 3:
        text.resize(at);
        break;
      case 4:
        text.insert(at, text.substr(below(text.size()), below(60)));
        break;
      default: {
        const std::string& other = corpus()[below(corpus().size())];
        text.insert(at, other.substr(below(other.size() + 1), below(80)));
      }
    }
  }
  return text;
}

void judge(const LoadResult& result, const std::string& text, const std::string& remark, bool round_trip = true) {
  const auto lines = static_cast<int>(std::count(text.begin(), text.end(), '\n')) + 1;
  for (const Diagnostic& one : result.errors) {
    ASSERT_FALSE(one.problem.empty()) << remark;
    if (one.origin.kind == Origin::Kind::file) {
      ASSERT_GE(one.origin.line, 0) << remark;
      ASSERT_LE(one.origin.line, lines + 1) << remark << one.text();
      ASSERT_GE(one.origin.column, one.origin.line > 0 ? 1 : 0) << remark << one.text();
    }
  }
  if (!result.ok()) return;
  ASSERT_FALSE(result.platform.tiles.empty()) << remark;
  for (const tile::TileParameters& one : result.platform.tiles) ASSERT_NO_THROW(analog::check(one.array)) << remark;
  if (!round_trip) return;
  ASSERT_EQ(everything(good(show(result.platform))), everything(result.platform)) << remark;
}

TEST(Fuzz, DamagedFiles) {
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  int loaded = 0;
  constexpr int rounds = 12000;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = damage(corpus()[random() % corpus().size()], random);
    const LoadResult result = load(text);
    loaded += result.ok() ? 1 : 0;
    judge(result, text, "seed " + std::to_string(seed) + ", round " + std::to_string(round) + "\n" + text + "\n");
    if (HasFatalFailure()) return;
  }
  // Both ways must be taken, or the damage is too small or too large to test anything.
  EXPECT_GT(loaded, rounds / 50);
  EXPECT_GT(rounds - loaded, rounds / 4);
}

TEST(Fuzz, DamagedSettings) {
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  const std::vector<std::string> settings = {"tile.adc.bits=6", "tiles[1,2].integration.pga_gains=[1, 2, 4]",
                                             "seed=0x77",       "tile.effects=none",
                                             "preset=ideal",    "tiles.default.array_rows=512"};
  for (int round = 0; round < 5000; ++round) {
    const std::string setting = damage(settings[random() % settings.size()], random);
    judge(load("", {setting}), "",
          "seed " + std::to_string(seed) + ", round " + std::to_string(round) + ": " + setting);
    if (HasFatalFailure()) return;
  }
}

TEST(Fuzz, EveryPrefixOfAFile) {
  const std::string text = show(good("", {"tiles[2,3].adc.bits=6"}));
  for (std::size_t length = 0; length <= text.size(); ++length) {
    judge(load(text.substr(0, length)), text, "prefix of " + std::to_string(length) + " bytes", false);
    if (HasFatalFailure()) return;
  }
}

TEST(Fuzz, HostileShapes) {
  std::string bomb = "a0: &a0 {k: 1}\n";
  for (int i = 1; i < 40; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + ", " + last + ", " + last + "]\n";
  }
  std::string overrides = "tiles:\n  overrides:\n  - &o {row: 0, col: 0, adc: {bits: 99}}\n";
  for (int i = 0; i < 20000; ++i) overrides += "  - *o\n";
  std::string wide;
  for (int i = 0; i < 50000; ++i) wide += "k" + std::to_string(i) + ": {\n}\n";
  for (const std::string& text :
       {bomb, overrides, wide, std::string(500000, '['), std::string(500000, '-'), std::string(500000, '\n'),
        std::string(500000, ' ') + "x", "a: \"" + std::string(500000, '\\'), std::string(500000, ':'),
        std::string(250000, '?') + ":", std::string(500000, '&'), "seed: " + std::string(500000, '1'),
        "a: |\n" + std::string(500000, 'b')}) {
    const LoadResult result = load(text);
    judge(result, text, "hostile text that begins " + text.substr(0, 20));
    EXPECT_LE(result.errors.size(), Diagnostics::limit);
  }
}

}  // namespace
}  // namespace tessera::platform
