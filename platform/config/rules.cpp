// SPDX-License-Identifier: Apache-2.0
#include "platform/config/rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <tuple>

#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/column_drop.h"
#include "models/analog/compression.h"
#include "platform/config/derived.h"
#include "platform/config/presets.h"

namespace tessera::platform {
namespace {

/// Later in precedence, then further down in the text.
bool later(const Origin& a, const Origin& b) {
  return std::tuple(a.kind, a.line, a.column) > std::tuple(b.kind, b.line, b.column);
}

constexpr double largest_noise = 0.5;       // of n UT
constexpr double largest_drop = 0.3;        // of a column's current, first order
constexpr double largest_product_J = 0.01;  // a billion times what any chip takes; the ledger counts attojoules

/// All keys that the energy of a product depends on.
std::vector<std::string> energy_keys() {
  std::vector<std::string> keys = {"tile.analog_energy_scale", "technology.vdd",    "tile.integration.t_s",
                                   "tile.array_rows",          "tile.array_cols",   "tile.bits_per_cell",
                                   "tile.cell.i_lsb_A",        "tile.cell.i_off_A", "tile.cell.level_currents_A"};
  for (const Key& key : schema()) {
    if (key.scope == Key::Scope::tile && (key.unit == "J" || key.unit == "J/B")) {
      keys.push_back(key.path);
    }
  }
  return keys;
}

std::string active_effects(const analog::ArrayParameters& array) {
  const analog::NonIdealities& effects = array.effects;
  std::string text;
  const auto add = [&](bool on, const char* name) {
    if (on) {
      text += (text.empty() ? "" : ", ") + std::string(name);
    }
  };
  add(effects.programming_error, "programming_error");
  add(effects.read_noise, "read_noise");
  add(effects.off_current, "off_current");
  add(effects.dac_noise, "dac_noise");
  add(effects.adc_noise, "adc_noise");
  add(effects.adc_inl, "adc_inl");
  add(effects.slow_noise, "slow_noise");
  add(effects.ir_drop, "ir_drop");
  add(effects.dac_errors, "dac_errors");
  add(effects.adc_offset_gain, "adc_offset_gain");
  add(effects.adc_dnl, "adc_dnl");
  add(effects.compression, "compression");
  add(array.ages(), "retention");
  add(array.has_faults(), "faults");
  add(array.operating_K() != array.temperature_K, "temperature");
  return text;
}

/// What is wrong with measured curves; empty: nothing.
std::string wrong_curves(const analog::ArrayParameters& array) {
  using Coding = analog::DacParameters::Coding;
  const std::vector<double>&codes = array.cell.curve_codes, &currents = array.cell.curve_currents_A;
  const std::vector<double>& levels = array.cell.level_currents_A;
  const auto count = static_cast<std::size_t>(array.max_level()) + 1;
  const bool rising = std::adjacent_find(codes.begin(), codes.end(), std::greater_equal<>()) == codes.end();
  if (codes.size() < 2 || !rising || codes.back() != array.max_code()) {
    return fmt::format("{} input codes of measured curves, expected at least two that rise to the largest, {}",
                       codes.size(), array.max_code());
  }
  if (currents.size() != count * codes.size()) {
    return fmt::format("{} measured currents, expected {} levels at {} codes", currents.size(), count, codes.size());
  }
  for (std::size_t l = 0; l < count; ++l) {
    if (levels.size() != count || currents[(l + 1) * codes.size() - 1] != levels[l]) {
      return fmt::format("the measured current of level {} at the largest code is not the one of level_currents_A", l);
    }
  }
  if (array.effects.compression) {
    return "compression besides measured curves, which hold it";
  }
  if (array.dac.coding == Coding::pulse_width || array.dac.coding == Coding::bit_serial) {
    return "measured curves of row voltages with inputs that switch rows fully on";
  }
  return array.adc.bits == 0 ? "exact converters together with measured curves" : "";
}

}  // namespace

std::vector<Rules::Broken> Rules::broken_in(const tile::TileParameters& one) {
  std::vector<Broken> broken;
  const analog::ArrayParameters& array = one.array;
  if (array.adc.bits == 0 && (array.effects.any() || array.changes_cells())) {
    std::vector<std::string> keys = {"tile.adc.bits"};
    for (const std::string& name : names_in("tile.effects")) {
      keys.push_back("tile.effects." + name);
    }
    broken.push_back({keys, "exact converters together with " + active_effects(array),
                      "`effects: none` beside `adc: {bits: exact}`, or 1 .. 12 bits"});
  }
  if (one.kind == tile::TileParameters::Kind::digital && array.adc.bits != 0) {
    broken.push_back(
        {{"tile.kind", "tile.adc.bits"},
         fmt::format("a digital tile with {}-bit converters", array.adc.bits),
         "`adc: {bits: exact}` and `effects: none` beside `kind: digital` (preset digital_baseline has them)"});
  }
  using SignedInput = tile::TileParameters::SignedInput;
  if (one.kind == tile::TileParameters::Kind::digital && one.signed_input != SignedInput::offset) {
    broken.push_back({{"tile.kind", "tile.dac.signed_input"},
                      "a digital tile with a coding of signed inputs that only an array needs",
                      "`dac: {signed_input: offset}` beside `kind: digital`"});
  }
  if (one.kind == tile::TileParameters::Kind::digital && array.single_columns()) {
    broken.push_back({{"tile.kind", "tile.weight_mapping"},
                      "a digital tile with a mapping of weights to columns that only an array has",
                      "`weight_mapping: differential_adjacent` beside `kind: digital`"});
  }
  if (array.single_columns() && array.cell.bits < 2) {
    broken.push_back({{"tile.weight_mapping", "tile.bits_per_cell"},
                      "weights of either sign in single columns of one bit",
                      "cells of at least 2 bits: half of their levels are for each sign"});
  }
  if (one.inputs() == 0) {
    broken.push_back({{"tile.dac.signed_input", "tile.array_rows"},
                      fmt::format("an input takes {} rows, the array has {}", one.rows_per_input(), array.rows),
                      fmt::format("at least {} rows", one.rows_per_input())});
  }
  using Coding = analog::DacParameters::Coding;
  const bool linear_cell = array.cell.law == analog::CellParameters::Law::linear;
  if ((linear_cell && array.dac.coding == Coding::log_voltage) ||
      (!linear_cell && array.dac.coding == Coding::linear_voltage)) {
    broken.push_back(
        {{"tile.cell.law", "tile.dac.type"},
         linear_cell ? "linear cells with log-voltage inputs" : "subthreshold cells with linear voltages",
         "linear cells with linear_voltage, subthreshold cells with log_voltage; both take pulse_width and "
         "bit_serial"});
  }
  if (array.cell.errors == analog::CellParameters::Errors::sonos40 && array.ages() &&
      array.environment.age_s > 5.0 * 86400.0) {
    broken.push_back({{"environment.age_s", "tile.cell.errors"},
                      fmt::format("an age of {} s with the SONOS curves", to_text(array.environment.age_s)),
                      "at most 432000 s: they were measured for five days"});
  }
  if (array.dac.coding == Coding::pulse_width && array.dac.sigma_pulse_codes > 0.1 * array.max_code()) {
    broken.push_back({{"tile.dac.sigma_t_lsb", "tile.dac.bits"},
                      fmt::format("a jitter of {} of {} steps", to_text(array.dac.sigma_pulse_codes), array.max_code()),
                      "at most a tenth of the largest code"});
  }
  if (one.dac_law == tile::TileParameters::DacLaw::pulses && array.dac.coding != Coding::linear_voltage &&
      array.dac.coding != Coding::log_voltage) {
    broken.push_back({{"tile.dac.law", "tile.dac.type"},
                      "a law of pulses for inputs that are pulses or bits by themselves",
                      "law: stated; or type: log_voltage or linear_voltage"});
  }
  if (array.dac.coding == Coding::linear_voltage && array.dac.sigma_v_V > 0.1 * array.dac.full_scale_V) {
    broken.push_back(
        {{"tile.dac.sigma_v_V", "tile.dac.full_scale_V"},
         fmt::format("a noise of {} V of {} V", to_text(array.dac.sigma_v_V), to_text(array.dac.full_scale_V)),
         "at most a tenth of the full scale"});
  }
  const double inversion = analog::top_current(array) * array.cell.i_lsb_A / array.cell.specific_current_A;
  if (array.compresses() && inversion > analog::kLargestInversion) {
    broken.push_back({{"tile.effects.compression", "tile.cell.specific_current_A", "tile.cell.i_lsb_A",
                       "tile.bits_per_cell", "tile.cell.level_currents_A"},
                      fmt::format("compression at {} times the specific current", to_text(inversion)),
                      fmt::format("a highest level of at most {} times cell.specific_current_A",
                                  to_text(analog::kLargestInversion))});
  }
  using Solver = analog::CellParameters::IrSolver;
  const double drop = analog::first_order_drop_of_full_column(array);
  if (array.effects.ir_drop && array.cell.ir_solver == Solver::first_order && drop > largest_drop) {
    broken.push_back(
        {{"tile.effects.ir_drop", "tile.cell.ir_solver", "tile.cell.bl_ohm_per_cell", "tile.cell.sl_ohm_per_cell",
          "tile.cell.output_conductance_per_V", "tile.cell.i_lsb_A", "tile.cell.level_currents_A", "tile.bits_per_cell",
          "tile.array_rows", "environment.temperature_C"},
         fmt::format("a first-order voltage drop of {:.3g} % in a column of {} cells at the highest level", 100 * drop,
                     array.rows),
         fmt::format("at most {:.0f} % (it is good to about 5 %), or `cell: {{ir_solver: iterative}}`",
                     100 * largest_drop)});
  }
  const std::vector<double>& gains = array.adc.gains;
  for (std::size_t i = 0; i < gains.size(); ++i) {
    const double share = gains.back() / gains[i];
    if ((i > 0 && gains[i] <= gains[i - 1]) || share != std::floor(share)) {
      broken.push_back(
          {{"tile.integration.pga_gains"},
           fmt::format("gain {} in {}", to_text(gains[i]), to_text(Value(gains))),
           "rising gains, each dividing the largest without remainder (codes of different gains must add exactly)"});
      break;
    }
  }
  if (one.input_buffer_B < one.inputs()) {
    broken.push_back({{"tile.buffers.in_B", "tile.array_rows"},
                      fmt::format("an input buffer of {} B for vectors of {} rows", one.input_buffer_B, one.inputs()),
                      fmt::format("at least {} B; twice that to load during a product", one.inputs())});
  }
  // Single columns could deliver twice as many; layers with more outputs than the buffer holds are split.
  const std::uint32_t sums = array.columns / 2;
  if (one.output_buffer_B < 4 * sums) {
    broken.push_back({{"tile.buffers.out_B", "tile.array_cols"},
                      fmt::format("an output buffer of {} B for {} partial sums of 4 B", one.output_buffer_B, sums),
                      fmt::format("at least {} B", 4 * sums)});
  }
  const std::vector<double>& levels = array.cell.level_currents_A;
  const auto level_count = static_cast<std::size_t>(array.max_level()) + 1;
  const bool rising = std::adjacent_find(levels.begin(), levels.end(), std::greater_equal<>()) == levels.end();
  if (!levels.empty() && (levels.size() != level_count || !rising)) {
    broken.push_back(
        {{"tile.cell.level_currents_A", "tile.bits_per_cell"},
         fmt::format("{} currents{} for {} levels", levels.size(), rising ? "" : ", not rising,", level_count),
         fmt::format("{} rising currents, or none", level_count)});
  }
  if (array.has_curves() || !array.cell.curve_currents_A.empty()) {
    const std::string wrong = wrong_curves(array);
    if (!wrong.empty()) {
      broken.push_back(
          {{"tile.cell.curve_codes", "tile.cell.curve_currents_A", "tile.cell.level_currents_A", "tile.bits_per_cell",
            "tile.dac.bits", "tile.dac.type", "tile.effects.compression", "tile.adc.bits"},
           wrong,
           "curves as `tessera fit --curves` writes them"});
    }
  }
  if (array.cell.i_off_A > array.cell.i_lsb_A) {
    broken.push_back({{"tile.cell.i_off_A", "tile.cell.i_lsb_A"},
                      fmt::format("level 0 conducts {} A, level 1 only {} A", to_text(array.cell.i_off_A),
                                  to_text(array.cell.i_lsb_A)),
                      "i_off_A at most i_lsb_A"});
  }
  const analog::SubthresholdCell cell(array.cell, array.operating_K());
  const auto too_noisy = [&](const char* key, double sigma_V) {
    if (sigma_V <= largest_noise * cell.n_ut_V()) {
      return;
    }
    broken.push_back({{key, "tile.cell.n_slope", "technology.temp_C", "environment.temperature_C"},
                      fmt::format("{} V are {:.2f} of n UT", to_text(sigma_V), sigma_V / cell.n_ut_V()),
                      fmt::format("at most {:.3g} V: beyond it the small-signal noise model does not hold",
                                  largest_noise * cell.n_ut_V())});
  };
  too_noisy("tile.cell.sigma_read_vt_V", array.cell.sigma_read_vt_V);
  too_noisy("tile.dac.sigma_v_V", array.dac.sigma_v_V);
  if (const double worst = worst_product_energy_J(one); worst > largest_product_J) {
    broken.push_back({energy_keys(), fmt::format("one product could cost {:.3g} J", worst),
                      fmt::format("currents, times and energies that stay below {} J", to_text(largest_product_J))});
  }
  if (!(full_product_time_s(one) > 0)) {
    broken.push_back({{"tile.integration.t_s", "tile.dac.t_settle_s", "tile.adc.t_conv_s", "tile.digital.t_post_s"},
                      "a product takes no time",
                      "at least one of the four times above 0"});
  }
  return broken;
}

void Rules::report(const Broken& broken, const std::string& prefix) const {
  Origin last;
  last.source = result_.platform.preset;
  std::string named = broken.keys.front();
  bool of_position = false;
  for (const std::string& key : broken.keys) {
    if (failed_.count(key) != 0) {
      return;
    }
    const bool of_chip = prefix.empty() || key.rfind("tile.", 0) != 0;
    const auto own = of_chip ? result_.origins.end() : result_.origins.find(prefix + key.substr(5));
    const auto found = own != result_.origins.end() ? own : result_.origins.find(key);
    if (own != result_.origins.end()) {
      of_position = true;
    }
    if (found == result_.origins.end()) {
      continue;
    }
    if (last.kind == Origin::Kind::preset || later(found->second, last)) {
      last = found->second;
      named = found->first;
    }
  }
  if (prefix.empty() || of_position) {
    diagnostics_.add({last, named, broken.problem, broken.expected});
  }
}

void Rules::check_default_tile(const tile::TileParameters& one) const {
  for (const Broken& broken : broken_in(one)) {
    report(broken, "");
  }
}

void Rules::check_position(const Position& position) const {
  const auto [row, column] = position;
  const PlatformParameters& chip = result_.platform;
  const std::string prefix = fmt::format("tiles[{},{}].", row, column);
  for (const Broken& broken : broken_in(chip.tiles[std::size_t{row} * chip.grid_columns + column])) {
    report(broken, prefix);
  }
}

void Rules::check_chip() const {
  const PlatformParameters& chip = result_.platform;
  const std::uint32_t stripe = chip.sram.banks * chip.bus.bytes_per_beat();
  if (stripe != 0 && chip.sram.size_B % stripe != 0) {
    report({{"sram.size_B", "sram.banks", "bus.data_bits"},
            fmt::format("{} B cannot be interleaved over {} banks of {} B words", chip.sram.size_B, chip.sram.banks,
                        chip.bus.bytes_per_beat()),
            fmt::format("a multiple of {} B, such as {}", stripe,
                        (std::uint64_t{chip.sram.size_B} + stripe - 1) / stripe * stripe)},
           "");
  }
  const auto single = [](const tile::TileParameters& one) { return one.array.single_columns(); };
  if (chip.analog_plane.column_sum && std::any_of(chip.tiles.begin(), chip.tiles.end(), single)) {
    report({{"analog_plane.column_sum", "tile.weight_mapping"},
            "analog lanes, which carry the current of a column pair, with weights in single columns",
            "`weight_mapping: differential_adjacent`, or no sums on lanes"},
           "");
  }
  const interconnect::BusParameters& bus = chip.bus;
  if (bus.arbitration == interconnect::BusParameters::Arbitration::tdma && bus.slot_cycles < bus.burst_beats) {
    report({{"bus.slot_cycles", "bus.burst_beats", "bus.arbitration"},
            fmt::format("a burst of {} beats does not fit into a slot of {} cycles", bus.burst_beats, bus.slot_cycles),
            fmt::format("slots of at least {} cycles", bus.burst_beats)},
           "");
  }
  if (chip.cpu.memory_B % 4096 != 0) {
    report({{"cpu.memory_B"}, fmt::format("{} B are not whole pages", chip.cpu.memory_B), "a multiple of 4096 B"}, "");
  }
}

}  // namespace tessera::platform
