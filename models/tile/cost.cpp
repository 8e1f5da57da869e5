// SPDX-License-Identifier: Apache-2.0
#include "models/tile/cost.h"

#include <algorithm>
#include <cmath>

namespace tessera::tile {
namespace {

probe::Time picoseconds(double seconds) {
  return static_cast<probe::Time>(std::llround(seconds * 1.0e12));
}

}  // namespace

ProductTime product_time(const TileParameters& parameters, std::uint32_t rows, std::uint32_t pairs) {
  if (parameters.kind == TileParameters::Kind::digital) {
    return {0, mac_product_time(parameters.mac_array, rows, pairs), 0, picoseconds(parameters.timing.post_s)};
  }
  // A contiguous range of pairs puts at most ceil(pairs / converters) on any converter, wherever it starts.
  const std::uint32_t converters = std::max(parameters.array.adc.per_tile, 1u);
  const std::uint32_t rounds = (pairs + converters - 1) / converters;
  const TileTiming& timing = parameters.timing;
  return {picoseconds(timing.dac_settle_s), picoseconds(timing.integrate_s),
          rounds * picoseconds(timing.adc_conversion_s), picoseconds(timing.post_s)};
}

ProductEnergy product_energy(const TileParameters& parameters, const analog::Activity& activity, std::uint32_t rows,
                             std::uint32_t pairs, std::uint32_t stored) {
  const TileEnergy& energy = parameters.energy;
  if (parameters.kind == TileParameters::Kind::digital) {
    const MacEnergy macs = mac_product_energy(parameters.mac_array, rows, pairs, parameters.input_buffer_B);
    ProductEnergy digital;
    digital.weights = macs.buffer;
    const auto seconds = static_cast<double>(mac_product_time(parameters.mac_array, rows, pairs)) * 1.0e-12;
    digital.digital = macs.arithmetic + macs.movement + probe::to_attojoules(parameters.mac_array.control_W * seconds) +
                      probe::to_attojoules(pairs * energy.post_output_J + rows * energy.buffer_in_J_per_B +
                                           stored * energy.buffer_out_J_per_B);
    return digital;
  }
  const double scale = energy.analog_scale;
  ProductEnergy result;
  result.array =
      probe::to_attojoules(scale * activity.cell_current_A * energy.array_supply_V * parameters.timing.integrate_s);
  result.dac = probe::to_attojoules(scale * activity.active_rows * (energy.dac_conversion_J + energy.row_driver_J));
  result.frontend = probe::to_attojoules(scale * pairs * (2.0 * energy.frontend_column_J + energy.frontend_subtract_J));
  result.adc = probe::to_attojoules(scale * pairs * energy.adc_conversion_J);
  result.digital =
      probe::to_attojoules(pairs * energy.post_output_J + rows * energy.buffer_in_J_per_B +
                           stored * energy.buffer_out_J_per_B + energy.control_J * parameters.array.rows / 1024.0);
  return result;
}

}  // namespace tessera::tile
