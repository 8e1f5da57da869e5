// SPDX-License-Identifier: Apache-2.0
// A whole chip, slowly: every law of docs/analog.md as it stands there, in volts, amperes and doubles, one draw a cell,
// converter and event from a generator of its own. What stays with a chip is drawn by make(), what stays for an epoch
// by new_epoch(), the rest by product(). Shares no arithmetic with the fast kernels.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <random>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/sonos.h"

namespace tessera::analog::testing {

class SlowChip {
 public:
  /// A chip of p.rows x p.columns cells; its pairs share no converter.
  SlowChip(const ArrayParameters& p, std::uint64_t seed) : p_(p), random_(seed) {
    if (p.operating_K() != p.temperature_K && p.cell.compensation == CellParameters::Compensation::common_gain) {
      double cross = 0.0, square = 0.0;
      for (int level = 1; level <= p.max_level(); ++level) {
        const double hot = std::pow(level, p.temperature_K / p.operating_K());
        cross += level * hot;
        square += hot * hot;
      }
      common_gain_ = cross / square;
    }
  }

  /// A new chip with these levels, row-major.
  void make(const std::vector<std::uint8_t>& levels) {
    const std::vector<bool> row_broken = broken(p_.rows, p_.cell.broken_row_rate);
    const std::vector<bool> column_broken = broken(p_.columns, p_.cell.broken_column_rate);
    cell_A_.clear();
    for (std::uint32_t r = 0; r < p_.rows; ++r) {
      for (std::uint32_t c = 0; c < p_.columns; ++c) {
        cell_A_.push_back(cell_A(row_broken[r] || column_broken[c], levels[r * p_.columns + c]));
      }
    }
    dacs_.clear();
    const bool one_dac = p_.dac.supply == DacParameters::Supply::global_with_row_sh;
    for (std::uint32_t r = 0; r < (one_dac ? 1 : p_.rows); ++r) {
      dacs_.push_back(make_dac());
    }
    adcs_.clear();
    for (std::uint32_t k = 0; k < p_.columns / 2; ++k) {
      adcs_.push_back(make_adc());
    }
    new_epoch();
  }
  /// Each cell's slow noise sits in one of its two states.
  void new_epoch() {
    slow_.clear();
    for (std::size_t i = 0; p_.effects.slow_noise && i < cell_A_.size(); ++i) {
      slow_.push_back(random_() % 2 == 0 ? 1.0 : -1.0);
    }
  }
  /// ADC codes of one product.
  [[nodiscard]] std::vector<double> product(const std::vector<std::uint16_t>& codes, double gain) {
    const double slow_share = p_.effects.slow_noise ? p_.cell.slow_share : 0.0;
    std::vector<std::vector<double>> column(p_.columns);  // currents of each column from its grounded end [A]
    for (std::uint32_t r = 0; r < p_.rows; ++r) {
      const double x = drive(dacs_[dacs_.size() == 1 ? 0 : r], codes[r]);
      for (std::uint32_t c = 0; c < p_.columns; ++c) {
        const std::size_t at = std::size_t{r} * p_.columns + c;
        double current = cell_A_[at];
        const double sigma = sigma_read_A(sensitive_A(current));
        if (p_.effects.slow_noise) {
          current += std::sqrt(slow_share) * sigma * slow_[at];
        }
        if (p_.effects.read_noise) {
          current += std::sqrt(1.0 - slow_share) * sigma * gauss();
        }
        column[c].push_back(conducted_A(x, current));
      }
    }
    std::vector<double> out;
    for (std::uint32_t k = 0; k < p_.columns / 2; ++k) {
      out.push_back(convert(adcs_[k], (delivered_A(column[2 * k]) - delivered_A(column[2 * k + 1])) / lsb_A(gain)));
    }
    return out;
  }

 private:
  struct Dac {
    double offset_V = 0, gain = 0, bend_V = 0;
    std::map<int, double> step_V;  ///< error of each code
  };
  struct Adc {
    double offset = 0, gain = 0;
    std::array<double, 4> inl{};
    double inl_peak = 1;
    std::map<double, double> shift;  ///< of the thresholds beside each code
  };

  double gauss() { return normal_(random_); }
  bool happens(double rate) { return std::uniform_real_distribution<double>(0, 1)(random_) < rate; }
  [[nodiscard]] static double ut_V(double kelvin) { return 8.617333262e-5 * kelvin; }
  [[nodiscard]] double n_ut_V() const { return p_.cell.n_slope * ut_V(p_.operating_K()); }
  /// Bias voltages stay those of programming.
  [[nodiscard]] bool uncompensated() const { return p_.cell.compensation == CellParameters::Compensation::none; }
  [[nodiscard]] double top_A() const { return p_.max_level() * p_.cell.i_lsb_A; }
  [[nodiscard]] double lsb_A(double gain) const {
    return p_.adc.full_scale_A / (gain * std::ldexp(1.0, p_.adc.bits - 1));
  }
  [[nodiscard]] double sigma_read_A(double current_A) const {
    if (p_.cell.errors == CellParameters::Errors::sonos40) {
      return sonos::sigma_read_nA(current_A / top_A() * 1600.0) / 1600.0 * top_A();
    }
    return p_.cell.sigma_read_vt_V / n_ut_V() * current_A;
  }

  /// What a relative change of the weak inversion current changes at full input: dI / d ln u.
  [[nodiscard]] double sensitive_A(double full_A) const {
    if (!p_.effects.compression || p_.cell.errors != CellParameters::Errors::relative) {
      return full_A;
    }
    const double root = std::sqrt(full_A / p_.cell.specific_current_A);
    return p_.cell.specific_current_A * root * (1.0 - std::exp(-root));
  }
  /// Current of a cell that conducts `full_A` at full input, where it was verified. Near and above threshold, the EKV
  /// law: I = I_S ln^2(1 + sqrt(u)), u the exponential of the gate voltage.
  [[nodiscard]] double conducted_A(double x, double full_A) const {
    if (!p_.effects.compression || p_.dac.coding != DacParameters::Coding::log_voltage) {
      return x * full_A;
    }
    const double specific_A = p_.cell.specific_current_A;
    const double u_full = std::pow(std::exp(std::sqrt(full_A / specific_A)) - 1.0, 2);
    return specific_A * std::pow(std::log(1.0 + std::sqrt(u_full * x)), 2);
  }

  std::vector<bool> broken(std::uint32_t lines, double rate) {
    std::vector<bool> result;
    for (std::uint32_t i = 0; i < lines; ++i) {
      result.push_back(p_.effects.faults && happens(rate));
    }
    return result;
  }
  Dac make_dac() {
    Dac dac;
    dac.offset_V = p_.dac.offset_V * gauss();
    dac.gain = p_.dac.gain_rel * gauss();
    dac.bend_V = p_.dac.inl_V * (gauss() < 0 ? -1 : 1);
    return dac;
  }
  Adc make_adc() {
    Adc adc;
    adc.offset = p_.adc.offset_lsb * gauss();
    adc.gain = p_.adc.gain_rel * gauss();
    for (double& c : adc.inl) {
      c = gauss();
    }
    adc.inl_peak = 0.0;
    for (int i = -50; i <= 50; ++i) {
      adc.inl_peak = std::max(adc.inl_peak, std::abs(bend(adc.inl, i / 50.0)));
    }
    return adc;
  }
  static double bend(const std::array<double, 4>& c, double u) {
    return (1 - u * u) * (c[0] + u * (c[1] + u * (c[2] + u * c[3])));
  }

  /// Share of full drive.
  double drive(Dac& dac, int code) {
    if (code == 0) {
      return 0.0;
    }
    const double nominal = static_cast<double>(code) / p_.max_code();
    switch (p_.dac.coding) {
      case DacParameters::Coding::bit_serial:  // fully on
        return p_.effects.dac_noise ? std::exp(p_.dac.sigma_v_V * gauss() / n_ut_V()) : 1.0;
      case DacParameters::Coding::pulse_width:
        return p_.effects.dac_noise ? std::max(0.0, nominal + p_.dac.sigma_pulse_codes * gauss() / p_.max_code())
                                    : nominal;
      default:
        break;
    }
    // Gate voltages below that of full input: made for the temperature of programming, or by a reference cell and a
    // swing that follow the temperature.
    const double made_K = uncompensated() ? p_.temperature_K : p_.operating_K();
    const double range_V = p_.cell.n_slope * ut_V(made_K) * std::log(p_.max_code());
    const double u = std::log(code) / std::log(p_.max_code());
    double volt = u * range_V;
    if (p_.effects.dac_errors) {
      if (dac.step_V.find(code) == dac.step_V.end()) {
        dac.step_V[code] = std::sqrt(0.5) * p_.dac.dnl_V * gauss();
      }
      volt += dac.offset_V + dac.gain * u * range_V + dac.bend_V * 4 * u * (1 - u) + dac.step_V[code];
    }
    if (p_.effects.dac_noise) {
      volt += p_.dac.sigma_v_V * gauss();
    }
    return std::exp((volt - range_V) / n_ut_V());
  }
  double cell_A(bool line_broken, int level) {
    const CellParameters& cell = p_.cell;
    const double off_A = p_.effects.off_current ? cell.i_off_A : 0.0;
    const bool stuck = p_.effects.faults && happens(cell.sa_fault_rate);
    const bool stuck_on = stuck && happens(cell.stuck_on_share);
    if (line_broken || (stuck && !stuck_on)) {
      return heated(off_A);
    }
    if (stuck_on) {
      return heated(top_A());
    }
    if (level == 0) {
      return heated(off_A);
    }
    double current = level * cell.i_lsb_A;
    if (cell.errors == CellParameters::Errors::sonos40) {
      const double nA = current / top_A() * 1600.0, days = p_.ages() ? p_.environment.age_s / 86400 : 0.0;
      const double shift = p_.ages() ? sonos::mean_shift_nA(nA, days) : 0.0;
      const double sigma = p_.effects.programming_error || p_.ages() ? sonos::sigma_programmed_nA(nA, days) : 0.0;
      return std::max(0.0, nA + shift + sigma * gauss()) / 1600.0 * top_A();
    }
    if (p_.effects.programming_error) {
      current *= std::exp(-cell.sigma_prog_rel * gauss());
    }
    if (p_.ages()) {
      const double decades = std::log10(1 + p_.environment.age_s / 3600);
      current *= 1 + decades * (cell.drift_mean_per_decade + cell.drift_sigma_per_decade * gauss());
    }
    current = heated(current);
    if (p_.effects.variability && p_.operating_K() != p_.temperature_K) {
      const double dT = p_.operating_K() - p_.temperature_K;
      current *= std::exp(cell.sigma_vt_tempco_V_per_K * dT * gauss() / n_ut_V());
    }
    return current;
  }
  /// Current at full input after the change of temperature. Nothing compensated: the gate voltage stays and the
  /// threshold moves. With a reference cell, I^(T0 / T) in units of level 1; a common gain besides brings the levels
  /// back in the mean square. A swing that tracks UT leaves a gain error.
  [[nodiscard]] double heated(double current_A) const {
    if (current_A <= 0.0 || p_.operating_K() == p_.temperature_K) {
      return current_A;
    }
    const CellParameters& cell = p_.cell;
    const double dT = p_.operating_K() - p_.temperature_K;
    if (uncompensated()) {
      const double above_V = cell.n_slope * ut_V(p_.temperature_K) * std::log(current_A / cell.i_threshold_A);
      return cell.i_threshold_A * std::exp((above_V - cell.vt_tempco_V_per_K * dT) / n_ut_V());
    }
    if (cell.compensation == CellParameters::Compensation::tracking) {
      return current_A * (1.0 + cell.temp_residual_rel_25_85C * dT / 60.0);
    }
    const double ratio = p_.temperature_K / p_.operating_K();
    return common_gain_ * cell.i_lsb_A * std::pow(current_A / cell.i_lsb_A, ratio);
  }

  /// What is left of a column's current: bit line and source line drop segment by segment, by what flows through it.
  [[nodiscard]] double delivered_A(const std::vector<double>& cells_A) const {
    const CellParameters& cell = p_.cell;
    const double per_A =
        cell.output_conductance_per_V * cell.bl_ohm_per_cell + cell.sl_ohm_per_cell / ut_V(p_.operating_K());
    double beyond = 0.0, drop = 0.0, total = 0.0;
    for (const double current : cells_A) {
      beyond += current;
    }
    for (const double current : cells_A) {
      drop += p_.effects.ir_drop ? per_A * beyond : 0.0;
      beyond -= current;
      total += current * (1.0 - drop);
    }
    return total;
  }

  double convert(Adc& adc, double v) {
    const double half = std::ldexp(1.0, p_.adc.bits - 1);
    if (p_.effects.adc_noise) {
      v += p_.adc.sigma_lsb * gauss();
    }
    if (p_.effects.adc_offset_gain) {
      v = (1 + adc.gain) * v + adc.offset;
    }
    if (p_.effects.adc_inl) {
      v += p_.adc.inl_lsb * bend(adc.inl, std::clamp(v / half, -1.0, 1.0)) / adc.inl_peak;
    }
    if (p_.effects.adc_dnl) {
      const double nearest = std::nearbyint(v);
      if (adc.shift.find(nearest) == adc.shift.end()) {
        adc.shift[nearest] = std::sqrt(0.5) * p_.adc.dnl_lsb * gauss();
      }
      v += adc.shift[nearest];
    }
    return std::clamp(std::nearbyint(v), -half, half - 1);
  }

  ArrayParameters p_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  double common_gain_ = 1.0;
  std::vector<double> cell_A_, slow_;
  std::vector<Dac> dacs_;
  std::vector<Adc> adcs_;
};

}  // namespace tessera::analog::testing
