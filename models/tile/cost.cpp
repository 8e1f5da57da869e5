// SPDX-License-Identifier: Apache-2.0
#include "models/tile/cost.h"

#include <algorithm>
#include <cmath>

namespace tessera::tile {
namespace {

probe::Time picoseconds(double seconds) {
  return static_cast<probe::Time>(std::llround(seconds * 1.0e12));
}

/// Duration of the integration [s].
double integration_s(const TileParameters& parameters) {
  const bool pulses = parameters.array.dac.coding == analog::DacParameters::Coding::pulse_width;
  return pulses ? parameters.array.max_code() * parameters.timing.pulse_lsb_s
                : parameters.input_pulses() * parameters.timing.integrate_s;
}

}  // namespace

ConversionCost conversion_cost(TileParameters::AdcLaw law, int bits) {
  const auto law_energy = [&](int b) {
    switch (law) {
      case TileParameters::AdcLaw::sar:  // capacitors and logic a bit, comparator noise four times a bit
        return 100.0 * b + 0.001 * std::ldexp(1.0, 2 * b);
      case TileParameters::AdcLaw::ramp:
        return std::ldexp(1.0, b);
      case TileParameters::AdcLaw::integrating:
        return 1.2 + 0.25 * std::ldexp(1.0, b);
      default:
        return 1.0;
    }
  };
  const auto law_time = [&](int b) {
    switch (law) {
      case TileParameters::AdcLaw::sar:
        return static_cast<double>(b);
      case TileParameters::AdcLaw::ramp:
      case TileParameters::AdcLaw::integrating:
        return std::ldexp(1.0, b);
      default:
        return 1.0;
    }
  };
  const int b = bits == 0 ? 8 : bits;  // an exact converter costs what one of 8 bits does
  return {law_time(b) / law_time(8), law_energy(b) / law_energy(8)};
}

ProductTime product_time(const TileParameters& parameters, std::uint32_t rows, std::uint32_t pairs) {
  if (parameters.kind == TileParameters::Kind::digital) {
    return {0, mac_product_time(parameters.mac_array, rows, pairs), 0, picoseconds(parameters.timing.post_s), 1};
  }
  // A contiguous range of pairs puts at most ceil(pairs / converters) on any converter, wherever it starts.
  const std::uint32_t converters = std::max(parameters.array.adc.per_tile, 1u);
  const std::uint32_t rounds = (parameters.array.conversions(pairs) + converters - 1) / converters;
  const TileTiming& timing = parameters.timing;
  // A global DAC serves one row after the other.
  const std::uint32_t settlings =
      parameters.array.dac.supply == analog::DacParameters::Supply::per_row ? 1 : rows * parameters.rows_per_input();
  const double conversion_s =
      timing.adc_conversion_s * conversion_cost(parameters.adc_law, parameters.array.adc.bits).time;
  return {settlings * picoseconds(timing.dac_settle_s), picoseconds(integration_s(parameters)),
          rounds * picoseconds(conversion_s), picoseconds(timing.post_s), parameters.repetitions()};
}

probe::Time lane_settling(const TileParameters& parameters) {
  return picoseconds(parameters.timing.lane_settle_s);
}

ProductEnergy product_energy(const TileParameters& parameters, const analog::Activity& activity, std::uint32_t rows,
                             std::uint32_t pairs, std::uint32_t stored, Currents currents) {
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
  // The activity counts all passes, of one phase; what happens in every pass alike is counted here.
  const double scale = energy.analog_scale;
  const analog::ArrayParameters& array = parameters.array;
  const std::uint32_t passes = parameters.repetitions();
  const std::uint32_t phases = parameters.phases;
  const std::uint32_t pulses = parameters.input_pulses();
  const bool pulsed = parameters.dac_law == TileParameters::DacLaw::pulses;
  const std::uint32_t conversions = array.conversions(pairs) * passes;
  const std::uint32_t columns = (pairs * array.columns_per_weight() + array.references()) * passes;
  const bool subtracts = array.weight_mapping != analog::ArrayParameters::WeightMapping::offset_column;
  const std::uint32_t subtractions = subtracts ? pairs * passes : 0;
  const double conversion_J = energy.adc_conversion_J * conversion_cost(parameters.adc_law, array.adc.bits).energy;
  ProductEnergy result;
  const double row_J = pulses * (energy.dac_conversion_J + (pulsed ? energy.row_pulse_J : 0.0)) + energy.row_driver_J;
  result.array = probe::to_attojoules(scale * phases * activity.cell_current_A * energy.array_supply_V *
                                      integration_s(parameters));
  result.dac = probe::to_attojoules(scale * phases * activity.active_rows * row_J);
  result.frontend = probe::to_attojoules(
      scale * (columns * pulses * energy.frontend_column_J + subtractions * energy.frontend_subtract_J));
  const bool on_lanes = currents == Currents::on_lanes;
  result.adc = on_lanes ? 0 : probe::to_attojoules(scale * conversions * conversion_J);
  result.lanes = on_lanes ? probe::to_attojoules(scale * conversions * energy.lane_J) : 0;
  result.digital =
      probe::to_attojoules((on_lanes ? 0 : conversions) * energy.post_output_J + rows * energy.buffer_in_J_per_B +
                           stored * energy.buffer_out_J_per_B + passes * energy.control_J * array.rows / 1024.0);
  return result;
}

}  // namespace tessera::tile
