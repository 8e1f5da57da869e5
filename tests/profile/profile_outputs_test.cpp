// SPDX-License-Identifier: Apache-2.0
// What is made of a profile: tables, folded stacks, speedscope, flame graph; all from one small profile made by hand.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "platform/profile/profile.h"

namespace tessera::platform {
namespace {

constexpr power::Amount pJ = 1'000'000;

/// main 100 cycles, main;f 50, main;f;f 25, [static];[static: soc]; f started 7.5 pJ of ADC.
Profile sample() {
  Profile p;
  p.clock_Hz = 1.0e6;
  p.names = {"[unknown code]", "main", "f<int>", "[static]", "[static: soc]"};
  p.nodes.resize(6);
  p.nodes[1] = {0, 1, 1, 100, 10 * pJ, {}};
  p.nodes[2] = {1, 2, 3, 50, 5 * pJ, {}};
  p.nodes[2].blocks[static_cast<std::size_t>(probe::Category::adc)] = 7 * pJ + pJ / 2;
  p.nodes[3] = {2, 2, 6, 25, 2 * pJ + pJ / 2, {}};
  p.nodes[4] = {0, 3, 0, 0, 0, {}};
  p.nodes[5] = {4, 4, 0, 0, 0, {}};
  p.nodes[5].blocks[static_cast<std::size_t>(probe::Category::statics)] = 100 * pJ;
  for (const ProfileNode& node : p.nodes) {
    p.cycles += node.cycles;
    p.energy += node.cpu + node.blocks_total();
  }
  return p;
}

TEST(ProfileOutputs, ARecursiveFunctionCountsOnceInItsTotal) {
  const auto rows = by_function(sample());
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0].name, "main");
  EXPECT_EQ(rows[0].total_cycles, 175u);
  EXPECT_TRUE(rows[0].total_energy == 25 * pJ);
  EXPECT_EQ(rows[1].name, "f<int>");
  EXPECT_EQ(rows[1].calls, 9u);
  EXPECT_EQ(rows[1].cycles, 75u);
  EXPECT_EQ(rows[1].total_cycles, 75u);
  EXPECT_TRUE(rows[1].total_energy == 15 * pJ);
  EXPECT_TRUE(rows[1].blocks == 7 * pJ + pJ / 2);
}

TEST(ProfileOutputs, FoldedStacksAddUp) {
  EXPECT_EQ(folded_stacks(sample(), ProfileOf::cycles), "main 100\nmain;f<int> 50\nmain;f<int>;f<int> 25\n");
  // 7.5 and 2.5 pJ share the picojoule between them.
  EXPECT_EQ(folded_stacks(sample(), ProfileOf::energy),
            "main 10\nmain;f<int> 5\nmain;f<int>;[adc] 7\nmain;f<int>;f<int> 3\n[static];[static: soc] 100\n");
}

TEST(ProfileOutputs, SpeedscopeHoldsBoth) {
  const auto file = nlohmann::json::parse(speedscope_json(sample(), "sample"));
  ASSERT_EQ(file["profiles"].size(), 2u);
  for (const auto& profile : file["profiles"]) {
    EXPECT_EQ(profile["samples"].size(), profile["weights"].size());
    std::uint64_t sum = 0;
    for (const auto& weight : profile["weights"]) {
      sum += weight.get<std::uint64_t>();
    }
    EXPECT_EQ(profile["endValue"], sum);
    for (const auto& sample_stack : profile["samples"]) {
      for (const auto& frame : sample_stack) {
        EXPECT_LT(frame.get<std::size_t>(), file["shared"]["frames"].size());
      }
    }
  }
  EXPECT_EQ(file["profiles"][0]["endValue"], 175);
  EXPECT_EQ(file["profiles"][1]["endValue"], 125);
}

TEST(ProfileOutputs, JsonIsExact) {
  const auto json = nlohmann::json::parse(profile_json(sample()));
  EXPECT_EQ(json["cycles"], 175);
  EXPECT_EQ(json["energy_J"], "0.000000000125000000");
  EXPECT_EQ(json["stacks"][1]["blocks_J"]["adc"], "0.000000000007500000");
}

TEST(ProfileOutputs, TheFlameGraphIsDrawnToScaleAndEscaped) {
  const std::string svg = flame_graph_svg(sample(), ProfileOf::cycles, "a & b");
  EXPECT_NE(svg.find("a &amp; b"), std::string::npos);
  EXPECT_NE(svg.find("f&lt;int&gt;: 75 cycles, 42.86 %"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("f<int>"), std::string::npos);
  EXPECT_NE(svg.find("width=\"1180.00\""), std::string::npos) << "main is as wide as the picture";
  EXPECT_EQ(svg.rfind("</svg>\n"), svg.size() - 7);
}

TEST(ProfileOutputs, AnEmptyProfileIsNoProblem) {
  Profile empty;
  empty.clock_Hz = 1.0e6;
  empty.names = {"[unknown code]"};
  empty.nodes.resize(1);
  EXPECT_EQ(folded_stacks(empty, ProfileOf::cycles), "");
  EXPECT_FALSE(flame_graph_svg(empty, ProfileOf::energy, "").empty());
  EXPECT_FALSE(profile_text(empty).empty());
  EXPECT_EQ(nlohmann::json::parse(speedscope_json(empty, ""))["profiles"][0]["endValue"], 0);
}

}  // namespace
}  // namespace tessera::platform
