// SPDX-License-Identifier: Apache-2.0
// Opens a trace database, whole or left behind by a run that was killed, and refuses anything else.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "models/power/amount.h"
#include "models/probe/probe.h"
#include "traces/sqlite.h"

namespace tessera::traces {

class TraceReader {
 public:
  /// @throws TraceError  missing, not_a_trace, version or damaged
  explicit TraceReader(const std::filesystem::path& path);

  [[nodiscard]] Database& database() { return database_; }
  /// A fact of the meta table, or "".
  [[nodiscard]] std::string meta(const std::string& key) const;
  [[nodiscard]] const std::map<std::string, std::string>& meta() const { return meta_; }
  /// False for a run that was killed: rows end at its last commit, energies are sums by component only.
  [[nodiscard]] bool complete() const { return meta("complete") == "1"; }
  /// End of the run; of an incomplete one the latest time in it [ps].
  [[nodiscard]] probe::Time end() const { return end_; }
  /// Cycle of the bus clock, in which counters count [ps].
  [[nodiscard]] probe::Time bus_cycle() const;

 private:
  void check_file(const std::filesystem::path& path);
  void check_schema();

  Database database_;
  std::map<std::string, std::string> meta_;
  probe::Time end_ = 0;
};

/// The two columns in which the database keeps an energy.
[[nodiscard]] inline power::Amount energy_at(const Statement& row, int nanojoules_column) {
  return static_cast<power::Amount>(row.integer(nanojoules_column)) * 1'000'000'000 +
         row.integer(nanojoules_column + 1);
}

}  // namespace tessera::traces
