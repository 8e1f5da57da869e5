// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/map/packer.h"

#include <algorithm>
#include <tuple>

namespace tessera::compiler {
namespace {

bool contains(const Rectangle& outer, const Rectangle& inner) {
  return inner.row >= outer.row && inner.column >= outer.column && inner.row + inner.rows <= outer.row + outer.rows &&
         inner.column + inner.columns <= outer.column + outer.columns;
}

bool overlap(const Rectangle& a, const Rectangle& b) {
  return a.row < b.row + b.rows && b.row < a.row + a.rows && a.column < b.column + b.columns &&
         b.column < a.column + a.columns;
}

/// The up to four maximal rectangles of `space` that `taken` leaves free.
void append_rest(const Rectangle& space, const Rectangle& taken, std::vector<Rectangle>& to) {
  if (taken.row > space.row) {
    to.push_back({space.row, space.column, taken.row - space.row, space.columns});
  }
  if (taken.row + taken.rows < space.row + space.rows) {
    const std::uint32_t row = taken.row + taken.rows;
    to.push_back({row, space.column, space.row + space.rows - row, space.columns});
  }
  if (taken.column > space.column) {
    to.push_back({space.row, space.column, space.rows, taken.column - space.column});
  }
  if (taken.column + taken.columns < space.column + space.columns) {
    const std::uint32_t column = taken.column + taken.columns;
    to.push_back({space.row, column, space.rows, space.column + space.columns - column});
  }
}

}  // namespace

Packer::Packer(std::uint32_t rows, std::uint32_t columns) : rows_(rows), columns_(columns) {
  if (rows != 0 && columns != 0) {
    free_.push_back({0, 0, rows, columns});
  }
}

std::optional<Rectangle> Packer::place(std::uint32_t rows, std::uint32_t columns) {
  if (rows == 0 || columns == 0) {
    return std::nullopt;
  }
  const auto rank = [&](const Rectangle& space) {
    const std::uint32_t a = space.rows - rows;
    const std::uint32_t b = space.columns - columns;
    return std::make_tuple(std::min(a, b), std::max(a, b), space.row, space.column);
  };
  const Rectangle* best = nullptr;
  for (const Rectangle& space : free_) {
    if (space.rows >= rows && space.columns >= columns && (best == nullptr || rank(space) < rank(*best))) {
      best = &space;
    }
  }
  if (best == nullptr) {
    return std::nullopt;
  }
  const Rectangle taken{best->row, best->column, rows, columns};
  std::vector<Rectangle> next;
  for (const Rectangle& space : free_) {
    if (overlap(space, taken)) {
      append_rest(space, taken, next);
    } else {
      next.push_back(space);
    }
  }
  free_.clear();
  for (std::size_t i = 0; i < next.size(); ++i) {
    bool redundant = false;
    for (std::size_t j = 0; j < next.size() && !redundant; ++j) {
      redundant = i != j && contains(next[j], next[i]) && (!(next[j] == next[i]) || j < i);
    }
    if (!redundant) {
      free_.push_back(next[i]);
    }
  }
  used_ += taken.area();
  return taken;
}

Rectangle Packer::largest_free() const {
  Rectangle largest;
  for (const Rectangle& space : free_) {
    if (space.area() > largest.area()) {
      largest = space;
    }
  }
  return largest;
}

}  // namespace tessera::compiler
