// SPDX-License-Identifier: Apache-2.0
#include "platform/study/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "platform/text/table.h"

namespace tessera::study {
namespace {

std::string quoted(const std::string& field) {
  if (field.find_first_of(",\"\n\r") == std::string::npos) {
    return field;
  }
  std::string out = "\"";
  for (const char c : field) {
    out += c == '"' ? "\"\"" : std::string(1, c == '\n' || c == '\r' ? ' ' : c);
  }
  return out + "\"";
}

std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "";
}

/// The axes but the first, as the name of a line.
std::string line_name(const Table& table, const Point& point) {
  std::string name;
  for (std::size_t a = 1; a < table.axes.size(); ++a) {
    name += fmt::format("{}{} = {}", a > 1 ? ", " : "", table.axes[a].key, table.axes[a].labels[point[a]]);
  }
  return name;
}

/// Whether numbers place the points better than names: not when zero stands beside decades.
bool on_scale(const Axis& axis) {
  if (!axis.numeric()) {
    return false;
  }
  std::vector<double> above;
  bool others = false;
  for (std::size_t i = 0; i < axis.values.size(); ++i) {
    const double value = axis.number(i);
    if (value > 0) {
      above.push_back(value);
    }
    others = others || value <= 0;
  }
  return !(others && text::spans_decades(above));
}

}  // namespace

Measured measured(const std::vector<double>& values) {
  Measured result;
  if (values.empty()) {
    return result;
  }
  result.mean = 0;
  for (const double value : values) {
    result.mean += value / static_cast<double>(values.size());
  }
  double squares = 0;
  for (const double value : values) {
    squares += (value - result.mean) * (value - result.mean);
  }
  result.deviation = values.size() > 1 ? std::sqrt(squares / static_cast<double>(values.size() - 1)) : 0;
  return result;
}

std::string csv(const Table& table) {
  std::string out;
  for (const Axis& axis : table.axes) {
    out += quoted(axis.key) + ",";
  }
  for (const Metric& metric : table.metrics) {
    out += quoted(metric.name) + "," + (table.repeats > 1 ? quoted(metric.name + "_deviation") + "," : "");
  }
  out += "problem\n";
  for (const Row& row : table.rows) {
    for (std::size_t a = 0; a < table.axes.size(); ++a) {
      out += quoted(table.axes[a].values[row.point[a]]) + ",";
    }
    for (std::size_t m = 0; m < table.metrics.size(); ++m) {
      const Measured value = m < row.values.size() ? row.values[m] : Measured{};
      out += number(value.mean) + "," +
             (table.repeats > 1 ? (std::isfinite(value.mean) ? number(value.deviation) : "") + "," : "");
    }
    out += quoted(row.problem) + "\n";
  }
  return out;
}

nlohmann::ordered_json json(const Table& table) {
  using nlohmann::ordered_json;
  ordered_json axes = ordered_json::array();
  for (const Axis& axis : table.axes) {
    axes.push_back({{"key", axis.key}, {"values", axis.values}});
  }
  ordered_json rows = ordered_json::array();
  for (const Row& row : table.rows) {
    ordered_json entry;
    ordered_json at = ordered_json::object();
    for (std::size_t a = 0; a < table.axes.size(); ++a) {
      at[table.axes[a].key] = table.axes[a].values[row.point[a]];
    }
    entry["settings"] = at;
    for (std::size_t m = 0; m < table.metrics.size() && m < row.values.size(); ++m) {
      const Measured& value = row.values[m];
      entry[table.metrics[m].name] = std::isfinite(value.mean)
                                         ? ordered_json{{"mean", value.mean}, {"deviation", value.deviation}}
                                         : ordered_json(nullptr);
    }
    if (!row.problem.empty()) {
      entry["problem"] = row.problem;
    }
    rows.push_back(entry);
  }
  return {{"axes", axes}, {"repeats", table.repeats}, {"rows", rows}};
}

std::string text(const Table& table) {
  std::vector<std::string> headers;
  for (const Axis& axis : table.axes) {
    headers.push_back(axis.key);
  }
  for (const Metric& metric : table.metrics) {
    headers.push_back(metric.label);
  }
  text::Table lines(headers);
  for (const Row& row : table.rows) {
    std::vector<std::string> fields;
    for (std::size_t a = 0; a < table.axes.size(); ++a) {
      fields.push_back(table.axes[a].labels[row.point[a]]);
    }
    for (std::size_t m = 0; m < table.metrics.size(); ++m) {
      const Measured value = m < row.values.size() ? row.values[m] : Measured{};
      const double scale = table.metrics[m].scale;
      fields.push_back(!std::isfinite(value.mean) ? (row.problem.empty() ? "-" : "failed")
                       : table.repeats > 1
                           ? fmt::format("{:.4g} +- {:.2g}", value.mean * scale, value.deviation * scale)
                           : fmt::format("{:.4g}", value.mean * scale));
    }
    lines.add(fields);
  }
  return lines.text();
}

text::Plot plot(const Table& table, std::size_t metric) {
  text::Plot out;
  out.title = table.title;
  out.note = table.note;
  out.y.label = table.metrics.at(metric).label;
  if (table.axes.empty()) {
    return out;
  }
  const Axis& first = table.axes.front();
  out.x.label = first.key;
  const bool scale = on_scale(first);
  if (scale) {
    std::vector<double> numbers;
    for (std::size_t i = 0; i < first.values.size(); ++i) {
      numbers.push_back(first.number(i));
    }
    out.x.logarithmic = text::spans_decades(numbers);
    if (numbers.size() <= 10) {
      out.x.ticks = numbers;
      std::sort(out.x.ticks.begin(), out.x.ticks.end());
    }
  } else {
    out.x.categories = first.labels;
  }
  const double factor = table.metrics[metric].scale;
  for (const Row& row : table.rows) {
    const std::string name = line_name(table, row.point);
    auto line = std::find_if(out.series.begin(), out.series.end(), [&](const auto& one) { return one.name == name; });
    if (line == out.series.end()) {
      out.series.push_back({name, {}, {}, {}, text::PlotSeries::Kind::line_points});
      line = out.series.end() - 1;
    }
    const Measured value = metric < row.values.size() ? row.values[metric] : Measured{};
    line->x.push_back(scale ? first.number(row.point[0]) : static_cast<double>(row.point[0]));
    line->y.push_back(value.mean * factor);
    if (table.repeats > 1) {
      line->error.push_back(value.deviation * factor);
    }
  }
  // A line runs from left to right, in whatever order the values were given.
  for (text::PlotSeries& line : out.series) {
    std::vector<std::size_t> order(line.x.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      order[i] = i;
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return line.x[a] < line.x[b]; });
    const text::PlotSeries old = line;
    for (std::size_t i = 0; i < order.size(); ++i) {
      line.x[i] = old.x[order[i]];
      line.y[i] = old.y[order[i]];
      if (!old.error.empty()) {
        line.error[i] = old.error[order[i]];
      }
    }
  }
  return out;
}

}  // namespace tessera::study
