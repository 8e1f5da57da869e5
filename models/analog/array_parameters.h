// SPDX-License-Identifier: Apache-2.0
// What the physics of one tile depends on. Plain data; names, units, defaults, ranges and sources of the
// configuration keys that fill it stand in platform/config/schema.
#pragma once

#include <cstdint>
#include <vector>

#include "models/analog/environment.h"

namespace tessera::analog {

/// Each non-ideality can be switched off by itself.
struct NonIdealities {
  bool programming_error = true;
  bool read_noise = true;
  bool off_current = true;
  bool dac_noise = true;
  bool adc_noise = true;
  bool adc_inl = true;
  // These need a cause besides: an age, another temperature, a rate of defects.
  bool retention = true;
  bool temperature = true;
  bool variability = true;
  bool faults = true;
  // Off unless asked for.
  bool slow_noise = false;
  bool ir_drop = false;
  bool dac_errors = false;
  bool adc_offset_gain = false;
  bool adc_dnl = false;
  // Of sums on analog lanes only.
  bool lane_noise = true;
  bool lane_gain = true;
  // Off unless asked for.
  bool compression = false;

  [[nodiscard]] static constexpr NonIdealities none() {
    return {false, false, false, false, false, false, false, false, false,
            false, false, false, false, false, false, false, false, false};
  }
  /// Whether a product of fresh, sound cells at the temperature of their programming differs from the ideal one.
  [[nodiscard]] constexpr bool any() const {
    return programming_error || read_noise || off_current || dac_noise || adc_noise || adc_inl || slow_noise ||
           ir_drop || dac_errors || adc_offset_gain || adc_dnl || compression;
  }
  /// Whether lanes change the sums that they carry.
  [[nodiscard]] constexpr bool any_of_lanes() const { return lane_noise || lane_gain; }
};

struct CellParameters {
  int bits = 4;                     ///< bits per cell, 1..8: levels 0..2^bits-1
  double i_lsb_A = 1.0e-9;          ///< cell current of level 1 at full input [A]
  double i_off_A = 1.0e-11;         ///< cell current of level 0 at full input [A]
  double n_slope = 1.8;             ///< subthreshold slope factor
  double v_bl_V = 0.6;              ///< bit-line clamp [V]
  double sigma_prog_rel = 0.012;    ///< programming error, relative to the current, 1 sigma
  double sigma_read_vt_V = 0.3e-3;  ///< read noise in threshold voltage, 1 sigma [V]

  /// What a cell conducts: subthreshold current of a gate voltage, or a conductance times a voltage or a time.
  enum class Law { subthreshold, linear } law = Law::subthreshold;
  /// Size of programming error and read noise: relative to the current, a constant share of the highest level, or the
  /// curves measured on 40 nm SONOS cells, scaled to the highest level.
  enum class Errors { relative, constant, sonos40 } errors = Errors::relative;
  double sigma_prog_full_scale = 0.01;   ///< programming error of `constant`, share of the highest level
  double sigma_read_full_scale = 0.005;  ///< read noise of `constant`
  std::vector<double> level_currents_A;  ///< measured current of each level at full input; empty: level * i_lsb_A [A]

  /// Measured currents of every level, from 0 on, at each of these rising codes, level by level; the last code is the
  /// largest, where they are level_currents_A. Empty: the law.
  std::vector<double> curve_codes, curve_currents_A;

  // Slow noise: the part of the read noise that stays for an epoch.
  double slow_share = 0.5;              ///< of the read noise's power
  std::uint32_t slow_epoch_passes = 0;  ///< array passes an epoch lasts; 0: one inference

  // Voltage drop along a column.
  double bl_ohm_per_cell = 1.07;           ///< bit line, between two cells [ohm]
  double sl_ohm_per_cell = 0.0;            ///< source line of a column, likewise
  double output_conductance_per_V = 1.07;  ///< relative change of current a volt of bit line (DIBL)
  /// First order: the drop that the currents without drop cause. Iterative: solved for each column and product.
  enum class IrSolver { first_order, iterative } ir_solver = IrSolver::first_order;

  // Retention: change of current relative to itself, a decade of (1 + age / 1 h); a cell keeps its own rate until it is
  // written again.
  double drift_mean_per_decade = -0.002;
  double drift_sigma_per_decade = 0.003;

  // Another temperature than at programming.
  double vt_tempco_V_per_K = -1.0e-3;       ///< of the threshold voltage, all cells
  double sigma_vt_tempco_V_per_K = 2.0e-6;  ///< and its spread from cell to cell
  double temp_residual_rel_25_85C = 0.03;   ///< gain error that `tracking` leaves over 60 K
  double i_threshold_A = 1.0e-7;            ///< current at the upper end of weak inversion [A]
  double specific_current_A = 1.0e-6;       ///< I_S of the EKV model, for the compression near threshold [A]
  /// How the periphery answers: not at all; currents relative to a reference cell of level 1; besides, one gain for all
  /// levels; or a gate swing that follows UT.
  enum class Compensation { none, reference_cell, common_gain, tracking } compensation = Compensation::common_gain;

  // Defects.
  double sa_fault_rate = 0.0;       ///< share of cells that do not answer to programming
  double stuck_on_share = 0.5;      ///< of these, conduct as the highest level; the others never conduct
  double broken_row_rate = 0.0;     ///< share of rows that never conduct
  double broken_column_rate = 0.0;  ///< share of columns that never conduct
  std::uint32_t spare_rows = 0;     ///< replace broken rows, then rows with stuck cells
  std::uint32_t spare_columns = 0;  ///< likewise
};

struct DacParameters {
  /// What carries the code: a voltage proportional to its logarithm or to itself, the width of a pulse, or one pass a
  /// bit with the row fully on or off.
  enum class Coding { log_voltage, linear_voltage, pulse_width, bit_serial } coding = Coding::log_voltage;
  int bits = 8;               ///< code resolution, 1..10
  double sigma_v_V = 0.2e-3;  ///< noise of the row voltage, 1 sigma [V]
  /// One DAC a row, or one for all: it charges the sample-and-hold of one row after the other.
  enum class Supply { per_row, global_with_row_sh } supply = Supply::per_row;
  double full_scale_V = 0.5;       ///< row voltage of the largest code, linear-voltage coding [V]
  double sigma_pulse_codes = 0.1;  ///< jitter of a pulse's width, 1 sigma [code steps]
  std::uint32_t voltage_bits = 0;  ///< steps of the voltage between the smallest and the largest code; 0: no steps
  double offset_V = 0.2e-3;        ///< static errors of a DAC instance, 1 sigma: of zero,
  double gain_rel = 0.002;         ///< of the range,
  double inl_V = 0.1e-3;           ///< peak bend,
  double dnl_V = 0.05e-3;          ///< and of each code
};

struct AdcParameters {
  int bits = 8;                  ///< 1..12; 0 means exact: the integer column sum is passed on
  double full_scale_A = 1.0e-6;  ///< column-pair current at code 2^(bits-1) with gain 1 [A]
  std::vector<double> gains = {1, 2, 4, 8, 16};
  double sigma_lsb = 0.4;       ///< input-referred noise, 1 sigma [LSB]
  double inl_lsb = 0.5;         ///< peak integral non-linearity [LSB]
  double offset_lsb = 0.5;      ///< static errors of a converter instance, 1 sigma: of zero,
  double gain_rel = 0.005;      ///< of the gain,
  double dnl_lsb = 0.2;         ///< and of the width of each code [LSB]
  std::uint32_t per_tile = 64;  ///< converters; column pair (or single column) p uses converter p mod per_tile
};

/// What happens to the current of a column pair on its way over an analog lane to the converters of another tile.
struct LaneParameters {
  double sigma_A = 5.4e-10;  ///< noise that each driver adds, 1 sigma over an integration time [A]
  double gain_rel = 0.005;   ///< static error of the gain of a driver, 1 sigma
};

struct ArrayParameters {
  std::uint32_t rows = 1024;     ///< physical rows
  std::uint32_t columns = 1024;  ///< physical columns
  /// How columns hold signed weights. Two neighbours each: pair p is columns 2p (+) and 2p + 1 (-). Or one column each,
  /// "pair" p being column p, and a reference column behind those of a block, whose cells have the level of weight 0:
  /// its code is taken off behind the converters (offset column), or its current before them (reference column).
  enum class WeightMapping {
    differential_adjacent,
    offset_column,
    reference_column
  } weight_mapping = WeightMapping::differential_adjacent;
  double temperature_K = 300.15;  ///< at programming
  Environment environment;
  CellParameters cell;
  DacParameters dac;
  AdcParameters adc;
  LaneParameters lane;
  NonIdealities effects;

  /// Temperature at which products run [K].
  [[nodiscard]] double operating_K() const {
    return effects.temperature && environment.temperature_K > 0.0 ? environment.temperature_K : temperature_K;
  }
  [[nodiscard]] bool ages() const { return effects.retention && environment.age_s > 0.0; }
  [[nodiscard]] bool has_faults() const {
    return effects.faults && (cell.sa_fault_rate > 0.0 || cell.broken_row_rate > 0.0 || cell.broken_column_rate > 0.0);
  }
  /// Whether currents bend: the gate voltage of a cell carries the input and takes it up to its threshold.
  [[nodiscard]] bool compresses() const {
    return effects.compression && cell.law == CellParameters::Law::subthreshold &&
           dac.coding == DacParameters::Coding::log_voltage;
  }
  /// Whether cells conduct by measured curves.
  [[nodiscard]] bool has_curves() const { return !cell.curve_codes.empty(); }
  /// Cells and converters without any error; currents of levels stay.
  void idealise() {
    effects = NonIdealities::none();
    cell.curve_codes.clear();
    cell.curve_currents_A.clear();
  }
  /// Whether some cell's current differs from the programmed one.
  [[nodiscard]] bool changes_cells() const { return ages() || has_faults() || operating_K() != temperature_K; }

  [[nodiscard]] constexpr bool single_columns() const { return weight_mapping != WeightMapping::differential_adjacent; }
  [[nodiscard]] constexpr std::uint32_t columns_per_weight() const { return single_columns() ? 1 : 2; }
  /// Columns that a block takes behind those of its weights.
  [[nodiscard]] constexpr std::uint32_t references() const { return single_columns() ? 1 : 0; }
  /// Column pairs, or single columns: places for weights and references in a row.
  [[nodiscard]] std::uint32_t pairs() const { return columns / columns_per_weight(); }
  /// Most weights that one block has in a row.
  [[nodiscard]] std::uint32_t outputs() const { return pairs() - references(); }
  /// Conversions of a product of so many pairs: an offset column is converted, too.
  [[nodiscard]] std::uint32_t conversions(std::uint32_t converted_pairs) const {
    return converted_pairs + (weight_mapping == WeightMapping::offset_column ? 1 : 0);
  }
  [[nodiscard]] constexpr int max_level() const { return (1 << cell.bits) - 1; }
  [[nodiscard]] int max_code() const { return (1 << dac.bits) - 1; }
};

}  // namespace tessera::analog
