// SPDX-License-Identifier: Apache-2.0
// The non-volatile state of a chip in a file (docs/programming.md, "Chip file"): thresholds, write counts and wear of
// every cell that is not as delivered, and the chip's clock.
//
// The file is a header and a log of transactions, each with a checksum. A transaction is appended when a piece of an
// erase or a program is complete; whatever ends the process, the file holds the chip up to the last complete one, as a
// power cut at that instant would leave it. Rewriting (without what later transactions replaced) makes a new file that
// replaces the old one at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/analog/programming.h"
#include "models/tile/flash_unit.h"
#include "platform/config/platform_parameters.h"

namespace tessera::platform {

/// The file is not a chip file, is damaged, or belongs to another platform: what is wrong, where, what to do.
struct ChipFileError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
/// The file cannot be read, written or locked.
struct ChipFileUnavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ChipFile {
 public:
  /// Opens the file, or creates it with the first transaction; nobody else may have it open meanwhile. A transaction
  /// that was cut off at the end is dropped.
  /// @throws ChipFileError, ChipFileUnavailable
  ChipFile(std::filesystem::path path, const PlatformParameters& platform);
  ~ChipFile();
  ChipFile(const ChipFile&) = delete;
  ChipFile& operator=(const ChipFile&) = delete;

  /// The file was there, but without a complete header: nothing says which chip it was, so it is taken as a new one.
  [[nodiscard]] bool found_empty() const { return found_empty_; }
  /// The chip was never used: it is as delivered.
  [[nodiscard]] bool fresh() const { return fresh_; }
  /// Simulated time that the chip has behind it [ps].
  [[nodiscard]] std::uint64_t clock_ps() const { return clock_ps_; }
  /// Bytes of a transaction that was cut off and has been dropped.
  [[nodiscard]] std::uint64_t dropped_bytes() const { return dropped_; }

  /// Brings the cells of a tile to the state of the file, and the array with them.
  void restore(std::uint32_t tile, tile::FlashUnit& flash) const;
  /// Writes what has changed. @param now  time of this run [ps]
  void commit(std::uint32_t tile, tile::FlashUnit& flash, const tile::FlashChange& change, std::uint64_t now);
  /// Writes all cells of a tile, as factory programming has left them.
  void commit_all(std::uint32_t tile, tile::FlashUnit& flash);
  /// The run ends: the clock is kept, and the file is rewritten when that makes it much smaller.
  void close(std::uint64_t now);

 private:
  struct Row {
    analog::FlashRow state;
    std::uint64_t written_ps = 0;  ///< chip time of the last write to the row
  };
  struct Tile {
    std::uint32_t rows = 0, columns = 0;
    std::vector<std::unique_ptr<Row>> cells;
    std::vector<std::uint32_t> cycles;
    std::vector<double> column_disturb_V;
  };
  class Reader;

  void load();
  void read_header(std::span<const std::uint8_t> bytes) const;
  void apply(std::span<const std::uint8_t> items, std::uint64_t offset);
  void apply_cells(Reader& item, std::uint32_t tile, std::uint64_t offset);
  void adopt(std::uint32_t tile, tile::FlashUnit& flash, std::uint32_t row, std::uint32_t column0,
             std::uint32_t columns, std::uint64_t now);
  void put_cells(std::vector<std::uint8_t>& to, std::uint32_t tile, std::uint32_t row, std::uint32_t column0,
                 std::uint32_t columns) const;
  void put_wear(std::vector<std::uint8_t>& to, std::uint32_t tile, std::uint32_t pair) const;
  void put_clock(std::vector<std::uint8_t>& to, std::uint64_t clock) const;
  [[nodiscard]] std::vector<std::uint8_t> header() const;
  [[nodiscard]] std::vector<std::uint8_t> transaction(const std::vector<std::uint8_t>& items);
  void append(const std::vector<std::uint8_t>& items);
  void rewrite();
  [[noreturn]] void damaged(std::uint64_t offset, const std::string& what) const;

  std::filesystem::path path_;
  std::uint64_t seed_;
  std::uint32_t grid_rows_, grid_columns_;
  std::uint64_t geometry_;  ///< of all tiles: what the voltages mean
  double programmed_K_;     ///< temperature at which thresholds were set: they are read with its n UT [K]
  std::vector<Tile> tiles_;
  int file_ = -1;
  std::uint64_t size_ = 0;
  std::uint32_t sequence_ = 0;
  bool fresh_ = true;
  bool found_empty_ = false;
  std::uint64_t clock_ps_ = 0;
  std::uint64_t dropped_ = 0;
};

}  // namespace tessera::platform
