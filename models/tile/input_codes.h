// SPDX-License-Identifier: Apache-2.0
// From int8 activations to the codes of the row DACs: codings of signed inputs, bits one after the other.
#pragma once

#include <array>
#include <cstdint>

#include "models/tile/tile_parameters.h"

namespace tessera::tile {

/// DAC code of an int8 activation: q + 128 at 8 bits; fewer DAC bits round to the nearest coarser code, more bits
/// scale up.
[[nodiscard]] std::uint16_t dac_code(std::int8_t q, int dac_bits);
/// Activation steps (of q) per DAC code: 2^(8 - bits).
[[nodiscard]] double activation_steps_per_code(int dac_bits);

/// DAC code of each activation, by its byte.
using CodeTable = std::array<std::uint16_t, 256>;

/// What one pass of a product drives.
struct PassCodes {
  CodeTable codes{};
  CodeTable second{};        ///< row pairs: of the second row of an input, which holds the weights with the other sign
  std::int64_t weight = 1;   ///< of what the pass gives
  std::int64_t divisor = 1;  ///< exact sums only: the pass gives so many times its value
};

/// @param zero_point  activation that stands for the real zero
/// @param pass        0 .. parameters.passes() - 1
[[nodiscard]] PassCodes pass_codes(const TileParameters& parameters, int zero_point, std::uint32_t pass);

}  // namespace tessera::tile
