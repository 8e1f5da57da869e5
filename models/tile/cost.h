// SPDX-License-Identifier: Apache-2.0
// Time and energy of one product: the tile's cost law, SystemC-free so that the compiler can use it, too.
#pragma once

#include <cstdint>

#include "models/analog/array.h"
#include "models/probe/probe.h"
#include "models/tile/tile_parameters.h"

namespace tessera::tile {

/// Stages of one product [ps]; they follow each other and products of one tile do not overlap.
struct ProductTime {
  probe::Time settle = 0, integrate = 0, convert = 0, post = 0;
  std::uint32_t passes = 1;  ///< how often the first three follow each other before the post stage
  [[nodiscard]] probe::Time total() const { return passes * (settle + integrate + convert) + post; }
};

/// Time and energy of one conversion relative to one of 8 bits.
struct ConversionCost {
  double time = 1.0, energy = 1.0;
};
[[nodiscard]] ConversionCost conversion_cost(TileParameters::AdcLaw law, int bits);

/// Integration lasts as many pulses as an input has (`dac_law`); phases repeat passes.
/// @param rows   inputs in use; an input takes one row or two
/// @param pairs  column pairs (or single columns) with weights in use, next to each other; pair p uses converter p mod
/// per_tile, conversions on one converter follow each other, and an offset column is one more. A digital tile computes
/// for `integrate` and needs no other stage but `post`.
[[nodiscard]] ProductTime product_time(const TileParameters& parameters, std::uint32_t rows, std::uint32_t pairs);

/// Time in which analog lanes settle, once for as many pairs as there are lanes [ps].
[[nodiscard]] probe::Time lane_settling(const TileParameters& parameters);

/// Energy of one product [aJ], by component.
struct ProductEnergy {
  probe::Energy array = 0;     ///< cell currents
  probe::Energy dac = 0;       ///< conversions and row drivers of active rows
  probe::Energy frontend = 0;  ///< bit-line clamps and subtraction
  probe::Energy adc = 0;
  probe::Energy digital = 0;  ///< post stage, buffers, control; MACs and their movement in a digital tile
  probe::Energy weights = 0;  ///< weight memory of a digital tile
  probe::Energy lanes = 0;    ///< column currents on analog lanes
  [[nodiscard]] probe::Energy total() const { return array + dac + frontend + adc + digital + weights + lanes; }
};

/// What a product does with its column currents: convert them, or put them on analog lanes for another tile.
enum class Currents { converted, on_lanes };

/// @param rows   inputs in use (bytes read from the input buffer); @param stored bytes written to the output buffer
/// @param currents  on lanes, there is neither conversion nor post stage
[[nodiscard]] ProductEnergy product_energy(const TileParameters& parameters, const analog::Activity& activity,
                                           std::uint32_t rows, std::uint32_t pairs, std::uint32_t stored,
                                           Currents currents = Currents::converted);

}  // namespace tessera::tile
