// SPDX-License-Identifier: Apache-2.0
// `--profile` on real firmware: the profile's sums are the ledger's to the attojoule and mcycle's to the cycle, it
// changes nothing, and jobs are booked to the code that started them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>

#include "models/power/amount.h"
#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

using power::Amount;

/// "0.000087420953331892" to attojoules, exactly.
Amount attojoules(const std::string& text) {
  Amount value = 0;
  for (const char c : text) {
    if (c != '.' && c != '-') {
      value = value * 10 + (c - '0');
    }
  }
  return text.front() == '-' ? -value : value;
}

/// Sum of a column of energy.csv over the rows that `wanted` picks.
template <typename Wanted>
Amount ledger_sum(const std::filesystem::path& folder, const Wanted& wanted) {
  std::istringstream rows(contents(folder / "energy.csv"));
  std::string row;
  Amount sum = 0;
  std::getline(rows, row);
  while (std::getline(rows, row)) {
    const std::size_t last = row.rfind(',');
    if (wanted(row)) {
      sum += attojoules(row.substr(last + 1));
    }
  }
  return sum;
}

void expect_exact(const std::filesystem::path& folder, std::uint64_t cycles) {
  const auto profile = json(folder / "profile" / "profile.json");
  Amount cpu = 0;
  Amount all = 0;
  std::uint64_t all_cycles = 0;
  for (const auto& stack : profile["stacks"]) {
    all_cycles += stack["cycles"].get<std::uint64_t>();
    cpu += attojoules(stack["cpu_J"]);
    for (const auto& block : stack["blocks_J"]) {
      all += attojoules(block);
    }
  }
  all += cpu;
  EXPECT_EQ(all_cycles, cycles);
  EXPECT_EQ(profile["cycles"], cycles);
  EXPECT_TRUE(all == attojoules(profile["energy_J"]));
  const auto any = [](const std::string&) { return true; };
  EXPECT_TRUE(all == ledger_sum(folder, any)) << "the whole";
  const auto of_cpu = [](const std::string& row) { return row.compare(0, 8, "cpu,cpu,") == 0; };
  EXPECT_TRUE(cpu - attojoules(profile["cpu_conversion_loss_J"]) == ledger_sum(folder, of_cpu)) << "the CPU's own";
  // Functions add up, too, and folded stacks to whole cycles and picojoules.
  std::uint64_t function_cycles = 0;
  Amount function_energy = 0;
  for (const auto& function : profile["functions"]) {
    function_cycles += function["self_cycles"].get<std::uint64_t>();
    function_energy += attojoules(function["self_cpu_J"]) + attojoules(function["self_blocks_J"]);
  }
  EXPECT_EQ(function_cycles, cycles);
  EXPECT_TRUE(function_energy == all);
  for (const auto& [file, expected] : {std::pair<const char*, Amount>{"cycles.folded", cycles},
                                       std::pair<const char*, Amount>{"energy.folded", all / 1'000'000}}) {
    std::istringstream lines(contents(folder / "profile" / file));
    std::string line;
    Amount sum = 0;
    while (std::getline(lines, line)) {
      sum += std::stoll(line.substr(line.rfind(' ') + 1));
    }
    EXPECT_TRUE(sum == expected) << file;
  }
}

class Profile : public ::testing::Test {
 protected:
  std::filesystem::path boot(const std::string& name, const std::string& program, const std::string& more) {
    const auto folder = scratch_ / name;
    const Finished finished =
        tessera(fmt::format("boot {}/{}.elf -o {} {}", TESSERA_FIRMWARE_DIR, program, folder.string(), more));
    output_ = finished.output;
    return folder;
  }
  Scratch scratch_;
  std::string output_;
};

TEST_F(Profile, SumsAreTheLedgersOnEveryExample) {
  for (const char* program : {"hello", "timer", "crash_load", "crash_stack"}) {
    SCOPED_TRACE(program);
    const auto folder = boot(program, program, "--profile");
    expect_exact(folder, json(folder / "result.json")["run"]["cycles"]);
    for (const char* file : {"profile.txt", "speedscope.json", "cycles.svg", "energy.svg"}) {
      EXPECT_FALSE(contents(folder / "profile" / file).empty()) << file;
    }
  }
  EXPECT_NE(output_.find("by energy"), std::string::npos) << output_;
}

TEST_F(Profile, InterruptsAndSleepStandApart) {
  const auto folder = boot("timer", "timer", "--profile");
  const std::string folded = contents(folder / "profile" / "cycles.folded");
  EXPECT_NE(folded.find("\n[interrupt: timer];tsr_trap_entry;"), std::string::npos) << folded;
  EXPECT_NE(folded.find(";[wfi] "), std::string::npos) << folded;
  EXPECT_EQ(folded.find("main;[interrupt"), std::string::npos) << folded;
}

TEST_F(Profile, ALimitInTheMiddleIsExactToo) {
  const auto folder = boot("cut", "hello", "--profile --limit-instructions 1234");
  expect_exact(folder, json(folder / "result.json")["run"]["cycles"]);
}

TEST_F(Profile, ANetworksJobsBelongToTheCodeThatStartedThem) {
  if (!have_fashion_mnist()) {
    GTEST_SKIP() << no_fashion_mnist;
  }
  const auto with = scratch_ / "with";
  const auto without = scratch_ / "without";
  ASSERT_EQ(tessera("run -n 2 --profile -o " + with.string()).exit_code, 0);
  ASSERT_EQ(tessera("run -n 2 -o " + without.string()).exit_code, 0);
  const auto profile = json(with / "profile" / "profile.json");
  expect_exact(with, profile["cycles"]);
  // It only looks.
  auto a = json(with / "result.json");
  auto b = json(without / "result.json");
  a.erase("wall_clock");
  b.erase("wall_clock");
  EXPECT_EQ(a, b);

  // Array, converters and post stages work for nobody but jobs, and all jobs come from one place in the driver, by two
  // ways through the runtime.
  std::map<std::string, Amount> leaves;
  for (const auto& stack : profile["stacks"]) {
    for (const char* block : {"array", "adc", "dac"}) {
      if (stack["blocks_J"].contains(block)) {
        leaves[stack["stack"].back()] += attojoules(stack["blocks_J"][block]);
        EXPECT_EQ(stack["stack"].front(), "_start");
      }
    }
  }
  ASSERT_EQ(leaves.size(), 1u);
  EXPECT_EQ(leaves.begin()->first, "tsr_unit_submit");
  const auto analog = [](const std::string& row) {
    return row.find(",array,") != std::string::npos || row.find(",adc,") != std::string::npos ||
           row.find(",dac,") != std::string::npos;
  };
  const Amount before_loss = ledger_sum(with, analog);
  EXPECT_GT(leaves.begin()->second, before_loss) << "conversion loss is in the profile";
  EXPECT_LT(leaves.begin()->second, before_loss * 3 / 2);
}

TEST_F(Profile, DoesNotDependOnTheQuantum) {
  const auto coarse = boot("coarse", "timer", "--profile --set cpu.quantum_s=100e-6");
  const auto fine = boot("fine", "timer", "--profile --set cpu.quantum_s=1e-7");
  EXPECT_EQ(contents(coarse / "profile" / "cycles.folded"), contents(fine / "profile" / "cycles.folded"));
  const auto a = json(coarse / "profile" / "profile.json");
  const auto b = json(fine / "profile" / "profile.json");
  // Losses are rounded posting by posting, and a finer quantum posts more often: attojoules, as in the ledger.
  const Amount difference = attojoules(a["energy_J"]) - attojoules(b["energy_J"]);
  EXPECT_LT(difference < 0 ? -difference : difference, Amount{100'000});
}

TEST_F(Profile, SameRunSameBytes) {
  const auto one = boot("one", "timer", "--profile");
  const auto two = boot("two", "timer", "--profile");
  for (const char* file : {"profile.json", "speedscope.json", "energy.folded", "cycles.svg", "energy.svg"}) {
    EXPECT_EQ(contents(one / "profile" / file), contents(two / "profile" / file)) << file;
  }
}

}  // namespace
}  // namespace tessera::test
