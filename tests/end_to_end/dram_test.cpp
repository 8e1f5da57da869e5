// SPDX-License-Identifier: Apache-2.0
// External DRAM under a network: the same bytes as with an SRAM that is large enough, paid for beside the chip.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

const std::string short_of_sram = "--set sram.size_B=4096 --set ext_dram.present=true";

class ExternalDram : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_fashion_mnist()) {
      GTEST_SKIP() << no_fashion_mnist;
    }
  }
  nlohmann::json run(const std::string& name, const std::string& settings) {
    const Finished finished =
        tessera(fmt::format("run -n 3 --trace off {} -o {}", settings, (scratch_ / name).string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return finished.exit_code == 0 ? json(scratch_ / name / "result.json") : nlohmann::json();
  }
  Scratch scratch_;
};

TEST_F(ExternalDram, GivesTheSameBytesAsALargeSramOnEitherBusAndInTheEvaluator) {
  const auto large = run("large", "");
  const auto split = run("split", short_of_sram);
  const auto phased = run("phased", short_of_sram + " --set timing=at --set bus.check_protocol=true");
  ASSERT_EQ(large["outputs"].size(), 3u);
  EXPECT_EQ(split["outputs"], large["outputs"]);
  EXPECT_EQ(phased["outputs"], large["outputs"]);
  ASSERT_EQ(tessera(fmt::format("eval -n 3 {} -o {}", short_of_sram, (scratch_ / "eval").string())).exit_code, 0);
  EXPECT_EQ(json(scratch_ / "eval" / "eval.json")["outputs"], large["outputs"]);

  const auto latency = [](const nlohmann::json& result) { return result["per_image"]["latency_s"].get<double>(); };
  EXPECT_GT(latency(split), 1.03 * latency(large));
  EXPECT_NEAR(latency(split) / latency(phased), 1.0, 0.03);
}

TEST_F(ExternalDram, IsPaidForBesideTheChip) {
  const auto result = run("split", short_of_sram);
  EXPECT_GT(result["per_image"]["off_chip_J"].get<double>(), 1e-7);
  EXPECT_LT(result["per_image"]["off_chip_J"].get<double>(), result["per_image"]["energy_J"].get<double>());
  double chip = 0, beside = 0, total = 0;
  for (const auto& layer : result["layers"]) {
    chip += layer["energy_J"]["chip"].get<double>();
    beside += layer["energy_J"]["off_chip"].get<double>();
    total += layer["energy_J"]["total"].get<double>();
  }
  EXPECT_NEAR(chip + beside, total, 1e-12);
  EXPECT_NEAR(total * 3, std::stod(result["run"]["energy_J"].get<std::string>()), 1e-12);
  EXPECT_NEAR(beside * 3, std::stod(result["run"]["off_chip_J"].get<std::string>()), 1e-12);
  EXPECT_GT(result["layers"][0]["energy_J"]["off_chip"].get<double>(), 0.0) << "the layer that uses it pays";
  const std::string report = contents(scratch_ / "split" / "report.txt");
  for (const char* text : {"DRAM", "system", "of that chip"}) {
    EXPECT_NE(report.find(text), std::string::npos) << text << " in\n" << report;
  }
  EXPECT_NE(contents(scratch_ / "split" / "compile.txt").find("external DRAM: "), std::string::npos);
}

TEST_F(ExternalDram, StandsByWhenItIsThereAndNotNeeded) {
  const auto without = run("without", ""), with = run("with", "--set ext_dram.present=true");
  EXPECT_EQ(with["outputs"], without["outputs"]);
  EXPECT_EQ(with["per_image"]["latency_s"], without["per_image"]["latency_s"]);
  const double seconds = with["run"]["simulated_s"].get<double>();
  EXPECT_NEAR(std::stod(with["run"]["off_chip_J"].get<std::string>()), seconds * 1.1e-3, 1e-17);
  EXPECT_EQ(without["run"]["off_chip_J"], "0.000000000000000000");
}

TEST_F(ExternalDram, IsNamedWhereItWouldHelp) {
  const Finished finished = tessera("run --set sram.size_B=4096 -o " + (scratch_ / "r").string());
  EXPECT_EQ(finished.exit_code, 3) << finished.output;
  EXPECT_NE(finished.output.find("ext_dram.present"), std::string::npos) << finished.output;
}

}  // namespace
}  // namespace tessera::test
