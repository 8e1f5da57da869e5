// SPDX-License-Identifier: Apache-2.0
#include "platform/session/crash_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

#include "platform/session/isolated.h"

namespace tessera::platform {
namespace {

using testing::HasSubstr;

class CrashReport : public testing::Test {
 protected:
  void SetUp() override {
    std::ifstream stream(std::string(TESSERA_BINARY_DIR) + "/firmware/crash_load.elf", std::ios::binary);
    if (!stream) {
      GTEST_SKIP() << "this build has no firmware: configure with TESSERA_FIRMWARE=ON and the RISC-V compiler";
    }
    const std::vector<char> text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    elf_.assign(text.begin(), text.end());
    image_ = host::parse_elf(elf_, "crash_load.elf");
    report_.record.valid = true;
    report_.record.pc = image_.symbols.address("main").value_or(0);
    report_.record.x[1] = image_.symbols.address("call_main").value_or(0) + 6;  // behind the call of main
    report_.record.x[2] = 0x8007'FF00;
    report_.record.branches.push(report_.record.x[1], report_.record.pc);
  }
  [[nodiscard]] std::optional<std::uint32_t> word(std::uint32_t address) const {
    for (const host::Segment& segment : image_.segments) {
      if (address >= segment.address && address - segment.address + 4 <= segment.bytes.size()) {
        std::uint32_t value = 0;
        for (std::uint32_t i = 0; i < 4; ++i) {
          value |= std::uint32_t{segment.bytes[address - segment.address + i]} << (8 * i);
        }
        return value;
      }
    }
    return address >= 0x8000'0000 && address < 0x8008'0000 ? std::optional<std::uint32_t>(0) : std::nullopt;
  }
  host::FaultReport with(const std::vector<std::uint8_t>& elf) {
    host::FaultReport report = report_;
    add_debug_information(report, elf, image_.symbols, [this](std::uint32_t address) { return word(address); });
    return report;
  }

  std::vector<std::uint8_t> elf_;
  host::ElfImage image_;
  host::FaultReport report_;
};

TEST_F(CrashReport, NamesLinesAndCallers) {
  const host::FaultReport report = with(elf_);
  ASSERT_FALSE(report.places.empty());
  EXPECT_THAT(report.places[0], testing::ContainsRegex("main at .*crash_load\\.c:[0-9]+"));
  ASSERT_GE(report.backtrace.size(), 2u);
  EXPECT_THAT(report.backtrace[0], HasSubstr("in main, main at "));
  EXPECT_THAT(report.backtrace[1], HasSubstr("call_main+0x6, _start at "));
  ASSERT_EQ(report.branches.size(), 1u);
  EXPECT_THAT(report.branches[0], HasSubstr("crash_load.c:"));
  EXPECT_EQ(report.debug_remark, "");
}

TEST_F(CrashReport, WithoutDebugInformationTheStackIsGuessed) {
  const host::FaultReport report = with({});
  EXPECT_TRUE(report.places.empty());
  ASSERT_EQ(report.backtrace.size(), 2u);
  EXPECT_THAT(report.backtrace[0], HasSubstr("in main"));
  EXPECT_THAT(report.backtrace[1], HasSubstr("in call_main+0x6 (a guess: ra)"));
}

TEST_F(CrashReport, DamagedFilesCostLinesAtMost) {
  const unsigned seed = 20240601;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  const char* rounds = std::getenv("TESSERA_DWARF_ROUNDS");
  for (int round = 0; round < (rounds != nullptr ? std::atoi(rounds) : 40); ++round) {
    std::vector<std::uint8_t> damaged = elf_;
    if (round % 4 == 3) {
      damaged.resize(random() % damaged.size());
    } else {
      for (unsigned n = 1u << (random() % 12); n > 0; --n) {
        damaged[52 + random() % (damaged.size() - 52)] = static_cast<std::uint8_t>(random());
      }
    }
    const host::FaultReport report = with(damaged);
    EXPECT_NE(report.text(), "") << round;
  }
}

TEST(Isolated, WorkThatDiesIsNoAnswer) {
  EXPECT_EQ(run_isolated([] { return std::string(200'000, 'x'); }, 10), std::string(200'000, 'x'));
  EXPECT_EQ(run_isolated([]() -> std::string { std::abort(); }, 10), std::nullopt);
  EXPECT_EQ(run_isolated([]() -> std::string { throw std::runtime_error("no"); }, 10), std::nullopt);
  EXPECT_EQ(run_isolated(
                []() -> std::string {
                  const std::atomic<bool> forever{true};
                  while (forever) {
                  }
                  return "";
                },
                1),
            std::nullopt);
}

}  // namespace
}  // namespace tessera::platform
