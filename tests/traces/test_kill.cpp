// SPDX-License-Identifier: Apache-2.0
// kill -9 in mid-run: the database opens and holds everything up to a commit.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "tests/traces/record_run.h"
#include "traces/consistency.h"
#include "traces/reader.h"
#include "traces/stats.h"

namespace tessera::traces {
namespace {

using testing::TemporaryFolder;

/// Records for ever; tells through the pipe how many inferences it has done.
[[noreturn]] void record_for_ever(const std::filesystem::path& folder, int pipe) {
  Recorder recorder;
  add_file_sinks(recorder, folder, true);
  testing::Scenario scenario(recorder);
  testing::name_layers(recorder);
  for (std::uint32_t i = 0;; ++i) {
    scenario.inference(i);
    if (i % 100 == 0 && ::write(pipe, &i, sizeof(i)) != sizeof(i)) {
      ::_exit(1);
    }
  }
}

class Kill : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(Kill, LeavesAReadableDatabase) {
  const TemporaryFolder folder;
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::close(pipe[0]);
    record_for_ever(folder.path(), pipe[1]);
  }
  ::close(pipe[1]);
  std::uint32_t done = 0;
  while (done < GetParam() && ::read(pipe[0], &done, sizeof(done)) == sizeof(done)) {
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "the recording child ended by itself";
  ::close(pipe[0]);

  TraceReader trace(folder / "trace.db");
  EXPECT_FALSE(trace.complete());
  const std::int64_t jobs = trace.database().integer("SELECT count(*) FROM job");
  // Fewer than 32 chunks of 512 events wait in the queue, and 8 between two commits; an inference has 19 events.
  const std::int64_t at_least = 2 * (std::int64_t{done} - 100) - 2 * (33 + 8 + 1) * 512 / 19;
  EXPECT_GE(jobs, at_least);
  EXPECT_EQ(consistency_text(check_consistency(trace)), "");
  const Stats stats = compute_stats(trace);
  EXPECT_EQ(stats.jobs, static_cast<std::uint64_t>(jobs));
  if (jobs > 0) {
    EXPECT_GT(power::joules(stats.energy), 0.0) << "the sums of the last commit";
    EXPECT_EQ(stats.layers.at(0).name, "conv1");
  }
  EXPECT_NE(stats_text(stats).find("INCOMPLETE"), std::string::npos);
  Statement integrity(trace.database(), "PRAGMA integrity_check");
  ASSERT_TRUE(integrity.step());
  EXPECT_EQ(integrity.text(0), "ok");
  // Nothing that lands atomically is there in part under its final name.
  EXPECT_FALSE(std::filesystem::exists(folder / "waves.vcd"));
  EXPECT_FALSE(std::filesystem::exists(folder / "trace.perfetto-trace"));
}

INSTANTIATE_TEST_SUITE_P(AfterInferences, Kill, ::testing::Values(1U, 900U, 3000U, 10'000U));

}  // namespace
}  // namespace tessera::traces
