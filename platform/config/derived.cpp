// SPDX-License-Identifier: Apache-2.0
#include "platform/config/derived.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "models/analog/cell_errors.h"
#include "models/analog/inl.h"
#include "platform/config/area.h"
#include "platform/config/schema.h"

namespace tessera::platform {
namespace {

std::uint32_t conversions(const tile::TileParameters& one) {
  const std::uint32_t converters = std::max(one.array.adc.per_tile, 1u);
  return (one.array.conversions(one.array.outputs()) + converters - 1) / converters;
}

std::uint32_t bytes_per_product(const tile::TileParameters& one) {
  return one.inputs() + one.array.outputs();
}

double ops_per_product(const tile::TileParameters& one) {
  return 2.0 * one.inputs() * one.array.outputs();
}

double cells(const tile::TileParameters& one) {
  return double{1} * one.array.rows * one.array.columns;
}

/// Mean over the converters of the power of the bend that is left over a full-scale sine after offset and gain [LSB^2].
double mean_bend_power(const analog::AdcParameters& adc, std::uint64_t seed, std::uint32_t number) {
  constexpr int steps = 256;
  constexpr double pi = 3.14159265358979323846;
  const std::vector<analog::InlCurve> curves = analog::inl_curves(adc, seed, number);
  double sum = 0;
  for (const analog::InlCurve& curve : curves) {
    double mean = 0;
    double gain = 0;
    double power = 0;
    for (int i = 0; i < steps; ++i) {
      const double u = std::sin(2 * pi * (i + 0.5) / steps);
      const double error = analog::inl_lsb(curve, u);
      mean += error / steps;
      gain += 2 * error * u / steps;
      power += error * error / steps;
    }
    sum += power - mean * mean - gain * gain / 2;
  }
  return curves.empty() ? 0 : sum / static_cast<double>(curves.size());
}

/// Of the highest level; weak inversion ends at 1.
double top_level_of_threshold(const analog::ArrayParameters& array) {
  const bool subthreshold = array.cell.law == analog::CellParameters::Law::subthreshold;
  return subthreshold ? analog::top_current(array) * array.cell.i_lsb_A / array.cell.i_threshold_A : 0;
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
  const tile::ProductEnergy& e = d.product_energy;
  const auto joules = [](probe::Energy attojoules) { return static_cast<double>(attojoules) * 1e-18; };
  return {
      {"product time, all pairs", "product_time_s", d.product_time_s, 1e6, "us", 3},
      {"conversions per converter", "conversions_per_converter", static_cast<double>(d.conversions_per_converter), 1,
       "", 0},
      {"product energy, all active", "product_energy_J", joules(e.total()), 1e9, "nJ", 2},
      {"  array", "array_J", joules(e.array), 1e9, "nJ", 3},
      {"  DAC, row drivers", "dac_J", joules(e.dac), 1e9, "nJ", 3},
      {"  front end", "frontend_J", joules(e.frontend), 1e9, "nJ", 3},
      {"  ADC", "adc_J", joules(e.adc), 1e9, "nJ", 3},
      {"  post, buffers, control", "digital_J", joules(e.digital), 1e9, "nJ", 3},
      {"tile peak", "tile_peak_ops_per_s", d.tile_peak_ops, 1e-12, "TOPS", 3},
      {"tile efficiency", "tile_ops_per_J", d.tile_ops_per_J, 1e-12, "TOPS/W", 1},
      {"ADC effective bits", "adc_enob", d.effective_bits.enob, 1, "bit", 2},
      {"ADC effective bits, INL too", "adc_enob_with_inl", d.effective_bits.enob_with_inl, 1, "bit", 2},
      {"highest level", "top_level_A", d.top_level_A, 1e9, "nA", 2},
      {"  of the threshold current", "top_level_of_threshold", d.top_level_of_threshold, 1, "", 3},
      {"bus bytes per product", "bytes_per_product", static_cast<double>(d.bytes_per_product), 1, "B", 0},
      {"chip peak", "peak_ops_per_s", d.peak_ops, 1e-12, "TOPS", 2},
      {"bus bandwidth", "bus_bytes_per_s", d.bus_bytes_per_s, 1e-9, "GB/s", 2},
      {"chip, limited by the bus", "bus_limited_ops_per_s", d.bus_limited_ops, 1e-12, "TOPS", 2},
      {"weight capacity", "weight_capacity", static_cast<double>(d.weight_capacity), 1, "weights", 0},
      {"tile area", "tile_area_um2", d.tile_area_um2, 1e-6, "mm2", 3},
      {"chip area", "chip_area_um2", d.chip_area_um2, 1e-6, "mm2", 2},
  };
}

}  // namespace

double mean_cell_current_A(const tile::TileParameters& one) {
  return mean_cell_share * analog::top_current(one.array) * one.array.cell.i_lsb_A;
}

double full_product_time_s(const tile::TileParameters& one) {
  return static_cast<double>(tile::product_time(one, one.inputs(), one.array.outputs()).total()) * 1e-12;
}

tile::ProductEnergy full_product_energy(const tile::TileParameters& one) {
  analog::Activity activity{};
  activity.active_rows = one.inputs();  // of a row pair, one row conducts
  activity.cell_current_A = double{1} * one.inputs() * one.array.columns * mean_cell_current_A(one);
  return tile::product_energy(one, activity, one.inputs(), one.array.outputs(), one.array.outputs());
}

double worst_product_energy_J(const tile::TileParameters& one) {
  const tile::TileEnergy& e = one.energy;
  const double rows = one.array.rows;
  const double pairs = one.array.conversions(one.array.outputs());
  const double current = cells(one) * std::max(one.array.max_level() * one.array.cell.i_lsb_A, one.array.cell.i_off_A);
  const double pulses = one.input_pulses();
  const double analog =
      one.phases * (current * e.array_supply_V * pulses * one.timing.integrate_s +
                    rows * (pulses * (e.dac_conversion_J + e.row_pulse_J) + e.row_driver_J) +
                    pairs * (2 * pulses * e.frontend_column_J + e.frontend_subtract_J + e.adc_conversion_J));
  return e.analog_scale * analog + pairs * e.post_output_J + rows * e.buffer_in_J_per_B +
         4 * pairs * e.buffer_out_J_per_B + one.phases * e.control_J * rows / 1024;
}

EffectiveBits effective_bits(const analog::ArrayParameters& array, std::uint64_t seed, std::uint32_t number) {
  if (array.adc.bits == 0) {
    return {};
  }
  const double noise = array.effects.adc_noise ? array.adc.sigma_lsb * array.adc.sigma_lsb : 0;
  const double bend = array.effects.adc_inl ? mean_bend_power(array.adc, seed, number) : 0;
  // A sine over the whole range of b ideal bits has 6.02 b + 1.76 dB over the 1/12 LSB^2 of quantisation alone.
  return {array.adc.bits - 0.5 * std::log2(1 + 12 * noise), array.adc.bits - 0.5 * std::log2(1 + 12 * (noise + bend))};
}

Derived derived(const PlatformParameters& platform) {
  Derived d;
  const tile::TileParameters& one = typical_tile(platform);
  std::uint32_t number = 0;
  while (number < platform.tiles.size() && &platform.tiles[number] != &one) {
    ++number;
  }
  d.tile_area_um2 = total_um2(tile_area(platform, one));
  d.chip_area_um2 = total_um2(chip_area(platform));
  d.product_time_s = full_product_time_s(one);
  d.conversions_per_converter = conversions(one);
  d.product_energy = full_product_energy(one);
  d.tile_peak_ops = ops_per_product(one) / d.product_time_s;
  const double energy = static_cast<double>(d.product_energy.total()) * 1e-18;
  d.tile_ops_per_J = energy > 0 ? ops_per_product(one) / energy : 0;
  d.effective_bits = effective_bits(one.array, platform.seed, number);
  d.top_level_A = analog::top_current(one.array) * one.array.cell.i_lsb_A;
  d.top_level_of_threshold = top_level_of_threshold(one.array);
  d.bytes_per_product = bytes_per_product(one);
  d.bus_bytes_per_s = platform.bus.bytes_per_beat() * platform.bus.clock_Hz;
  double demand = 0;  // bytes per second if no tile ever waited
  for (const tile::TileParameters& each : platform.tiles) {
    const double time = full_product_time_s(each);
    d.peak_ops += ops_per_product(each) / time;
    demand += bytes_per_product(each) / time;
    d.weight_capacity += std::uint64_t{each.inputs()} * each.array.outputs();
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

std::string notes_on(const PlatformParameters& platform) {
  const tile::TileParameters& one = typical_tile(platform);
  const double of_threshold = top_level_of_threshold(one.array);
  const bool analog = one.kind == tile::TileParameters::Kind::analog && one.array.adc.bits != 0;
  if (!analog || of_threshold <= 1 || one.array.effects.compression) {
    return "";
  }
  return fmt::format(
      "note: the highest level conducts {} A, {:.3g} times tile.cell.i_threshold_A, where weak inversion ends; the "
      "model "
      "takes cells as exponential there. Lower tile.cell.i_lsb_A or tile.bits_per_cell, or model it with "
      "tile.effects.compression\n",
      to_text(analog::top_current(one.array) * one.array.cell.i_lsb_A), of_threshold);
}

std::string derived_json(const PlatformParameters& platform) {
  nlohmann::ordered_json object;
  for (const Figure& figure : figures(derived(platform))) {
    object[figure.json_name] = figure.value;
  }
  return object.dump(2) + "\n";
}

}  // namespace tessera::platform
