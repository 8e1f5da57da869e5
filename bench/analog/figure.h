// SPDX-License-Identifier: Apache-2.0
// One picture of bench_analog_curves: an SVG, and a CSV with the numbers behind it.
#pragma once

#include <filesystem>
#include <string>

#include "models/analog/array_parameters.h"
#include "platform/text/plot.h"

namespace tessera::curves {

using Folder = std::filesystem::path;
using Kind = text::PlotSeries::Kind;

/// A plot of the size of all pictures on the page.
[[nodiscard]] text::Plot plot(std::string title, std::string note, std::string x_label, std::string y_label);
[[nodiscard]] text::PlotSeries series(std::string name, Kind kind = Kind::line);
void add(text::PlotSeries& series, double x, double y);

/// Writes NAME.svg and NAME.csv (one line a point: series, x, y, error).
/// @throws std::runtime_error  a file cannot be written
void write(const Folder& folder, const std::string& name, const text::Plot& plot);

/// Default parameters of a small array without any effect.
[[nodiscard]] analog::ArrayParameters quiet_array(std::uint32_t rows, std::uint32_t columns);

void cell_currents(const Folder& folder);
void temperature(const Folder& folder);
void retention(const Folder& folder);
void cell_errors(const Folder& folder);
void slow_noise(const Folder& folder);
void voltage_drop(const Folder& folder);
void converter_curves(const Folder& folder);
void converter_range(const Folder& folder);
void converter_laws(const Folder& folder);
/// @param page  docs/analog.md
/// @throws std::runtime_error  its table lacks a row
void signed_inputs(const Folder& folder, const Folder& page);

}  // namespace tessera::curves
