// SPDX-License-Identifier: Apache-2.0
// Claims about cell and array: figures 5, 6 and 7, sparsity.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numeric>

#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/tile/cost.h"
#include "tests/article/page.h"
#include "tests/article/section.h"

namespace tessera::article {
namespace {

/// Column codes of one product on the whole array.
std::vector<std::int32_t> multiply(const analog::Array& array, const std::vector<std::uint16_t>& codes,
                                   analog::Activity* activity = nullptr) {
  const std::uint32_t rows = array.parameters().rows;
  const std::uint32_t pairs = array.parameters().pairs();
  std::vector<std::int32_t> out(pairs);
  std::array<analog::Activity, 1> did{};
  array.multiply(*array.block(0, rows, 0, pairs), {0, rows, 0, pairs, 1, 0, 0}, codes, out, did);
  if (activity != nullptr) {
    *activity = did[0];
  }
  return out;
}

analog::ArrayParameters exact(std::uint32_t rows, std::uint32_t pairs) {
  analog::ArrayParameters parameters;
  parameters.rows = rows;
  parameters.columns = 2 * pairs;
  parameters.adc.bits = 0;
  parameters.effects = analog::NonIdealities::none();
  return parameters;
}

}  // namespace

std::string multiplication() {
  analog::Array array(exact(2, 2), 1, 0);
  // Weights [[3, -2], [5, 7]]: rows are inputs, a pair of columns is one signed output.
  const std::array<std::uint8_t, 8> levels = {3, 0, 0, 2, 5, 0, 7, 0};
  array.program(0, 0, 2, 4, levels);
  const std::vector<std::int32_t> out = multiply(array, {10, 20});
  EXPECT_EQ(out[0], 10 * 3 + 20 * 5);
  EXPECT_EQ(out[1], 10 * -2 + 20 * 7);

  const analog::CellParameters parameters;
  const analog::SubthresholdCell cell(parameters, 300.15);
  const double millivolts = 1e3 * cell.n_ut_V() * std::log(2.0);
  const double tenfold = 1e3 * cell.n_ut_V() * std::log(10.0);
  EXPECT_NEAR(millivolts, 32.3, 0.1);
  return heading("A product by Ohm and Kirchhoff (Figure 6)",
                 "a cell multiplies its input voltage by its conductance, a column adds the currents.") +
         table({{"inputs (10, 20) on weights ((3, -2), (5, 7))", "by hand", "array"},
                {"output 0", "130", std::to_string(out[0])},
                {"output 1", "120", std::to_string(out[1])}}) +
         verdict(fmt::format(
             "The sums hold to the last unit. The multiplication is not Ohm's: below threshold the current is "
             "exponential "
             "in the gate voltage, {:.1f} mV more double it and {:.0f} mV make it tenfold (n = 1.8, 27 degC). A linear "
             "product needs a logarithmic input voltage, or pulses whose width carries the input.",
             millivolts, tenfold));
}

std::string four_levels() {
  analog::ArrayParameters parameters;
  parameters.rows = 4096;
  parameters.columns = 2;
  parameters.cell.bits = 2;
  const analog::SubthresholdCell cell(parameters.cell, parameters.temperature_K);
  std::vector<std::vector<std::string>> rows = {
      {"level", "threshold above level 1", "nominal current", "mean of 2048 cells", "standard deviation", "misread"}};
  int misread_total = 0;
  for (int level = 0; level < 4; ++level) {
    analog::Array array(parameters, 1, static_cast<std::uint32_t>(level));
    const std::vector<std::uint8_t> levels(8192, static_cast<std::uint8_t>(level));
    array.program(0, 0, 4096, 2, levels);
    double sum = 0;
    double squares = 0;
    int misread = 0;
    constexpr int cells = 2048;
    for (std::uint32_t r = 0; r < cells; ++r) {
      const double current = array.cell_current_A(r, 0);
      sum += current;
      squares += current * current;
      misread += std::lround(current / parameters.cell.i_lsb_A) != level ? 1 : 0;
    }
    const double mean = sum / cells;
    const double sigma = std::sqrt(std::max(0.0, squares / cells - mean * mean));
    rows.push_back({std::to_string(level),
                    level == 0   ? "programmed off"
                    : level == 1 ? "0 mV"
                                 : fmt::format("{:.1f} mV", 1e3 * cell.target_vt_V(level)),
                    fmt::format("{:.2f} nA", level == 0 ? parameters.cell.i_off_A * 1e9 : level * 1.0),
                    fmt::format("{:.3f} nA", mean * 1e9), fmt::format("{:.1f} pA", sigma * 1e12),
                    std::to_string(misread)});
    misread_total += misread;
  }
  EXPECT_EQ(misread_total, 0);
  return heading("Four levels in a two-bit cell (Figure 5)", "one cell holds one of four weights.") + table(rows) +
         verdict(
             fmt::format("Holds: with a programming error of {:.1f} % no level is taken for another. The four levels "
                         "lie within {:.0f} mV of threshold voltage; it is the fourth bit (levels 14 and 15 lie "
                         "{:.1f} mV apart) that makes programming precise work.",
                         100 * parameters.cell.sigma_prog_rel, -1e3 * cell.target_vt_V(3),
                         1e3 * (cell.target_vt_V(14) - cell.target_vt_V(15))));
}

std::string fully_connected() {
  constexpr std::uint32_t inputs = 84;
  constexpr std::uint32_t outputs = 10;
  analog::Array array(exact(inputs, outputs), 1, 0);
  std::vector<std::uint8_t> levels(std::size_t{inputs} * outputs * 2);
  std::vector<int> weights(std::size_t{inputs} * outputs);
  std::vector<std::uint16_t> codes(inputs);
  for (std::uint32_t i = 0; i < inputs; ++i) {
    codes[i] = static_cast<std::uint16_t>(i * 37 % 256);
    for (std::uint32_t o = 0; o < outputs; ++o) {
      const int weight = static_cast<int>((i * 11 + o * 7) % 31) - 15;
      weights[std::size_t{i} * outputs + o] = weight;
      levels[(std::size_t{i} * outputs + o) * 2] = static_cast<std::uint8_t>(std::max(weight, 0));
      levels[(std::size_t{i} * outputs + o) * 2 + 1] = static_cast<std::uint8_t>(std::max(-weight, 0));
    }
  }
  array.program(0, 0, inputs, outputs * 2, levels);
  const std::vector<std::int32_t> out = multiply(array, codes);
  int equal = 0;
  for (std::uint32_t o = 0; o < outputs; ++o) {
    std::int32_t sum = 0;
    for (std::uint32_t i = 0; i < inputs; ++i) {
      sum += codes[i] * weights[std::size_t{i} * outputs + o];
    }
    equal += sum == out[o] ? 1 : 0;
  }
  EXPECT_EQ(equal, 10);
  const tile::TileParameters tile;
  const double small_us = static_cast<double>(tile::product_time(tile, inputs, outputs).total()) * 1e-6;
  const double full_us = static_cast<double>(tile::product_time(tile, 1024, 512).total()) * 1e-6;
  EXPECT_LT(full_us / small_us, 2.0);
  return heading("A fully connected layer in one array (Figure 7)", "a layer is one read of one array.") +
         table({{"layer", "multiplications", "reads of the array", "time"},
                {"84 inputs x 10 outputs", "840", "1", fmt::format("{:.4g} us", small_us)},
                {"1024 inputs x 512 outputs", "524288", "1", fmt::format("{:.4g} us", full_us)}}) +
         verdict(fmt::format(
             "Holds: {} of 10 outputs equal the dot products, and a layer 624 times as large takes {:.1f} times as "
             "long, "
             "because converters are shared by columns. A layer with more inputs than rows needs several arrays and "
             "digital addition of their partial sums; signed weights take two cells each.",
             equal, full_us / small_us));
}

std::string sparsity() {
  analog::ArrayParameters parameters;
  analog::Array array(parameters, 1, 0);
  const std::size_t cells = std::size_t{parameters.rows} * parameters.columns;
  std::vector<std::vector<std::string>> rows = {
      {"zero inputs", "zero weights", "array", "DAC, row drivers", "front end, ADC", "digital, control", "product"}};
  const tile::TileParameters tile;
  double dense = 0;
  double sparse = 0;
  double array_dense = 0;
  double array_sparse = 0;
  const std::array<std::array<int, 2>, 5> percent = {{{0, 0}, {50, 0}, {0, 50}, {50, 50}, {90, 90}}};
  for (const auto& [inputs, weights] : percent) {
    std::vector<std::uint8_t> levels(cells, 0);
    for (std::size_t i = 0; i < cells; i += 2) {
      const auto hash = static_cast<std::uint32_t>(i / 2) * 2654435761U;
      if (static_cast<int>(hash >> 16) % 100 >= weights) {
        levels[i + (hash >> 8 & 1)] = static_cast<std::uint8_t>(1 + (hash >> 4) % 15);
      }
    }
    array.program(0, 0, parameters.rows, parameters.columns, levels);
    std::vector<std::uint16_t> codes(parameters.rows, 0);
    for (std::uint32_t r = 0; r < parameters.rows; ++r) {
      const std::uint32_t hash = r * 2246822519U;
      if (static_cast<int>(hash >> 16) % 100 >= inputs) {
        codes[r] = static_cast<std::uint16_t>(1 + (hash >> 8) % 127);
      }
    }
    analog::Activity activity;
    static_cast<void>(multiply(array, codes, &activity));
    const tile::ProductEnergy energy = tile::product_energy(tile, activity, parameters.rows, parameters.pairs(), 512);
    const auto nanojoules = [](probe::Energy attojoules) {
      return fmt::format("{:.3f} nJ", static_cast<double>(attojoules) * 1e-9);
    };
    rows.push_back({fmt::format("{} %", inputs), fmt::format("{} %", weights), nanojoules(energy.array),
                    nanojoules(energy.dac), nanojoules(energy.frontend + energy.adc), nanojoules(energy.digital),
                    nanojoules(energy.total())});
    (inputs == 0 && weights == 0 ? dense : sparse) = static_cast<double>(energy.total());
    (inputs == 0 && weights == 0 ? array_dense : array_sparse) = static_cast<double>(energy.array);
  }
  EXPECT_LT(array_sparse, 0.05 * array_dense);
  EXPECT_GT(sparse, 0.4 * dense);
  return heading("Zeros cost nothing (sparsity)", "zero weights or inputs leave cells idle.") + table(rows) +
         verdict(fmt::format(
             "Holds for the cells and, for inputs, their row drivers: at 90 % zeros the array takes {:.1f} % of "
             "its energy. The product still takes {:.0f} %, because converters, front end and control "
             "work for every column whatever it adds.",
             100 * array_sparse / array_dense, 100 * sparse / dense));
}

}  // namespace tessera::article
