// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <gtest/gtest.h>

#include <memory>

#include "tests/firmware/chip_fake.h"

namespace tessera::firmware_test {
namespace {

TEST(Report, OneLineForEachFrameAndASummary) {
  ChipFake chip(1, 1, 1);
  const auto results = std::make_unique<rt_results>();
  const std::int8_t first[] = {-128, 5, 100, 100};
  const std::int8_t second[] = {-1, -2, -3, -4};
  rt_results_add(results.get(), 0, first, 4, 12345);
  rt_results_add(results.get(), 1, second, 4, 12305);
  EXPECT_EQ(chip.uart, "") << "nothing is printed while it runs";
  rt_results_flush(results.get());
  rt_results_flush(results.get());
  rt_results_summary(results.get());
  EXPECT_EQ(chip.uart,
            "frame 0: class 2, score 100\nframe 1: class 0, score -1\n"
            "tessera: 2 frames done; time per inference: mean 1232.5 us, least 1230.5 us, most 1234.5 us\n");
}

TEST(Report, MoreFramesThanTheMemoryHoldsAreAllPrinted) {
  ChipFake chip(1, 1, 1);
  const auto results = std::make_unique<rt_results>();
  const std::int8_t outputs[] = {1, 2};
  for (std::uint32_t i = 0; i < 2 * RT_RESULTS + 7; ++i) {
    rt_results_add(results.get(), i, outputs, 2, 10);
  }
  rt_results_flush(results.get());
  EXPECT_EQ(std::count(chip.uart.begin(), chip.uart.end(), '\n'), 2 * RT_RESULTS + 7);
  EXPECT_EQ(results->frames, 2 * RT_RESULTS + 7);
}

TEST(Report, NoFrames) {
  ChipFake chip(1, 1, 1);
  const auto results = std::make_unique<rt_results>();
  rt_results_summary(results.get());
  EXPECT_EQ(chip.uart, "tessera: 0 frames done\n");
}

TEST(Report, FailuresNameUnitAndTag) {
  ChipFake chip(1, 1, 1);
  rt_failure failure{};
  failure.kind = RT_UNIT_FAILED;
  failure.unit.kind = TSR_UNIT_TILE;
  failure.unit.index = 7;
  failure.code = 3;
  failure.tag = 21;
  EXPECT_EQ(rt_report_failure(&failure, 4), static_cast<std::uint32_t>(TSR_EXIT_UNIT));
  EXPECT_EQ(chip.uart, "tessera: failed in frame 4: tile 7: bus error (code 3) in the job with tag 21\n");
  chip.uart.clear();
  failure.kind = RT_JOBS_LOST;
  failure.found = 2;
  failure.expected = 3;
  EXPECT_EQ(rt_report_failure(&failure, 0), static_cast<std::uint32_t>(TSR_EXIT_LOST_JOB));
  EXPECT_EQ(
      chip.uart,
      "tessera: failed in frame 0: tile 7 did 2 jobs, the schedule has 3; last tag is 3, expected 21: a job was left "
      "out\n");
}

TEST(Report, RefusalsSayWhatToDo) {
  ChipFake chip(1, 1, 1);
  const rt_problem problem{"platform hash", "compile again", 0xAB, 0xCD, RT_NO_INDEX};
  rt_report_problem(&problem);
  EXPECT_EQ(chip.uart, "tessera: deployment refused: platform hash: found 0xab, expected 0xcd; compile again\n");
}

}  // namespace
}  // namespace tessera::firmware_test
