// SPDX-License-Identifier: Apache-2.0
#include "models/analog/parameter_check.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/compression.h"

namespace tessera::analog {

namespace {

void in_range(double value, double low, double high, const char* name) {
  if (!(value >= low && value <= high)) {
    throw std::invalid_argument("analog::Array: " + std::string(name) + " is " + std::to_string(value) + ", expected " +
                                std::to_string(low) + ".." + std::to_string(high));
  }
}

void positive(double value, const char* name) {
  if (!(value > 0.0 && std::isfinite(value))) {
    throw std::invalid_argument("analog::Array: " + std::string(name) + " is " + std::to_string(value) +
                                ", expected a positive number");
  }
}

void check_curves(const ArrayParameters& p) {
  const std::vector<double>&codes = p.cell.curve_codes, &currents = p.cell.curve_currents_A;
  const auto levels = static_cast<std::size_t>(p.max_level()) + 1;
  const bool rising = std::adjacent_find(codes.begin(), codes.end(), std::greater_equal<>()) == codes.end();
  if (codes.size() < 2 || codes.front() < 1.0 || codes.back() != p.max_code() || !rising) {
    throw std::invalid_argument("analog::Array: cell.curve_codes: expected at least two rising codes from 1 to " +
                                std::to_string(p.max_code()));
  }
  in_range(static_cast<double>(currents.size()), static_cast<double>(levels * codes.size()),
           static_cast<double>(levels * codes.size()), "number of cell.curve_currents_A");
  for (const double current : currents) {
    in_range(current, 0.0, 1.0, "cell.curve_currents_A");
  }
  for (std::size_t l = 0; l < levels; ++l) {
    const double full = currents[(l + 1) * codes.size() - 1];
    if (p.cell.level_currents_A.empty() || full != p.cell.level_currents_A[l]) {
      throw std::invalid_argument("analog::Array: cell.curve_currents_A of level " + std::to_string(l) +
                                  " at the largest code is not cell.level_currents_A");
    }
    in_range(l == 0 || full > currents[l * codes.size() - 1], 1, 1, "cell.curve_currents_A rising with the level");
  }
  if (p.compresses()) {
    throw std::invalid_argument("analog::Array: effects.compression besides cell.curve_currents_A, which hold it");
  }
  if (p.dac.coding == DacParameters::Coding::pulse_width || p.dac.coding == DacParameters::Coding::bit_serial) {
    throw std::invalid_argument("analog::Array: cell.curve_currents_A are of row voltages; pulses and bits have none");
  }
}

}  // namespace

void check(const ArrayParameters& p) {
  in_range(p.rows, 1, 65536, "rows");
  in_range(p.columns, 2, 65536, "columns");
  in_range(p.columns % 2, 0, 0, "columns modulo 2");
  in_range(p.cell.bits, p.single_columns() ? 2 : 1, 8,
           p.single_columns() ? "cell.bits of single columns" : "cell.bits");
  in_range(p.dac.bits, 1, 10, "dac.bits");
  in_range(p.adc.bits, 0, 12, "adc.bits");
  in_range(p.temperature_K, 200.0, 450.0, "temperature_K");
  positive(p.cell.i_lsb_A, "cell.i_lsb_A");
  in_range(p.cell.i_off_A / p.cell.i_lsb_A, 0.0, 1.0, "cell.i_off_A / cell.i_lsb_A");
  in_range(p.cell.n_slope, 1.0, 10.0, "cell.n_slope");
  in_range(p.cell.sigma_prog_rel, 0.0, 0.5, "cell.sigma_prog_rel");
  const SubthresholdCell cell(p.cell, p.operating_K());
  in_range(cell.sigma_read_rel(), 0.0, 0.5, "cell.sigma_read_vt_V / (n UT)");
  in_range(dac_noise_exponent(p.dac, cell), 0.0, 0.5, "dac.sigma_v_V / (n UT)");
  in_range(p.adc.sigma_lsb, 0.0, 1000.0, "adc.sigma_lsb");
  in_range(p.adc.inl_lsb, 0.0, 1000.0, "adc.inl_lsb");
  in_range(p.adc.per_tile, 1, 65536, "adc.per_tile");
  if (p.environment.temperature_K != 0.0) {
    in_range(p.environment.temperature_K, 200.0, 450.0, "environment.temperature_K (0: as at programming)");
  }
  in_range(p.environment.age_s, 0.0, 3.6e10, "environment.age_s");
  in_range(p.cell.drift_mean_per_decade, -0.1, 0.1, "cell.drift_mean_per_decade");
  in_range(p.cell.drift_sigma_per_decade, 0.0, 0.05, "cell.drift_sigma_per_decade");
  in_range(p.cell.vt_tempco_V_per_K, -0.01, 0.01, "cell.vt_tempco_V_per_K");
  in_range(p.cell.sigma_vt_tempco_V_per_K, 0.0, 1.0e-4, "cell.sigma_vt_tempco_V_per_K");
  in_range(p.cell.temp_residual_rel_25_85C, -0.5, 0.5, "cell.temp_residual_rel_25_85C");
  in_range(p.cell.slow_share, 0.0, 1.0, "cell.slow_share");
  in_range(p.cell.sigma_prog_full_scale, 0.0, 0.5, "cell.sigma_prog_full_scale");
  in_range(p.cell.sigma_read_full_scale, 0.0, 0.5, "cell.sigma_read_full_scale");
  in_range(p.cell.bl_ohm_per_cell, 0.0, 1.0e6, "cell.bl_ohm_per_cell");
  in_range(p.cell.sl_ohm_per_cell, 0.0, 1.0e6, "cell.sl_ohm_per_cell");
  in_range(p.cell.output_conductance_per_V, 0.0, 100.0, "cell.output_conductance_per_V");
  if (!p.cell.level_currents_A.empty()) {
    in_range(static_cast<double>(p.cell.level_currents_A.size()), p.max_level() + 1, p.max_level() + 1,
             "number of cell.level_currents_A");
    for (const double current : p.cell.level_currents_A) {
      in_range(current, 0.0, 1.0, "cell.level_currents_A");
    }
    positive(*std::max_element(p.cell.level_currents_A.begin(), p.cell.level_currents_A.end()),
             "largest of cell.level_currents_A");
  }
  if (p.has_curves()) {
    check_curves(p);
  }
  if (p.cell.errors == CellParameters::Errors::sonos40 && p.ages()) {
    in_range(p.environment.age_s, 0.0, 5.0 * 86400.0, "environment.age_s with the SONOS curves (0 to 5 days)");
  }
  if (p.cell.law == CellParameters::Law::linear && p.dac.coding == DacParameters::Coding::log_voltage) {
    throw std::invalid_argument(
        "analog::Array: linear cells with log-voltage inputs; a conductance multiplies a voltage, a pulse or a bit");
  }
  if (p.cell.law == CellParameters::Law::subthreshold && p.dac.coding == DacParameters::Coding::linear_voltage) {
    throw std::invalid_argument(
        "analog::Array: subthreshold cells with linear-voltage inputs; their current is exponential in the voltage");
  }
  in_range(p.dac.voltage_bits, 0, 16, "dac.voltage_bits (0: no steps)");
  positive(p.dac.full_scale_V, "dac.full_scale_V");
  in_range(dac_noise_drive(p) / p.max_code(), 0.0, 0.1, "noise of the row drive as a share of the largest code");
  in_range(p.dac.offset_V, 0.0, 0.1, "dac.offset_V");
  in_range(p.dac.gain_rel, 0.0, 0.1, "dac.gain_rel");
  in_range(p.dac.inl_V, 0.0, 0.1, "dac.inl_V");
  in_range(p.dac.dnl_V, 0.0, 0.1, "dac.dnl_V");
  in_range(p.adc.offset_lsb, 0.0, 1000.0, "adc.offset_lsb");
  in_range(p.adc.gain_rel, 0.0, 0.5, "adc.gain_rel");
  in_range(p.adc.dnl_lsb, 0.0, 1000.0, "adc.dnl_lsb");
  in_range(p.lane.sigma_A, 0.0, 1.0, "lane.sigma_A");
  in_range(p.lane.gain_rel, 0.0, 0.5, "lane.gain_rel");
  positive(p.cell.i_threshold_A, "cell.i_threshold_A");
  positive(p.cell.specific_current_A, "cell.specific_current_A");
  if (p.compresses()) {
    in_range(top_current(p) * p.cell.i_lsb_A / p.cell.specific_current_A, 0.0, kLargestInversion,
             "current of the highest level over cell.specific_current_A, with compression");
  }
  in_range(p.cell.sa_fault_rate, 0.0, 1.0, "cell.sa_fault_rate");
  in_range(p.cell.stuck_on_share, 0.0, 1.0, "cell.stuck_on_share");
  in_range(p.cell.broken_row_rate, 0.0, 1.0, "cell.broken_row_rate");
  in_range(p.cell.broken_column_rate, 0.0, 1.0, "cell.broken_column_rate");
  in_range(p.cell.spare_rows, 0, 1024, "cell.spare_rows");
  in_range(p.cell.spare_columns, 0, 1024, "cell.spare_columns");
  if (p.adc.bits == 0) {
    if (p.effects.any() || p.changes_cells() || p.has_curves()) {
      throw std::invalid_argument(
          "analog::Array: adc.bits is exact (0) while a non-ideality is on; switch all of them off or give the ADC "
          "1..12 bits");
    }
    in_range(static_cast<double>(p.rows) * p.max_code() * p.max_level(), 0.0, 2147483647.0,
             "rows * max_code * max_level with an exact ADC");
    return;
  }
  positive(p.adc.full_scale_A, "adc.full_scale_A");
  if (p.adc.gains.empty()) {
    throw std::invalid_argument("analog::Array: adc.gains is empty, expected at least one gain");
  }
  for (const double gain : p.adc.gains) {
    positive(gain, "adc.gains");
  }
}

}  // namespace tessera::analog
