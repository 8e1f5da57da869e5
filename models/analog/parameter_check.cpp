// SPDX-License-Identifier: Apache-2.0
#include "models/analog/parameter_check.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "models/analog/cell.h"

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

}  // namespace

void check(const ArrayParameters& p, const Environment& e) {
  in_range(p.rows, 1, 65536, "rows");
  in_range(p.columns, 2, 65536, "columns");
  in_range(p.columns % 2, 0, 0, "columns modulo 2");
  in_range(p.cell.bits, 1, 8, "cell.bits");
  in_range(p.dac.bits, 1, 10, "dac.bits");
  in_range(p.adc.bits, 0, 12, "adc.bits");
  in_range(p.temperature_K, 200.0, 450.0, "temperature_K");
  positive(p.cell.i_lsb_A, "cell.i_lsb_A");
  in_range(p.cell.i_off_A / p.cell.i_lsb_A, 0.0, 1.0, "cell.i_off_A / cell.i_lsb_A");
  in_range(p.cell.n_slope, 1.0, 10.0, "cell.n_slope");
  in_range(p.cell.sigma_prog_rel, 0.0, 0.5, "cell.sigma_prog_rel");
  const SubthresholdCell cell(p.cell, p.temperature_K);
  in_range(cell.sigma_read_rel(), 0.0, 0.5, "cell.sigma_read_vt_V / (n UT)");
  in_range(dac_noise_exponent(p.dac, cell), 0.0, 0.5, "dac.sigma_v_V / (n UT)");
  in_range(p.adc.sigma_lsb, 0.0, 1000.0, "adc.sigma_lsb");
  in_range(p.adc.inl_lsb, 0.0, 1000.0, "adc.inl_lsb");
  in_range(p.adc.per_tile, 1, 65536, "adc.per_tile");
  if (e.programmed_K != 0.0) {
    in_range(e.programmed_K, 200.0, 450.0, "environment.programmed_K (0: as operating)");
  }
  in_range(e.age_h, 0.0, 1.0e7, "environment.age_h");
  in_range(e.drift_mean_per_decade, -0.1, 0.1, "environment.drift_mean_per_decade");
  in_range(e.drift_sigma_per_decade, 0.0, 0.05, "environment.drift_sigma_per_decade");
  in_range(e.stuck_off_rate, 0.0, 1.0, "environment.stuck_off_rate");
  in_range(e.stuck_on_rate, 0.0, 1.0 - e.stuck_off_rate, "environment.stuck_on_rate");
  if (p.adc.bits == 0) {
    if (p.effects.any() || e.changes_cells(p.temperature_K)) {
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
