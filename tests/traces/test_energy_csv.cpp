// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sstream>

#include "tests/traces/record_run.h"
#include "traces/energy_csv.h"

namespace tessera::traces {
namespace {

using testing::contents;
using testing::record_run;
using testing::TemporaryFolder;

TEST(EnergyCsv, QuotesWhatNeedsIt) {
  Recorder recorder;
  const auto c = recorder.add_component("tile[0,1].adc", probe::Category::adc);
  recorder.set_layer(0, "the \"first\"", "Conv");
  recorder.energy(c, probe::Cause::dynamic, recorder.scope({0, 5, 0}), 0, 1'000'000'000);
  EXPECT_EQ(energy_csv(recorder.ledger(), recorder.registry()),
            "component,category,cause,layer,job,call_site,joules\n"
            "dcdc,conversion_loss,loss,\"the \"\"first\"\"\",job 5,,0.000000000176470588\n"
            "\"tile[0,1].adc\",adc,dynamic,\"the \"\"first\"\"\",job 5,,0.000000001000000000\n");
}

TEST(EnergyCsv, AddsUpToTheTotal) {
  const TemporaryFolder folder;
  Recorder recorder;
  add_file_sinks(recorder, folder.path(), false);
  testing::Scenario scenario(recorder);
  scenario.inference(0);
  scenario.finish();
  recorder.close(scenario.end());
  EXPECT_FALSE(std::filesystem::exists(folder / "trace.db"));
  std::istringstream in(contents(folder / "energy.csv"));
  std::string line;
  std::getline(in, line);
  power::Amount sum = 0;
  while (std::getline(in, line)) {
    const std::string joules = line.substr(line.rfind(',') + 1);
    const std::size_t dot = joules.find('.');
    ASSERT_EQ(joules.size() - dot - 1, 18U);
    power::Amount amount = 0;
    for (const char c : joules) {
      amount = c == '.' ? amount : amount * 10 + (c - '0');
    }
    sum += amount;
  }
  EXPECT_EQ(power::joules_text(sum), power::joules_text(recorder.ledger().total()));
  EXPECT_TRUE(sum > 0);
}

}  // namespace
}  // namespace tessera::traces
