// SPDX-License-Identifier: Apache-2.0
// The subthreshold flash cell in the threshold-voltage domain (docs/analog.md, "Cell").
//
//   I = I_lsb * exp(-(Vt - Vt_ref) / (n UT)),   UT = k T / q
//
// Everything that disturbs a cell disturbs a voltage (its threshold, or the gate), and the exponential turns a voltage
// error dV into a relative current error exp(dV / (n UT)) - 1: 1 mV is 2.2 % at 300 K and n = 1.8.
#pragma once

#include <cmath>
#include <cstdint>

#include "models/analog/array_parameters.h"

namespace tessera::analog {

/// UT = k T / q [V], with the exact SI values of k and q.
[[nodiscard]] constexpr double thermal_voltage_V(double temperature_K) {
  return 1.380649e-23 / 1.602176634e-19 * temperature_K;
}

/// exp(x) for |x| <= 40 from + and * only, so that every machine gives the same bits; relative error < 1e-12.
[[nodiscard]] constexpr double portable_exp(double x) {
  // Taylor polynomial at x / 256, |x / 256| < 0.16, then eight squarings.
  constexpr double kInverse[] = {1.0, 1.0 / 2, 1.0 / 3, 1.0 / 4, 1.0 / 5, 1.0 / 6, 1.0 / 7, 1.0 / 8, 1.0 / 9};
  const double y = x / 256.0;
  double e = 1.0;
  for (int i = 8; i >= 0; --i) {
    e = 1.0 + e * y * kInverse[i];
  }
  for (int i = 0; i < 8; ++i) {
    e = e * e;
  }
  return e;
}

/// ln(x), x > 0, from + - * / only; relative error of exp(result) < 1e-13.
[[nodiscard]] inline double portable_log(double x) {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);  // exact
  if (mantissa < 0.70710678118654752) {
    mantissa *= 2.0;
    --exponent;
  }
  const double y = (mantissa - 1.0) / (mantissa + 1.0);
  double sum = 0.0;
  for (int k = 21; k >= 1; k -= 2) {  // ln m = 2 (y + y^3 / 3 + ...), |y| < 0.172
    sum = sum * y * y + 1.0 / k;
  }
  return 2.0 * y * sum + exponent * 0.69314718055994531;
}

class SubthresholdCell {
 public:
  SubthresholdCell(const CellParameters& parameters, double temperature_K)
      : parameters_(parameters), n_ut_V_(parameters.n_slope * thermal_voltage_V(temperature_K)) {}

  /// n UT: volts for a factor e of current.
  [[nodiscard]] double n_ut_V() const { return n_ut_V_; }
  /// Threshold voltage of a level above Vt_ref, where Vt_ref is the threshold of level 1 [V]. Level >= 1.
  [[nodiscard]] double target_vt_V(int level) const { return -n_ut_V_ * std::log(static_cast<double>(level)); }
  /// Relative current of a cell whose threshold is `vt_error_V` above its target.
  [[nodiscard]] double factor_of_vt_error(double vt_error_V) const { return portable_exp(-vt_error_V / n_ut_V_); }
  /// Threshold error that gives the configured relative programming error, 1 sigma [V].
  [[nodiscard]] double sigma_prog_vt_V() const { return parameters_.sigma_prog_rel * n_ut_V_; }
  /// Relative current noise of one read, 1 sigma (first order in sigma_read_vt / n UT).
  [[nodiscard]] double sigma_read_rel() const { return parameters_.sigma_read_vt_V / n_ut_V_; }
  /// Current at full input of a level whose relative error is `factor` [A]; level 0 conducts `off_A`.
  [[nodiscard]] double current_A(int level, double factor, double off_A) const {
    return level == 0 ? off_A : level * parameters_.i_lsb_A * factor;
  }

 private:
  CellParameters parameters_;
  double n_ut_V_;
};

/// Exponent of the row current's error for a standard normal draw: sigma_v / (n UT).
[[nodiscard]] inline double dac_noise_exponent(const DacParameters& dac, const SubthresholdCell& cell) {
  return dac.sigma_v_V / cell.n_ut_V();
}

/// Noise that the coding adds to a code above 0, 1 sigma [code steps]; 0 where the noise is a factor.
[[nodiscard]] inline double dac_noise_drive(const ArrayParameters& p) {
  switch (p.dac.coding) {
    case DacParameters::Coding::linear_voltage:
      return p.dac.sigma_v_V / p.dac.full_scale_V * p.max_code();
    case DacParameters::Coding::pulse_width:
      return p.dac.sigma_pulse_codes;
    default:
      return 0.0;
  }
}

}  // namespace tessera::analog
