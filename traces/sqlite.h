// SPDX-License-Identifier: Apache-2.0
// The little of SQLite that traces need: RAII and errors that name the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tessera::traces {

class Database {
 public:
  enum class Mode { create, read };

  /// @throws TraceError
  Database(const std::filesystem::path& path, Mode mode);
  void execute(const std::string& sql);
  [[nodiscard]] std::int64_t integer(const std::string& sql);  ///< first column of the first row, 0 if there is none
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[noreturn]] void fail(std::string_view doing) const;

 private:
  struct Closer {
    void operator()(sqlite3* handle) const;
  };
  std::string name_;
  Mode mode_;
  std::unique_ptr<sqlite3, Closer> handle_;
};

/// A prepared statement. Parameters count from 1 as in SQL, columns from 0.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::int32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, double value);
  void bind(int index, std::string_view value);  ///< copied
  void bind_null(int index);
  template <typename Value>
  void bind(int index, const std::optional<Value>& value) {
    if (value) {
      bind(index, *value);
    } else {
      bind_null(index);
    }
  }
  /// @return true if there is a row
  bool step();
  void reset();
  /// Binds all, steps once, resets: an insert.
  template <typename... Values>
  void run(const Values&... values) {
    int index = 0;
    (bind(++index, values), ...);
    step();
    reset();
  }

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string text(int column) const;

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

}  // namespace tessera::traces
