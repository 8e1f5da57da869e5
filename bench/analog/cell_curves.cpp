// SPDX-License-Identifier: Apache-2.0
// Pictures of single cells: current against input, temperature, age, and the size of their random errors.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <vector>

#include "bench/analog/figure.h"
#include "models/analog/array.h"
#include "models/analog/cell.h"
#include "models/analog/cell_errors.h"
#include "models/analog/sonos.h"
#include "models/analog/temperature.h"

namespace tessera::curves {
namespace {

using analog::Array;
using analog::ArrayParameters;
using analog::CellParameters;

constexpr double kCold_K = 298.15, kHot_K = 358.15, kZero_K = 273.15;

/// Current of one cell of a level at each code [A]: the sum of a column with this cell alone.
std::vector<double> currents(const ArrayParameters& p, int level, const std::vector<std::uint16_t>& codes) {
  Array array(p, 1, 0);
  const std::vector<std::uint8_t> levels = {static_cast<std::uint8_t>(level), 0};
  array.program(0, 0, 1, 2, levels);
  const auto count = static_cast<std::uint32_t>(codes.size());
  std::vector<double> sums(count), variances(count);
  std::vector<analog::Activity> activity(count);
  array.sums(*array.block(0, 1, 0, 1), {0, 1, 0, 1, count, 0, 0}, false, codes, sums, variances, activity);
  for (double& sum : sums) {
    sum *= p.cell.i_lsb_A / p.max_code();
  }
  return sums;
}

struct Moments {
  double mean = 0, sigma = 0;
};

/// Currents of many cells of one level [A].
Moments moments(const ArrayParameters& p, int level) {
  Array array(p, 1, 0);
  array.program(0, 0, p.rows, p.columns,
                std::vector<std::uint8_t>(std::size_t{p.rows} * p.columns, static_cast<std::uint8_t>(level)));
  double sum = 0, squares = 0;
  const double first = array.cell_current_A(0, 0);  // against cancellation
  for (std::uint32_t r = 0; r < p.rows; ++r) {
    for (std::uint32_t c = 0; c < p.columns; ++c) {
      const double i = array.cell_current_A(r, c) - first;
      sum += i;
      squares += i * i;
    }
  }
  const double n = static_cast<double>(p.rows) * p.columns;
  return {first + sum / n, std::sqrt(std::max(0.0, squares / n - sum / n * sum / n))};
}

}  // namespace

void cell_currents(const Folder& folder) {
  ArrayParameters p = quiet_array(1, 2);
  p.dac.bits = 10;
  std::vector<std::uint16_t> codes;
  for (double code = 1; code < 1023; code = std::max(code + 1, code * 1.17)) {
    codes.push_back(static_cast<std::uint16_t>(code));
  }
  codes.push_back(1023);
  ArrayParameters bent = p;
  bent.effects.compression = true;
  bent.cell.specific_current_A = 15 * p.cell.i_lsb_A;
  const double n_ut_mV = 1000 * analog::SubthresholdCell(p.cell, p.temperature_K).n_ut_V();

  const std::string note =
      fmt::format("default cells at 300 K, n UT = {:.1f} mV; compression: I_S = {:.0f} nA, level 15", n_ut_mV,
                  1e9 * bent.cell.specific_current_A);
  text::Plot logarithmic =
      plot("Cell current against gate voltage", note, "gate voltage below full input [mV]", "cell current [nA]");
  logarithmic.y.logarithmic = true;
  text::Plot linear = plot("Cell current against input", note, "input, share of the largest code", "cell current [nA]");
  for (const int level : {1, 2, 4, 8, 15}) {
    for (const bool compressed : {false, true}) {
      if (compressed && level != 15) {
        continue;
      }
      const std::vector<double> i_A = currents(compressed ? bent : p, level, codes);
      const std::string name = fmt::format("level {}{}", level, compressed ? " with compression" : "");
      text::PlotSeries gate = series(name), input = series(name);
      for (std::size_t k = 0; k < codes.size(); ++k) {
        const double x = codes[k] / 1023.0;
        add(gate, n_ut_mV * std::log(x), 1e9 * i_A[k]);
        add(input, x, 1e9 * i_A[k]);
      }
      logarithmic.series.push_back(gate);
      linear.series.push_back(input);
    }
  }
  write(folder, "cell-current-log", logarithmic);
  write(folder, "cell-current-linear", linear);

  text::Plot bend = plot("Departure from the exponential law", "a cell is verified at full input, so both ends agree",
                         "input, share of the largest code", "departure [% of full current]");
  for (const double inversion : {10.0, 1.0, 0.1, 0.015}) {
    bent.cell.specific_current_A = 15 * p.cell.i_lsb_A / inversion;
    text::PlotSeries line =
        series(fmt::format("{} I_S at full input{}", inversion, inversion == 0.015 ? " (level 15, default)" : ""));
    const std::vector<double> ideal = currents(p, 15, codes), real = currents(bent, 15, codes);
    for (std::size_t k = 0; k < codes.size(); ++k) {
      add(line, codes[k] / 1023.0, 100 * (real[k] - ideal[k]) / ideal.back());
    }
    bend.series.push_back(line);
  }
  write(folder, "cell-compression", bend);
}

void temperature(const Folder& folder) {
  using Compensation = CellParameters::Compensation;
  ArrayParameters p = quiet_array(1, 2);
  p.effects.temperature = true;
  p.temperature_K = kCold_K;
  struct Way {
    Compensation compensation;
    const char* name;
  };
  const std::array<Way, 4> ways = {{{Compensation::none, "none"},
                                    {Compensation::reference_cell, "reference_cell"},
                                    {Compensation::common_gain, "common_gain"},
                                    {Compensation::tracking, "tracking"}}};
  text::Plot curve =
      plot("Highest level against temperature", "level 15, programmed at 25 C, by temperature_compensation",
           "temperature [C]", "current [levels at 25 C]");
  text::Plot levels = plot("Levels at 85 C", "programmed at 25 C, by temperature_compensation; none is off the scale",
                           "programmed level", "error at 85 C [% of full scale]");
  curve.x.low = 25;
  curve.x.high = 85;
  curve.x.ticks = {25, 40, 55, 70, 85};
  curve.y.logarithmic = true;
  curve.y.ticks = {7, 10, 15, 20, 30, 50, 70};
  for (const Way& way : ways) {
    p.cell.compensation = way.compensation;
    text::PlotSeries line = series(way.name);
    for (double celsius = 25; celsius <= 85; celsius += 2.5) {
      p.environment.temperature_K = celsius + kZero_K;
      const analog::TemperatureLaw law(p);
      add(line, celsius, law.on ? law.of(15) : 15.0);
    }
    curve.series.push_back(line);
    p.environment.temperature_K = kHot_K;
    const analog::TemperatureLaw hot(p);
    text::PlotSeries errors = series(way.name, Kind::line_points);
    for (int level = 1; level <= 15; ++level) {
      add(errors, level, 100 * (hot.of(level) - level) / 15);
    }
    if (way.compensation != Compensation::none) {
      levels.series.push_back(errors);
    }
  }
  write(folder, "temperature-level15", curve);
  write(folder, "temperature-levels", levels);
}

void retention(const Folder& folder) {
  ArrayParameters p = quiet_array(64, 64);
  p.effects.retention = true;
  text::Plot flash =
      plot("Current after programming", "mean and 1 sigma of 4096 cells, default parameters (assumptions)",
           "time since programming [h]", "change of the current [% of the level]");
  flash.x.logarithmic = true;
  for (const int level : {15, 1}) {
    text::PlotSeries line = series(fmt::format("level {}", level), Kind::line_points);
    for (double hours = 0.1; hours < 2e5; hours *= 10) {
      p.environment.age_s = 3600 * hours * (level == 15 ? 1.0 : 1.25);  // side by side
      const Moments now = moments(p, level);
      const double fresh = level * p.cell.i_lsb_A;
      add(line, p.environment.age_s / 3600, 100 * (now.mean / fresh - 1));
      line.error.push_back(100 * now.sigma / fresh);
    }
    flash.series.push_back(line);
  }
  write(folder, "retention-flash", flash);

  text::Plot mean = plot("SONOS cells: mean shift", "law fitted to 128 k devices, 40 nm [A22]", "cell current [nA]",
                         "mean change of the current [nA]");
  text::Plot spread = plot("SONOS cells: spread", "programming error with drift, and read noise of one product [A22]",
                           "cell current [nA]", "1 sigma [nA]");
  mean.x.low = spread.x.low = 0;
  mean.x.high = spread.x.high = 1600;
  mean.x.ticks = spread.x.ticks = {0, 400, 800, 1200, 1600};
  for (const double days : {1, 3, 5}) {
    text::PlotSeries line = series(fmt::format("{} d", days));
    for (double i = 0; i <= 1600; i += 40) {
      add(line, i, analog::sonos::mean_shift_nA(i, days));
    }
    mean.series.push_back(line);
  }
  for (const double days : {0, 1, 5}) {
    text::PlotSeries line = series(fmt::format("programmed, {} d", days));
    for (double i = 0; i <= 1600; i += 40) {
      add(line, i, analog::sonos::sigma_programmed_nA(i, days));
    }
    spread.series.push_back(line);
  }
  text::PlotSeries read = series("read noise");
  for (double i = 0; i <= 1600; i += 40) {
    add(read, i, analog::sonos::sigma_read_nA(i));
  }
  spread.series.push_back(read);
  write(folder, "sonos-mean", mean);
  write(folder, "sonos-sigma", spread);
}

void cell_errors(const Folder& folder) {
  using Errors = CellParameters::Errors;
  text::Plot programming = plot("Programming error by level", "spread of 4096 programmed cells, by tile.cell.errors",
                                "level", "1 sigma [% of the highest level]");
  text::Plot read = plot("Read noise by level", "of one cell and product, by tile.cell.errors; off cells conduct i_off",
                         "level", "1 sigma [% of the highest level]");
  struct Law {
    Errors errors;
    const char* name;
  };
  for (const Law& law :
       {Law{Errors::relative, "relative"}, Law{Errors::constant, "constant"}, Law{Errors::sonos40, "sonos40"}}) {
    ArrayParameters p = quiet_array(64, 64);
    p.cell.errors = law.errors;
    p.effects.programming_error = p.effects.off_current = true;
    text::PlotSeries programmed = series(law.name, Kind::line_points), noise = programmed;
    for (int level = 0; level <= 15; ++level) {
      add(programmed, level, 100 * moments(p, level).sigma / (15 * p.cell.i_lsb_A));
      add(noise, level, 100 * analog::sigma_read(p, analog::target_current(p, level)) / analog::top_current(p));
    }
    programming.series.push_back(programmed);
    read.series.push_back(noise);
  }
  write(folder, "programming-by-level", programming);
  write(folder, "read-noise-by-level", read);
}

}  // namespace tessera::curves
