// SPDX-License-Identifier: Apache-2.0
// Products over a whole tile as its jobs compute them: passes, phases and row pairs of its coding included.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "models/analog/philox.h"
#include "models/tile/job_core.h"

namespace tessera::platform {

/// Words for weights and inputs of the bench: not of the chip, so a purpose that no effect uses.
class BenchWords {
 public:
  explicit BenchWords(std::uint64_t seed) : seed_(seed) {}
  std::uint32_t below(std::uint32_t limit) {
    if (next_ == 4) {
      words_ =
          analog::philox4x32(analog::philox_counter(seed_, block_++, 0), {static_cast<std::uint32_t>(seed_), 0xFFU});
      next_ = 0;
    }
    return static_cast<std::uint32_t>((std::uint64_t{words_[next_++]} * limit) >> 32U);
  }

 private:
  std::uint64_t seed_, block_ = 0;
  analog::PhiloxCounter words_{};
  std::size_t next_ = 4;
};

class TileProducts {
 public:
  /// Random weights in all cells, all equally likely but zero with a share of its own.
  /// @param parameters  must outlive the object
  TileProducts(const tile::TileParameters& parameters, std::uint64_t seed, std::uint32_t tile, BenchWords& words,
               double zero_weights);

  /// Activations, count x inputs: 0 .. 255 above the zero point where the code is shifted to be positive, else as far
  /// on both sides of it as int8 allows.
  [[nodiscard]] std::vector<std::int8_t> random_inputs(BenchWords& words, std::uint32_t count, double zero_share) const;
  /// Whether activations of both signs are given to the tile.
  [[nodiscard]] bool both_signs() const {
    return parameters_.signed_input != tile::TileParameters::SignedInput::offset;
  }

  struct Gain {
    std::uint32_t index = 0;
    bool fits = true;  ///< clamps less than one conversion in a thousand
  };
  /// The largest gain that fits, as calibration chooses it for a layer; the least if none does.
  [[nodiscard]] Gain gain_for(std::span<const std::int8_t> inputs, std::uint32_t count) const;

  struct Result {
    std::vector<double> sums;                ///< count x outputs, as the tile gives them [DAC code x level]
    std::vector<analog::Activity> activity;  ///< a product, all passes
  };
  /// @throws std::logic_error  the tile refuses the job
  [[nodiscard]] Result run(std::span<const std::int8_t> inputs, std::uint32_t count, std::uint32_t gain_index,
                           std::uint64_t first_event);
  /// Sums of (activation - zero point) x weight, in the same unit, without any error.
  [[nodiscard]] std::vector<double> ideal(std::span<const std::int8_t> inputs, std::uint32_t count) const;

  /// One step of the accumulator [DAC code x level]: of the largest gain, and of the lowest bit where bits follow each
  /// other.
  [[nodiscard]] double step() const;
  /// Conversions of a product, all passes.
  [[nodiscard]] std::uint32_t conversions() const {
    return parameters_.array.conversions(outputs()) * parameters_.passes();
  }

 private:
  [[nodiscard]] std::uint32_t outputs() const { return parameters_.array.outputs(); }
  [[nodiscard]] int zero_point() const { return both_signs() ? 0 : -128; }
  [[nodiscard]] bool serial() const {
    return parameters_.array.dac.coding == analog::DacParameters::Coding::bit_serial;
  }

  const tile::TileParameters& parameters_;
  analog::Array array_;
  std::vector<int> weights_;  ///< inputs x outputs
  tile::JobCore core_;
};

}  // namespace tessera::platform
