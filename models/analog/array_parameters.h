// SPDX-License-Identifier: Apache-2.0
// What the physics of one tile depends on. Plain data; names, units, defaults, ranges and sources of the
// configuration keys that fill it stand in platform/config/schema.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::analog {

/// Each non-ideality can be switched off by itself.
struct NonIdealities {
  bool programming_error = true;
  bool read_noise = true;
  bool off_current = true;
  bool dac_noise = true;
  bool adc_noise = true;
  bool adc_inl = true;

  [[nodiscard]] static constexpr NonIdealities none() { return {false, false, false, false, false, false}; }
  [[nodiscard]] constexpr bool any() const {
    return programming_error || read_noise || off_current || dac_noise || adc_noise || adc_inl;
  }
};

struct CellParameters {
  int bits = 4;                     ///< bits per cell, 1..8: levels 0..2^bits-1
  double i_lsb_A = 1.0e-9;          ///< cell current of level 1 at full input [A]
  double i_off_A = 1.0e-11;         ///< cell current of level 0 at full input [A]
  double n_slope = 1.8;             ///< subthreshold slope factor
  double v_bl_V = 0.6;              ///< bit-line clamp [V]
  double sigma_prog_rel = 0.012;    ///< programming error, relative to the current, 1 sigma
  double sigma_read_vt_V = 0.3e-3;  ///< read noise in threshold voltage, 1 sigma [V]
};

struct DacParameters {
  int bits = 8;               ///< code resolution, 1..10
  double sigma_v_V = 0.2e-3;  ///< noise of the gate voltage, 1 sigma [V]
};

struct AdcParameters {
  int bits = 8;                  ///< 1..12; 0 means exact: the integer column sum is passed on
  double full_scale_A = 1.0e-6;  ///< column-pair current at code 2^(bits-1) with gain 1 [A]
  std::vector<double> gains = {1, 2, 4, 8, 16};
  double sigma_lsb = 0.4;       ///< input-referred noise, 1 sigma [LSB]
  double inl_lsb = 0.5;         ///< peak integral non-linearity [LSB]
  std::uint32_t per_tile = 64;  ///< converters; column pair p uses converter p mod per_tile
};

struct ArrayParameters {
  std::uint32_t rows = 1024;     ///< physical rows
  std::uint32_t columns = 1024;  ///< physical columns; column pair p = columns 2p (+) and 2p+1 (-)
  double temperature_K = 300.15;
  CellParameters cell;
  DacParameters dac;
  AdcParameters adc;
  NonIdealities effects;

  [[nodiscard]] std::uint32_t pairs() const { return columns / 2; }
  [[nodiscard]] int max_level() const { return (1 << cell.bits) - 1; }
  [[nodiscard]] int max_code() const { return (1 << dac.bits) - 1; }
};

}  // namespace tessera::analog
