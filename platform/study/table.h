// SPDX-License-Identifier: Apache-2.0
// The results of a study: a row a point, a column a metric; as CSV, JSON and plots.
#pragma once

#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "platform/study/axis.h"
#include "platform/text/plot.h"

namespace tessera::study {

struct Metric {
  std::string name;   ///< of the column: "accuracy"
  std::string label;  ///< of the plot's axis, with unit: "accuracy [%]"
  double scale = 1;   ///< what is plotted is value * scale
};

/// A value with its spread over the seeds.
struct Measured {
  double mean = std::numeric_limits<double>::quiet_NaN();  ///< not a number: there is none
  double deviation = 0;                                    ///< sample standard deviation; 0 for one seed
};

/// Mean and sample standard deviation; not a number if there is no value.
[[nodiscard]] Measured measured(const std::vector<double>& values);

struct Row {
  Point point;
  std::vector<Measured> values;  ///< one a metric
  std::string problem;           ///< why the point has no values; empty: it has
};

struct Table {
  std::string title, note;
  std::vector<Axis> axes;
  std::vector<Metric> metrics;
  std::size_t repeats = 1;  ///< seeds behind each value; more than one gives columns and bars of deviation
  std::vector<Row> rows;
};

/// Header and a line a row: the values of the axes, each metric (and its deviation), the problem.
[[nodiscard]] std::string csv(const Table& table);
[[nodiscard]] nlohmann::ordered_json json(const Table& table);
/// Aligned text for a terminal.
[[nodiscard]] std::string text(const Table& table);
/// One metric over the first axis, a line for each combination of the others. Numbers get a numeric axis (logarithmic
/// if they span decades), other values stand side by side.
[[nodiscard]] text::Plot plot(const Table& table, std::size_t metric);

}  // namespace tessera::study
