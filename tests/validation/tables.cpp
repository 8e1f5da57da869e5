// SPDX-License-Identifier: Apache-2.0
#include "tests/validation/tables.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "platform/config/derived.h"
#include "platform/config/loader.h"
#include "platform/config/schema.h"
#include "tests/validation/least_squares.h"

namespace tessera::validation {
namespace {

platform::PlatformParameters chip(const std::string& yaml) {
  const platform::LoadResult loaded = platform::load_platform_text(yaml, "validation", {});
  EXPECT_TRUE(loaded.ok()) << loaded.error_text();
  return loaded.platform;
}

double energy_J(const platform::PlatformParameters& platform) {
  return static_cast<double>(platform::derived(platform).product_energy.total()) * 1e-18;
}

/// NeuRRAM, 48 cores of 256 x 256 (hardware facts of the Nature 2022 paper as digitised in CiMLoop): femtojoules per
/// operation of word lines, neurons with control, and input pulses; throughput of the chip.
struct NeurramRow {
  int out_bits, in_bits;
  double word_lines, neurons, input_pulses, tops;
  /// Input bits are applied one after the other; the sign takes no pulse of its own.
  [[nodiscard]] double pulses() const { return std::max(1, in_bits - 1); }
};
const std::vector<NeurramRow>& neurram() {
  static const std::vector<NeurramRow> rows = {{3, 1, 8.99, 10.62, 3.45, 2.12},   {4, 2, 8.27, 12.39, 3.96, 1.79},
                                               {5, 3, 15.46, 20.12, 7.73, 1.17},  {6, 4, 21.76, 29.11, 11.51, 0.74},
                                               {7, 5, 30.93, 44.21, 14.02, 0.53}, {8, 6, 37.22, 52.48, 19.24, 0.42},
                                               {9, 7, 43.69, 61.83, 22.83, 0.34}, {10, 8, 50.52, 75.86, 27.51, 0.26}};
  return rows;
}
std::string row_name(const NeurramRow& row) {
  return fmt::format("{} bit out, {} in", row.out_bits, row.in_bits);
}
/// Time of one product of one core: the chip's rate is that of 48 cores, 2 * 256 * 128 operations a product.
double product_us(const NeurramRow& row) {
  return 48 * 65536 / (row.tops * 1e12) * 1e6;
}

std::string figures(const std::vector<double>& constants) {
  std::string text;
  for (const double constant : constants) {
    text += fmt::format("{}{:.3g}", text.empty() ? "" : ", ", constant);
  }
  return text;
}

std::string number(double value) {
  return fmt::format("{:.4g}", value);
}

}  // namespace

double Comparison::rms_error() const {
  double sum = 0, count = 0;
  for (const Check& check : checks) {
    sum += check.bound ? 0 : check.error() * check.error();
    count += check.bound ? 0 : 1;
  }
  return count > 0 ? std::sqrt(sum / count) : 0;
}

double Comparison::largest_error() const {
  double most = 0;
  for (const Check& check : checks) {
    most = check.bound ? most : std::max(most, std::abs(check.error()));
  }
  return most;
}

std::string Comparison::markdown() const {
  std::string out = fmt::format("### {}\n\n{}\n\n| | ours | source | difference |\n|---|---:|---:|---:|\n", title, law);
  for (const Check& check : checks) {
    out += fmt::format(
        "| {} | {} {} | {}{} {} | {} |\n", check.what, number(check.ours), check.unit, check.bound ? "< " : "",
        number(check.source), check.unit,
        check.bound ? (check.ours < check.source ? "holds" : "fails") : fmt::format("{:+.1f} %", 100 * check.error()));
  }
  out += fmt::format(
      "\n{} parameter{} from the data, {} number{} checked{}; root mean square {:.1f} %, largest {:.1f} %.{}\n\n",
      fitted, fitted == 1 ? "" : "s", checks.size(), checks.size() == 1 ? "" : "s",
      calibration() ? ": a calibration" : "", 100 * rms_error(), 100 * largest_error(),
      remark.empty() ? "" : " " + remark);
  return out;
}

Comparison nominal() {
  const platform::Derived d = platform::derived(chip(""));
  Comparison c;
  c.title = "Nominal tile (`membrain40_nominal`)";
  c.law = "Time and energy of one product of 1024 rows and 512 pairs from the sources of the single keys.";
  c.checks = {{"product time", d.product_time_s * 1e6, 1.000, "us"},
              {"product energy", static_cast<double>(d.product_energy.total()) * 1e-9, 21.66, "nJ"},
              {"efficiency", d.tile_ops_per_J * 1e-12, 48.4, "TOPS/W"},
              {"peak of the chip", d.peak_ops * 1e-12, 12.58, "TOPS"},
              {"limited by the bus", d.bus_limited_ops * 1e-12, 2.18, "TOPS"}};
  c.remark = "The source is the sum of the same assumptions done by hand: it checks the cost law, not silicon.";
  return c;
}

Comparison vendor_target() {
  const platform::Derived d = platform::derived(chip("preset: vendor_target"));
  Comparison c;
  c.title = "Vendor's target (`vendor_target`)";
  c.law = "Eight energies lowered until the tile reaches what the vendor announced (120 TOPS/W, a target).";
  c.fitted = 8;
  c.checks = {{"efficiency", d.tile_ops_per_J * 1e-12, 119.8, "TOPS/W"},
              {"product energy", static_cast<double>(d.product_energy.total()) * 1e-9, 8.75, "nJ"}};
  return c;
}

Comparison mythic_like() {
  const platform::PlatformParameters platform = chip("preset: silicon_mythic_like");
  Comparison c;
  c.title = "Mythic M1076 (`silicon_mythic_like`)";
  c.law = "One conversion time and one energy scale for 26 TOPS of 76 tiles and 0.27 pJ a MAC, all inclusive.";
  c.fitted = 2;
  c.checks = {{"product time", platform::derived(platform).product_time_s * 1e6, 6.1, "us"},
              {"product energy", energy_J(platform) * 1e9, 283, "nJ"}};
  return c;
}

Comparison hermes_preset() {
  const platform::PlatformParameters platform = chip("preset: hermes_core");
  Comparison c;
  c.title = "HERMES core (`hermes_core`)";
  c.law = "One phase: times of the stages and one energy scale from the published totals of 64 cores.";
  c.fitted = 2;
  c.checks = {{"product time", platform::derived(platform).product_time_s * 1e9, 133, "ns"},
              {"product energy", energy_J(platform) * 1e9, 13.4, "nJ"}};
  return c;
}

Comparison neurram_preset() {
  const platform::PlatformParameters platform = chip("preset: neurram_core");
  const tile::ProductEnergy e = platform::derived(platform).product_energy;
  const double operations = 2.0 * 256 * 128;
  const auto per_operation = [&](probe::Energy attojoules) {
    return static_cast<double>(attojoules) * 1e-3 / operations;
  };
  Comparison c;
  c.title = "NeuRRAM core (`neurram_core`)";
  c.law = "8-bit outputs, 6-bit inputs: three energies and one time of the published row.";
  c.fitted = 4;
  c.checks = {{"word lines and input pulses", per_operation(e.dac), 37.22 + 19.24, "fJ/op"},
              {"neurons and control", per_operation(e.adc), 52.48, "fJ/op"},
              {"rate of a core", platform::derived(platform).tile_peak_ops * 1e-9, 0.42e3 / 48, "GOPS"}};
  return c;
}

Comparison neurram_law() {
  std::vector<std::vector<double>> with_constant, pulses_alone, with_output;
  std::vector<double> word_lines, neurons, input_pulses;
  for (const NeurramRow& row : neurram()) {
    with_constant.push_back({1, row.pulses()});
    pulses_alone.push_back({row.pulses()});
    with_output.push_back({1, row.pulses(), static_cast<double>(row.out_bits)});
    word_lines.push_back(row.word_lines);
    neurons.push_back(row.neurons);
    input_pulses.push_back(row.input_pulses);
  }
  const std::vector<double> w = fit(with_constant, word_lines), n = fit(with_output, neurons),
                            i = fit(pulses_alone, input_pulses);
  Comparison c;
  c.title = "NeuRRAM, eight rows of three columns from one law in bits";
  c.law = fmt::format(
      "Inputs are applied bit by bit: p = max(1, input bits - 1) pulses. Word lines a + b p, neurons and control "
      "a + b p + c (output bits), input pulses b p, in fJ/op. Constants by least squares of the relative residuals: "
      "word "
      "lines {}; neurons {}; input pulses {}.",
      figures(w), figures(n), figures(i));
  c.fitted = static_cast<int>(w.size() + n.size() + i.size());
  for (std::size_t r = 0; r < neurram().size(); ++r) {
    const std::string name = row_name(neurram()[r]);
    c.checks.push_back({name + ": word lines", value(w, with_constant[r]), word_lines[r], "fJ/op"});
    c.checks.push_back({name + ": neurons, control", value(n, with_output[r]), neurons[r], "fJ/op"});
    c.checks.push_back({name + ": input pulses", value(i, pulses_alone[r]), input_pulses[r], "fJ/op"});
  }
  c.remark = "The rest is not noise of the chip alone: the figures were read off a plot.";
  return c;
}

Comparison neurram_energy_rows() {
  // Slopes from the rows (4, 2) and (8, 6), one a column: least squares of the relative residuals.
  const std::vector<const NeurramRow*> given = {&neurram()[1], &neurram()[5]};
  const auto slope = [&](double NeurramRow::*column) {
    return fit({{given[0]->pulses()}, {given[1]->pulses()}}, {given[0]->*column, given[1]->*column}).front();
  };
  const double w = slope(&NeurramRow::word_lines), n = slope(&NeurramRow::neurons),
               i = slope(&NeurramRow::input_pulses);
  Comparison c;
  c.title = "NeuRRAM, energy of six rows from two";
  c.law =
      fmt::format("One energy a pulse for each column, from the rows (4, 2) and (8, 6): {} fJ/op.", figures({w, n, i}));
  c.fitted = 3;
  for (const NeurramRow& row : neurram()) {
    if (&row == given[0] || &row == given[1]) {
      continue;
    }
    c.checks.push_back({row_name(row) + ": word lines", w * row.pulses(), row.word_lines, "fJ/op"});
    c.checks.push_back({row_name(row) + ": neurons, control", n * row.pulses(), row.neurons, "fJ/op"});
    c.checks.push_back({row_name(row) + ": input pulses", i * row.pulses(), row.input_pulses, "fJ/op"});
  }
  return c;
}

Comparison neurram_time_rows() {
  const NeurramRow& few = neurram()[1];
  const NeurramRow& many = neurram()[5];
  const double pulse = (product_us(many) - product_us(few)) / (many.pulses() - few.pulses());
  const double fixed = product_us(few) - pulse * few.pulses();
  Comparison c;
  c.title = "NeuRRAM, rate of six rows from two";
  c.law =
      fmt::format("Time of a product = {:.3f} us + {:.3f} us a pulse, from the rows (4, 2) and (8, 6).", fixed, pulse);
  c.fitted = 2;
  for (const NeurramRow& row : neurram()) {
    if (&row != &few && &row != &many) {
      c.checks.push_back(
          {row_name(row), 48 * 65536 / ((fixed + pulse * row.pulses()) * 1e-6) * 1e-12, row.tops, "TOPS"});
    }
  }
  c.remark =
      "The ends deviate most: steps of the converter count with 2^(output bits), which a law in pulses alone does not "
      "see.";
  return c;
}

Comparison hermes_one_phase() {
  // 64 cores of 256 x 256; four phases: 16.1 TOPS, 2.48 TOPS/W.
  const double operations = 2.0 * 256 * 256;
  const double phase_s = 64 * operations / 16.1e12 / 4;
  const double phase_J = operations / 2.48e12 / 4;
  Comparison c;
  c.title = "HERMES, one phase from four";
  c.law = fmt::format(
      "A product takes its phases one after the other: {:.1f} ns and {:.2f} nJ a phase, from the four-phase rate (16.1 "
      "TOPS) and efficiency (2.48 TOPS/W).",
      phase_s * 1e9, phase_J * 1e9);
  c.fitted = 2;
  c.checks = {{"product time, one phase", phase_s * 1e9, 133, "ns"},
              {"product energy, one phase", phase_J * 1e9, 13.4, "nJ"},
              {"efficiency of one core measured alone", operations / phase_J * 1e-12, 10.5, "TOPS/W"}};
  c.remark = "Rate (63.1 TOPS) and efficiency (9.76 TOPS/W) of the chip are the first two rows in other units.";
  return c;
}

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
  const double supply = 1.8 / 1.1;
  const double energy = (energy_J(first) + energy_J(second)) * supply * supply;
  Comparison c;
  c.title = "Guo et al., 180 nm, 28x28-64-10 perceptron";
  c.law = fmt::format(
      "Two products of the nominal tile's law: row drivers, front ends and cells of 785 x 128 and 65 x 20 cells; "
      "analog "
      "neurons, so neither converters nor digital stages. Energies times (1.8 V / 1.1 V)^2, the usual supply of 180 nm "
      "(an assumption; unscaled {:.1f} nJ). Nothing is taken from the chip but its size.",
      (energy_J(first) + energy_J(second)) * 1e9);
  c.checks = {{"pattern, time", time * 1e6, 1.0, "us", true}, {"pattern, energy", energy * 1e9, 20, "nJ"}};
  c.remark = "The source says about 20 nJ: one digit.";
  return c;
}

Comparison jin_55nm() {
  const platform::PlatformParameters platform = chip("");
  const platform::Derived d = platform::derived(platform);
  const tile::TileParameters& one = platform::typical_tile(platform);
  // 8-bit weights take two pairs: 256 outputs a product. Input and output pass SRAM and bus once.
  const double rows = one.array.rows, outputs = one.array.pairs() / 2.0;
  const double bytes = rows + outputs;
  const double memory_J = bytes * 8 * platform.bus.energy_per_bit_J + rows / 16 * 18e-12 + outputs / 16 * 16e-12;
  const double shrink = 55.0 / 40.0 * (1.2 / 1.1) * (1.2 / 1.1);
  const double product_J = (static_cast<double>(d.product_energy.total()) * 1e-18 + memory_J) * shrink;
  const double rate = 0.16e12;
  const double power_W = (rate / (2 * rows * outputs) * product_J + 1.0e-3 + 200e6 * 12e-12 * shrink) / 0.85;
  Comparison c;
  c.title = "Jin et al., 55 nm NOR flash SoC, 8-bit weights";
  c.law = fmt::format(
      "At the chip's rate of 0.16 TOPS: products of the nominal tile with two slices ({:.1f} nJ at 40 nm with bus and "
      "SRAM), "
      "1 mW of shared logic, a CPU of 12 pJ an instruction at 200 MHz, 85 % of conversion; energies from 40 to 55 nm "
      "with "
      "length and square of the supply (1.1 to 1.2 V).",
      product_J / shrink * 1e9);
  c.fitted = 1;
  c.checks = {{"efficiency of the chip", rate / power_W * 1e-12, 7.48, "TOPS/W"}};
  c.remark =
      "The one number taken is the rate. Power (21.4 mW) is the same statement. One number cannot be called a "
      "prediction "
      "of a law.";
  return c;
}

std::vector<Comparison> all() {
  return {nominal(),     vendor_target(),       mythic_like(),       hermes_preset(),    neurram_preset(),
          neurram_law(), neurram_energy_rows(), neurram_time_rows(), hermes_one_phase(), guo_180nm(),
          jin_55nm()};
}

}  // namespace tessera::validation
