// SPDX-License-Identifier: Apache-2.0
// Measured data of somebody's cells and converters, from CSV files to the keys of a platform.
//
// A file has a line of column names, then numbers; order of columns is free, lines that begin with # and empty ones are
// skipped. What each file may hold stands at the structs.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::study {

/// FILE:LINE:COLUMN: what is wrong and what was expected.
class MeasuredError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Columns `level` (whole, from 0) and `current_A` (at full input); optional `sigma_prog_A` (spread from cell to cell
/// after programming) and `sigma_read_A` (spread from read to read).
struct CellRow {
  int level = 0;
  double current_A = 0;
  double sigma_prog_A = -1, sigma_read_A = -1;  ///< below 0: not measured
};
/// Columns `age_s` and `mean_change` (of the current, relative to itself when programmed); optional `sigma_change`
/// (spread from cell to cell) and `level`, which only tells rows apart.
struct DriftRow {
  double age_s = 0, mean_change = 0, sigma_change = -1;
};
/// Columns `ideal_lsb` (input in converter steps, about 0) and `mean_code`; optional `sigma_code` and `converter` (its
/// number, where several were measured).
struct TransferRow {
  double ideal_lsb = 0, mean_code = 0, sigma_code = -1;
  int converter = 0;
};

/// Columns `level` (whole, from 0), `code` (whole, from 1, of the input) and `current_A`: every level at the same
/// codes.
struct CurveRow {
  int level = 0, code = 0;
  double current_A = 0;
};

[[nodiscard]] std::vector<CellRow> parse_cells(std::string_view text, const std::string& file);
[[nodiscard]] std::vector<CurveRow> parse_curves(std::string_view text, const std::string& file);
[[nodiscard]] std::vector<DriftRow> parse_drift(std::string_view text, const std::string& file);
[[nodiscard]] std::vector<TransferRow> parse_transfer(std::string_view text, const std::string& file);

/// A key, its value, and how well it says what was measured.
struct FittedKey {
  std::string key;
  double value = 0;
  std::string unit;
  std::string residual;             ///< in words: "largest 4.1 % of the level"
  std::vector<double> values = {};  ///< of a key that is a list, instead of `value`
  bool is_switch = false;           ///< `value` is 0 or 1, written false or true
};

/// Least squares of the platform's laws:
/// - tile.bits_per_cell holds the highest level; tile.cell.i_lsb_A: current = level * i_lsb, relative residuals;
/// - tile.cell.level_currents_A: the currents as measured, when all levels of so many bits are there and rise;
///   tile.cell.i_off_A: current of level 0;
/// - tile.cell.sigma_prog_rel: root mean square of sigma_prog_A / current_A, levels above 0;
/// - tile.cell.sigma_read_vt_V: the same of the read noise, times n UT.
/// @param n_ut_V  slope factor times kT/q of the platform
[[nodiscard]] std::vector<FittedKey> fit_cells(const std::vector<CellRow>& rows, double n_ut_V);
/// tile.cell.curve_codes and .curve_currents_A as measured; besides, of the currents at the largest code, what
/// fit_cells makes of them.
[[nodiscard]] std::vector<FittedKey> fit_curves(const std::vector<CurveRow>& rows, double n_ut_V);
/// tile.cell.drift_rel_per_decade_h.mean and .sigma: change = m log10(1 + age / 1 h).
[[nodiscard]] std::vector<FittedKey> fit_drift(const std::vector<DriftRow>& rows);
/// tile.adc.bits (that hold the codes), of each converter's best line: tile.adc.offset_lsb and tile.adc.gain_rel (root
/// mean squares of its value at 0 and of its slope less 1, which switch tile.effects.adc_offset_gain on),
/// tile.adc.inl_lsb (largest distance from it); tile.adc.sigma_lsb (sigma_code without the 1/12 of rounding).
[[nodiscard]] std::vector<FittedKey> fit_transfer(const std::vector<TransferRow>& rows);

/// The keys as a platform file on top of a preset, with the residuals as comments.
[[nodiscard]] std::string platform_text(const std::string& preset, const std::vector<FittedKey>& keys,
                                        const std::vector<std::string>& sources);

}  // namespace tessera::study
