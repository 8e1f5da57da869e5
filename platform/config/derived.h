// SPDX-License-Identifier: Apache-2.0
// Figures that follow from the parameters: what the platform can do at best, and what one product costs.
#pragma once

#include <cstdint>
#include <string>

#include "models/tile/cost.h"
#include "platform/config/platform_parameters.h"

namespace tessera::platform {

/// Operating point of the energy figures: all rows with a code above 0, all column pairs in use, and cells that
/// conduct this share of their largest current on average: 0.4 nA of 15 nA, weights of 0.1 and inputs of 0.25.
inline constexpr double mean_cell_share = 0.4 / 15;
[[nodiscard]] double mean_cell_current_A(const tile::TileParameters& one);

/// Settling + integration + the most conversions on one converter + post stage, with all column pairs in use [s].
[[nodiscard]] double full_product_time_s(const tile::TileParameters& one);
/// One product at full use, from the tile's own cost law.
[[nodiscard]] tile::ProductEnergy full_product_energy(const tile::TileParameters& one);
/// The same with every cell at its largest current [J]; unlike the law it cannot overflow.
[[nodiscard]] double worst_product_energy_J(const tile::TileParameters& one);

/// Effective bits of a converter for a full-scale sine: quantisation and noise alone, and with the bends of the tile's
/// converters, on average, as well (what offset and gain explain of a bend does not count). Effects that are switched
/// off do not count. 0 for exact converters.
struct EffectiveBits {
  double enob = 0;
  double enob_with_inl = 0;
};
/// @param seed, number  the tile whose converters are meant: each has a bend of its own
[[nodiscard]] EffectiveBits effective_bits(const analog::ArrayParameters& array, std::uint64_t seed,
                                           std::uint32_t number);

struct Derived {
  // One tile: the most frequent kind.
  double product_time_s = 0;
  std::uint32_t conversions_per_converter = 0;
  tile::ProductEnergy product_energy;
  double tile_peak_ops = 0;   ///< operations per second; a MAC is two
  double tile_ops_per_J = 0;  ///< at full use, tile alone
  EffectiveBits effective_bits;
  double top_level_A = 0;               ///< current of the highest level at full input
  double top_level_of_threshold = 0;    ///< over cell.i_threshold_A; 0 for linear cells
  std::uint32_t bytes_per_product = 0;  ///< over the bus: one byte a row in, one byte a column pair out
  // The chip.
  double peak_ops = 0;
  double bus_bytes_per_s = 0;
  double bus_limited_ops = 0;         ///< all tiles busy, each product with its own input and output over the bus
  std::uint64_t weight_capacity = 0;  ///< signed weights, one slice each
  double tile_area_um2 = 0;
  double chip_area_um2 = 0;
};
[[nodiscard]] Derived derived(const PlatformParameters& platform);

/// The figures as aligned lines, and as a JSON object.
[[nodiscard]] std::string derived_text(const PlatformParameters& platform);
[[nodiscard]] std::string derived_json(const PlatformParameters& platform);

/// What a valid platform may not have meant, a line each; empty if nothing.
[[nodiscard]] std::string notes_on(const PlatformParameters& platform);

}  // namespace tessera::platform
