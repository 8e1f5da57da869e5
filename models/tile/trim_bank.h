// SPDX-License-Identifier: Apache-2.0
// Trims of a tile's converters: the registers that calibration firmware writes, and what they do to a code.
// SystemC-free.
#pragma once

#include <cstdint>
#include <vector>

#include "models/tile/tile_parameters.h"

namespace tessera::tile {

/// What firmware has to know about the converters to calibrate them; the registers TRIM_* say the same.
struct TrimFacts {
  std::uint32_t converters = 0;  ///< that have a trim; 0: exact converters, or a digital tile
  std::uint32_t bits = 0;
  bool cancels = false;           ///< a product subtracts two conversions of one converter
  std::uint32_t pass_weight = 1;  ///< codes that one LSB is worth after all passes of a product
  /// Ideal sum of (activation + 128) * level of one accumulator unit, at activation 127, in 1/4096; saturates.
  std::uint32_t lsb = 0;
  std::vector<std::uint32_t> gain_weights;  ///< accumulator units of a code, by gain index; at most 64
};
[[nodiscard]] TrimFacts trim_facts(const TileParameters& parameters);

class TrimBank {
 public:
  /// Steps of an LSB of OFFSET and of 1 of GAIN.
  static constexpr int offset_bits = 6, gain_bits = 15;
  static constexpr std::uint32_t reset_word = std::uint32_t{1} << (16 + gain_bits);

  explicit TrimBank(const TileParameters& parameters);

  /// Offsets of the tile's registers; the reset value for a converter that is not there.
  [[nodiscard]] std::uint32_t read(std::uint32_t offset) const;
  /// Whatever is written, a corrected code stays below 2^17 times the largest code.
  void write(std::uint32_t offset, std::uint32_t value);
  /// The supply has gone.
  void reset();

  [[nodiscard]] const TrimFacts& facts() const { return facts_; }
  [[nodiscard]] bool enabled() const { return enabled_ && facts_.converters > 0; }
  /// Word of a converter, as in ADC_TRIM.
  [[nodiscard]] std::uint32_t word(std::uint32_t converter) const { return words_.at(converter); }
  [[nodiscard]] static double offset_lsb(std::uint32_t word);
  [[nodiscard]] static double gain(std::uint32_t word);

  /// @param code  sum of a converter's codes over the passes of a product, each with its weight
  /// @return (code - offset) * gain in 2^-21 of a code
  [[nodiscard]] std::int64_t correct(std::int64_t code, std::uint32_t pair) const {
    const std::uint32_t word = words_[pair % facts_.converters];
    const std::int64_t offset = static_cast<std::int16_t>(word & 0xFFFF);
    return ((code << offset_bits) - offset * offset_weight_) * static_cast<std::int64_t>(word >> 16);
  }
  static constexpr int fraction_bits = offset_bits + gain_bits;

 private:
  TrimFacts facts_;
  std::int64_t offset_weight_ = 1;
  bool enabled_ = false;
  std::vector<std::uint32_t> words_;
};

}  // namespace tessera::tile
