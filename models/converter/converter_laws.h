// SPDX-License-Identifier: Apache-2.0
// Published laws of converters in absolute units: what `tile.dac.e_conversion_J`, `tile.adc.e_conv_J` and
// `tile.adc.t_conv_s` can be set from.
#pragma once

#include <algorithm>
#include <cmath>

namespace tessera::converter {

/// DAC, zigzag-imc (28 nm, fitted to three chips): 50 fF a bit, charged to the supply [J].
[[nodiscard]] inline double zigzag_dac_J(int bits, double supply_V) {
  return 50.0e-15 * bits * supply_V * supply_V;
}

/// SAR ADC, the same source: 100 fF a bit for capacitors and logic, 1 aF 4^bits for comparator noise [J].
[[nodiscard]] inline double zigzag_adc_J(int bits, double supply_V) {
  return (100.0e-15 * bits + 1.0e-18 * std::ldexp(1.0, 2 * bits)) * supply_V * supply_V;
}

/// Time of its conversion on an array of so many rows: each bit waits for the bit line to settle [s].
[[nodiscard]] inline double zigzag_adc_s(int bits, double rows) {
  return bits * (0.00653 * rows + 0.640) * 1.0e-9;
}

/// ADC, regression of Accelergy's ADC plug-in (6851cb8) on Murmann's survey, the best of it, at least 4 bits [J].
/// Figure of merit [dB]: the lower of a limit by rate and one by resolution, of which each started bit takes a step.
/// @param rate_Hz  conversions a second
[[nodiscard]] inline double accelergy_adc_J(double enob, double node_nm, double rate_Hz) {
  const double by_rate = 213.7807 - 2.8719 * std::log(rate_Hz);
  const double by_bits = 128.3068 + 3.22051 * std::ceil(enob);
  const double sndr_dB = 6.02 * enob + 1.76;
  const double node = std::exp(26.0496 + 1.8800 * std::log(node_nm) - 2.8291 * std::log(enob) - 1.4702);
  return 1.0e-12 * node / (2.0 * std::pow(10.0, (std::min(by_rate, by_bits) - sndr_dB) / 10.0));
}

}  // namespace tessera::converter
