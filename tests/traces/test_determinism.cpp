// SPDX-License-Identifier: Apache-2.0
// The same run gives the same bytes, and memory does not grow with its length.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/traces/record_run.h"
#include "traces/sqlite.h"

namespace tessera::traces {
namespace {

using testing::contents;
using testing::record_run;
using testing::TemporaryFolder;

/// Every table and view definition and every row, in the order of the file.
std::string dump(const std::filesystem::path& path) {
  Database database(path, Database::Mode::read);
  std::string out;
  Statement tables(database, "SELECT name, type, sql FROM sqlite_master ORDER BY rowid");
  while (tables.step()) {
    out += tables.text(2) + "\n";
    if (tables.text(1) != "table") {
      continue;
    }
    Statement rows(database, "SELECT * FROM " + tables.text(0));
    const std::int64_t columns = database.integer("SELECT count(*) FROM pragma_table_info('" + tables.text(0) + "')");
    while (rows.step()) {
      for (int i = 0; i < columns; ++i) {
        out += (rows.is_null(i) ? "NULL" : rows.text(i)) + "|";
      }
      out += "\n";
    }
  }
  return out;
}

TEST(Determinism, TwoRunsGiveTheSameBytes) {
  const TemporaryFolder a, b;
  record_run(a.path(), 1500, true);
  record_run(b.path(), 1500, true);
  for (const char* name : {"trace.perfetto-trace", "waves.vcd", "energy.csv"}) {
    EXPECT_FALSE(contents(a / name).empty()) << name;
    EXPECT_TRUE(contents(a / name) == contents(b / name)) << name;
  }
  EXPECT_TRUE(dump(a / "trace.db") == dump(b / "trace.db"));
  EXPECT_TRUE(contents(a / "trace.db") == contents(b / "trace.db")) << "not promised, but so far true";
}

TEST(Determinism, FilesNameNoFolder) {
  const TemporaryFolder folder;
  record_run(folder.path(), 2);
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    EXPECT_EQ(contents(entry.path()).find(folder.path().string()), std::string::npos) << entry.path();
  }
}

std::int64_t resident_kB() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.rfind("VmRSS:", 0) == 0) {
      return std::stoll(line.substr(6));
    }
  }
  return 0;
}

TEST(Memory, DoesNotGrowWithTheRun) {
  const TemporaryFolder folder;
  RecorderOptions options;
  options.full = true;
  Recorder recorder(options);
  add_file_sinks(recorder, folder.path(), true);
  testing::Scenario scenario(recorder);
  std::uint32_t i = 0;
  for (; i < 8'000; ++i) {  // every buffer has been full
    scenario.inference(i);
  }
  const std::int64_t before = resident_kB();
  ASSERT_GT(before, 0);
  for (; i < 20'000; ++i) {
    scenario.inference(i);
  }
  EXPECT_LT(resident_kB() - before, 8'000) << "kilobytes more after half a million further events";
  scenario.finish();
  recorder.close(scenario.end());
}

}  // namespace
}  // namespace tessera::traces
