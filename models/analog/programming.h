// SPDX-License-Identifier: Apache-2.0
// The cells of one tile as threshold voltages, and what erase and program pulses do to them. No SystemC, no files, no
// clock: outcomes say how many time slots were used.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/philox.h"
#include "models/analog/programming_parameters.h"

namespace tessera::analog {

inline constexpr std::size_t kPulseBins = 64;  ///< of the histogram of pulses; the last one counts all above, too

enum class ProgrammingMethod : std::uint8_t {
  fixed,  ///< every cell gets the same number of slots; a cell that has reached its target is inhibited in the rest
  verify  ///< the cells programmed together go on until each is on target; overshoot is erased and programmed anew
};

/// What programming some cells of one row took.
struct ProgrammingOutcome {
  std::uint64_t cells = 0;
  std::uint64_t pulses = 0;       ///< that moved cells
  std::uint64_t groups = 0;       ///< of cells programmed together
  std::uint64_t slots = 0;        ///< pulse and verify, over all groups: time
  std::uint64_t cell_slots = 0;   ///< slots times cells of the group: energy
  std::uint64_t soft_slots = 0;   ///< slots with a soft erase in them
  std::uint64_t soft_erases = 0;  ///< cells erased softly
  std::uint64_t overshot = 0;     ///< cells left below their target by more than the tolerance, as last verified
  std::uint64_t unfinished = 0;   ///< cells left above their target
  std::array<std::uint32_t, kPulseBins> histogram{};  ///< cells by number of pulses

  ProgrammingOutcome& operator+=(const ProgrammingOutcome& other);
  [[nodiscard]] double time_s(const ProgrammingTiming& timing, ProgrammingMethod method) const;
  /// Pulses alone; the power of the pump comes on top.
  [[nodiscard]] double energy_J(const ProgrammingTiming& timing) const;
};

/// One row as it is kept in a file. Thresholds do not yet hold the disturb that is common to row and column.
struct FlashRow {
  std::vector<float> vt_V;            ///< above the threshold of level 1; without disturb, see FlashArray
  std::vector<std::uint32_t> writes;  ///< how often the cell was written
  std::vector<std::uint8_t> levels;   ///< last written; 0 after an erase
  double disturb_V = 0.0;             ///< since the row was erased
};

/// Cells of one tile. The current of a cell is i_lsb exp(-Vt / (n UT)); the array (array.h) multiplies with it.
///
/// Results depend on (parameters, seed, tile, state, command) and on nothing else. Not thread-safe.
class FlashArray {
 public:
  FlashArray(const ArrayParameters& array, const ProgrammingParameters& parameters, std::uint64_t seed,
             std::uint32_t tile);

  [[nodiscard]] std::uint32_t rows() const { return array_.rows; }
  [[nodiscard]] std::uint32_t columns() const { return array_.columns; }
  [[nodiscard]] std::uint32_t row_pairs() const { return (array_.rows + 1) / 2; }
  [[nodiscard]] const ProgrammingParameters& parameters() const { return parameters_; }
  [[nodiscard]] const ArrayParameters& array() const { return array_; }

  /// Null while nothing is known of the row: it is as delivered, all cells off.
  [[nodiscard]] const FlashRow* find(std::uint32_t row) const { return cells_[row].get(); }
  /// Sets a row from currents in units of i_lsb (0: off), as factory programming leaves them.
  void import_row(std::uint32_t row, std::span<const float> currents, std::span<const std::uint8_t> levels,
                  std::span<const std::uint32_t> writes);
  /// Sets a row, from a file. @throws std::invalid_argument  sizes do not match
  void restore(std::uint32_t row, FlashRow state);

  /// Threshold above that of level 1, disturb included [V].
  [[nodiscard]] double vt_V(std::uint32_t row, std::uint32_t column) const;
  /// Target of a level; level 0: off [V].
  [[nodiscard]] double target_V(std::uint8_t level) const;
  /// Currents of a row in units of i_lsb, as the array takes them. Without the effect "programming error", cells that
  /// were programmed to the end conduct whole levels.
  void currents(std::uint32_t row, std::span<float> out) const;

  /// Erases both rows of a pair. `done` < 1: power fails at that share of the time; the wear counts all the same.
  /// @param begins  false: goes on with what an earlier call has begun
  void erase_pair(std::uint32_t pair, double done = 1.0, bool begins = true);
  [[nodiscard]] std::uint32_t cycles(std::uint32_t pair) const { return cycles_[pair]; }
  void set_cycles(std::uint32_t pair, std::uint32_t cycles) { cycles_[pair] = cycles; }
  [[nodiscard]] std::span<const double> column_disturb_V() const { return column_disturb_V_; }
  void set_column_disturb_V(std::uint32_t column, double volts) { column_disturb_V_[column] = volts; }

  /// Programs cells column0 .. column0 + levels.size() - 1 of a row, in groups of cells_parallel.
  /// @param pulses  per cell: fixed number, or the most (0: as the parameters say)
  /// @throws std::out_of_range  the cells leave the array, or a level is above the maximum
  ProgrammingOutcome program(std::uint32_t row, std::uint32_t column0, std::span<const std::uint8_t> levels,
                             ProgrammingMethod method, std::uint32_t pulses = 0);

  /// Verify reads of one row: relative deviation of each cell's current from the level it should have, as read once
  /// (noise included); cells of level 0: 0 when they conduct no more than twice the off current, else large.
  /// @param read  selects the random numbers
  void verify(std::uint32_t row, std::uint32_t column0, std::span<const std::uint8_t> levels, std::uint64_t read,
              std::span<float> deviation) const;

 private:
  friend class PulseBatch;

  FlashRow& row(std::uint32_t index);
  [[nodiscard]] double wear(std::uint32_t row) const;
  [[nodiscard]] double exp_of(double vt_V) const;  ///< current in units of i_lsb
  [[nodiscard]] double verify_sigma_V(std::uint32_t row) const;
  void draw_per_cell(Purpose purpose, std::uint64_t event, std::uint32_t row, std::uint32_t column0, std::size_t count,
                     float* out) const;
  void check_cells(const char* what, std::uint32_t row, std::uint32_t column0,
                   std::span<const std::uint8_t> levels) const;

  ArrayParameters array_;
  ProgrammingParameters parameters_;
  std::uint64_t seed_;
  std::uint32_t tile_;
  double n_ut_V_, off_V_ = 0.0, sigma_verify_V_ = 0.0;
  std::vector<std::unique_ptr<FlashRow>> cells_;
  std::vector<std::uint32_t> cycles_;
  std::vector<double> column_disturb_V_;
};

}  // namespace tessera::analog
