// SPDX-License-Identifier: Apache-2.0
// Small plots as SVG text: lines and points with error bars, bars, histograms; linear, logarithmic and named axes.
// One helper for every command and study that draws (eval, sweep, tile); nothing in it knows what is drawn.
//
// The text is a function of the plot alone (same plot, same bytes), stands alone (no script, no font, no link) and
// reads on light and dark pages: colours follow the reader's colour scheme. Points carry their numbers as tooltips.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tessera::text {

struct PlotAxis {
  std::string label;                    ///< with its unit: "age [s]"
  bool logarithmic = false;             ///< points at or below zero are left out
  std::optional<double> low, high;      ///< ends; default: those of the data, rounded outwards
  std::vector<double> ticks;            ///< where to write numbers; default: round numbers
  std::vector<std::string> categories;  ///< x axis only: names of the positions 0, 1, 2, ...
};

struct PlotSeries {
  enum class Kind { line, points, line_points, bars, steps };
  std::string name;           ///< in the legend; no entry if empty
  std::vector<double> x, y;   ///< same length; points that are not finite are left out and interrupt the line
  std::vector<double> error;  ///< half length of each error bar; empty: none
  Kind kind = Kind::line_points;
};

struct Plot {
  std::string title;
  std::string note;  ///< small, below the title: what was held constant
  PlotAxis x, y;
  std::vector<PlotSeries> series;
  int width = 720, height = 432;
};

/// @throws std::invalid_argument  x, y and error of a series differ in length; an axis end is not finite, or not above
/// zero on a logarithmic axis
[[nodiscard]] std::string to_svg(const Plot& plot);

/// Counts of equal bins between the least and the largest value, as bars over the bins' centres.
/// @param bins  0: as many as Sturges' rule gives
/// @throws std::invalid_argument  no finite value
[[nodiscard]] PlotSeries histogram(const std::vector<double>& values, std::size_t bins = 0);

/// True if a logarithmic axis shows these values better: all above zero, over more than a decade.
[[nodiscard]] bool spans_decades(const std::vector<double>& values);

}  // namespace tessera::text
