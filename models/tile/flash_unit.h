// SPDX-License-Identifier: Apache-2.0
// Registers and commands of a tile's flash: erase, program, verify. SystemC-free: the tile's shell fetches the level
// image, lets time pass and books energy; this part says what may be done, does it, and remembers how it went.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/analog/array.h"
#include "models/analog/programming.h"
#include "models/tile/tile_parameters.h"

namespace tessera::tile {

/// Cells whose state has changed for good: what a chip file keeps.
struct FlashChange {
  enum class Kind : std::uint8_t { erase, program } kind = Kind::program;
  std::uint32_t row = 0;  ///< erase: first row of the pair
  std::uint32_t column0 = 0, columns = 0;
};

/// Pulses are modelled for one kind of cell: subthreshold, with errors relative to the current. Thresholds of other
/// laws and error models mean nothing to the pulse engine. A pure function of the parameters.
[[nodiscard]] bool takes_pulses(const TileParameters& parameters);
inline constexpr std::string_view why_no_pulses =
    "pulses and thresholds are modelled for subthreshold cells with relative errors and level * i_lsb_A only";

class FlashUnit {
 public:
  enum class Command : std::uint32_t { none = 0, erase = 1, program = 2, verify = 3 };
  enum class Error : std::uint32_t { none = 0, rectangle, level, bus, busy, method, command, power, cells };

  FlashUnit(const TileParameters& parameters, analog::Array& array);

  /// Called when a change is complete, in order. Throwing ends the simulation.
  std::function<void(const FlashChange& change)> changed;

  // --- registers
  [[nodiscard]] std::uint32_t read(std::uint32_t offset) const;
  /// @param obstacle  why no command can begin now (Error::none: it can)
  /// @return a command was accepted: run it
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t value, Error obstacle);
  /// What is wrong with the last command, for people; empty when nothing is.
  [[nodiscard]] const std::string& reason() const { return reason_; }

  // --- the command that runs
  [[nodiscard]] bool busy() const { return command_ != Command::none; }
  [[nodiscard]] Command command() const { return command_; }
  [[nodiscard]] bool aborting() const { return abort_; }
  void abort() { abort_ = busy(); }
  [[nodiscard]] std::uint32_t row0() const { return row0_; }
  [[nodiscard]] std::uint32_t rows() const { return rows_; }
  [[nodiscard]] std::uint32_t columns() const { return columns_; }
  [[nodiscard]] std::uint32_t tag() const { return tag_; }
  /// Bus address of the level of the first cell of a row of the rectangle, and of its result (0: none wanted).
  [[nodiscard]] std::uint32_t image_address(std::uint32_t row) const { return image_ + (row - row0_) * columns_; }
  [[nodiscard]] std::uint32_t result_address(std::uint32_t row) const {
    return result_ == 0 ? 0 : result_ + (row - row0_) * columns_;
  }
  /// Empty, or which level of the row's image is above the maximum.
  [[nodiscard]] std::string check_levels(std::uint32_t row, std::span<const std::uint8_t> levels) const;

  /// One half of the erase of a row pair; after the second one it is complete.
  void erase(std::uint32_t pair, bool second_half);
  /// Programs at most `segment_cells` cells of a row, from its `done` on. @return cells; `time` and `energy` of them
  [[nodiscard]] std::uint32_t program(std::uint32_t row, std::uint32_t done, std::span<const std::uint8_t> image,
                                      double& time_s, double& energy_J);
  /// Time has passed: the cells of the last program() are done.
  void commit_program(std::uint32_t row, std::uint32_t done, std::uint32_t cells);
  /// Reads a row. @return deviation of each cell in percent, -127 .. 127
  [[nodiscard]] std::vector<std::int8_t> verify(std::uint32_t row, std::span<const std::uint8_t> image);
  [[nodiscard]] double verify_s() const;  ///< time of one row
  void finish(Error error, std::string reason);

  // --- state, for a chip file
  [[nodiscard]] analog::FlashArray& cells() { return cells_; }
  /// The array multiplies with the cells as they are now.
  void refresh(std::uint32_t row);
  void refresh_all();
  /// Takes over what factory programming has put into the array.
  void import_factory();

  static constexpr std::uint32_t segment_cells = 256;

 private:
  [[nodiscard]] bool start(std::uint32_t value, Error obstacle);
  [[nodiscard]] bool refuse(Error error, std::string reason);
  [[nodiscard]] Error check(Command command, std::string& reason) const;

  const TileParameters* parameters_;
  analog::Array* array_;
  analog::FlashArray cells_;
  bool imported_ = false;
  Command command_ = Command::none;
  bool abort_ = false;
  Error error_ = Error::none;
  bool aborted_ = false;
  std::string reason_;
  std::uint32_t row0_ = 0, rows_ = 0, column0_ = 0, columns_ = 0;
  std::uint32_t image_ = 0, result_ = 0, method_ = 0, tolerance_ = 50, tag_ = 0, wear_row_ = 0;
  std::uint32_t done_cells_ = 0, total_cells_ = 0, mismatches_ = 0, first_bad_ = ~0U;
  std::uint64_t reads_ = 0;
  analog::ProgrammingOutcome outcome_;
};

}  // namespace tessera::tile
