// SPDX-License-Identifier: Apache-2.0
// The physics of one product, slowly: volts, amperes, double precision, one random draw per cell and event from a
// generator of its own. Written to be read beside docs/analog.md; shares no arithmetic with the fast kernels.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "models/analog/array_parameters.h"

namespace tessera::analog::testing {

class Reference {
 public:
  Reference(const ArrayParameters& parameters, std::uint64_t seed) : p_(parameters), random_(seed) {}

  /// Nominal current of a cell [A].
  [[nodiscard]] double nominal_A(int level) const {
    const double off = p_.effects.off_current ? p_.cell.i_off_A : 0.0;
    return level == 0 ? off : level * p_.cell.i_lsb_A;
  }

  /// Programs a matrix of rows x 2 pairs levels (single columns: rows x (pairs + 1), the reference last); draws the
  /// programming error of each cell anew.
  void program(const std::vector<std::uint8_t>& levels, std::size_t rows, std::size_t pairs) {
    size(rows, pairs);
    cell_A_.clear();
    for (const std::uint8_t level : levels) {
      if (p_.cell.errors == CellParameters::Errors::constant) {
        const double error = p_.effects.programming_error ? p_.cell.sigma_prog_full_scale * top_A() * gauss() : 0.0;
        const double current = level * p_.cell.i_lsb_A + error;
        cell_A_.push_back(current > 0.0 ? current : nominal_A(0));
        continue;
      }
      double vt_error_V = 0.0;
      if (p_.effects.programming_error && level > 0) {
        vt_error_V = p_.cell.sigma_prog_rel * n_ut_V() * gauss();
      }
      cell_A_.push_back(nominal_A(level) * std::exp(-vt_error_V / n_ut_V()));
    }
  }
  /// Takes cell currents from elsewhere, likewise [A].
  void set_cells(std::vector<double> cell_A, std::size_t rows, std::size_t pairs) {
    cell_A_ = std::move(cell_A);
    size(rows, pairs);
  }
  /// INL of a column pair's converter as a function of u = code / 2^(bits-1) [LSB].
  std::vector<double (*)(double)> inl;

  /// A new epoch: each cell's slow noise sits in one of its two states.
  void new_epoch() {
    slow_.clear();
    for (std::size_t i = 0; i < cell_A_.size(); ++i) {
      slow_.push_back(random_() % 2 == 0 ? 1.0 : -1.0);
    }
  }
  [[nodiscard]] double top_A() const { return p_.max_level() * p_.cell.i_lsb_A; }
  [[nodiscard]] double sigma_read_A(double current_A) const {
    return p_.cell.errors == CellParameters::Errors::constant ? p_.cell.sigma_read_full_scale * top_A()
                                                              : p_.cell.sigma_read_vt_V / n_ut_V() * current_A;
  }

  /// Current of each column [A].
  [[nodiscard]] std::vector<double> column_currents_A(const std::uint16_t* codes) {
    std::vector<std::vector<double>> cell(columns_);  // currents of each column from its grounded end
    const double slow_share = p_.effects.slow_noise ? p_.cell.slow_share : 0.0;
    for (std::size_t r = 0; r < rows_; ++r) {
      double drive = nominal_drive(codes[r]);
      if (p_.effects.dac_noise && codes[r] > 0) {
        switch (p_.dac.coding) {
          case DacParameters::Coding::linear_voltage:
            drive = std::fmax(0.0, drive + p_.dac.sigma_v_V / p_.dac.full_scale_V * gauss());
            break;
          case DacParameters::Coding::pulse_width:
            drive = std::fmax(0.0, drive + p_.dac.sigma_pulse_codes / p_.max_code() * gauss());
            break;
          default:
            drive *= std::exp(p_.dac.sigma_v_V * gauss() / n_ut_V());
        }
      }
      for (std::size_t c = 0; c < columns_; ++c) {
        const double nominal = cell_A_[r * columns_ + c];
        double current = nominal;
        if (p_.effects.read_noise) {
          current += std::sqrt(1.0 - slow_share) * sigma_read_A(nominal) * gauss();
        }
        if (p_.effects.slow_noise) {
          current += std::sqrt(slow_share) * sigma_read_A(nominal) * slow_[r * columns_ + c];
        }
        cell[c].push_back(drive * current);
      }
    }
    std::vector<double> sum;
    for (std::size_t c = 0; c < columns_; ++c) {
      const double per_A =
          p_.cell.output_conductance_per_V * p_.cell.bl_ohm_per_cell + q_over_kT() * p_.cell.sl_ohm_per_cell;
      double beyond = 0.0;
      for (const double current : cell[c]) {
        beyond += current;
      }
      double total = 0.0, drop = 0.0;
      for (const double current : cell[c]) {
        drop += p_.effects.ir_drop ? beyond : 0.0;  // segment by segment, what flows through it
        beyond -= current;
        total += current * (1.0 - per_A * drop);
      }
      sum.push_back(total);
    }
    return sum;
  }
  /// What each converter sees: the difference of the two columns of a pair, of a column and the reference; the current
  /// of one column where the reference is an offset column, which is the last of them [A].
  [[nodiscard]] std::vector<double> pair_currents_A(const std::uint16_t* codes) {
    const std::vector<double> column = column_currents_A(codes);
    std::vector<double> seen;
    switch (p_.weight_mapping) {
      case ArrayParameters::WeightMapping::offset_column:
        return column;
      case ArrayParameters::WeightMapping::reference_column:
        for (std::size_t c = 0; c + 1 < columns_; ++c) {
          seen.push_back(column[c] - column.back());
        }
        return seen;
      default:
        for (std::size_t c = 0; c < columns_; c += 2) {
          seen.push_back(column[c] - column[c + 1]);
        }
        return seen;
    }
  }

  /// One ADC step at a gain [A].
  [[nodiscard]] double lsb_A(double gain) const {
    return p_.adc.full_scale_A / (gain * std::ldexp(1.0, p_.adc.bits - 1));
  }

  /// ADC output before rounding and clamping [LSB].
  [[nodiscard]] std::vector<double> analog_codes(const std::uint16_t* codes, double gain) {
    std::vector<double> value = pair_currents_A(codes);
    for (double& v : value) {
      v /= lsb_A(gain);
      if (p_.effects.adc_noise) {
        v += p_.adc.sigma_lsb * gauss();
      }
    }
    return value;
  }
  [[nodiscard]] std::int32_t digitise(double code) const {
    const double top = std::ldexp(1.0, p_.adc.bits - 1);
    return static_cast<std::int32_t>(std::fmin(std::fmax(std::nearbyint(code), -top), top - 1));
  }
  /// What a product gives: a code a pair; the difference of two codes where there is an offset column, whose converters
  /// begin at 0.
  [[nodiscard]] std::vector<std::int32_t> outputs(const std::uint16_t* codes, double gain) {
    const bool offset = p_.weight_mapping == ArrayParameters::WeightMapping::offset_column;
    std::vector<std::int32_t> converted;
    for (const double code : analog_codes(codes, gain)) {
      converted.push_back(digitise(code - (offset ? std::ldexp(1.0, p_.adc.bits - 1) : 0.0)));
    }
    if (offset) {
      const std::int32_t reference = converted.back();
      converted.pop_back();
      for (std::int32_t& code : converted) {
        code -= reference;
      }
    }
    return converted;
  }

  [[nodiscard]] double n_ut_V() const { return p_.cell.n_slope * 8.617333262e-5 * p_.operating_K(); }
  [[nodiscard]] double q_over_kT() const { return 1.0 / (8.617333262e-5 * p_.operating_K()); }
  [[nodiscard]] double gauss() { return normal_(random_); }

 private:
  /// Share of full input, in volts where a gate voltage carries it: without compensation the one of programming, else
  /// one that a reference cell or a tracking swing makes.
  [[nodiscard]] double nominal_drive(int code) const {
    const double share = static_cast<double>(code) / p_.max_code();
    if (code == 0 || p_.dac.coding != DacParameters::Coding::log_voltage) {
      return share;
    }
    const bool stays = p_.cell.compensation == CellParameters::Compensation::none;
    const double made_K = stays ? p_.temperature_K : p_.operating_K();
    const double below_full_V = p_.cell.n_slope * 8.617333262e-5 * made_K * -std::log(share);
    return std::exp(-below_full_V / n_ut_V());
  }

  void size(std::size_t rows, std::size_t pairs) {
    rows_ = rows;
    columns_ = p_.weight_mapping == ArrayParameters::WeightMapping::differential_adjacent ? 2 * pairs : pairs + 1;
  }

  ArrayParameters p_;
  std::mt19937_64 random_;
  std::normal_distribution<double> normal_;
  std::size_t rows_ = 0, columns_ = 0;
  std::vector<double> cell_A_;
  std::vector<double> slow_;
};

}  // namespace tessera::analog::testing
