// SPDX-License-Identifier: Apache-2.0
// Splits layers into rectangles and places them; knows geometry only, no platform.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sw/compiler/map/mapping.h"
#include "sw/compiler/map/packer.h"

namespace tessera::compiler {

/// One tile as the placer sees it.
struct TileSpace {
  std::uint32_t tile = 0;
  std::uint32_t rows = 0, pairs = 0;                ///< rows: of inputs, whatever number of array rows each takes
  std::uint32_t input_bytes = 0, output_bytes = 0;  ///< buffers: one vector in, one vector out
  std::uint32_t column = 0;                         ///< of the grid: its tiles share analog lanes
  std::uint32_t references = 0;  ///< of the columns that every rectangle takes behind those of its weights
};

/// The weight matrix of one layer.
struct Matrix {
  std::uint32_t layer = 0;
  std::uint32_t inputs = 0, outputs = 0, slices = 1;
  std::uint32_t group = 1;  ///< elements that lie together (channels of a pixel): splits prefer their multiples
  std::uint64_t products = 1;
  bool on_lanes = false;  ///< copies: as the original was placed
};

using Segment = std::pair<std::uint32_t, std::uint32_t>;  ///< first, count

/// Even parts of at most `largest`, of whole groups where that needs no more parts.
[[nodiscard]] std::vector<Segment> split_evenly(std::uint32_t total, std::uint32_t largest, std::uint32_t group);

class Placer {
 public:
  Placer(std::vector<TileSpace> tiles, const MapOptions& options);

  /// Places the original of every layer. @return false if one has no place
  bool place_all(const std::vector<Matrix>& matrices);
  /// Places one more copy of a placed layer, on tiles that do not work on it yet. @return false if there is no place
  bool place_copy(const Matrix& matrix, std::uint32_t copy);

  [[nodiscard]] const std::vector<Placement>& placements() const { return placements_; }
  /// Whether the parts of K of this matrix (of place_all) lie in one grid column, on tiles of their own.
  [[nodiscard]] bool on_lanes(std::size_t matrix) const { return lanes_[matrix].use; }
  /// Why not, if they were meant to; empty otherwise.
  [[nodiscard]] const std::string& lane_obstacle(std::size_t matrix) const { return lanes_[matrix].obstacle; }
  /// Places for weights that are left.
  [[nodiscard]] std::uint64_t free_weights() const;
  [[nodiscard]] Rectangle largest_free() const;

 private:
  struct Limits {
    std::uint32_t rows = 0, pairs = 0;
  };
  struct Lanes {
    bool use = false;
    std::string obstacle;
  };
  /// Parts that have to be placed together.
  struct Item {
    std::vector<Placement> parts;
    std::size_t matrix = 0;
  };
  [[nodiscard]] std::vector<Placement> parts_of(const Matrix& matrix, const Limits& limits, bool on_lanes) const;
  [[nodiscard]] std::vector<Item> items_of(const std::vector<Matrix>& matrices);
  [[nodiscard]] std::uint32_t tallest_column() const;
  /// Of all tiles alike.
  [[nodiscard]] std::uint32_t references() const { return tiles_.empty() ? 0 : tiles_.front().references; }
  bool place_part(Placement part, std::uint32_t slices, std::vector<std::vector<std::uint32_t>>& users, bool may_share);
  /// All parts in one grid column, each on a tile of its own.
  bool place_group(const std::vector<Placement>& parts, std::uint32_t slices,
                   std::vector<std::vector<std::uint32_t>>& users, bool may_share);
  bool place_in_column(const std::vector<Placement>& parts, std::uint32_t slices, std::uint32_t column, bool shared,
                       std::vector<std::vector<std::uint32_t>>& users);
  bool attempt(const std::vector<Matrix>& matrices);
  void reset();

  std::vector<TileSpace> tiles_;
  MapOptions options_;
  std::vector<Packer> packers_;
  std::vector<Limits> limits_;  ///< per matrix
  std::vector<Lanes> lanes_;    ///< per matrix
  std::vector<Placement> placements_;
  std::vector<std::vector<std::uint32_t>> users_;  ///< per tile: layers on it
  std::size_t failed_ = 0;                         ///< matrix without a place in the last attempt
  bool failed_group_ = false;                      ///< its parts were to lie in one column
};

}  // namespace tessera::compiler
