// SPDX-License-Identifier: Apache-2.0
// Calibration of a tile's converters without SystemC: the firmware's algorithm (sw/firmware/driver/tsr_adc.h) on the
// platform's products, so that the trims are those that runtime_calibrate.elf writes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "models/analog/array.h"
#include "models/tile/trim_bank.h"
#include "sw/deployment/contents.h"

namespace tessera::evaluator {

/// Calibrates tile `tile` with the regions of `contents` that lie on it as reference, as the runtime does, and enables
/// the trims of `bank`. Nothing happens where there is no converter to trim.
/// @throws std::runtime_error  what the runtime refuses: split column pairs, more regions or converters than it takes
void calibrate(const tile::TileParameters& parameters, const analog::Array& array, std::uint32_t tile,
               const deployment::Contents& contents, tile::TrimBank& bank);

/// Offset and gain errors of the converters that a tile's regions use, without noise, from the models' own curves:
/// what measurements estimate. Root mean squares; gain is the slope over 13/16 of the range.
struct ConverterErrors {
  std::uint32_t converters = 0;        ///< in use
  std::uint32_t trimmed = 0;           ///< of these, with a trim that is not neutral
  double offset_lsb = 0, gain = 0;     ///< as the converters are
  double left_lsb = 0, left_gain = 0;  ///< behind the trims
};
/// @param words  ADC_TRIM of the tile's converters; empty: no trims
[[nodiscard]] ConverterErrors converter_errors(const tile::TileParameters& parameters, std::uint64_t seed,
                                               std::uint32_t tile, const deployment::Contents& contents,
                                               std::span<const std::uint32_t> words);

}  // namespace tessera::evaluator
