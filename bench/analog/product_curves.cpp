// SPDX-License-Identifier: Apache-2.0
// Pictures of products: slow against white noise, and the voltage drop along a column.
#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <vector>

#include "bench/analog/figure.h"
#include "models/analog/array.h"
#include "models/analog/ir_drop.h"

namespace tessera::curves {

void slow_noise(const Folder& folder) {
  constexpr std::uint32_t kPairs = 256, kRows = 64, kEpochs = 8, kPasses = 256;
  analog::ArrayParameters p = quiet_array(kRows, 2 * kPairs);
  p.effects.read_noise = p.effects.slow_noise = true;
  p.cell.sigma_read_vt_V = 3e-3;
  p.cell.slow_epoch_passes = kPasses;
  p.adc.bits = 12;
  // Plus cells of level 8 alone, driven fully: all columns and products are alike but for noise.
  std::vector<std::uint8_t> levels(std::size_t{kRows} * 2 * kPairs, 0);
  for (std::size_t i = 0; i < levels.size(); i += 2) {
    levels[i] = 8;
  }
  const std::vector<std::uint16_t> codes(std::size_t{kRows} * kPasses * kEpochs, 255);
  const double ideal = 8.0 * 255 * kRows;

  text::Plot figure =
      plot("Error of a mean of products",
           fmt::format("{} cells of level 8, read noise of {:.0f} mV, products of one epoch; {} means a point", kRows,
                       1e3 * p.cell.sigma_read_vt_V, kPairs * kEpochs),
           "products k", "error of the mean, 1 sigma [% of the sum]");
  figure.x.ticks = {1, 2, 4, 8, 16, 32, 64, 128, 256};
  figure.x.logarithmic = figure.y.logarithmic = true;
  for (const double share : {1.0, 0.5, 0.1, 0.0}) {
    p.cell.slow_share = share;
    analog::Array array(p, 1, 0);
    array.program(0, 0, kRows, 2 * kPairs, levels);
    const analog::Product product{0, kRows, 0, kPairs, kPasses * kEpochs, 0, 0};
    std::vector<std::int32_t> out(std::size_t{product.count} * kPairs);
    std::vector<analog::Activity> activity(product.count);
    array.multiply(*array.block(0, kRows, 0, kPairs), product, codes, out, activity);
    const double lsb = array.lsb_in_column_sum(product.gain_index);
    text::PlotSeries measured = series(fmt::format("slow_share {}", share), Kind::line_points);
    for (std::uint32_t k = 1; k <= kPasses; k *= 2) {
      double squares = 0;
      for (std::uint32_t epoch = 0; epoch < kEpochs; ++epoch) {
        for (std::uint32_t pair = 0; pair < kPairs; ++pair) {
          double sum = 0;
          for (std::uint32_t n = 0; n < k; ++n) {
            sum += out[(std::size_t{epoch} * kPasses + n) * kPairs + pair];
          }
          squares += std::pow(sum / k * lsb / ideal - 1, 2);
        }
      }
      add(measured, k, 100 * std::sqrt(squares / (kEpochs * kPairs)));
    }
    figure.series.push_back(measured);
  }
  write(folder, "slow-noise", figure);
}

void voltage_drop(const Folder& folder) {
  constexpr double kCell_S = 1e-6, kSupply_V = 1.0;
  const auto law = [](std::size_t, double volt) { return analog::CellPoint{volt * kCell_S, kCell_S}; };
  text::Plot figure =
      plot("Voltage drop of a column", "N linear cells, all on; r: wire between two cells over the cell", "cells N",
           "column current, share of the ideal");
  figure.x.logarithmic = true;
  figure.x.low = 16;
  figure.x.high = 2048;
  figure.x.ticks = {16, 32, 64, 128, 256, 512, 1024, 2048};
  figure.y.low = 0;
  figure.y.high = 1;
  text::PlotSeries tanh = series("tanh(x) / x, x = N sqrt(r)", Kind::points);
  for (const double ratio : {1e-6, 1e-5}) {
    text::PlotSeries exact = series(fmt::format("exact, r = {:.0e}", ratio)),
                     first = series(fmt::format("first order, r = {:.0e}", ratio));
    for (double size = 16; size <= 2048.5; size *= std::pow(2.0, 0.25)) {
      const auto n = static_cast<std::size_t>(std::lround(size));
      const auto cells = static_cast<double>(n);
      const double ideal = cells * kCell_S * kSupply_V;
      add(exact, cells, analog::solve_column(n, law, ratio / kCell_S, kSupply_V).total_A / ideal);
      add(first, cells, analog::first_order_column(n, law, ratio / kCell_S, kSupply_V).total_A / ideal);
      if (std::has_single_bit(n)) {
        const double x = cells * std::sqrt(ratio);
        add(tanh, cells, std::tanh(x) / x);
      }
    }
    figure.series.push_back(exact);
    figure.series.push_back(first);
  }
  figure.series.push_back(tanh);
  write(folder, "voltage-drop", figure);
}

}  // namespace tessera::curves
