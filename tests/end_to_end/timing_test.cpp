// SPDX-License-Identifier: Apache-2.0
// The loosely timed bus against the approximately timed one through the real command, checkers on every socket.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

// Its error is within 3 % wherever it is offered: networks, a full bus, and the cases in which the order of bookings
// decides. A limit that it cannot keep is told by the exit code.
TEST(TimingCommand, ErrorsAreWithinThreePercent) {
  const Scratch scratch;
  const auto folder = scratch / "timing";
  const Finished finished = tessera("timing -n 1 --check -o " + folder.string());
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto result = json(folder / "timing.json");
  EXPECT_TRUE(result["good"].get<bool>());
  ASSERT_EQ(result["rows"].size(), 9u);
  for (const auto& row : result["rows"]) {
    EXPECT_LT(std::abs(row["error"].get<double>()), 0.03) << row["name"];
    EXPECT_EQ(row["protocol_violations"].get<int>(), 0) << row["name"];
    EXPECT_TRUE(row["same_outputs"].get<bool>()) << row["name"];
  }
  EXPECT_LT(result["worst_error"].get<double>(), 0.01) << "what docs/interconnect.md says";
  EXPECT_EQ(tessera("timing -n 1 --limit 0.01").exit_code, 1);
}

}  // namespace
}  // namespace tessera::test
