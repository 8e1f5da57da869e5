// SPDX-License-Identifier: Apache-2.0
// Windows, multicast and kept outputs through the real command: what they save is arithmetic, and no output changes.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <sstream>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

std::uint64_t moved(const nlohmann::json& one, const char* use) {
  return one["bus_bytes"]["moved"][use].get<std::uint64_t>();
}
std::uint64_t saved(const nlohmann::json& one, const char* reason) {
  return one["bus_bytes"]["saved"][reason].get<std::uint64_t>();
}

class Reuse : public ::testing::TestWithParam<const char*> {
 protected:
  nlohmann::json networks(const std::string& arguments) {
    const auto folder = scratch_ / "reuse";
    const Finished finished =
        tessera(fmt::format("reuse {} --set timing={} -o {}", arguments, GetParam(), folder.string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    EXPECT_NE(contents(folder / "reuse.svg").find("</svg>"), std::string::npos);
    EXPECT_NE(contents(folder / "reuse.txt").find("not moved: window"), std::string::npos);
    return json(folder / "reuse.json")["networks"];
  }
  Scratch scratch_;
};

// Whatever the tiles do not move is told as saved, byte by byte, and everything else of the bus stays as it was.
TEST_P(Reuse, EveryCombinationGivesTheSameBytesAndTheSavingsAreExact) {
  const auto found =
      networks(fmt::format("--all -n 2 {} --dense 900-1100-10", TESSERA_SOURCE_DIR "/sw/examples/fashion/lenet.onnx"));
  ASSERT_EQ(found.size(), 2U);
  for (const auto& network : found) {
    SCOPED_TRACE(network["network"].get<std::string>());
    const auto& cases = network["cases"];
    ASSERT_EQ(cases.size(), 8U);
    const auto& base = cases[0];
    EXPECT_EQ(saved(base, "window") + saved(base, "multicast") + saved(base, "kept"), 0U);
    for (const auto& one : cases) {
      SCOPED_TRACE(one.dump());
      EXPECT_TRUE(one["same_outputs"].get<bool>());
      EXPECT_TRUE(one["same_as_evaluator"].get<bool>());
      std::uint64_t sum = 0;
      for (const auto& part : one["bus_bytes"]["moved"]) {
        sum += part.get<std::uint64_t>();
      }
      EXPECT_EQ(sum, one["bus_bytes"]["total"]);
      EXPECT_EQ(moved(one, "input") + moved(one, "output") + saved(one, "window") + saved(one, "multicast") +
                    saved(one, "kept"),
                moved(base, "input") + moved(base, "output"));
      for (const char* use : {"descriptor", "partial", "vector", "dma"}) {
        EXPECT_EQ(moved(one, use), moved(base, use)) << use;
      }
      for (const auto& [name, reason] :
           std::map<const char*, const char*>{{"window", "window"}, {"multicast", "multicast"}, {"kept", "kept"}}) {
        EXPECT_TRUE(one[name].get<bool>() || saved(one, reason) == 0) << reason << " is off";
      }
    }
  }
  EXPECT_GT(saved(found[0]["cases"][1], "window"), 0U) << "LeNet's windows overlap";
  EXPECT_GT(saved(found[0]["cases"][3], "kept"), 0U);
  EXPECT_EQ(saved(found[1]["cases"][1], "window"), 0U) << "dense layers have no windows";
  // Of 900-1100-10: two ranges of outputs load the same 900 inputs at once.
  EXPECT_EQ(saved(found[1]["cases"][2], "multicast"), 2 * 900 * 2U) << "three tiles, two images";
}

// N0-N1-N2 on one tile: N0 + N1 bytes in and N1 + N2 out; with the hidden vector in the tile N0 in and N2 out.
TEST_P(Reuse, TwoDenseLayersOnOneTileAreAClosedForm) {
  for (const auto& [n0, n1, n2] : {std::array{100, 50, 10}, std::array{784, 300, 10}, std::array{33, 17, 3}}) {
    const auto found = networks(fmt::format("-n 1 --dense {}-{}-{} --set grid.rows=1 --set grid.cols=1", n0, n1, n2));
    const auto& cases = found[0]["cases"];
    ASSERT_EQ(cases.size(), 5U);
    const auto& none = cases[0];
    const auto& kept = cases[3];
    ASSERT_TRUE(kept["kept"].get<bool>());
    EXPECT_EQ(moved(none, "input"), static_cast<std::uint64_t>(n0 + n1));
    EXPECT_EQ(moved(none, "output"), static_cast<std::uint64_t>(n1 + n2));
    EXPECT_EQ(moved(kept, "input"), static_cast<std::uint64_t>(n0));
    EXPECT_EQ(moved(kept, "output"), static_cast<std::uint64_t>(n2));
    EXPECT_EQ(saved(kept, "kept"), static_cast<std::uint64_t>(2 * n1));
    EXPECT_LT(kept["energy_J"].get<double>(), none["energy_J"].get<double>());
    EXPECT_LE(kept["latency_s"].get<double>(), 1.01 * none["latency_s"].get<double>());
  }
}

INSTANTIATE_TEST_SUITE_P(Timings, Reuse, ::testing::Values("lt", "at"));

/// Cells of a row of a table in Markdown.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream rest(line.substr(std::min<std::size_t>(line.size(), 1)));
  for (std::string cell; std::getline(rest, cell, '|');) {
    const std::size_t first = cell.find_first_not_of(' ');
    cells.push_back(first == std::string::npos ? "" : cell.substr(first, cell.find_last_not_of(' ') - first + 1));
  }
  return cells;
}

/// The page's table says what the command finds: bytes of tiles exactly, what depends on times within 3 %.
TEST(ReuseCommand, ThePageIsCurrent) {
  const Scratch scratch;
  const auto folder = scratch / "reuse";
  const Finished finished = tessera("reuse -n 1 -o " + folder.string());
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> page;  // (network, reuse) -> cells
  std::istringstream lines(contents(TESSERA_SOURCE_DIR "/docs/studies/data-reuse.md"));
  for (std::string line; std::getline(lines, line);) {
    if (const auto cells = cells_of(line); line.starts_with("| ") && cells.size() == 10) {
      page[{cells[0], cells[1]}] = cells;
    }
  }
  const auto result = json(folder / "reuse.json");
  ASSERT_EQ(result["networks"].size(), 5U);
  for (const auto& network : result["networks"]) {
    for (const auto& one : network["cases"]) {
      const std::string reuse = one["name"];
      const auto row = page.find({network["network"].get<std::string>(), reuse});
      ASSERT_NE(row, page.end()) << network["network"] << ", " << reuse;
      SCOPED_TRACE(network["network"].get<std::string>() + ", " + reuse);
      const std::vector<std::string>& cells = row->second;
      const auto number = [&](std::size_t i) { return cells[i] == "-" ? 0.0 : std::stod(cells[i]); };
      EXPECT_EQ(number(3), static_cast<double>(moved(one, "input")));
      EXPECT_EQ(number(4), static_cast<double>(moved(one, "output")));
      EXPECT_EQ(number(5), static_cast<double>(saved(one, "window")));
      EXPECT_EQ(number(6), static_cast<double>(saved(one, "multicast")));
      EXPECT_EQ(number(7), static_cast<double>(saved(one, "kept")));
      EXPECT_NEAR(one["bus_bytes"]["total"].get<double>() / number(2), 1.0, 0.03);
      EXPECT_NEAR(one["latency_s"].get<double>() * 1e6 / number(8), 1.0, 0.03);
      EXPECT_NEAR(one["energy_J"].get<double>() * 1e6 / number(9), 1.0, 0.03);
    }
  }
}

TEST(ReuseCommand, RefusesWhatItCannotRead) {
  EXPECT_EQ(tessera("reuse nowhere.onnx").exit_code, 4);
}

}  // namespace
}  // namespace tessera::test
