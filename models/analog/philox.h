// SPDX-License-Identifier: Apache-2.0
// Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
// 1, 2, 3", SC11). A draw is a pure function of (key, counter), so neither the order of calls nor threads nor the
// width of vectors can change it.
#pragma once

#include <array>
#include <cstdint>

namespace tessera::analog {

using PhiloxCounter = std::array<std::uint32_t, 4>;
using PhiloxKey = std::array<std::uint32_t, 2>;

inline constexpr std::uint32_t kPhiloxMultiplier0 = 0xD2511F53U;
inline constexpr std::uint32_t kPhiloxMultiplier1 = 0xCD9E8D57U;
inline constexpr std::uint32_t kPhiloxWeyl0 = 0x9E3779B9U;  ///< golden ratio
inline constexpr std::uint32_t kPhiloxWeyl1 = 0xBB67AE85U;  ///< sqrt(3) - 1
inline constexpr int kPhiloxRounds = 10;

/// Four 32-bit words of one block.
[[nodiscard]] constexpr PhiloxCounter philox4x32(PhiloxCounter counter, PhiloxKey key) {
  for (int round = 0; round < kPhiloxRounds; ++round) {
    const std::uint64_t product0 = std::uint64_t{kPhiloxMultiplier0} * counter[0];
    const std::uint64_t product1 = std::uint64_t{kPhiloxMultiplier1} * counter[2];
    counter = {static_cast<std::uint32_t>(product1 >> 32U) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(product1),
               static_cast<std::uint32_t>(product0 >> 32U) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(product0)};
    key[0] += kPhiloxWeyl0;
    key[1] += kPhiloxWeyl1;
  }
  return counter;
}

/// What a draw is for; part of the key, so that purposes never share a stream.
enum class Purpose : std::uint32_t {
  programming_error = 1,  ///< event: earlier writes to the cell; block (row * columns + column) / 4
  dac_noise = 2,          ///< event: product; block row / 4
  column_noise = 3,       ///< event: product; block pair / 2, words 2 (pair mod 2): read noise, then ADC noise
  adc_instance = 4,       ///< event 0; block: number of the converter: shape of its INL
  retention = 5,          ///< drift rate of a cell; event and block as programming_error
  fault = 6,              ///< event 0: is the cell stuck, block as programming_error; 1: rows; 2: columns, block n / 4
  tempco = 7,             ///< temperature coefficient of a cell; event 0; block as programming_error
  slow_noise = 8,         ///< event: epoch; block row * ceil(pairs / 128) + pair / 128: a bit a column pair
  adc_trim = 9,           ///< event 0: block = converter: offset, gain; event 1 + converter: block = code / 4: DNL
  dac_trim = 10,          ///< event 0: block = DAC: offset, gain, bend; event 1 + DAC: block = code / 4: DNL
  lane_noise = 20,        ///< event: product of the converting tile; block pair / 4
  lane_gain = 21,         ///< static, of the driving tile; event 0; block pair / 4
  pulses = 16,  ///< block: position of the cell; event: write << 16 | slot / 2; two words a slot: pulse, verify
  onset = 17,   ///< injection of a cell; event 0; block as programming_error
  erase = 18,   ///< event: erase cycles of the row pair; block as programming_error
  verify = 19,  ///< event: number of the read; block as programming_error
};

/// Key word 0: seed bits 31..0. Key word 1: tile << 8 | purpose.
[[nodiscard]] constexpr PhiloxKey philox_key(std::uint64_t seed, std::uint32_t tile, Purpose purpose) {
  return {static_cast<std::uint32_t>(seed), (tile << 8U) | static_cast<std::uint32_t>(purpose)};
}

/// Counter words: block, event bits 31..0, event bits 63..32, seed bits 63..32.
[[nodiscard]] constexpr PhiloxCounter philox_counter(std::uint64_t seed, std::uint64_t event, std::uint32_t block) {
  return {block, static_cast<std::uint32_t>(event), static_cast<std::uint32_t>(event >> 32U),
          static_cast<std::uint32_t>(seed >> 32U)};
}

}  // namespace tessera::analog
