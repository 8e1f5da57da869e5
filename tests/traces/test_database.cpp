// SPDX-License-Identifier: Apache-2.0
// Recorder to database and back: what was told is what is stored.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "models/power/ledger.h"
#include "tests/traces/record_run.h"
#include "traces/database_sink.h"
#include "traces/error.h"
#include "traces/reader.h"

namespace tessera::traces {
namespace {

using testing::record_run;
using testing::Scenario;
using testing::TemporaryFolder;
using testing::us;

TEST(DatabaseSink, StoresEveryFieldOfAJob) {
  const TemporaryFolder folder;
  probe::JobRecord r;
  r.kind = 3;
  r.submitted = 1;
  r.begin = 2;
  r.end = 3;
  r.count = 4;
  r.period = 5;
  r.fetch = 6;
  r.load_stall = 7;
  r.store_stall = 8;
  r.converter_stall = 9;
  r.bus_wait = 10;
  r.compute = 11;
  r.bytes_in = 12;
  r.bytes_out = 13;
  r.conversions = 14;
  r.clipped = 15;
  r.saturated = 16;
  {
    Recorder recorder;
    recorder.add_sink(std::make_unique<DatabaseSink>(folder / "trace.db", recorder.registry()));
    static_cast<void>(recorder.add_lane("a"));
    r.lane = recorder.add_lane("dma[0]");
    r.scope = recorder.scope({4, 17, 0});
    recorder.job(r);
    recorder.close(99);
  }
  TraceReader trace(folder / "trace.db");
  Statement row(trace.database(), "SELECT * FROM job");
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.integer(1), 1);  // lane
  EXPECT_EQ(row.integer(2), 1);  // scope
  EXPECT_EQ(row.text(3), "dma");
  EXPECT_TRUE(row.is_null(4));  // no inference
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(row.integer(5 + i), i + 1) << "column " << 5 + i;
  }
  EXPECT_FALSE(row.step());
  Statement scope(trace.database(), "SELECT layer, job, layer_name, job_name FROM scope_named WHERE id = 1");
  ASSERT_TRUE(scope.step());
  EXPECT_EQ(scope.integer(0), 4);
  EXPECT_EQ(scope.integer(1), 17);
  EXPECT_EQ(scope.text(2), "layer 4");
  EXPECT_EQ(scope.text(3), "job 17");
  EXPECT_TRUE(trace.complete());
  EXPECT_EQ(trace.end(), 99U);
}

TEST(DatabaseSink, StoresTheWholeScenario) {
  const TemporaryFolder folder;
  record_run(folder.path(), 300, true);
  TraceReader trace(folder / "trace.db");
  Database& db = trace.database();
  EXPECT_EQ(db.integer("SELECT count(*) FROM job"), 600);
  EXPECT_EQ(db.integer("SELECT count(*) FROM region WHERE kind = 'inference'"), 300);
  EXPECT_EQ(db.integer("SELECT count(*) FROM region WHERE kind = 'layer'"), 600);
  EXPECT_EQ(db.integer("SELECT count(*) FROM marker"), 1800);
  EXPECT_EQ(db.integer("SELECT count(*) FROM interrupt"), 1200);
  EXPECT_EQ(db.integer("SELECT count(*) FROM span"), 1500);
  EXPECT_EQ(db.integer("SELECT count(*) FROM bus_transaction"), 300 * 14 * 2);
  EXPECT_EQ(db.integer("SELECT sum(bytes) FROM bus_transaction WHERE write = 1"), 300 * 14 * 6);
  EXPECT_EQ(db.integer("SELECT value FROM counter_last WHERE path = 'tile[0,1].products'"), 300 * 8);
  EXPECT_EQ(db.integer("SELECT count(*) FROM job WHERE inference = 123"), 2);
  EXPECT_EQ(db.integer("SELECT count(*) FROM job_named WHERE layer = 'conv1' AND job = 'conv1 #0' AND lane = "
                       "'tile[0,0]' AND call_site = 'td_submit+0x0 < 0x80001000'"),
            300);
  EXPECT_EQ(db.integer("SELECT count(*) FROM energy_checkpoint"), 0);
  EXPECT_EQ(trace.meta("network"), "two layers");
  EXPECT_EQ(trace.meta("trace_level"), "full");
  Statement integrity(db, "PRAGMA integrity_check");
  ASSERT_TRUE(integrity.step());
  EXPECT_EQ(integrity.text(0), "ok");
}

TEST(DatabaseSink, EnergiesAreThoseOfTheLedgerToTheAttojoule) {
  const TemporaryFolder folder;
  Recorder recorder;
  recorder.add_sink(std::make_unique<DatabaseSink>(folder / "trace.db", recorder.registry()));
  Scenario scenario(recorder);
  for (std::uint32_t i = 0; i < 20; ++i) {
    scenario.inference(i);
  }
  scenario.finish();
  const auto hours = recorder.add_component("hours", probe::Category::statics);
  recorder.power(hours, probe::Cause::leakage, 0, 0, 10 * testing::us * 3'600'000'000, 1.0);  // 36 kJ: beyond 64 bits
  recorder.close(scenario.end());

  TraceReader trace(folder / "trace.db");
  const auto by_component = recorder.ledger().by_component();
  Statement rows(trace.database(),
                 "SELECT c.id, sum(e.nanojoules), sum(e.attojoules) FROM component c JOIN energy e "
                 "ON e.component = c.id GROUP BY c.id");
  power::Amount total = 0;
  while (rows.step()) {
    EXPECT_EQ(power::joules_text(energy_at(rows, 1)),
              power::joules_text(by_component.at(static_cast<std::size_t>(rows.integer(0)))));
    total += energy_at(rows, 1);
  }
  EXPECT_EQ(power::joules_text(total), power::joules_text(recorder.ledger().total()));
  EXPECT_GT(power::joules(total), 36000.0);
  for (const char* view : {"energy_by_component", "energy_by_category", "energy_by_cause", "energy_by_layer",
                           "energy_by_job", "energy_by_call_site", "energy_by_layer_and_category", "energy_window"}) {
    Statement sum(trace.database(), std::string("SELECT sum(nanojoules), sum(attojoules) FROM ") + view);
    ASSERT_TRUE(sum.step());
    EXPECT_EQ(power::joules_text(energy_at(sum, 0)), power::joules_text(recorder.ledger().total())) << view;
  }
}

TEST(DatabaseSink, EveryQueryOfTheDocumentationRuns) {
  const TemporaryFolder folder;
  record_run(folder.path(), 20, true);
  TraceReader trace(folder / "trace.db");
  const std::string page = testing::contents(std::string(TESSERA_SOURCE_DIR) + "/docs/traces.md");
  const std::string open = "```sql\n";
  const std::size_t begin = page.find(open);
  ASSERT_NE(begin, std::string::npos) << "docs/traces.md has no queries";
  std::string queries = page.substr(begin + open.size(), page.find("```", begin + open.size()) - begin - open.size());
  int ran = 0;
  for (std::size_t end = queries.find(';'); end != std::string::npos; end = queries.find(';')) {
    const std::string query = queries.substr(0, end);
    queries.erase(0, end + 1);
    Statement statement(trace.database(), query);
    EXPECT_TRUE(statement.step()) << "no row: " << query;
    ++ran;
  }
  EXPECT_GE(ran, 8);
}

TEST(DatabaseSink, LeavesASingleFileAndReplacesAnOlderOne) {
  const TemporaryFolder folder;
  record_run(folder.path(), 30);
  record_run(folder.path(), 3);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  EXPECT_EQ(names, (std::vector<std::string>{"energy.csv", "trace.db", "trace.perfetto-trace", "waves.vcd"}));
  TraceReader trace(folder / "trace.db");
  EXPECT_EQ(trace.database().integer("SELECT count(*) FROM inference"), 3);
}

TEST(DatabaseSink, KeepsWhatItHasWhenNobodyCloses) {
  const TemporaryFolder folder;
  {
    Recorder recorder;
    recorder.add_sink(std::make_unique<DatabaseSink>(folder / "trace.db", recorder.registry()));
    Scenario scenario(recorder);
    scenario.inference(0);
  }
  TraceReader trace(folder / "trace.db");
  EXPECT_FALSE(trace.complete());
  EXPECT_EQ(trace.database().integer("SELECT count(*) FROM job"), 2);
}

TEST(DatabaseSink, AFullDiskEndsTheTraceNotTheRun) {
  const TemporaryFolder folder;
  struct rlimit before {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  Recorder recorder;
  add_file_sinks(recorder, folder.path(), true);
  Scenario scenario(recorder);
  struct rlimit small = before;
  small.rlim_cur = 1 << 20;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    scenario.inference(i);
  }
  scenario.finish();
  try {
    recorder.close(scenario.end());
    ADD_FAILURE() << "expected an error";
  } catch (const TraceError& error) {
    EXPECT_EQ(error.fault(), TraceFault::not_writable);
    EXPECT_NE(std::string(error.what()).find("free space"), std::string::npos) << error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  TraceReader trace(folder / "trace.db");
  EXPECT_FALSE(trace.complete());
}

TEST(DatabaseSink, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  Recorder recorder;
  try {
    DatabaseSink sink(folder / "no" / "trace.db", recorder.registry());
    FAIL() << "expected an error";
  } catch (const TraceError& error) {
    EXPECT_EQ(error.fault(), TraceFault::not_writable);
    EXPECT_NE(std::string(error.what()).find("trace.db"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tessera::traces
