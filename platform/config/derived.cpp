// SPDX-License-Identifier: Apache-2.0
#include "platform/config/derived.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "platform/config/schema.h"

namespace tessera::platform {
namespace {

constexpr double control_rows = 1024;  // control energy is stated for so many rows

std::uint32_t conversions(const tile::TileParameters& one) {
  const std::uint32_t converters = std::max(one.array.adc.per_tile, 1u);
  return (one.array.pairs() + converters - 1) / converters;
}

std::uint32_t bytes_per_product(const tile::TileParameters& one) {
  return one.array.rows + one.array.pairs();
}

double ops_per_product(const tile::TileParameters& one) {
  return 2.0 * one.array.rows * one.array.pairs();
}

struct Figure {
  const char* name;
  const char* json_name;
  double value;
  double scale;  ///< shown = value * scale
  const char* unit;
  int decimals;
};

std::vector<Figure> figures(const Derived& d) {
  const ProductEnergy& e = d.product_energy;
  return {
      {"product time, all pairs", "product_time_s", d.product_time_s, 1e6, "us", 3},
      {"conversions per converter", "conversions_per_converter", static_cast<double>(d.conversions_per_converter), 1,
       "", 0},
      {"product energy, all active", "product_energy_J", e.total_J(), 1e9, "nJ", 2},
      {"  array", "array_J", e.array_J, 1e9, "nJ", 3},
      {"  DAC", "dac_J", e.dac_J, 1e9, "nJ", 3},
      {"  row drivers", "row_driver_J", e.row_driver_J, 1e9, "nJ", 3},
      {"  front end", "frontend_J", e.frontend_J, 1e9, "nJ", 3},
      {"  ADC", "adc_J", e.adc_J, 1e9, "nJ", 3},
      {"  digital post stage", "digital_J", e.digital_J, 1e9, "nJ", 3},
      {"  buffers", "buffers_J", e.buffers_J, 1e9, "nJ", 3},
      {"  control", "control_J", e.control_J, 1e9, "nJ", 3},
      {"tile peak", "tile_peak_ops_per_s", d.tile_peak_ops, 1e-12, "TOPS", 3},
      {"tile efficiency", "tile_ops_per_J", d.tile_ops_per_J, 1e-12, "TOPS/W", 1},
      {"ADC effective bits", "adc_enob", d.effective_bits.enob, 1, "bit", 2},
      {"ADC effective bits, INL too", "adc_enob_with_inl", d.effective_bits.enob_with_inl, 1, "bit", 2},
      {"bus bytes per product", "bytes_per_product", static_cast<double>(d.bytes_per_product), 1, "B", 0},
      {"chip peak", "peak_ops_per_s", d.peak_ops, 1e-12, "TOPS", 2},
      {"bus bandwidth", "bus_bytes_per_s", d.bus_bytes_per_s, 1e-9, "GB/s", 2},
      {"chip, limited by the bus", "bus_limited_ops_per_s", d.bus_limited_ops, 1e-12, "TOPS", 2},
      {"weight capacity", "weight_capacity", static_cast<double>(d.weight_capacity), 1, "weights", 0},
  };
}

}  // namespace

double product_time_s(const tile::TileParameters& one) {
  const tile::TileTiming& t = one.timing;
  return t.dac_settle_s + t.integrate_s + conversions(one) * t.adc_conversion_s + t.post_s;
}

double mean_cell_current_A(const tile::TileParameters& one) {
  return mean_cell_share * one.array.max_level() * one.array.cell.i_lsb_A;
}

ProductEnergy product_energy(const tile::TileParameters& one, double mean_cell_A) {
  const tile::TileEnergy& e = one.energy;
  const double rows = one.array.rows;
  const double columns = one.array.columns;
  const double pairs = one.array.pairs();
  ProductEnergy sum;
  sum.array_J = e.analog_scale * rows * columns * mean_cell_A * e.array_supply_V * one.timing.integrate_s;
  sum.dac_J = e.analog_scale * rows * e.dac_conversion_J;
  sum.row_driver_J = e.analog_scale * rows * e.row_driver_J;
  sum.frontend_J = e.analog_scale * (columns * e.frontend_column_J + pairs * e.frontend_subtract_J);
  sum.adc_J = e.analog_scale * pairs * e.adc_conversion_J;
  sum.digital_J = pairs * e.post_output_J;
  sum.buffers_J = rows * e.buffer_in_J_per_B + pairs * e.buffer_out_J_per_B;
  sum.control_J = e.control_J * rows / control_rows;
  return sum;
}

EffectiveBits effective_bits(const analog::ArrayParameters& array) {
  if (array.adc.bits == 0) return {};
  // A sine over the whole range of b ideal bits has 6.02 b + 1.76 dB over the 1/12 LSB^2 of quantisation alone.
  const double noise = array.effects.adc_noise ? array.adc.sigma_lsb * array.adc.sigma_lsb : 0;
  const double bend = array.effects.adc_inl ? array.adc.inl_lsb * array.adc.inl_lsb / 2 : 0;
  return {array.adc.bits - 0.5 * std::log2(1 + 12 * noise), array.adc.bits - 0.5 * std::log2(1 + 12 * (noise + bend))};
}

Derived derived(const PlatformParameters& platform) {
  Derived d;
  const tile::TileParameters& one = typical_tile(platform);
  d.product_time_s = product_time_s(one);
  d.conversions_per_converter = conversions(one);
  d.product_energy = product_energy(one, mean_cell_current_A(one));
  d.tile_peak_ops = ops_per_product(one) / d.product_time_s;
  d.tile_ops_per_J = d.product_energy.total_J() > 0 ? ops_per_product(one) / d.product_energy.total_J() : 0;
  d.effective_bits = effective_bits(one.array);
  d.bytes_per_product = bytes_per_product(one);
  d.bus_bytes_per_s = platform.bus.bytes_per_beat() * platform.bus.clock_Hz;
  double demand = 0;  // bytes per second if no tile ever waited
  for (const tile::TileParameters& each : platform.tiles) {
    const double time = product_time_s(each);
    d.peak_ops += ops_per_product(each) / time;
    demand += bytes_per_product(each) / time;
    d.weight_capacity += std::uint64_t{each.array.rows} * each.array.pairs();
  }
  d.bus_limited_ops = demand > d.bus_bytes_per_s ? d.peak_ops * (d.bus_bytes_per_s / demand) : d.peak_ops;
  return d;
}

std::string derived_text(const PlatformParameters& platform) {
  std::string text;
  for (const Figure& figure : figures(derived(platform))) {
    text +=
        fmt::format("{:<28} {:>12.{}f} {}\n", figure.name, figure.value * figure.scale, figure.decimals, figure.unit);
  }
  return text;
}

std::string derived_json(const PlatformParameters& platform) {
  nlohmann::ordered_json object;
  for (const Figure& figure : figures(derived(platform))) object[figure.json_name] = figure.value;
  return object.dump(2) + "\n";
}

}  // namespace tessera::platform
