// SPDX-License-Identifier: Apache-2.0
// Places rectangles on one tile without overlap.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tessera::compiler {

struct Rectangle {
  std::uint32_t row = 0, column = 0, rows = 0, columns = 0;
  [[nodiscard]] std::uint64_t area() const { return std::uint64_t{rows} * columns; }
  friend bool operator==(const Rectangle&, const Rectangle&) = default;
};

/// Keeps the maximal free rectangles; the fullest fit wins (least left over on the shorter side), ties go to the top
/// left. Method: maximal rectangles, best short side fit (J. Jylaenki, "A Thousand Ways to Pack the Bin", 2010).
class Packer {
 public:
  Packer(std::uint32_t rows, std::uint32_t columns);

  /// Takes a free place; nothing happens when there is none.
  std::optional<Rectangle> place(std::uint32_t rows, std::uint32_t columns);
  [[nodiscard]] bool empty() const { return used_ == 0; }
  [[nodiscard]] std::uint64_t used() const { return used_; }
  [[nodiscard]] std::uint64_t area() const { return std::uint64_t{rows_} * columns_; }
  /// The largest free rectangle; empty rectangle when full.
  [[nodiscard]] Rectangle largest_free() const;

 private:
  std::uint32_t rows_, columns_;
  std::uint64_t used_ = 0;
  std::vector<Rectangle> free_;
};

}  // namespace tessera::compiler
