// SPDX-License-Identifier: Apache-2.0
// waves.vcd read by a small parser of its own, against the intervals that were told.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <sstream>
#include <vector>

#include "tests/traces/record_run.h"
#include "traces/vcd_sink.h"

namespace tessera::traces {
namespace {

using testing::contents;
using testing::record_run;
using testing::TemporaryFolder;
using testing::us;

struct Wave {
  std::vector<std::pair<std::uint64_t, bool>> changes;  ///< from the initial value on
  [[nodiscard]] bool at(std::uint64_t time) const {
    bool value = false;
    for (const auto& [when, to] : changes) {
      if (when <= time) {
        value = to;
      }
    }
    return value;
  }
};

struct Vcd {
  std::map<std::string, Wave> waves;  ///< "chip.tile_0_1_.busy"
  std::uint64_t last_time = 0;
};

Vcd parse(const std::string& text) {
  Vcd vcd;
  std::map<std::string, std::string> names;  // by identifier
  std::vector<std::string> scope;
  std::istringstream in(text);
  std::string word;
  bool declared = false;
  std::uint64_t now = 0;
  while (in >> word) {
    if (word == "$scope") {
      std::string kind, name, end;
      in >> kind >> name >> end;
      EXPECT_EQ(kind, "module");
      EXPECT_EQ(end, "$end");
      scope.push_back(name);
    } else if (word == "$upscope") {
      in >> word;
      scope.pop_back();
    } else if (word == "$var") {
      std::string kind, width, id, name, end;
      in >> kind >> width >> id >> name >> end;
      EXPECT_EQ(width, "1");
      EXPECT_EQ(end, "$end");
      std::string path;
      for (const std::string& s : scope) {
        path += s + ".";
      }
      EXPECT_TRUE(names.emplace(id, path + name).second) << "identifier " << id << " twice";
      EXPECT_TRUE(vcd.waves.emplace(path + name, Wave{}).second) << path << name << " twice";
    } else if (word == "$timescale") {
      std::string number, unit;
      in >> number >> unit >> word;
      EXPECT_EQ(number + unit, "1ps");
    } else if (word == "$enddefinitions") {
      declared = true;
      EXPECT_TRUE(scope.empty());
      in >> word;
    } else if (word[0] == '#') {
      EXPECT_TRUE(declared);
      const std::uint64_t time = std::stoull(word.substr(1));
      EXPECT_TRUE(time > now || time == 0) << "time goes back";
      now = time;
    } else if (word[0] == '0' || word[0] == '1') {
      const std::string& name = names.at(word.substr(1));
      Wave& wave = vcd.waves.at(name);
      const bool value = word[0] == '1';
      EXPECT_TRUE(wave.changes.empty() || wave.changes.back().second != value) << name << " changes to what it is";
      wave.changes.emplace_back(now, value);
    } else if (word == "$version") {
      while (in >> word && word != "$end") {
      }
    } else {
      EXPECT_TRUE(word == "$dumpvars" || word == "$end") << word;
    }
  }
  vcd.last_time = now;
  return vcd;
}

TEST(Vcd, ShowsWhenUnitsWereBusy) {
  const TemporaryFolder folder;
  record_run(folder.path(), 2);
  const Vcd vcd = parse(contents(folder / "waves.vcd"));
  const Wave& tile = vcd.waves.at("chip.tile_0_1_.busy");
  EXPECT_EQ(tile.changes, (std::vector<std::pair<std::uint64_t, bool>>{
                              {0, false}, {8 * us, true}, {16 * us, false}, {28 * us, true}, {36 * us, false}}));
  const Wave& inference = vcd.waves.at("chip.inference.busy");
  EXPECT_FALSE(inference.at(0));
  EXPECT_TRUE(inference.at(us));
  EXPECT_FALSE(inference.at(17 * us));
  const Wave& cpu = vcd.waves.at("chip.cpu.busy");
  EXPECT_TRUE(cpu.at(8 * us));
  EXPECT_FALSE(cpu.at(18 * us)) << "asleep is not busy";
  EXPECT_EQ(vcd.waves.at("chip.dma_0_.busy").changes.size(), 1U);
  EXPECT_EQ(vcd.last_time, 40 * us);
}

TEST(Vcd, SortsWhatComesInAnyOrderInBoundedMemory) {
  const std::uint32_t seed = 77;
  SCOPED_TRACE(seed);
  std::mt19937 generator(seed);
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  constexpr std::uint32_t length = 2000;
  constexpr std::uint32_t lanes = 120;  // identifiers of one and of two characters
  const TemporaryFolder folder;
  std::vector<std::vector<int>> depth(lanes, std::vector<int>(length, 0));
  Recorder recorder;
  recorder.add_sink(std::make_unique<VcdSink>(folder / "w.vcd", 64));  // many runs to merge
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    static_cast<void>(recorder.add_lane("unit " + std::to_string(lane) + ".part"));
  }
  for (int i = 0; i < 3000; ++i) {
    const std::uint32_t lane = random() % lanes;
    const std::uint32_t begin = random() % (length - 50);
    const std::uint32_t end = begin + random() % 50;
    recorder.span(lane, "x", 0, begin, end);
    for (std::uint32_t t = begin; t < end; ++t) {
      ++depth[lane][t];
    }
  }
  recorder.close(length);
  const Vcd vcd = parse(contents(folder / "w.vcd"));
  ASSERT_EQ(vcd.waves.size(), lanes + 1);
  for (std::size_t lane = 0; lane < lanes; ++lane) {
    const Wave& wave = vcd.waves.at("chip.unit_" + std::to_string(lane) + ".part.busy");
    for (std::uint64_t t = 0; t < length; t += 7) {
      ASSERT_EQ(wave.at(t), depth[lane][t] > 0) << "lane " << lane << " at " << t;
    }
  }
}

TEST(Vcd, TwoLanesOfOneNameAreTwoSignals) {
  const TemporaryFolder folder;
  Recorder recorder;
  recorder.add_sink(std::make_unique<VcdSink>(folder / "w.vcd"));
  const auto a = recorder.add_lane("a[0]");
  static_cast<void>(recorder.add_lane("a.0."));
  static_cast<void>(recorder.add_lane("a_0_"));
  recorder.span(a, "x", 0, 1, 2);
  recorder.close(3);
  EXPECT_EQ(parse(contents(folder / "w.vcd")).waves.size(), 4U);
}

}  // namespace
}  // namespace tessera::traces
