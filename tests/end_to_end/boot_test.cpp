// SPDX-License-Identifier: Apache-2.0
// `tessera boot`: what firmware does wrong ends in a report, exit code 1 and traces complete up to then.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/command.h"
#include "traces/reader.h"

namespace tessera::test {
namespace {

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
  const Finished finished = boot("hello", "--limit-instructions 50");
  EXPECT_EQ(finished.exit_code, 1) << finished.output;
  EXPECT_NE(finished.output.find("limit"), std::string::npos) << finished.output;
}

}  // namespace
}  // namespace tessera::test
