// SPDX-License-Identifier: Apache-2.0
// Static errors of converter instances: what distinguishes one DAC or ADC from the next.
#pragma once

#include <cstdint>
#include <vector>

#include "models/analog/array_parameters.h"
#include "models/analog/fixed_point.h"

namespace tessera::analog {

/// Gain and offset of one ADC: v' = gain v + offset [LSB].
struct AdcTrim {
  double gain = 1.0, offset_lsb = 0.0;
};
/// Of all converters of a tile.
[[nodiscard]] std::vector<AdcTrim> adc_trims(const AdcParameters& adc, std::uint64_t seed, std::uint32_t tile);

/// Shifts of the code thresholds [LSB]: converter, code + 2^(bits-1). Neighbouring thresholds are independent, so that
/// a code's width has the configured spread.
[[nodiscard]] std::vector<std::vector<float>> adc_dnl(const AdcParameters& adc, std::uint64_t seed, std::uint32_t tile);

/// Row drives in fixed point, by DAC (one a row, or a single one) and code.
struct DriveTable {
  std::vector<float> drive;  ///< empty: drive = code * code_unit
  std::size_t codes = 0;
  bool per_row = false;

  [[nodiscard]] const float* of_row(std::uint32_t row) const {
    return drive.empty() ? nullptr : drive.data() + (per_row ? row * codes : 0);
  }
};
/// Drive of each code without steps, errors and noise, in codes; empty: the code itself. Differs where the gate
/// voltages were made for another temperature (temperature.h).
[[nodiscard]] std::vector<double> nominal_drive(const ArrayParameters& p);
/// With the steps of the DAC's voltage, the temperature that it was made for and, if switched on, its static errors.
[[nodiscard]] DriveTable drive_table(const ArrayParameters& p, const FixedPoint& fixed, std::uint64_t seed,
                                     std::uint32_t tile);

}  // namespace tessera::analog
