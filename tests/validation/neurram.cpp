// SPDX-License-Identifier: Apache-2.0
// NeuRRAM, 48 cores of 256 x 256 (Nature 2022, as digitised in CiMLoop): every number of ours comes from the tile's
// cost law, the constants from the keys of the preset `neurram_core`.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "tests/validation/least_squares.h"
#include "tests/validation/support.h"
#include "tests/validation/tables.h"

namespace tessera::validation {
namespace {

constexpr double kRows = 256, kColumns = 256, kPairs = 128, kOperations = 2 * kRows * kPairs, kCores = 48;

/// Femtojoules per operation of word lines, neurons with control, and input pulses; throughput of the chip.
struct Row {
  int out_bits, in_bits;
  double word_lines, neurons, input_pulses, tops;
  /// Input bits are applied one after the other; the sign takes no pulse of its own.
  [[nodiscard]] double pulses() const { return std::max(1, in_bits - 1); }
  [[nodiscard]] double product_s() const { return kCores * kOperations / (tops * 1e12); }
  [[nodiscard]] std::string name() const { return fmt::format("{} bit out, {} in", out_bits, in_bits); }
};
const std::vector<Row>& published() {
  static const std::vector<Row> rows = {{3, 1, 8.99, 10.62, 3.45, 2.12},   {4, 2, 8.27, 12.39, 3.96, 1.79},
                                        {5, 3, 15.46, 20.12, 7.73, 1.17},  {6, 4, 21.76, 29.11, 11.51, 0.74},
                                        {7, 5, 30.93, 44.21, 14.02, 0.53}, {8, 6, 37.22, 52.48, 19.24, 0.42},
                                        {9, 7, 43.69, 61.83, 22.83, 0.34}, {10, 8, 50.52, 75.86, 27.51, 0.26}};
  return rows;
}

/// The preset's core at the resolutions of a row.
tile::TileParameters core_of(const Row& row) {
  return chip(fmt::format("preset: neurram_core\ntile: {{dac: {{bits: {}}}, adc: {{bits: {}}}}}", row.in_bits,
                          row.out_bits))
      .tiles[0];
}

double per_operation_fJ(probe::Energy attojoules) {
  return static_cast<double>(attojoules) * 1e-3 / kOperations;
}

/// The three energies of a product, each by what is left when the constants of the others are zero.
Row cost_of(const tile::TileParameters& core, const Row& row) {
  Row cost = row;
  tile::TileParameters one = core;
  one.energy.dac_conversion_J = 0;
  cost.word_lines = per_operation_fJ(platform::full_product_energy(one).dac);
  one = core;
  one.energy.row_driver_J = one.energy.row_pulse_J = 0;
  cost.input_pulses = per_operation_fJ(platform::full_product_energy(one).dac);
  const tile::ProductEnergy energy = platform::full_product_energy(core);
  cost.neurons = per_operation_fJ(energy.frontend + energy.adc + energy.digital);
  cost.tops = kCores * kOperations / platform::full_product_time_s(core) * 1e-12;
  EXPECT_NEAR(per_operation_fJ(energy.total()), cost.word_lines + cost.neurons + cost.input_pulses, 0.01);
  return cost;
}

void check_energies(Comparison& comparison, const Row& ours, const Row& source) {
  comparison.checks.push_back({source.name() + ": word lines", ours.word_lines, source.word_lines, "fJ/op"});
  comparison.checks.push_back({source.name() + ": neurons, control", ours.neurons, source.neurons, "fJ/op"});
  comparison.checks.push_back({source.name() + ": input pulses", ours.input_pulses, source.input_pulses, "fJ/op"});
}

/// Least-squares constants of one column for terms of a row.
std::vector<double> constants(const std::function<std::vector<double>(const Row&)>& terms,
                              const std::function<double(const Row&)>& column) {
  std::vector<std::vector<double>> all;
  std::vector<double> y;
  for (const Row& row : published()) {
    all.push_back(terms(row));
    y.push_back(column(row));
  }
  return fit(all, y);
}

/// The rows that the two-row tables take their constants from.
const Row& few() {
  return published()[1];
}
const Row& many() {
  return published()[5];
}

/// The core of a row with constants from the rows (4, 2) and (8, 6) alone: energy per pulse only, no converter law.
tile::TileParameters core_from_two(const Row& row) {
  const auto slope = [](double Row::*column) {
    return fit({{few().pulses()}, {many().pulses()}}, {few().*column, many().*column}).front() * 1e-15 * kOperations;
  };
  tile::TileParameters core = core_of(row);
  core.energy.row_driver_J = 0;
  core.energy.row_pulse_J = slope(&Row::word_lines) / kRows;
  core.energy.dac_conversion_J = slope(&Row::input_pulses) / kRows;
  core.energy.frontend_column_J = slope(&Row::neurons) / kColumns;
  core.energy.adc_conversion_J = core.energy.control_J = 0;
  core.timing.integrate_s = (many().product_s() - few().product_s()) / (many().pulses() - few().pulses());
  core.timing.dac_settle_s = few().product_s() - core.timing.integrate_s * few().pulses();
  core.timing.adc_conversion_s = 0;
  return core;
}

}  // namespace

Comparison neurram_law() {
  const tile::TileParameters core = core_of(many());
  const tile::TileEnergy& e = core.energy;
  Comparison c;
  c.title = "NeuRRAM (`neurram_core`), eight rows of three columns from one law in bits";
  c.law = fmt::format(
      "`tile.dac.law: pulses`, p = max(1, input bits - 1) pulses; `tile.adc.law: integrating`. The preset with "
      "`tile.dac.bits` and `tile.adc.bits` of each row. Word lines {:.4g} + {:.4g} p pJ a row, input pulses {:.4g} p "
      "pJ a "
      "row, neurons {:.4g} p pJ a column + {:.4g} pJ (1.2 + 0.25 2^b) / 65.2 a conversion, control {:.4g} pJ a "
      "product.",
      e.row_driver_J * 1e12, e.row_pulse_J * 1e12, e.dac_conversion_J * 1e12, e.frontend_column_J * 1e12,
      e.adc_conversion_J * 1e12, e.control_J * kRows / 1024 * 1e12);
  c.fitted = 6;
  for (const Row& row : published()) {
    check_energies(c, cost_of(core_of(row), row), row);
  }
  c.remark = "The rest is not noise of the chip alone: the figures were read off a plot.";
  return c;
}

Comparison neurram_rate_law() {
  const tile::TileParameters core = core_of(many());
  Comparison c;
  c.title = "NeuRRAM (`neurram_core`), eight rates from the same law";
  c.law =
      fmt::format("{:.4g} us + {:.4g} us a pulse + {:.4g} us 2^(output bits - 8), 48 cores.",
                  core.timing.dac_settle_s * 1e6, core.timing.integrate_s * 1e6, core.timing.adc_conversion_s * 1e6);
  c.fitted = 3;
  for (const Row& row : published()) {
    c.checks.push_back({row.name(), cost_of(core_of(row), row).tops, row.tops, "TOPS"});
  }
  return c;
}

Comparison neurram_energy_rows() {
  const tile::TileEnergy e = core_from_two(few()).energy;
  Comparison c;
  c.title = "NeuRRAM, energy of six rows from two";
  c.law = fmt::format(
      "The same cost law with one energy a pulse for each column, from the rows (4, 2) and (8, 6): {:.3g} pJ a row, "
      "{:.3g} "
      "pJ a column, {:.3g} pJ a row.",
      e.row_pulse_J * 1e12, e.frontend_column_J * 1e12, e.dac_conversion_J * 1e12);
  c.fitted = 3;
  for (const Row& row : published()) {
    if (&row != &few() && &row != &many()) {
      check_energies(c, cost_of(core_from_two(row), row), row);
    }
  }
  return c;
}

Comparison neurram_time_rows() {
  const tile::TileTiming timing = core_from_two(few()).timing;
  Comparison c;
  c.title = "NeuRRAM, rate of six rows from two";
  c.law = fmt::format("Time of a product = {:.3f} us + {:.3f} us a pulse, from the rows (4, 2) and (8, 6).",
                      timing.dac_settle_s * 1e6, timing.integrate_s * 1e6);
  c.fitted = 2;
  for (const Row& row : published()) {
    if (&row != &few() && &row != &many()) {
      c.checks.push_back({row.name(), cost_of(core_from_two(row), row).tops, row.tops, "TOPS"});
    }
  }
  c.remark =
      "The ends deviate most: steps of the converter count with 2^(output bits), which a law in pulses alone does not "
      "see.";
  return c;
}

double neurram_distance_from_fit() {
  const auto steps = [](const Row& row) { return (1.2 + 0.25 * std::ldexp(1.0, row.out_bits)) / (1.2 + 0.25 * 256); };
  const std::vector<double> w = constants(
                                [](const Row&r) {
                                  return std::vector<double>{1, r.pulses()};
                                },
                                [](const Row&r) { return r.word_lines; }),
                            i = constants([](const Row&r) { return std::vector<double>{r.pulses()}; },
                                          [](const Row&r) { return r.input_pulses; }),
                            n = constants(
                                [&](const Row&r) {
                                  return std::vector<double>{1, r.pulses(), steps(r)};
                                },
                                [](const Row&r) { return r.neurons; }),
                            t = constants(
                                [](const Row&r) {
                                  return std::vector<double>{1, r.pulses(), std::ldexp(1.0, r.out_bits - 8)};
                                },
                                [](const Row&r) { return r.product_s(); });
  const tile::TileParameters core = core_of(many());
  const double fJ = 1e-15 * kOperations;
  double most = 0;
  for (const auto& [key, fitted] :
       std::vector<std::pair<double, double>>{{core.energy.row_driver_J * kRows, w[0] * fJ},
                                              {core.energy.row_pulse_J * kRows, w[1] * fJ},
                                              {core.energy.dac_conversion_J * kRows, i[0] * fJ},
                                              {core.energy.control_J * kRows / 1024, n[0] * fJ},
                                              {core.energy.frontend_column_J * kColumns, n[1] * fJ},
                                              {core.energy.adc_conversion_J * kPairs, n[2] * fJ},
                                              {core.timing.dac_settle_s, t[0]},
                                              {core.timing.integrate_s, t[1]},
                                              {core.timing.adc_conversion_s, t[2]}}) {
    most = std::max(most, std::abs(key / fitted - 1));
  }
  return most;
}

}  // namespace tessera::validation
