// SPDX-License-Identifier: Apache-2.0
// `tessera boot`: what firmware does wrong ends in a report, exit code 1 and traces complete up to then.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "models/power/amount.h"
#include "tests/end_to_end/command.h"
#include "traces/reader.h"

namespace tessera::test {
namespace {

/// "0.000087420953331892" to attojoules, exactly.
power::Amount attojoules(std::string text) {
  const std::size_t point = text.find('.');
  EXPECT_EQ(text.size() - point - 1, 18u) << text;
  text.erase(point, 1);
  power::Amount value = 0;
  for (const char digit : text) {
    value = value * 10 + (digit - '0');
  }
  return value;
}

class Boot : public ::testing::Test {
 protected:
  Finished boot(const std::string& program, const std::string& more = "") {
    return tessera(fmt::format("boot {}/{}.elf -o {} {}", TESSERA_FIRMWARE_DIR, program, folder_.string(), more));
  }
  Scratch scratch_;
  std::filesystem::path folder_ = scratch_ / "boot";
};

TEST_F(Boot, AProgramThatPasses) {
  const Finished finished = boot("hello");
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(contents(folder_ / "console.txt").find("hello from Tessera"), std::string::npos);
}

TEST_F(Boot, AnUnmappedAddressIsATrapWithPlaceAndNeighbours) {
  const Finished finished = boot("crash_load");
  EXPECT_EQ(finished.exit_code, 1) << finished.output;
  for (const char* text : {"load access fault", "0xf0000000", "in touch", "in main", "nearest mapped"}) {
    EXPECT_NE(finished.output.find(text), std::string::npos) << text << " in:\n" << finished.output;
  }
  traces::TraceReader trace(folder_ / "trace.db");
  EXPECT_TRUE(trace.complete());
  EXPECT_GT(trace.end(), 0u);
  EXPECT_FALSE(json(folder_ / "result.json")["passed"]);
}

TEST_F(Boot, AStackAtZeroIsATrapToo) {
  const Finished finished = boot("crash_stack");
  EXPECT_EQ(finished.exit_code, 1) << finished.output;
  for (const char* text : {"store/AMO access fault", "0xfffffffc", "in push_at_zero"}) {
    EXPECT_NE(finished.output.find(text), std::string::npos) << text << " in:\n" << finished.output;
  }
}

TEST_F(Boot, ALimitEndsTheRun) {
  for (const char* limit : {"--limit-instructions 50", "--limit 50instructions"}) {
    const Finished finished = boot("hello", limit);
    EXPECT_EQ(finished.exit_code, 1) << finished.output;
    EXPECT_NE(finished.output.find("limit of 50 instructions"), std::string::npos) << finished.output;
    EXPECT_EQ(json(folder_ / "result.json")["run"]["instructions"], 50);
  }
  for (const char* limit : {"--limit 10us", "--limit 0.00001", "--limit 1h --limit '10 us'"}) {
    const Finished finished = boot("hello", limit);
    EXPECT_EQ(finished.exit_code, 1) << finished.output;
    const double end = json(folder_ / "result.json")["run"]["simulated_s"];
    EXPECT_GE(end, 9.999e-6) << limit;
    EXPECT_LT(end, 10.2e-6) << limit;  // a division takes 38 cycles of 5 ns
  }
  for (const char* limit : {"--limit soon", "--limit -1ms", "--limit 0s", "--limit 12parsecs", "--limit 0.1ps"}) {
    EXPECT_EQ(boot("hello", limit).exit_code, 2) << limit;
  }
}

TEST_F(Boot, ResultAndReportHaveTheFormOfARun) {
  ASSERT_EQ(boot("hello").exit_code, 0);
  const auto result = json(folder_ / "result.json");
  EXPECT_EQ(result["schema"], 1);
  EXPECT_EQ(result["end"], "finisher_pass");
  EXPECT_TRUE(result["run"]["energy_J"].is_string());
  EXPECT_TRUE(result["fault"].is_null());
  power::Amount sum = 0;
  for (const auto& [category, energy] : result["energies_J"].items()) {
    sum += attojoules(energy);
  }
  EXPECT_EQ(power::joules_text(sum), result["run"]["energy_J"].get<std::string>());
  EXPECT_NE(contents(folder_ / "report.txt").find(result["run"]["energy_J"].get<std::string>()), std::string::npos);
  EXPECT_EQ(tessera(fmt::format("boot {}/hello.elf -p {} -o {}", TESSERA_FIRMWARE_DIR,
                                (folder_ / "platform.yaml").string(), (scratch_ / "again").string()))
                .exit_code,
            0);
}

TEST_F(Boot, TheGuestsCodeCanBeTheExitCode) {
  EXPECT_EQ(boot("crash_load").exit_code, 1);
  EXPECT_EQ(boot("crash_load", "--exit-code guest").exit_code, 0x25);  // 0x20 + cause 5
  EXPECT_EQ(json(folder_ / "result.json")["guest_exit_code"], 0x25);
  EXPECT_EQ(boot("hello", "--exit-code=guest").exit_code, 0);
}

}  // namespace
}  // namespace tessera::test
