// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/map/placer.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace tessera::compiler {
namespace {

bool has(const std::vector<std::uint32_t>& list, std::uint32_t value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

}  // namespace

std::vector<Segment> split_evenly(std::uint32_t total, std::uint32_t largest, std::uint32_t group) {
  const std::uint32_t parts = (total + largest - 1) / largest;
  std::uint32_t size = (total + parts - 1) / parts;
  const std::uint32_t whole = (size + group - 1) / group * group;
  if (parts > 1 && whole <= largest) {
    size = whole;
  }
  std::vector<Segment> segments;
  for (std::uint32_t first = 0; first < total; first += size) {
    segments.emplace_back(first, std::min(size, total - first));
  }
  return segments;
}

Placer::Placer(std::vector<TileSpace> tiles, const MapOptions& options) : tiles_(std::move(tiles)), options_(options) {
  reset();
}

void Placer::reset() {
  packers_.clear();
  for (const TileSpace& tile : tiles_) {
    packers_.emplace_back(tile.rows, tile.pairs);
  }
  users_.assign(tiles_.size(), {});
  placements_.clear();
}

std::uint64_t Placer::free_weights() const {
  return std::accumulate(packers_.begin(), packers_.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const Packer& p) { return sum + p.area() - p.used(); });
}

Rectangle Placer::largest_free() const {
  Rectangle largest;
  for (const Packer& packer : packers_) {
    const Rectangle candidate = packer.largest_free();
    largest = candidate.area() > largest.area() ? candidate : largest;
  }
  return largest;
}

std::vector<Placement> Placer::parts_of(const Matrix& matrix, const Limits& limits, bool on_lanes) const {
  const auto rows = split_evenly(matrix.inputs, limits.rows, matrix.group);
  std::uint32_t output_bytes = 0;
  for (const TileSpace& tile : tiles_) {
    output_bytes = std::max(output_bytes, tile.output_bytes);
  }
  const std::uint32_t result_bytes = rows.size() > 1 && !on_lanes ? 4 : 1;
  const std::uint32_t most =
      std::max(1U, std::min((limits.pairs - references()) / matrix.slices, output_bytes / result_bytes));
  std::vector<Placement> parts;
  std::uint32_t k_part = 0;
  for (const auto& [k0, k_rows] : rows) {
    for (const auto& [output0, outputs] : split_evenly(matrix.outputs, most, 1)) {
      Placement part;
      part.layer = matrix.layer;
      part.k0 = k0;
      part.rows = k_rows;
      part.output0 = output0;
      part.outputs = outputs;
      part.k_part = k_part;
      parts.push_back(part);
    }
    ++k_part;
  }
  return parts;
}

/// Parts that could work at the same time want tiles of their own; `users` says which layers a tile works on.
bool Placer::place_part(Placement part, std::uint32_t slices, std::vector<std::vector<std::uint32_t>>& users,
                        bool may_share) {
  const std::uint32_t pairs = part.outputs * slices + references();
  for (const bool shared : {false, true}) {
    if (shared && !may_share) {
      return false;
    }
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
      if (has(users[i], part.layer) != shared || tiles_[i].input_bytes < part.rows ||
          (!options_.pack && !packers_[i].empty())) {
        continue;
      }
      if (const auto place = packers_[i].place(part.rows, pairs)) {
        part.tile = tiles_[i].tile;
        part.row0 = place->row;
        part.pair0 = place->column;
        placements_.push_back(part);
        if (!has(users[i], part.layer)) {
          users[i].push_back(part.layer);
        }
        return true;
      }
    }
  }
  return false;
}

bool Placer::place_in_column(const std::vector<Placement>& parts, std::uint32_t slices, std::uint32_t column,
                             bool shared, std::vector<std::vector<std::uint32_t>>& users) {
  std::map<std::size_t, Packer> before;  // of the tiles that have taken a part
  std::vector<std::pair<std::size_t, Placement>> placed;
  for (Placement part : parts) {
    bool found = false;
    for (std::size_t i = 0; i < tiles_.size() && !found; ++i) {
      if (tiles_[i].column != column || before.count(i) != 0 || (has(users[i], part.layer) && !shared) ||
          tiles_[i].input_bytes < part.rows || (!options_.pack && !packers_[i].empty())) {
        continue;
      }
      const Packer untouched = packers_[i];
      if (const auto place = packers_[i].place(part.rows, part.outputs * slices + references())) {
        before.emplace(i, untouched);
        part.tile = tiles_[i].tile;
        part.row0 = place->row;
        part.pair0 = place->column;
        placed.emplace_back(i, part);
        found = true;
      }
    }
    if (!found) {
      for (const auto& [i, packer] : before) {
        packers_[i] = packer;
      }
      return false;
    }
  }
  for (const auto& [i, part] : placed) {
    placements_.push_back(part);
    if (!has(users[i], part.layer)) {
      users[i].push_back(part.layer);
    }
  }
  return true;
}

bool Placer::place_group(const std::vector<Placement>& parts, std::uint32_t slices,
                         std::vector<std::vector<std::uint32_t>>& users, bool may_share) {
  std::vector<std::uint32_t> columns;
  for (const TileSpace& tile : tiles_) {
    if (!has(columns, tile.column)) {
      columns.push_back(tile.column);
    }
  }
  for (const bool shared : {false, true}) {
    for (const std::uint32_t column : columns) {
      if ((!shared || may_share) && place_in_column(parts, slices, column, shared, users)) {
        return true;
      }
    }
  }
  return false;
}

std::uint32_t Placer::tallest_column() const {
  std::map<std::uint32_t, std::uint32_t> tiles;
  std::uint32_t most = 0;
  for (const TileSpace& tile : tiles_) {
    most = std::max(most, ++tiles[tile.column]);
  }
  return most;
}

std::vector<Placer::Item> Placer::items_of(const std::vector<Matrix>& matrices) {
  std::vector<Item> items;
  for (std::size_t m = 0; m < matrices.size(); ++m) {
    std::vector<Placement> parts = parts_of(matrices[m], limits_[m], lanes_[m].use);
    const std::uint32_t k_parts = parts.back().k_part + 1;
    if (lanes_[m].use && k_parts > tallest_column()) {
      lanes_[m] = {false, fmt::format("K has {} parts, a grid column {} tiles", k_parts, tallest_column())};
      parts = parts_of(matrices[m], limits_[m], false);
    }
    std::map<std::uint32_t, Item> groups;  // by output
    for (const Placement& part : parts) {
      if (lanes_[m].use && k_parts > 1) {
        groups[part.output0].matrix = m;
        groups[part.output0].parts.push_back(part);
      } else {
        items.push_back({{part}, m});
      }
    }
    for (const auto& [output, group] : groups) {
      items.push_back(group);
    }
  }
  return items;
}

bool Placer::attempt(const std::vector<Matrix>& matrices) {
  reset();
  std::vector<Item> items = items_of(matrices);
  // Large rectangles first; small ones fill the gaps.
  std::stable_sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    const auto area = [&](const Item& item) {
      const Placement& part = item.parts.front();
      return std::uint64_t{part.rows} * part.outputs * matrices[item.matrix].slices;
    };
    return area(a) > area(b);
  });
  for (const Item& item : items) {
    const std::uint32_t slices = matrices[item.matrix].slices;
    const bool group = item.parts.size() > 1;
    if (group ? !place_group(item.parts, slices, users_, true)
              : !place_part(item.parts.front(), slices, users_, true)) {
      failed_ = item.matrix;
      failed_group_ = group;
      return false;
    }
  }
  return true;
}

bool Placer::place_all(const std::vector<Matrix>& matrices) {
  Limits whole;
  for (const TileSpace& tile : tiles_) {
    whole.rows = std::max(whole.rows, std::min(tile.rows, tile.input_bytes));
    whole.pairs = std::max(whole.pairs, tile.pairs);
  }
  whole.rows = options_.max_rows != 0 ? std::min(whole.rows, options_.max_rows) : whole.rows;
  whole.pairs = options_.max_pairs != 0 ? std::min(whole.pairs, options_.max_pairs) : whole.pairs;
  limits_.assign(matrices.size(), whole);
  lanes_.assign(matrices.size(), {options_.column_sum, {}});
  std::uint64_t needed = 0;
  for (const Matrix& matrix : matrices) {
    needed += std::uint64_t{matrix.inputs} * (std::uint64_t{matrix.outputs} * matrix.slices + references());
  }
  reset();
  const bool possible = whole.rows != 0 && needed <= free_weights() &&
                        std::all_of(matrices.begin(), matrices.end(),
                                    [&](const Matrix& m) { return whole.pairs >= m.slices + references(); });
  // A layer that finds no place is cut finer, across the longer side of its parts, and all are placed again.
  for (int round = 0; possible && round < 24; ++round) {
    bool placed = attempt(matrices);
    while (!placed && failed_group_) {
      lanes_[failed_] = {false, "no grid column has room for all parts of K on tiles of their own"};
      placed = attempt(matrices);
    }
    if (placed) {
      return true;
    }
    Limits& limits = limits_[failed_];
    const Matrix& matrix = matrices[failed_];
    const std::uint32_t rows = std::min(limits.rows, matrix.inputs);
    const std::uint32_t pairs = std::min(limits.pairs - references(), matrix.outputs * matrix.slices);
    if (pairs >= rows && pairs > matrix.slices) {
      limits.pairs = std::max((pairs + 1) / 2, matrix.slices) + references();
    } else if (rows > 1) {
      limits.rows = (rows + 1) / 2;
    } else {
      break;
    }
  }
  return false;
}

bool Placer::place_copy(const Matrix& matrix, std::uint32_t copy) {
  const auto packers = packers_;
  const auto users = users_;
  const auto placed = placements_.size();
  auto inside = users_;  // the copy's own parts may share tiles where there is no other place
  std::map<std::uint32_t, std::vector<Placement>> groups;  // by output where parts go together, else of one part
  for (const Placement& original : placements_) {
    if (original.layer == matrix.layer && original.copy == 0) {
      const auto key = matrix.on_lanes ? original.output0 : static_cast<std::uint32_t>(groups.size());
      groups[key].push_back(original);
      groups[key].back().copy = copy;
    }
  }
  for (const auto& [key, parts] : groups) {
    if (parts.size() > 1 ? !place_group(parts, matrix.slices, inside, false)
                         : !place_part(parts.front(), matrix.slices, inside, false)) {
      packers_ = packers;
      users_ = users;
      placements_.resize(placed);
      return false;
    }
  }
  users_ = inside;
  return true;
}

}  // namespace tessera::compiler
