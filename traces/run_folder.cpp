// SPDX-License-Identifier: Apache-2.0
#include "traces/run_folder.h"

#include "traces/database_sink.h"
#include "traces/energy_csv.h"
#include "traces/perfetto_sink.h"
#include "traces/vcd_sink.h"

namespace tessera::traces {

void add_file_sinks(Recorder& recorder, const std::filesystem::path& folder, bool trace) {
  if (!trace) {
    // What an earlier run left here does not belong to this one.
    for (const char* const file : {database_file, perfetto_file, vcd_file}) {
      std::error_code ignored;
      std::filesystem::remove(folder / file, ignored);
    }
  }
  if (trace) {
    recorder.add_sink(std::make_unique<DatabaseSink>(folder / database_file, recorder.registry()));
    recorder.add_sink(std::make_unique<PerfettoSink>(folder / perfetto_file));
    recorder.add_sink(std::make_unique<VcdSink>(folder / vcd_file));
  }
  recorder.add_sink(std::make_unique<EnergyCsvSink>(folder / energy_file));
}

}  // namespace tessera::traces
