// SPDX-License-Identifier: Apache-2.0
#include "models/tile/trim_bank.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "models/tile/job_core.h"
#include "tessera_registers.hpp"

namespace tessera::tile {

namespace reg = registers::tile;

TrimFacts trim_facts(const TileParameters& parameters) {
  const analog::AdcParameters& adc = parameters.array.adc;
  TrimFacts facts;
  if (parameters.kind == TileParameters::Kind::digital || adc.bits == 0) {
    return facts;
  }
  const bool serial = parameters.array.dac.coding == analog::DacParameters::Coding::bit_serial;
  facts.converters = std::min<std::uint32_t>(adc.per_tile, reg::adc_trim_count);
  facts.bits = static_cast<std::uint32_t>(adc.bits);
  facts.cancels = parameters.signed_input == TileParameters::SignedInput::two_phase;
  facts.pass_weight = serial ? (1U << parameters.array.dac.bits) - 1 : 1;
  const std::size_t gains = std::min<std::size_t>(adc.gains.size(), reg::trim_gain_weight_count);
  for (std::uint32_t i = 0; i < gains; ++i) {
    facts.gain_weights.push_back(static_cast<std::uint32_t>(accumulator_weight(adc, i)));
  }
  const double largest = *std::max_element(adc.gains.begin(), adc.gains.end());
  const double steps = adc.full_scale_A / parameters.array.cell.i_lsb_A * parameters.array.max_code() /
                       (largest * std::ldexp(1.0, adc.bits - 1));  // sum of DAC code * level, a pass
  const double full_code = dac_code(127, parameters.array.dac.bits);
  const double unit = steps * 255.0 / full_code / (serial ? parameters.array.max_code() : 1);
  const double fixed = std::nearbyint(unit * 4096.0);
  facts.lsb = fixed < 4294967295.0 ? static_cast<std::uint32_t>(fixed) : std::numeric_limits<std::uint32_t>::max();
  return facts;
}

TrimBank::TrimBank(const TileParameters& parameters)
    : facts_(trim_facts(parameters)), offset_weight_(facts_.cancels ? 0 : facts_.pass_weight) {
  words_.resize(facts_.converters, reset_word);
}

void TrimBank::reset() {
  enabled_ = false;
  std::fill(words_.begin(), words_.end(), reset_word);
}

std::uint32_t TrimBank::read(std::uint32_t offset) const {
  switch (offset) {
    case reg::trim_ctrl:
      return enabled_ ? reg::trim_ctrl_enable : 0;
    case reg::trim_count:
      return facts_.converters;
    case reg::trim_adc:
      return facts_.bits << reg::trim_adc_bits_shift |
             static_cast<std::uint32_t>(facts_.gain_weights.size()) << reg::trim_adc_gains_shift |
             (facts_.cancels ? reg::trim_adc_cancels : 0);
    case reg::trim_lsb:
      return facts_.lsb;
    case reg::trim_pass_weight:
      return facts_.converters > 0 ? facts_.pass_weight : 0;
    default:
      break;
  }
  if (offset >= reg::trim_gain_weight && offset < reg::trim_gain_weight + 4 * reg::trim_gain_weight_count) {
    const std::uint32_t gain = (offset - reg::trim_gain_weight) / 4;
    return gain < facts_.gain_weights.size() ? facts_.gain_weights[gain] : 0;
  }
  if (offset >= reg::adc_trim && offset < reg::adc_trim + 4 * reg::adc_trim_count) {
    const std::uint32_t converter = (offset - reg::adc_trim) / 4;
    return converter < words_.size() ? words_[converter] : reset_word;
  }
  return 0;
}

void TrimBank::write(std::uint32_t offset, std::uint32_t value) {
  if (offset == reg::trim_ctrl) {
    enabled_ = (value & reg::trim_ctrl_enable) != 0 && facts_.converters > 0;
  } else if (offset >= reg::adc_trim && (offset - reg::adc_trim) / 4 < words_.size()) {
    words_[(offset - reg::adc_trim) / 4] = value;
  }
}

double TrimBank::offset_lsb(std::uint32_t word) {
  return std::ldexp(static_cast<double>(static_cast<std::int16_t>(word & 0xFFFF)), -offset_bits);
}

double TrimBank::gain(std::uint32_t word) {
  return std::ldexp(static_cast<double>(word >> 16), -gain_bits);
}

}  // namespace tessera::tile
