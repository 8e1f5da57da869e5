// SPDX-License-Identifier: Apache-2.0
#include "models/tile/input_codes.h"

#include <algorithm>
#include <cmath>

namespace tessera::tile {
namespace {

/// DAC code of an 8-bit magnitude.
std::uint16_t code_of_magnitude(int unsigned_q, int dac_bits) {
  if (dac_bits >= 8) {
    return static_cast<std::uint16_t>(unsigned_q << (dac_bits - 8));
  }
  const int shift = 8 - dac_bits;
  return static_cast<std::uint16_t>(std::min((unsigned_q + (1 << (shift - 1))) >> shift, (1 << dac_bits) - 1));
}

}  // namespace

std::uint16_t dac_code(std::int8_t q, int dac_bits) {
  return code_of_magnitude(q + 128, dac_bits);
}

double activation_steps_per_code(int dac_bits) {
  return std::ldexp(1.0, 8 - dac_bits);
}

PassCodes pass_codes(const TileParameters& p, int zero_point, std::uint32_t pass) {
  using SignedInput = TileParameters::SignedInput;
  const bool serial = p.kind == TileParameters::Kind::analog &&  // a digital tile takes whole codes
                      p.array.dac.coding == analog::DacParameters::Coding::bit_serial;
  const bool two_phase = p.signed_input == SignedInput::two_phase;
  const bool negative = two_phase && pass % 2 == 1;
  const std::uint32_t bit = two_phase ? pass / 2 : pass;
  const auto code = [&](int magnitude) {
    const std::uint16_t whole = code_of_magnitude(std::max(magnitude, 0), p.array.dac.bits);
    if (!serial) {
      return whole;
    }
    return (whole >> bit & 1U) != 0 ? static_cast<std::uint16_t>(p.array.max_code()) : std::uint16_t{0};
  };
  PassCodes result;
  for (int q = -128; q < 128; ++q) {
    const auto byte = static_cast<std::uint8_t>(q);
    if (p.signed_input == SignedInput::offset) {
      result.codes[byte] = code(q + 128);
    } else {
      result.codes[byte] = code(negative ? zero_point - q : q - zero_point);
      result.second[byte] = code(zero_point - q);
    }
  }
  result.weight = (negative ? -1 : 1) * (serial ? std::int64_t{1} << bit : 1);
  // A bit drives the row fully: its column sum is max_code times that of a code of 1.
  result.divisor = serial && p.array.adc.bits == 0 ? p.array.max_code() : 1;
  return result;
}

}  // namespace tessera::tile
