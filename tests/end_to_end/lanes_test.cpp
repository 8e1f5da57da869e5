// SPDX-License-Identifier: Apache-2.0
// Sums of tiles on analog lanes through the real command: what they save is arithmetic, platform and evaluator agree.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

class LanesCommand : public ::testing::TestWithParam<const char*> {
 protected:
  Scratch scratch_;
};

// 3000 inputs take three tiles of 1024 rows, 600 outputs two ranges.
TEST_P(LanesCommand, SavesPartialSumsAndConversions) {
  const auto folder = scratch_ / "lanes";
  const Finished finished = tessera(fmt::format("lanes -n 2 --quality 4 {} -o {}", GetParam(), folder.string()));
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto result = json(folder / "lanes.json");
  const auto& digital = result["digital"];
  const auto& lanes = result["lanes"];
  EXPECT_TRUE(digital["same_as_evaluator"].get<bool>());
  EXPECT_TRUE(lanes["same_as_evaluator"].get<bool>());
  EXPECT_EQ(digital["conversions"].get<double>(), 3 * 600 + 10);
  EXPECT_EQ(lanes["conversions"].get<double>(), 600 + 10);
  EXPECT_EQ(digital["bus_bytes"].get<double>() - lanes["bus_bytes"].get<double>(), 2 * 2 * 600 * 4)
      << "two partial sums, written and read";
  EXPECT_LT(lanes["latency_s"].get<double>(), digital["latency_s"].get<double>());
  EXPECT_LT(lanes["energy_J"].get<double>(), digital["energy_J"].get<double>());
  EXPECT_EQ(digital["lanes_J"].get<double>(), 0.0);
  EXPECT_NEAR(lanes["lanes_J"].get<double>(), 2 * 600 * 0.8e-12, 1e-18);
  ASSERT_EQ(lanes["notes"].size(), 1u);
  EXPECT_NE(lanes["notes"][0].get<std::string>().find("add on the analog lanes"), std::string::npos);
  const auto& noise = result["noise"];
  if (noise.empty()) {
    return;
  }
  EXPECT_GT(noise.front()["lanes_snr_dB"].get<double>(), noise.back()["lanes_snr_dB"].get<double>() + 20.0);
  EXPECT_NE(contents(folder / "lane_noise.svg").find("</svg>"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Timings, LanesCommand, ::testing::Values("--set timing=lt --curve", "--set timing=at"));

TEST_F(LanesCommand, SaysWhenThereIsNothingToSum) {
  const Finished finished = tessera("lanes --dense 100-10");
  EXPECT_EQ(finished.exit_code, 3);
  EXPECT_NE(finished.output.find("no layer is split"), std::string::npos) << finished.output;
  EXPECT_EQ(tessera("lanes nowhere.onnx").exit_code, 4);
}

}  // namespace
}  // namespace tessera::test
