// SPDX-License-Identifier: Apache-2.0
#include "traces/reader.h"

#include <fmt/format.h>

#include <charconv>
#include <system_error>

#include "traces/database_schema.h"
#include "traces/error.h"

namespace tessera::traces {
namespace {

std::filesystem::path existing(const std::filesystem::path& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    throw TraceError(TraceFault::missing, path.string(), "no such file", "give the trace.db of a run folder");
  }
  if (!std::filesystem::is_regular_file(path, error)) {
    throw TraceError(TraceFault::not_a_trace, path.string(), "not a file", "give the trace.db inside a run folder");
  }
  if (std::filesystem::file_size(path, error) == 0) {
    throw TraceError(TraceFault::not_a_trace, path.string(), "empty", "give the trace.db of a run folder");
  }
  return path;
}

std::uint64_t number(const std::string& text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

TraceReader::TraceReader(const std::filesystem::path& path) : database_(existing(path), Database::Mode::read) {
  check_schema();
  check_file(path);
  Statement rows(database_, "SELECT key, value FROM meta");
  while (rows.step()) {
    meta_[rows.text(0)] = rows.text(1);
  }
  end_ = complete() ? number(meta("end_ps"))
                    : static_cast<probe::Time>(database_.integer(
                          "SELECT max(coalesce((SELECT max(end_ps) FROM job), 0), coalesce((SELECT max(end_ps) FROM "
                          "span), 0), coalesce((SELECT max(at_ps) FROM marker), 0), coalesce((SELECT max(at_ps) FROM "
                          "interrupt), 0), coalesce((SELECT max(at_ps) FROM counter_value), 0))"));
}

std::string TraceReader::meta(const std::string& key) const {
  const auto known = meta_.find(key);
  return known != meta_.end() ? known->second : std::string();
}

probe::Time TraceReader::bus_cycle() const {
  const std::uint64_t cycle = number(meta("bus_cycle_ps"));
  return cycle != 0 ? cycle : 1;
}

void TraceReader::check_schema() {
  const std::int64_t application = database_.integer("PRAGMA application_id");
  if (application != application_id) {
    throw TraceError(TraceFault::not_a_trace, database_.name(),
                     fmt::format("a database, but not a Tessera trace (application_id {:#x}, expected {:#x})",
                                 application, application_id),
                     "give the trace.db of a run folder");
  }
  const std::int64_t version = database_.integer("PRAGMA user_version");
  if (version != schema_version) {
    throw TraceError(
        TraceFault::version, database_.name(), fmt::format("trace schema {}, expected {}", version, schema_version),
        version > schema_version ? "read it with the newer Tessera that wrote it, or run again with this one"
                                 : "run again with this Tessera");
  }
}

void TraceReader::check_file(const std::filesystem::path& path) {
  // A file that lost its tail still opens; SQLite would complain only when it comes to a missing page.
  std::error_code error;
  if (std::filesystem::exists(path.string() + "-wal", error)) {
    return;  // pages may still be in the log of a run that was killed
  }
  const std::int64_t expected = database_.integer("PRAGMA page_count") * database_.integer("PRAGMA page_size");
  const auto found = static_cast<std::int64_t>(std::filesystem::file_size(path, error));
  if (found < expected) {
    throw TraceError(TraceFault::damaged, database_.name(), fmt::format("{} bytes long, expected {}", found, expected),
                     "the file was truncated: copy it again, or run again");
  }
}

}  // namespace tessera::traces
