// SPDX-License-Identifier: Apache-2.0
// The trace files of a run folder.
#pragma once

#include <filesystem>

#include "traces/recorder.h"

namespace tessera::traces {

inline constexpr const char* database_file = "trace.db";
inline constexpr const char* perfetto_file = "trace.perfetto-trace";
inline constexpr const char* vcd_file = "waves.vcd";
inline constexpr const char* energy_file = "energy.csv";

/// Adds the sinks of a run: database, Perfetto, VCD and energy.csv, or energy.csv alone when nothing is traced.
/// Files that an earlier run left there are replaced, or removed.
/// @throws TraceError  the folder is not writable
void add_file_sinks(Recorder& recorder, const std::filesystem::path& folder, bool trace);

}  // namespace tessera::traces
