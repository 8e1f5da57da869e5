// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/traces/record_run.h"
#include "traces/stats.h"

namespace tessera::traces {
namespace {

using testing::record_run;
using testing::TemporaryFolder;
using testing::us;

const Utilisation& of(const Stats& stats, const std::string& path) {
  const auto found = std::find_if(stats.utilisation.begin(), stats.utilisation.end(),
                                  [&](const Utilisation& u) { return u.path == path; });
  if (found == stats.utilisation.end()) {
    throw std::runtime_error("no utilisation of " + path);
  }
  return *found;
}

class StatsOfTheScenario : public ::testing::Test {
 protected:
  static constexpr std::uint32_t n = 10;
  void SetUp() override {
    record_run(folder_.path(), n);
    stats_ = compute_stats(folder_ / "trace.db");
  }
  TemporaryFolder folder_;
  Stats stats_;
};

TEST_F(StatsOfTheScenario, CountsWhatHappened) {
  EXPECT_TRUE(stats_.complete);
  EXPECT_EQ(stats_.end, n * 20 * us);
  EXPECT_EQ(stats_.inferences, n);
  EXPECT_EQ(stats_.inside, n * 16 * us);
  EXPECT_EQ(stats_.jobs, 2 * n);
  EXPECT_EQ(stats_.products, n * 14);
  EXPECT_EQ(stats_.conversions, n * 14 * 6);
  EXPECT_EQ(stats_.clipped, n);
  EXPECT_EQ(stats_.interrupts, 2 * n);
  EXPECT_EQ(stats_.bytes_in, n * 14 * 25);
  EXPECT_EQ(stats_.job_time, n * 14 * us);
}

TEST_F(StatsOfTheScenario, SplitsTheBytesOfTheBus) {
  EXPECT_EQ(stats_.bus_bytes, n * 14 * 31);
  ASSERT_EQ(stats_.bus_moved.size(), 2U);
  EXPECT_EQ(stats_.bus_moved[0].name, "input");
  EXPECT_EQ(stats_.bus_moved[0].bytes, n * 14 * 25);
  EXPECT_EQ(stats_.bus_moved[1].name, "output");
  EXPECT_EQ(stats_.bus_moved[1].bytes, n * 14 * 6);
  ASSERT_EQ(stats_.bus_saved.size(), 1U);
  EXPECT_EQ(stats_.bus_saved[0].name, "window");
  EXPECT_EQ(stats_.bus_saved[0].bytes, 7U);
  const auto json = nlohmann::json::parse(stats_json(stats_)).at("bus_bytes");
  EXPECT_EQ(json, (nlohmann::json{{"total", n * 14 * 31},
                                  {"moved", {{"input", n * 14 * 25}, {"output", n * 14 * 6}}},
                                  {"saved", {{"window", 7}}}}));
}

TEST_F(StatsOfTheScenario, KnowsHowBusyEverythingWas) {
  EXPECT_EQ(of(stats_, "tile[0,0]").kind, "tile");
  EXPECT_EQ(of(stats_, "tile[0,0]").busy, n * 6 * us);
  EXPECT_EQ(of(stats_, "tile[0,1]").busy, n * 8 * us);
  EXPECT_EQ(of(stats_, "tile[0,1]").busy_inside, n * 8 * us);
  // The converter bank's counter, not the job-long span.
  EXPECT_EQ(of(stats_, "tile[0,1]_adc").kind, "adc");
  EXPECT_EQ(of(stats_, "tile[0,1]_adc").busy, n * 2 * us);
  EXPECT_EQ(of(stats_, "tile[0,1]_adc").busy_inside, n * 2 * us);
  EXPECT_EQ(of(stats_, "dma[0]").kind, "dma");
  EXPECT_EQ(of(stats_, "dma[0]").busy, 0U);
  EXPECT_EQ(of(stats_, "cpu").busy, n * us);  // awake twice half a microsecond; sleep is not work
  EXPECT_EQ(of(stats_, "cpu").busy_inside, n * us);
  EXPECT_EQ(of(stats_, "bus").busy, n * 14 * 3 * testing::bus_cycle);
  EXPECT_EQ(of(stats_, "bus").busy_inside, n * 14 * 3 * testing::bus_cycle);
}

TEST_F(StatsOfTheScenario, SumsStallsByCause) {
  ASSERT_EQ(stats_.stalls.size(), 5U);
  EXPECT_EQ(stats_.stalls[0].cause, "queue");
  EXPECT_EQ(stats_.stalls[0].time, 2 * n * us / 4);
  EXPECT_EQ(stats_.stalls[1].cause, "load");
  EXPECT_EQ(stats_.stalls[1].time, n * 400'001U);
  EXPECT_EQ(stats_.stalls[2].cause, "store");
  EXPECT_EQ(stats_.stalls[2].time, 2 * n * 50'000U);
}

TEST_F(StatsOfTheScenario, CostsLayers) {
  ASSERT_EQ(stats_.layers.size(), 3U);
  EXPECT_EQ(stats_.layers[0].name, "conv1");
  EXPECT_EQ(stats_.layers[0].kind, "Conv");
  EXPECT_EQ(stats_.layers[0].time, n * 6'500'000U);  // between markers
  EXPECT_EQ(stats_.layers[0].products, n * 6U);
  EXPECT_EQ(stats_.layers[1].name, "fc");
  EXPECT_EQ(stats_.layers[1].clipped, n);
  EXPECT_EQ(stats_.layers[2].name, "(idle)");
  // Layer 0: 6 products of 6.21 nJ (+ 0..5 aJ), 1.23456789 nJ of CPU, and 3/17 of each posting lost.
  power::Amount expected = 0;
  const auto posting = [&](std::int64_t e) { expected += e + (static_cast<power::Amount>(e) * 3 * 2 + 17) / 34; };
  for (std::uint32_t i = 0; i < n; ++i) {
    for (int k = 0; k < 6; ++k) {
      posting(210'000'000 + k);
      posting(6'000'000'000);
    }
    posting(1'234'567'890);
  }
  EXPECT_EQ(power::joules_text(stats_.layers[0].energy), power::joules_text(expected));
}

TEST_F(StatsOfTheScenario, EnergyTablesAddUpToTheTotal) {
  for (const auto* table : {&stats_.by_component, &stats_.by_category, &stats_.by_cause, &stats_.by_call_site}) {
    power::Amount sum = 0;
    for (const EnergyShare& share : *table) {
      sum += share.energy;
    }
    EXPECT_EQ(power::joules_text(sum), power::joules_text(stats_.energy));
    EXPECT_TRUE(std::is_sorted(table->begin(), table->end(),
                               [](const EnergyShare& a, const EnergyShare& b) { return a.energy > b.energy; }));
  }
  EXPECT_EQ(stats_.by_category[0].name, "adc");
  const auto site = std::find_if(stats_.by_call_site.begin(), stats_.by_call_site.end(),
                                 [](const EnergyShare& s) { return s.name == "td_submit+0x1 < 0x80001001"; });
  EXPECT_NE(site, stats_.by_call_site.end());
}

TEST_F(StatsOfTheScenario, TextAndJsonTellTheSame) {
  const std::string text = stats_text(stats_);
  for (const char* words :
       {"200 us simulated", "inferences           10", "conversions          840 (10 clipped, 1.2 %)", "conv1",
        "tile (mean of 2)", "queue", "not moved: window"}) {
    EXPECT_NE(text.find(words), std::string::npos) << words << "\n" << text;
  }
  const auto json = nlohmann::json::parse(stats_json(stats_));
  EXPECT_EQ(json.at("end_ps"), stats_.end);
  EXPECT_EQ(json.at("products"), stats_.products);
  EXPECT_EQ(json.at("energy").at("joules_exact"), power::joules_text(stats_.energy));
  EXPECT_EQ(json.at("layers").size(), stats_.layers.size());
  EXPECT_EQ(json.at("utilisation").size(), stats_.utilisation.size());
}

TEST(Stats, OfARunWithoutAnythingInIt) {
  const TemporaryFolder folder;
  Recorder recorder;
  add_file_sinks(recorder, folder.path(), true);
  recorder.close(0);
  const Stats stats = compute_stats(folder / "trace.db");
  EXPECT_EQ(stats.jobs, 0U);
  EXPECT_TRUE(stats.energy == 0);
  EXPECT_FALSE(stats_text(stats).empty());
  EXPECT_TRUE(nlohmann::json::accept(stats_json(stats)));
}

}  // namespace
}  // namespace tessera::traces
