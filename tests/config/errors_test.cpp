// SPDX-License-Identifier: Apache-2.0
// Every wrong key and value is refused with its place, what is wrong and what was expected; all of them at once.
#include "platform/config/not_modelled.h"
#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

TEST(Errors, UnknownKeyWithTheNearestKnownOne) {
  EXPECT_THAT(errors("tile:\n  adc:\n    per_tiel: 64\n"),
              ElementsAre("p.yaml:3:5: tile.adc.per_tiel: unknown key; did you mean 'tile.adc.per_tile'?"));
  EXPECT_THAT(errors("tiles:\n  defualt: {}\n"),
              ElementsAre("p.yaml:2:3: tiles.defualt: unknown key; did you mean 'tiles.default'?"));
  EXPECT_THAT(errors("tile.adc.bits: 8\n"), ElementsAre(HasSubstr("a name with a dot in it")));
}

TEST(Errors, WrongTypes) {
  EXPECT_THAT(errors("seed: fast"), ElementsAre("p.yaml:1:7: seed: 'fast' is not a number; expected a whole number, "
                                                "0 .. 18446744073709551615"));
  EXPECT_THAT(errors("seed: 1.5"), ElementsAre(HasSubstr("1.5 is not a whole number")));
  EXPECT_THAT(
      errors("bus: {clock_Hz: 200MHz}"),
      ElementsAre("p.yaml:1:17: bus.clock_Hz: '200MHz' is not a number; expected a number [Hz], 1000 .. 1.0e+10"));
  EXPECT_THAT(errors("bus: {clock_Hz: '2e8'}"), ElementsAre(HasSubstr("in quotes is text")));
  EXPECT_THAT(errors("bus: {clock_Hz: .nan}"), ElementsAre(HasSubstr("'.nan' is not a number")));
  EXPECT_THAT(errors("bus: {clock_Hz: [1]}"), ElementsAre(HasSubstr("a list where a value belongs")));
  EXPECT_THAT(errors("bus: {clock_Hz: }"), ElementsAre(HasSubstr("nothing after the colon")));
  EXPECT_THAT(errors("bus: 3"), ElementsAre(HasSubstr("bus: '3' where a section belongs")));
  EXPECT_THAT(errors("bus: [a]"), ElementsAre(HasSubstr("bus: a list where a section belongs")));
  EXPECT_THAT(errors("vector_unit: {present: yes}"),
              ElementsAre("p.yaml:1:24: vector_unit.present: 'yes'; expected true or false"));
  EXPECT_THAT(errors("bus: {arbitration: random}"), ElementsAre(HasSubstr("expected one of: round_robin")));
  EXPECT_THAT(errors("tile: {adc: {bits: eight}}"), ElementsAre(HasSubstr("expected 'exact' or a whole number [bit]")));
  EXPECT_THAT(errors("tile: {effects: some}"),
              ElementsAre(HasSubstr("expected none, all, or switches: programming_error")));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: 4}}"), ElementsAre(HasSubstr("'4' is not a list")));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: []}}"), ElementsAre(HasSubstr("a list of 0")));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: [1, [2]]}}"), ElementsAre(HasSubstr("a list")));
  EXPECT_THAT(errors("just text"), ElementsAre(HasSubstr("'just text' where a section belongs")));
  EXPECT_THAT(errors("[1, 2]"), ElementsAre(HasSubstr("a list where a section belongs")));
}

TEST(Errors, OutOfRange) {
  EXPECT_THAT(errors("grid: {rows: 0}"), ElementsAre("p.yaml:1:14: grid.rows: 0 is out of range; expected a whole "
                                                     "number, 1 .. 1024"));
  EXPECT_THAT(errors("seed: -1"), ElementsAre(HasSubstr("-1 is out of range")));
  EXPECT_THAT(errors("seed: 18446744073709551616"), ElementsAre(HasSubstr("out of range")));
  EXPECT_THAT(errors("tile: {array_cols: 1023}"), ElementsAre(HasSubstr("1023 is odd")));
  EXPECT_THAT(errors("bus: {data_bits: 96}"), ElementsAre(HasSubstr("96 is not a power of two")));
  EXPECT_THAT(errors("tile: {adc: {bits: 13}}"), ElementsAre(HasSubstr("13 is out of range")));
  EXPECT_THAT(errors("tile: {adc: {bits: 0}}"), ElementsAre(HasSubstr("0 is out of range")));
  EXPECT_THAT(errors("technology: {vdd: 0}"), ElementsAre(HasSubstr("expected a number [V], > 0 .. 10")));
  EXPECT_THAT(errors("tile: {integration: {pga_gains: [1, 0]}}"), ElementsAre(HasSubstr("0 is out of range")));
}

TEST(Errors, EveryKeyRefusesValuesBeyondItsRange) {
  for (const Key& key : schema()) {
    if (key.kind == Key::Kind::boolean || key.kind == Key::Kind::choice || key.path == "seed") continue;
    const bool list = key.kind == Key::Kind::reals;
    for (const double value : {key.low - std::max(1.0, std::abs(key.low)), key.high * 2 + 1}) {
      const std::string number = to_text(value);
      const std::string text = list ? "[" + number + "]" : number;
      EXPECT_THAT(errors("", {key.path + "=" + text}),
                  ElementsAre(AllOf(StartsWith("--set: " + key.path), HasSubstr("range"))))
          << text;
    }
  }
}

TEST(Errors, AllAtOnceInTheOrderOfTheText) {
  EXPECT_THAT(
      errors("grid: {rows: 0}\nbus:\n  data_bits: 96\n  clok_Hz: 1e6\ntile:\n  adc: {bits: 99, enob: 7}\n",
             {"seed=x", "y=1"}),
      ElementsAre(StartsWith("p.yaml:1:14: grid.rows: "), StartsWith("p.yaml:3:14: bus.data_bits: "),
                  StartsWith("p.yaml:4:3: bus.clok_Hz: "), StartsWith("p.yaml:6:15: tile.adc.bits: "),
                  StartsWith("p.yaml:6:19: tile.adc.enob: "), StartsWith("--set: seed: "), StartsWith("--set: y: ")));
}

TEST(Errors, DuplicateKeys) {
  EXPECT_THAT(
      errors("bus:\n  data_bits: 64\n  data_bits: 128\n"),
      ElementsAre("p.yaml:3:3: bus.data_bits: given twice, first at 2:3; expected each key once in its section"));
  EXPECT_THAT(errors("tile: {}\ntiles: {default: {}}\n"), ElementsAre(HasSubstr("the default tile is given twice")));
}

TEST(Errors, BelowAnAliasThePlaceIsTheAlias) {
  EXPECT_THAT(errors("tiles:\n  default:\n    adc: &a {bits: 99}\n  overrides:\n  - {row: 0, col: 0, adc: *a}\n"),
              ElementsAre(StartsWith("p.yaml:3:20: tiles.default.adc.bits: 99"),
                          StartsWith("p.yaml:5:27 (alias of 3:10): tiles.overrides[0].adc.bits: 99")));
}

TEST(Errors, NamesThatAreNoKeysSayWhy) {
  EXPECT_THAT(errors("tile: {adc: {enob: 7.2}}"), ElementsAre(HasSubstr("tile.adc.enob: is computed, not configured")));
  EXPECT_THAT(errors("tile: {cell: {v_bl: 0.5}}"), ElementsAre(HasSubstr("not modelled yet")));
  EXPECT_THAT(errors("tile: {vector_unit: {present: true}}"), ElementsAre(HasSubstr("top-level section vector_unit")));
  for (const NoKey& name : known_non_keys()) {
    EXPECT_EQ(find_key(name.path), nullptr) << name.path;
    EXPECT_THAT(errors("", {std::string(name.path) + "=1"}), ElementsAre(HasSubstr(std::string(name.remark))))
        << name.path;
  }
}

TEST(Errors, Presets) {
  EXPECT_THAT(errors("preset: idael"), ElementsAre("p.yaml:1:9: preset: 'idael' is no preset; did you mean 'ideal'?"));
  EXPECT_THAT(errors("preset: nominal"), ElementsAre(HasSubstr("did you mean 'membrain40_nominal'?")));
  EXPECT_THAT(errors("preset: [a]"), ElementsAre(HasSubstr("expected one of: membrain40_nominal, ideal")));
  EXPECT_THAT(errors("", {"preset=xyzzy"}), ElementsAre(StartsWith("--set: preset: 'xyzzy' is no preset")));
}

TEST(Errors, Settings) {
  EXPECT_THAT(errors("", {"seed"}), ElementsAre(HasSubstr("expected KEY=VALUE")));
  EXPECT_THAT(errors("", {"=1"}), SizeIs(1));
  EXPECT_THAT(errors("", {""}), SizeIs(1));
  EXPECT_THAT(errors("", {"seed="}), ElementsAre(StartsWith("--set: seed: nothing")));
  EXPECT_THAT(errors("", {"seed={"}), ElementsAre(StartsWith("--set: seed: not readable as YAML")));
  EXPECT_THAT(errors("", {"bus=3"}),
              ElementsAre(HasSubstr("a section, not a key; expected one of its keys: data_bits")));
  EXPECT_THAT(errors("", {"tile.adc.bist=6"}),
              ElementsAre("--set: tile.adc.bist: unknown key; did you mean 'tile.adc.bits'?"));
  EXPECT_THAT(errors("", {"buss.data_bits=64"}), ElementsAre("--set: buss: unknown key; did you mean 'bus'?"));
  EXPECT_THAT(errors("", {"tiles[3,0].adc.bits=6"}), ElementsAre(HasSubstr("no tile at row 3, col 0")));
  for (const char* bad :
       {"tiles[0].adc.bits=6", "tiles[0,0]=6", "tiles[a,b].adc.bits=6", "tiles[-1,0].adc.bits=6", "tiles[=1"}) {
    EXPECT_THAT(errors("", {bad}), ElementsAre(HasSubstr("tiles[ROW,COL].KEY"))) << bad;
  }
  EXPECT_THAT(errors("", {"tiles[0,0].bus.data_bits=64"}), SizeIs(1));
}

TEST(Errors, TextOfTheFileCannotFloodTheMessage) {
  const std::string longest(100000, '9');
  for (const std::string& text :
       {"seed: " + longest, longest + ": 1", "bus: {arbitration: " + longest + "}", std::string("seed: \"a\\nb\"")}) {
    const LoadResult result = load(text);
    ASSERT_FALSE(result.ok());
    EXPECT_LT(result.error_text().size(), 1000u);
    EXPECT_EQ(result.errors[0].text().find('\n'), std::string::npos);
  }
}

TEST(Errors, AreCountedBeyondALimit) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "key" + std::to_string(i) + ": 1\n";
  const LoadResult result = load(text);
  EXPECT_EQ(result.errors.size(), Diagnostics::limit);
  EXPECT_EQ(result.more_errors, 1000 - Diagnostics::limit);
  EXPECT_THAT(result.error_text(), HasSubstr("and 800 more errors"));
}

}  // namespace
}  // namespace tessera::platform
