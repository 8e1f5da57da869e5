// SPDX-License-Identifier: Apache-2.0
// What programming by pulses gives: tuning error against the number of pulses, and the pulses that verify-terminated
// programming takes. Writes programming-error.{csv,svg} and programming-pulses.{csv,svg}; prints the wall time of a
// full tile with 20 fixed pulses.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/analog/programming.h"
#include "platform/text/plot.h"

namespace {

using namespace tessera;  // NOLINT(google-build-using-namespace): a program of one file
namespace fs = std::filesystem;

struct Result {
  std::vector<double> errors;
  analog::ProgrammingOutcome outcome;
  [[nodiscard]] double mean_absolute() const {
    double sum = 0;
    for (const double e : errors) {
      sum += std::abs(e);
    }
    return sum / static_cast<double>(errors.size());
  }
  [[nodiscard]] double sigma() const {
    double sum = 0, squares = 0;
    for (const double e : errors) {
      sum += e;
      squares += e * e;
    }
    const auto n = static_cast<double>(errors.size());
    return std::sqrt(squares / n - sum / n * sum / n);
  }
};

Result program(std::uint32_t rows, std::uint32_t columns, analog::ProgrammingMethod method, std::uint32_t pulses) {
  analog::ArrayParameters array;
  array.rows = rows;
  array.columns = columns;
  analog::FlashArray flash(array, {}, 1, 0);
  Result result;
  std::vector<float> currents(columns);
  std::vector<std::uint8_t> levels(columns);
  for (std::uint32_t row = 0; row < rows; ++row) {
    if (row % 2 == 0) {
      flash.erase_pair(row / 2);
    }
    for (std::uint32_t c = 0; c < columns; ++c) {
      levels[c] = static_cast<std::uint8_t>(1 + ((row * 0x9E3779B1U) ^ (c * 0x85EBCA77U)) / 977 % 15);
    }
    result.outcome += flash.program(row, 0, levels, method, pulses);
    flash.currents(row, currents);
    for (std::uint32_t c = 0; c < columns; ++c) {
      result.errors.push_back(static_cast<double>(currents[c]) / levels[c] - 1.0);
    }
  }
  return result;
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream file(path);
  file << text;
  if (!file.flush()) {
    throw std::runtime_error(path.string() + ": cannot write");
  }
}

void error_curve(const fs::path& folder) {
  std::string csv = "pulses,mean_absolute_error,sigma\n";
  text::PlotSeries mean{"mean |dI/I| of the model", {}, {}, {}, text::PlotSeries::Kind::line_points};
  for (std::uint32_t pulses = 4; pulses <= 40; pulses += pulses < 12 ? 1 : 2) {
    const Result result = program(64, 512, analog::ProgrammingMethod::fixed, pulses);
    csv += fmt::format("{},{:.6f},{:.6f}\n", pulses, result.mean_absolute(), result.sigma());
    mean.x.push_back(pulses);
    mean.y.push_back(100.0 * result.mean_absolute());
  }
  text::Plot plot;
  plot.title = "Tuning error against write-verify pulses";
  plot.note = "32768 cells, levels 1 to 15, erased before";
  plot.x.label = "pulses";
  plot.y.label = "mean |dI/I| [%]";
  plot.y.logarithmic = true;
  plot.series = {mean, {"measured: Bayat et al., DRC 2016", {10, 35}, {3.0, 0.3}, {}, text::PlotSeries::Kind::points}};
  write(folder / "programming-error.csv", csv);
  write(folder / "programming-error.svg", text::to_svg(plot));
}

void pulse_histogram(const fs::path& folder) {
  const Result result = program(256, 1024, analog::ProgrammingMethod::verify, 0);
  std::string csv = "pulses,cells\n";
  text::PlotSeries bars{"", {}, {}, {}, text::PlotSeries::Kind::bars};
  for (std::size_t n = 0; n < result.outcome.histogram.size(); ++n) {
    csv += fmt::format("{},{}\n", n, result.outcome.histogram[n]);
    bars.x.push_back(static_cast<double>(n));
    bars.y.push_back(result.outcome.histogram[n]);
  }
  text::Plot plot;
  plot.title = "Pulses of a cell with verify termination";
  plot.note = fmt::format("{} cells, levels 1 to 15; mean |dI/I| {:.2f} %, {} soft erases", result.outcome.cells,
                          100.0 * result.mean_absolute(), result.outcome.soft_erases);
  plot.x.label = "pulses";
  plot.y.label = "cells";
  plot.series = {bars};
  write(folder / "programming-pulses.csv", csv);
  write(folder / "programming-pulses.svg", text::to_svg(plot));
}

void full_tile(analog::ProgrammingMethod method, const char* what) {
  const auto begin = std::chrono::steady_clock::now();
  const Result full = program(1024, 1024, method, method == analog::ProgrammingMethod::fixed ? 20 : 0);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - begin;
  fmt::print("1024 x 1024 cells, {}: {:.2f} s of wall time, {:.3f} s simulated, sigma {:.3f} %, {} soft erases\n", what,
             wall.count(), full.outcome.time_s({}, method), 100.0 * full.sigma(), full.outcome.soft_erases);
}

}  // namespace

int main(int argc, char** argv) {
  const fs::path folder = argc > 1 ? argv[1] : ".";
  try {
    fs::create_directories(folder);
    error_curve(folder);
    pulse_histogram(folder);
    full_tile(analog::ProgrammingMethod::fixed, "20 fixed pulses");
    full_tile(analog::ProgrammingMethod::verify, "until each cell is on target");
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_programming: {}\n", error.what());
    return 1;
  }
  return 0;
}
