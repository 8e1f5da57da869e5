// SPDX-License-Identifier: Apache-2.0
// Bad input is refused with a reason, never with a crash.
#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "tests/traces/record_run.h"
#include "traces/consistency.h"
#include "traces/error.h"
#include "traces/reader.h"
#include "traces/stats.h"

namespace tessera::traces {
namespace {

using testing::contents;
using testing::record_run;
using testing::TemporaryFolder;

TraceFault fault_of(const std::filesystem::path& path, const std::string& expected_words) {
  try {
    static_cast<void>(compute_stats(path));
  } catch (const TraceError& error) {
    EXPECT_NE(std::string(error.what()).find(expected_words), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find(path.filename().string()), std::string::npos) << error.what();
    return error.fault();
  }
  ADD_FAILURE() << "no error for " << path;
  return TraceFault::missing;
}

void write(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST(TraceReader, RefusesWhatIsNoTrace) {
  const TemporaryFolder folder;
  EXPECT_EQ(fault_of(folder / "none.db", "no such file"), TraceFault::missing);
  EXPECT_EQ(fault_of(folder.path(), "not a file"), TraceFault::not_a_trace);
  write(folder / "empty.db", "");
  EXPECT_EQ(fault_of(folder / "empty.db", "empty"), TraceFault::not_a_trace);
  write(folder / "text.db", std::string(5000, 'x'));
  EXPECT_EQ(fault_of(folder / "text.db", "not a database"), TraceFault::not_a_trace);
  {
    Database other(folder / "other.db", Database::Mode::create);
    other.execute("CREATE TABLE t (a)");
  }
  EXPECT_EQ(fault_of(folder / "other.db", "not a Tessera trace"), TraceFault::not_a_trace);
}

TEST(TraceReader, RefusesAnotherVersion) {
  const TemporaryFolder folder;
  record_run(folder.path(), 1);
  {
    Database trace(folder / "trace.db", Database::Mode::create);
    trace.execute("PRAGMA user_version = 99");
  }
  EXPECT_EQ(fault_of(folder / "trace.db", "schema 99, expected 1"), TraceFault::version);
}

TEST(TraceReader, RefusesATruncatedFile) {
  const TemporaryFolder folder;
  record_run(folder.path(), 100);
  const std::string whole = contents(folder / "trace.db");
  for (const std::size_t size :
       {whole.size() - 1, whole.size() / 2, std::size_t{8192}, std::size_t{4096}, std::size_t{100}, std::size_t{17}}) {
    write(folder / "cut.db", whole.substr(0, size));
    EXPECT_THROW(static_cast<void>(compute_stats(folder / "cut.db")), TraceError) << size;
  }
}

TEST(TraceReader, SurvivesDamageAnywhere) {
  const TemporaryFolder folder;
  record_run(folder.path(), 20);
  const std::string whole = contents(folder / "trace.db");
  const std::uint32_t seed = 20261123;
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  int refused = 0;
  for (int i = 0; i < 150; ++i) {
    std::string damaged = whole;
    for (int k = 0; k < 1 + i; ++k) {
      damaged[random() % damaged.size()] = static_cast<char>(random());
    }
    write(folder / "damaged.db", damaged);
    try {
      TraceReader trace(folder / "damaged.db");
      static_cast<void>(stats_text(compute_stats(trace)));
      static_cast<void>(stats_json(compute_stats(trace)));
      static_cast<void>(check_consistency(trace));
    } catch (const TraceError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace tessera::traces
