// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration, and where.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tessera::platform {

/// Where a value was written. Lines and columns count from 1; 0 means that there is none.
struct Origin {
  enum class Kind { preset, file, command_line } kind = Kind::preset;
  std::string source;  ///< name of the preset, path of the file, or "--set"
  int line = 0;
  int column = 0;
  std::string remark;  ///< such as "alias of 3:4"

  /// `preset NAME`, `file:line:column` or `--set`.
  [[nodiscard]] std::string text() const;
};

struct Diagnostic {
  Origin origin;
  std::string key;       ///< as written, such as `tiles.overrides[1].adc.bits`; empty if the file as a whole is meant
  std::string problem;   ///< what is wrong
  std::string expected;  ///< what was expected, and what to do; or "did you mean ..."

  /// `file:line:column: key: problem; expected ...`
  [[nodiscard]] std::string text() const;
};

/// Collects errors; from `limit` on it only counts, so that a hostile file cannot fill the memory.
class Diagnostics {
 public:
  static constexpr std::size_t limit = 200;

  void add(Diagnostic diagnostic) {
    if (list_.size() < limit) {
      list_.push_back(std::move(diagnostic));
    } else {
      ++suppressed_;
    }
  }
  [[nodiscard]] bool empty() const { return list_.empty(); }
  [[nodiscard]] const std::vector<Diagnostic>& list() const { return list_; }
  [[nodiscard]] std::size_t suppressed() const { return suppressed_; }

 private:
  std::vector<Diagnostic> list_;
  std::size_t suppressed_ = 0;
};

}  // namespace tessera::platform
