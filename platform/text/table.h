// SPDX-License-Identifier: Apache-2.0
// Aligned text tables and numbers with SI prefixes.
#pragma once

#include <string>
#include <vector>

namespace tessera::text {

class Table {
 public:
  /// A header that starts with '<' aligns its column to the left (the sign is not printed); others to the right.
  explicit Table(std::vector<std::string> headers);
  void add(std::vector<std::string> row);
  void rule();  ///< a line before the next row
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> headers_;
  std::vector<bool> left_;
  std::vector<std::vector<std::string>> rows_;  ///< an empty row is a rule
};

/// "21.7 nJ", "562 ns", "0 J": three significant digits.
[[nodiscard]] std::string si(double value, const std::string& unit);

}  // namespace tessera::text
