// SPDX-License-Identifier: Apache-2.0
// What erasing and programming of the cells depend on (docs/programming.md: equations, sources). Plain data.
#pragma once

#include <array>
#include <cstdint>

namespace tessera::analog {

inline constexpr int kProgrammingPhases = 4;  ///< coarse, medium, fine, precise

/// How the sequencer approaches a target. A phase raises the control gate from pulse to pulse by its step and ends when
/// the verify read sees the threshold closer to the target than its margin.
struct ProgrammingController {
  double start_below_V = 0.125;  ///< first pulse: this far below the gate voltage that would reach the target at once
  std::array<double, kProgrammingPhases> step_V = {50.0e-3, 12.0e-3, 2.0e-3, 0.12e-3};
  std::array<double, kProgrammingPhases> margin_V = {65.0e-3, 15.0e-3, 2.7e-3, 0.1e-3};
  std::uint32_t pulses = 20;           ///< per cell, method "fixed"
  std::uint32_t most_pulses = 100;     ///< per cell, method "verify"; then the cell has failed
  double overshoot_rel = 0.02;         ///< a current this much below its target calls for a soft erase
  std::uint32_t most_soft_erases = 3;  ///< per cell and write
};

/// The cell under high voltage.
struct ProgrammingCell {
  double injection_V = 60.0e-3;    ///< gate voltage for a factor e of injection current
  double onset_sigma_V = 20.0e-3;  ///< spread, cell to cell, of the gate voltage at which injection sets in
  double jitter_rel = 0.05;        ///< pulse-to-pulse spread of the injection current
  double electron_V = 0.16e-3;     ///< threshold shift of one electron: q / C, C = 1 fF
  double erased_V = -0.6;          ///< threshold of an erased cell, above the threshold of level 1
  double erased_sigma_V = 50.0e-3;
  double erased_current_A = 2.0e-6;  ///< on-current: an erased cell conducts no more than this
  double soft_erase_V = 40.0e-3;     ///< shift of one soft-erase pulse
  double soft_erase_rel = 0.2;       ///< and its spread
  double disturb_row_V = 4.0e-9;     ///< shift of a cell for each pulse given to another cell of its row
  double disturb_column_V = 2.0e-9;  ///< likewise, of its column
};

/// What cycling does: every effect grows with sqrt(cycles / endurance).
struct WearParameters {
  double endurance_cycles = 10000.0;
  double window_V = 0.15;  ///< at the end of the endurance: erased cells stay this much higher,
  double onset_V = 0.10;   ///< injection sets in this much later,
  double noise_rel = 0.5;  ///< pulses and verify reads are noisier by this share
};

struct ProgrammingTiming {
  double pulse_s = 5.0e-6;
  double switch_s = 2.0e-6;  ///< high voltage to read conditions and back
  double verify_s = 2.0e-6;
  double read_s = 0.4e-6;  ///< of the read for which sigma_read_vt is given: the integration of a product
  double soft_erase_s = 30.0e-6;
  double erase_s = 10.0e-3;   ///< of a row pair
  double pulse_J = 42.0e-12;  ///< of each of the cells programmed together, inhibited or not
  std::uint32_t cells_parallel = 32;

  [[nodiscard]] double slot_s() const { return pulse_s + switch_s + verify_s; }
};

struct ProgrammingParameters {
  ProgrammingController controller;
  ProgrammingCell cell;
  WearParameters wear;
  ProgrammingTiming timing;
};

}  // namespace tessera::analog
