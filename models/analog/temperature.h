// SPDX-License-Identifier: Apache-2.0
// What a change of temperature after programming does to subthreshold weights.
//
// A level L was programmed at T0 as Vt - Vt_ref = -n k T0 / q * ln L. Read at T, against a reference cell of level 1
// that sees the same temperature (its own tempco and that of the input therefore cancel), the weight is
//   w(T) = exp(-(Vt - Vt_ref) / (n k T / q)) = L^(T0 / T)
// Without the reference cell the absolute current also moves with exp(-dVt/dT (T - T0) / (n UT)) and with the gate
// overdrive's own change of scale.
#pragma once

#include <cmath>

#include "models/analog/cell.h"

namespace tessera::analog {

/// Weight of a level at T, in units of level 1 at T, when programmed for T0. Level >= 1.
[[nodiscard]] inline double weight_at_temperature(double level, double programmed_K, double operating_K) {
  return portable_exp(programmed_K / operating_K * portable_log(level));
}

/// Current of a cell relative to its current at T0, bias voltages unchanged and no reference cell: the change of scale
/// of the whole exponent (its value at T0 is `exponent` = ln(I / I0)) and of the threshold.
/// @param vt_tempco_V_per_K  dVt/dT, about -1e-3
[[nodiscard]] inline double uncompensated_current_ratio(double exponent, double n_slope, double vt_tempco_V_per_K,
                                                        double programmed_K, double operating_K) {
  const double n_ut = n_slope * thermal_voltage_V(operating_K);
  return std::exp(exponent * (programmed_K / operating_K - 1.0) -
                  vt_tempco_V_per_K * (operating_K - programmed_K) / n_ut);
}

/// What is left of the temperature's effect after one common gain for all levels.
struct CommonGain {
  double gain = 1.0;         ///< least squares over levels 1..max_level
  double largest_rel = 0.0;  ///< largest error of a level, relative to full scale
  double rms_rel = 0.0;      ///< root mean square error over levels, relative to full scale
};
[[nodiscard]] inline CommonGain common_gain_compensation(int max_level, double programmed_K, double operating_K) {
  CommonGain result;
  double cross = 0.0, square = 0.0;
  for (int level = 1; level <= max_level; ++level) {
    const double w = weight_at_temperature(level, programmed_K, operating_K);
    cross += level * w;
    square += w * w;
  }
  result.gain = cross / square;
  double sum = 0.0;
  for (int level = 1; level <= max_level; ++level) {
    const double error = (result.gain * weight_at_temperature(level, programmed_K, operating_K) - level) / max_level;
    result.largest_rel = std::fmax(result.largest_rel, std::fabs(error));
    sum += error * error;
  }
  result.rms_rel = std::sqrt(sum / max_level);
  return result;
}

/// Temperature for which the gate voltages of logarithmic inputs are made [K]. Without compensation they are those of
/// programming, and full input stays where it was: code c then drives (c / max)^(T0 / T). A diode-connected cell that
/// takes the input as a current, or a swing that tracks UT, makes them for the temperature of operation, and the input
/// stays linear.
[[nodiscard]] inline double gate_voltages_K(const ArrayParameters& p) {
  const bool stay = p.cell.compensation == CellParameters::Compensation::none &&
                    p.cell.law == CellParameters::Law::subthreshold &&
                    p.dac.coding == DacParameters::Coding::log_voltage;
  return stay ? p.temperature_K : p.operating_K();
}

/// What a change of temperature after programming does to the current of a cell, compensation included.
struct TemperatureLaw {
  bool on = false;
  double ratio = 1.0;  ///< exponent of the weight
  double gain = 1.0;   ///< that all currents have in common
  double sigma = 0.0;  ///< spread of the cells' temperature coefficients, as an exponent of the current

  TemperatureLaw() = default;
  explicit TemperatureLaw(const ArrayParameters& p)
      : on(p.operating_K() != p.temperature_K && p.cell.law == CellParameters::Law::subthreshold) {
    if (!on) {
      return;
    }
    using Compensation = CellParameters::Compensation;
    const CellParameters& c = p.cell;
    const double now_K = p.operating_K(), then_K = p.temperature_K;
    const double n_ut_V = c.n_slope * thermal_voltage_V(now_K);
    if (c.compensation != Compensation::tracking) {
      ratio = then_K / now_K;
    }
    if (c.compensation == Compensation::none) {
      gain = portable_exp(portable_log(c.i_lsb_A / c.i_threshold_A) * (ratio - 1.0) -
                          c.vt_tempco_V_per_K * (now_K - then_K) / n_ut_V);
    } else if (c.compensation == Compensation::common_gain) {
      gain = common_gain_compensation(p.max_level(), then_K, now_K).gain;
    } else if (c.compensation == Compensation::tracking) {
      gain = 1.0 + c.temp_residual_rel_25_85C * (now_K - then_K) / 60.0;
    }
    if (p.effects.variability) {
      sigma = c.sigma_vt_tempco_V_per_K * std::fabs(now_K - then_K) / n_ut_V;
    }
  }

  /// Current (in units of level 1) of a cell programmed to `current` > 0, without the cells' spread.
  [[nodiscard]] double of(double current) const {
    return ratio == 1.0 ? gain * current : gain * portable_exp(ratio * portable_log(current));
  }
};

}  // namespace tessera::analog
