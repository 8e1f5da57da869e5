// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/traces/record_run.h"
#include "traces/consistency.h"

namespace tessera::traces {
namespace {

using testing::record_run;
using testing::TemporaryFolder;

TEST(Consistency, AnHonestTraceAgreesWithItself) {
  const TemporaryFolder folder;
  for (const bool full : {false, true}) {
    record_run(folder.path(), 50, full);
    TraceReader trace(folder / "trace.db");
    EXPECT_EQ(consistency_text(check_consistency(trace)), "");
  }
}

TEST(Consistency, EveryLieIsFound) {
  const struct {
    const char* lie;
    const char* found;
  } cases[] = {
      {"UPDATE job SET conversions = conversions + 1 WHERE id = 7", "tile[0,0].conversions"},
      {"UPDATE job SET conversions = conversions + 1 WHERE id = 7", "conversions of all ADC banks"},
      {"UPDATE job SET clipped = 0 WHERE id = 8", "tile[0,1].clipped"},
      {"UPDATE job SET end_ps = end_ps + 5000 WHERE id = 3", "tile[0,0].active"},
      {"UPDATE job SET count = count - 1 WHERE id = 3", "tile[0,0].products"},
      {"DELETE FROM job WHERE id = 3", "tile[0,0].bytes_in"},
      {"UPDATE counter_value SET value = value + 1 WHERE counter = (SELECT id FROM counter WHERE path = 'bus.bytes')",
       "bus.bytes: "},
      {"UPDATE counter_value SET value = value + 1 WHERE counter = (SELECT id FROM counter WHERE path = "
       "'bus.bytes.input')",
       "bus.bytes, summed over what they are for"},
      {"UPDATE energy SET attojoules = attojoules + 1 WHERE component = 2", "energy of"},
      {"UPDATE energy_window SET attojoules = attojoules + 1 WHERE begin_ps = 0 AND category = 'adc'",
       "energy of adc over time windows"},
      {"UPDATE job SET lane = 77 WHERE id = 3", "job.lane without a row in lane"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.lie);
    const TemporaryFolder folder;
    record_run(folder.path(), 10, true);
    {
      Database database(folder / "trace.db", Database::Mode::create);
      database.execute(c.lie);
    }
    TraceReader trace(folder / "trace.db");
    const std::string found = consistency_text(check_consistency(trace));
    EXPECT_NE(found.find(c.found), std::string::npos) << found;
  }
}

}  // namespace
}  // namespace tessera::traces
