// SPDX-License-Identifier: Apache-2.0
// `tessera boot`: what firmware does wrong ends in a report, exit code 1 and traces complete up to then.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

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
  for (const char* limit : {"--limit 10us", "--limit 0.00001s", "--limit 1h --limit '10 us'"}) {
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

TEST_F(Boot, NothingOfAnEarlierRunIsLeft) {
  ASSERT_EQ(boot("hello", "--profile").exit_code, 0);
  EXPECT_TRUE(std::filesystem::exists(folder_ / "trace.db") &&
              std::filesystem::exists(folder_ / "profile" / "energy.svg"));
  write(folder_ / "notes.txt", "mine");
  ASSERT_EQ(boot("hello", "--trace off").exit_code, 0);
  for (const char* const file : {"trace.db", "trace.perfetto-trace", "waves.vcd", "profile"}) {
    EXPECT_FALSE(std::filesystem::exists(folder_ / file)) << file;
  }
  EXPECT_EQ(contents(folder_ / "notes.txt"), "mine");
}

TEST_F(Boot, WrongOptionsAreRefusedByName) {
  const std::pair<const char*, const char*> cases[] = {
      {"--limit 5", "--limit: expected a time such as 50ms"},
      {"--limit 0ms", "--limit: expected more than no time"},
      {"--isa-function main", "--isa-trace"},
      {"-o elsewhere", "--output is given more than once"},
      {"--set tiles=2x2", "grid.rows and grid.cols"},
  };
  for (const auto& [options, said] : cases) {
    const Finished finished = boot("hello", options);
    EXPECT_EQ(finished.exit_code, 2) << options << "\n" << finished.output;
    EXPECT_NE(finished.output.find(said), std::string::npos) << options << "\n" << finished.output;
  }
  const Finished folder = tessera(fmt::format("boot {}", (scratch_ / "").string()));
  EXPECT_EQ(folder.exit_code, 4);
  EXPECT_NE(folder.output.find("is a folder"), std::string::npos) << folder.output;
}

TEST_F(Boot, TheGuestsCodeCanBeTheExitCode) {
  EXPECT_EQ(boot("crash_load").exit_code, 1);
  EXPECT_EQ(boot("crash_load", "--exit-code guest").exit_code, 0x25);  // 0x20 + cause 5
  EXPECT_EQ(json(folder_ / "result.json")["guest_exit_code"], 0x25);
  EXPECT_EQ(boot("hello", "--exit-code=guest").exit_code, 0);
}

TEST_F(Boot, ACrashHasLinesAndABacktrace) {
  const Finished finished = boot("crash_load");
  for (const char* text :
       {"crash_load.c:", "backtrace, innermost first:", "touch at ", "main at ", "_start at ", " times more)"}) {
    EXPECT_NE(finished.output.find(text), std::string::npos) << text << " in:\n" << finished.output;
  }
  const auto fault = json(folder_ / "result.json")["fault"];
  EXPECT_EQ(fault["mcause"], 5);
  EXPECT_EQ(fault["mtval"], "0xf0000000");
  EXPECT_GE(fault["backtrace"].size(), 3u);
}

TEST_F(Boot, AnInstructionTraceHasPlacesRegistersAndAddresses) {
  const std::string file = (scratch_ / "isa.txt").string();
  ASSERT_EQ(boot("hello").exit_code, 0);
  auto plain = json(folder_ / "result.json");
  ASSERT_EQ(boot("hello", "--isa-trace " + file).exit_code, 0);
  auto traced = json(folder_ / "result.json");
  const std::string all = contents(file);
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(all.begin(), all.end(), '\n')),
            plain["run"]["instructions"].get<std::uint64_t>());
  for (const char* text : {"0.000000 us  80000000  _start ", "csrrci zero, mstatus, 8", "  sp=8007fff0", "ret\n"}) {
    EXPECT_NE(all.find(text), std::string::npos) << text << " in:\n" << all.substr(0, 2000);
  }
  plain.erase("wall_clock");
  traced.erase("wall_clock");
  EXPECT_EQ(plain.dump(), traced.dump()) << "to look changes nothing";

  ASSERT_EQ(boot("hello", "--isa-trace " + file + " --isa-function main --isa-lines 5").exit_code, 0);
  const std::string some = contents(file);
  EXPECT_EQ(std::count(some.begin(), some.end(), '\n'), 6) << some;
  EXPECT_NE(some.find("-- 5 lines: the trace ends here"), std::string::npos) << some;
  EXPECT_EQ(some.find("_start"), std::string::npos) << some;
  ASSERT_EQ(boot("crash_load", "--exit-code guest --isa-trace " + file).exit_code, 0x25);
  EXPECT_NE(contents(file).find("-- load access fault, mtval f0000000"), std::string::npos);
  EXPECT_EQ(boot("hello", "--isa-trace " + file + " --isa-function nobody").exit_code, 2);
  EXPECT_EQ(boot("hello", "--isa-trace /nonexistent/x").exit_code, 4);
}

TEST_F(Boot, ExpectationsEndTheRunOrFailIt) {
  const Finished met = boot("timer", "--expect '^5 timer' --within 100ms");
  EXPECT_EQ(met.exit_code, 0) << met.output;
  auto result = json(folder_ / "result.json");
  EXPECT_EQ(result["end"], "expectations_met");
  EXPECT_EQ(result["expectations"][0]["text"], "5 timer");
  EXPECT_EQ(contents(folder_ / "console.txt").find("timer works"), std::string::npos) << "ended at the match";

  const Finished late = boot("timer", "--expect '^5 timer' --within 100us");
  EXPECT_EQ(late.exit_code, 1) << late.output;
  EXPECT_NE(late.output.find("was not met within 100 us of the start (until 100 us)"), std::string::npos)
      << late.output;
  result = json(folder_ / "result.json");
  EXPECT_EQ(result["end"], "expectation_failed");
  EXPECT_NEAR(result["run"]["simulated_s"].get<double>(), 100e-6, 0.2e-6) << "ended at the deadline, not at the end";

  const Finished other = boot("timer", "--expect 'timer works' --expect 'more' --expect-continue");
  EXPECT_EQ(other.exit_code, 1) << other.output;
  EXPECT_NE(other.output.find("expectation 2: /more/ NOT MET"), std::string::npos) << other.output;
  EXPECT_NE(other.output.find("ms  timer works\n"), std::string::npos) << other.output;

  EXPECT_EQ(boot("timer", "--expect 5 --expect works --expect-continue").exit_code, 0);
  EXPECT_EQ(boot("timer", "--forbid works").exit_code, 1);
  EXPECT_EQ(boot("timer", "--forbid nonsense").exit_code, 0);
  for (const char* usage :
       {"--expect '('", "--within 3ms", "--expect a --within 3", "--expect a --within 1s --within 2s"}) {
    EXPECT_EQ(boot("timer", usage).exit_code, 2) << usage;
  }
}

TEST_F(Boot, TheSerialPortGoesWhereItIsTold) {
  const std::string file = (scratch_ / "serial.txt").string();
  ASSERT_EQ(boot("hello", "--uart file:" + file).exit_code, 0);
  EXPECT_EQ(contents(file), "hello from Tessera\n");
  EXPECT_EQ(boot("hello", "--uart file:/nonexistent/x").exit_code, 4);
  EXPECT_EQ(boot("hello", "--uart tcp:host.invalid:1").exit_code, 4);
  for (const char* where : {"tcp", "tcp:", "tcp:99999", "tcp:1x", "file:", "serial"}) {
    EXPECT_EQ(boot("hello", fmt::format("--uart {}", where)).exit_code, 2) << where;
  }
  EXPECT_EQ(boot("hello", "--uart stdio --json").exit_code, 2);
  write(scratch_ / "bad.txt", "1ms: a\nsoon: b\n");
  const Finished bad = boot("hello", "--uart-script " + (scratch_ / "bad.txt").string());
  EXPECT_EQ(bad.exit_code, 2);
  EXPECT_NE(bad.output.find("bad.txt:2:1: \"soon\" is no time"), std::string::npos) << bad.output;
}

}  // namespace
}  // namespace tessera::test
