// SPDX-License-Identifier: Apache-2.0
#include "models/analog/trim.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "models/analog/cell.h"
#include "models/analog/gaussian.h"
#include "models/analog/philox.h"
#include "models/analog/temperature.h"

namespace tessera::analog {

namespace {

double normal(std::uint64_t seed, std::uint32_t tile, Purpose purpose, std::uint64_t event, std::uint32_t block,
              std::size_t word) {
  return static_cast<double>(
      gaussian(philox4x32(philox_counter(seed, event, block), philox_key(seed, tile, purpose))[word]));
}

/// Voltage of a code as a share of the range: 0 at code 1 (log) or 0 (linear), 1 at the largest.
double share_of_range(const ArrayParameters& p, int code, bool logarithmic) {
  if (!logarithmic) {
    return static_cast<double>(code) / p.max_code();
  }
  return p.max_code() > 1 ? portable_log(code) / portable_log(p.max_code()) : 1.0;
}

}  // namespace

std::vector<AdcTrim> adc_trims(const AdcParameters& adc, std::uint64_t seed, std::uint32_t tile) {
  std::vector<AdcTrim> trims(adc.per_tile);
  for (std::uint32_t k = 0; k < adc.per_tile; ++k) {
    trims[k].offset_lsb = adc.offset_lsb * normal(seed, tile, Purpose::adc_trim, 0, k, 0);
    trims[k].gain = 1.0 + adc.gain_rel * normal(seed, tile, Purpose::adc_trim, 0, k, 1);
  }
  return trims;
}

std::vector<std::vector<float>> adc_dnl(const AdcParameters& adc, std::uint64_t seed, std::uint32_t tile) {
  const std::size_t codes = std::size_t{1} << adc.bits;
  std::vector<std::vector<float>> shifts(adc.per_tile, std::vector<float>(codes));
  for (std::uint32_t k = 0; k < adc.per_tile; ++k) {
    for (std::size_t code = 0; code < codes; ++code) {
      shifts[k][code] = static_cast<float>(
          adc.dnl_lsb * 0.70710678118654752 *
          normal(seed, tile, Purpose::adc_trim, 1 + std::uint64_t{k}, static_cast<std::uint32_t>(code / 4), code % 4));
    }
  }
  return shifts;
}

std::vector<double> nominal_drive(const ArrayParameters& p) {
  std::vector<double> drive;
  if (gate_voltages_K(p) == p.operating_K()) {
    return drive;
  }
  const double exponent = gate_voltages_K(p) / p.operating_K(), top = portable_log(p.max_code());
  drive.push_back(0.0);
  for (int code = 1; code <= p.max_code(); ++code) {
    drive.push_back(p.max_code() * portable_exp(exponent * (portable_log(code) - top)));
  }
  return drive;
}

DriveTable drive_table(const ArrayParameters& p, const FixedPoint& fixed, std::uint64_t seed, std::uint32_t tile) {
  using Coding = DacParameters::Coding;
  const DacParameters& dac = p.dac;
  const bool logarithmic = dac.coding == Coding::log_voltage;
  const bool voltage = logarithmic || dac.coding == Coding::linear_voltage;
  const bool errors = p.effects.dac_errors && voltage;
  if (!errors && (dac.voltage_bits == 0 || !voltage) && gate_voltages_K(p) == p.operating_K()) {
    return {};
  }
  const double n_ut_V = SubthresholdCell(p.cell, p.operating_K()).n_ut_V();
  const double range_V = logarithmic
                             ? SubthresholdCell(p.cell, gate_voltages_K(p)).n_ut_V() * portable_log(p.max_code())
                             : dac.full_scale_V;
  DriveTable table;
  table.codes = static_cast<std::size_t>(p.max_code()) + 1;
  table.per_row = errors && dac.supply == DacParameters::Supply::per_row;
  const std::uint32_t instances = table.per_row ? p.rows : 1;
  table.drive.assign(instances * table.codes, 0.0F);
  const double steps = dac.voltage_bits > 0 ? std::ldexp(1.0, static_cast<int>(dac.voltage_bits)) - 1.0 : 0.0;
  for (std::uint32_t k = 0; k < instances; ++k) {
    std::array<double, 4> z{};
    for (std::size_t i = 0; errors && i < z.size(); ++i) {
      z[i] = normal(seed, tile, Purpose::dac_trim, 0, k, i);
    }
    for (int code = 1; code <= p.max_code(); ++code) {
      const double u = share_of_range(p, code, logarithmic);
      double volt = (steps > 0.0 ? std::nearbyint(u * steps) / steps : u) * range_V;
      if (errors) {
        // The bend is 4 u (1 - u) times its peak, with one sign an instance.
        volt += dac.offset_V * z[0] + dac.gain_rel * z[1] * u * range_V +
                dac.inl_V * (z[2] < 0.0 ? -4.0 : 4.0) * u * (1.0 - u) +
                dac.dnl_V * 0.70710678118654752 *
                    normal(seed, tile, Purpose::dac_trim, 1 + std::uint64_t{k}, static_cast<std::uint32_t>(code) / 4,
                           static_cast<std::size_t>(code) % 4);
      }
      const double x = logarithmic ? portable_exp((volt - range_V) / n_ut_V) : volt / range_V;
      table.drive[k * table.codes + static_cast<std::size_t>(code)] =
          static_cast<float>(std::max(0.0, x) * p.max_code() * fixed.code_unit);
    }
  }
  return table;
}

}  // namespace tessera::analog
