// SPDX-License-Identifier: Apache-2.0
// Chips of other technologies beside the nominal tile's energies, scaled by rule.
#include <fmt/format.h>

#include "platform/config/schema.h"
#include "tests/validation/support.h"
#include "tests/validation/tables.h"

namespace tessera::validation {
namespace {

struct Technology {
  double node_nm, supply_V;
};
constexpr Technology kNominal = {40, 1.1};  ///< of the default energies

/// Energy at `to` over that of the default tile. `charge`: C V^2, capacitances of the same layout grow with the length.
/// `supply`: V^2 alone, capacitances do not grow (wires and neurons of an own layout).
enum class Rule { charge, supply };
double energy_ratio(Technology to, Rule rule) {
  const double volts = to.supply_V / kNominal.supply_V;
  return volts * volts * (rule == Rule::charge ? to.node_nm / kNominal.node_nm : 1.0);
}
constexpr const char* kCharge = ", C V^2, C with the length";
constexpr const char* kSupply = ", V^2 alone";
constexpr const char* kRules =
    "Energies of the 40 nm, 1.1 V tile by two rules, the same for both chips: C V^2 with C growing with the length, "
    "and "
    "V^2 alone.";

}  // namespace

Comparison guo_180nm() {
  // 784 pixels and a bias, 64 hidden units and a bias, 10 outputs; analog neurons: no converter, no digital stage.
  const std::string bare =
      "  dac: {e_conversion_J: 0}\n  adc: {t_conv_s: 0, e_conv_J: 0}\n  digital: {t_post_s: 0, e_per_output_J: 0}\n"
      "  buffers: {e_in_J_per_B: 0, e_out_J_per_B: 0}\n  control: {e_per_mvm_J: 0}\n";
  const auto layer = [&](int rows, int columns) {
    return chip(
        fmt::format("grid: {{rows: 1, cols: 1}}\ntile:\n  array_rows: {}\n  array_cols: {}\n{}", rows, columns, bare));
  };
  const platform::PlatformParameters first = layer(785, 128), second = layer(65, 20);
  const double time = platform::derived(first).product_time_s + platform::derived(second).product_time_s;
  const double energy = energy_J(first) + energy_J(second);
  constexpr Technology kChip = {180, 1.8};
  Comparison c;
  c.title = "Guo et al., 180 nm, 28x28-64-10 perceptron";
  c.law = fmt::format(
      "Two products of the nominal tile's law: row drivers, front ends and cells of 785 x 128 and 65 x 20 cells; "
      "analog neurons, so neither converters nor digital stages; {:.1f} nJ at 40 nm. {} 1.8 V is the usual supply of "
      "180 nm, "
      "an assumption. Nothing is taken from the chip but its size.",
      energy * 1e9, kRules);
  c.checks = {{"pattern, time", time * 1e6, 1.0, "us", true},
              {std::string("pattern, energy") + kCharge, energy * energy_ratio(kChip, Rule::charge) * 1e9, 20, "nJ"},
              {std::string("pattern, energy") + kSupply, energy * energy_ratio(kChip, Rule::supply) * 1e9, 20, "nJ",
               false, true}};
  c.remark =
      "The source says about 20 nJ: one digit. The rule that fits Jin overestimates this chip by more than three; V^2 "
      "alone is 19 % below it and makes Jin a third too efficient. What limits the check is the scaling, not the count "
      "of events: 84 % of "
      "our energy is row drivers, whose 6 pJ are a bias current times supply times time and follow neither rule, and a "
      "180 nm chip of one's own layout has neither our drivers nor our clamps. It shows the order of magnitude.";
  return c;
}

Comparison jin_55nm() {
  const platform::PlatformParameters platform = chip("");
  const platform::Derived d = platform::derived(platform);
  const tile::TileParameters& one = platform::typical_tile(platform);
  // 8-bit weights take two pairs: 256 outputs a product. Input and output pass SRAM and bus once.
  const double rows = one.array.rows, outputs = one.array.pairs() / 2.0;
  const double bytes = rows + outputs;
  const double memory_J = bytes * 8 * platform.bus.energy_per_bit_J + rows / 16 * platform.sram.read_128b_J +
                          outputs / 16 * platform.sram.write_128b_J;
  const double product_J = static_cast<double>(d.product_energy.total()) * 1e-18 + memory_J;
  constexpr double kRate = 0.16e12;
  const auto efficiency = [&](Rule rule) {
    const double ratio = energy_ratio({55, 1.2}, rule);
    const double power_W = (kRate / (2 * rows * outputs) * product_J * ratio + 1.0e-3 + 200e6 * 12e-12 * ratio) / 0.85;
    return kRate / power_W * 1e-12;
  };
  Comparison c;
  c.title = "Jin et al., 55 nm NOR flash SoC, 8-bit weights";
  c.law = fmt::format(
      "At the chip's rate of 0.16 TOPS: products of the nominal tile with two slices ({:.1f} nJ at 40 nm with bus and "
      "SRAM), 1 mW of shared logic, a CPU of 12 pJ an instruction at 200 MHz, 85 % of conversion. {} 1.2 V at 55 nm.",
      product_J * 1e9, kRules);
  c.fitted = 1;
  c.checks = {{std::string("efficiency of the chip") + kCharge, efficiency(Rule::charge), 7.48, "TOPS/W"},
              {std::string("efficiency of the chip") + kSupply, efficiency(Rule::supply), 7.48, "TOPS/W", false, true}};
  c.remark =
      "The one number taken is the rate. Power (21.4 mW) is the same statement. One number cannot be called a "
      "prediction "
      "of a law; between 40 and 55 nm the rule still moves it by a third.";
  return c;
}

}  // namespace tessera::validation
