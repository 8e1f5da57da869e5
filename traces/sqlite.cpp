// SPDX-License-Identifier: Apache-2.0
#include "traces/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "traces/error.h"

namespace tessera::traces {

void Database::Closer::operator()(sqlite3* handle) const {
  sqlite3_close(handle);
}

Database::Database(const std::filesystem::path& path, Mode mode) : name_(path.string()), mode_(mode) {
  const int flags = mode == Mode::create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(name_.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  handle_.reset(handle);
  if (result != SQLITE_OK) {
    fail("opening it");
  }
  sqlite3_busy_timeout(handle, 5000);
}

void Database::fail(std::string_view doing) const {
  const int code = handle_ ? sqlite3_errcode(handle_.get()) : SQLITE_NOMEM;
  const std::string what =
      fmt::format("{} failed: {}", doing, handle_ ? sqlite3_errmsg(handle_.get()) : "out of memory");
  if (mode_ == Mode::create) {
    throw TraceError(TraceFault::not_writable, name_, what, "check free space and permissions of the folder");
  }
  switch (code & 0xFF) {
    case SQLITE_NOTADB:
      throw TraceError(TraceFault::not_a_trace, name_, what, "expected a trace.db of a run folder");
    case SQLITE_CANTOPEN:
      throw TraceError(TraceFault::missing, name_, what,
                       "check the path; the trace of a run that was killed also needs write permission to its folder");
    default:
      throw TraceError(TraceFault::damaged, name_, what,
                       "the file is truncated or was changed after the run; run it again, or restore a whole copy "
                       "(with its -wal file, if there is one)");
  }
}

void Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail(mode_ == Mode::create ? "writing it" : "reading it");
  }
}

std::int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                         &statement, nullptr) != SQLITE_OK) {
    database.fail("preparing a query");
  }
  statement_.reset(statement);
}

void Statement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}
void Statement::bind(int index, double value) {
  sqlite3_bind_double(statement_.get(), index, value);
}
void Statement::bind(int index, std::string_view value) {
  sqlite3_bind_text(statement_.get(), index, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}
void Statement::bind_null(int index) {
  sqlite3_bind_null(statement_.get(), index);
}

bool Statement::step() {
  const int result = sqlite3_step(statement_.get());
  if (result == SQLITE_ROW) {
    return true;
  }
  if (result != SQLITE_DONE) {
    database_.fail("a query");
  }
  return false;
}

void Statement::reset() {
  sqlite3_reset(statement_.get());
}
bool Statement::is_null(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}
std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}
double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}
std::string Statement::text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  const auto bytes = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return text == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(text), bytes);
}

}  // namespace tessera::traces
