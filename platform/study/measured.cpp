// SPDX-License-Identifier: Apache-2.0
#include "platform/study/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>

#include "models/analog/measured_curves.h"
#include "platform/config/value.h"

namespace tessera::study {
namespace {

struct Field {
  std::string text;
  std::size_t column = 1;  ///< of its first character, counted from 1
};

std::vector<Field> fields_of(std::string_view line) {
  std::vector<Field> fields;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    std::size_t from = begin, to = end;
    while (from < to && (line[from] == ' ' || line[from] == '\t')) {
      ++from;
    }
    while (to > from && (line[to - 1] == ' ' || line[to - 1] == '\t' || line[to - 1] == '\r')) {
      --to;
    }
    fields.push_back({std::string(line.substr(from, to - from)), from + 1});
    if (end == line.size()) {
      return fields;
    }
    begin = end + 1;
  }
}

/// Rows of a file as numbers by column name.
class Csv {
 public:
  Csv(std::string_view text, std::string file, const std::vector<std::string>& required,
      const std::vector<std::string>& optional)
      : file_(std::move(file)) {
    std::vector<std::string> names;
    std::size_t number = 0;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = text.substr(begin, end - begin);
      begin = end + 1;
      ++number;
      const std::vector<Field> fields = fields_of(line);
      if (line.empty() || line.front() == '#' || (fields.size() == 1 && fields[0].text.empty())) {
        continue;
      }
      if (names.empty()) {
        names = header(fields, number, required, optional);
      } else {
        row(fields, number, names);
      }
    }
    if (names.empty() || rows_.empty()) {
      throw MeasuredError(fmt::format("{}:{}:1: no {}; expected {}", file_, std::max<std::size_t>(number, 1),
                                      names.empty() ? "line of column names" : "line of numbers",
                                      fmt::join(required, ", ")));
    }
  }

  [[nodiscard]] std::size_t size() const { return rows_.size(); }
  [[nodiscard]] double at(std::size_t row, const std::string& name, double otherwise = -1) const {
    const auto found = rows_[row].find(name);
    return found == rows_[row].end() ? otherwise : found->second.value;
  }
  /// Refuses a value of a row. @throws MeasuredError
  [[noreturn]] void refuse(std::size_t row, const std::string& name, const std::string& expected) const {
    const Cell& cell = rows_[row].at(name);
    throw MeasuredError(
        fmt::format("{}:{}:{}: {} is {}; expected {}", file_, cell.line, cell.column, name, cell.value, expected));
  }

 private:
  struct Cell {
    double value = 0;
    std::size_t line = 0, column = 0;
  };

  [[nodiscard]] std::vector<std::string> header(const std::vector<Field>& fields, std::size_t line,
                                                const std::vector<std::string>& required,
                                                const std::vector<std::string>& optional) const {
    std::set<std::string> known(required.begin(), required.end());
    known.insert(optional.begin(), optional.end());
    std::vector<std::string> names;
    for (const Field& field : fields) {
      if (known.count(field.text) == 0 || std::find(names.begin(), names.end(), field.text) != names.end()) {
        throw MeasuredError(fmt::format("{}:{}:{}: column '{}' {}; expected {}", file_, line, field.column, field.text,
                                        known.count(field.text) == 0 ? "is unknown" : "stands there twice",
                                        fmt::join(known, ", ")));
      }
      names.push_back(field.text);
    }
    for (const std::string& name : required) {
      if (std::find(names.begin(), names.end(), name) == names.end()) {
        throw MeasuredError(fmt::format("{}:{}:1: column '{}' is missing", file_, line, name));
      }
    }
    return names;
  }

  void row(const std::vector<Field>& fields, std::size_t line, const std::vector<std::string>& names) {
    if (fields.size() != names.size()) {
      throw MeasuredError(
          fmt::format("{}:{}:1: {} numbers; expected {}", file_, line, fields.size(), fmt::join(names, ", ")));
    }
    std::map<std::string, Cell> cells;
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto number = platform::parse_real(fields[i].text);
      if (!number) {
        throw MeasuredError(fmt::format("{}:{}:{}: '{}' is not a finite number", file_, line, fields[i].column,
                                        fields[i].text.substr(0, 40)));
      }
      cells[names[i]] = {*number, line, fields[i].column};
    }
    rows_.push_back(std::move(cells));
  }

  std::string file_;
  std::vector<std::map<std::string, Cell>> rows_;
};

/// A spread that was measured, or -1.
double spread(const Csv& csv, std::size_t row, const std::string& name) {
  const double value = csv.at(row, name);
  if (value < 0 && csv.at(row, name, 0) < 0) {
    csv.refuse(row, name, "a spread, 0 or more");
  }
  return value;
}

struct Mean {
  double sum = 0, count = 0, most = 0;
  void add(double value) {
    sum += value * value;
    ++count;
    most = std::max(most, std::abs(value));
  }
  [[nodiscard]] double rms() const { return count > 0 ? std::sqrt(sum / count) : 0; }
};

/// Currents of levels 0 .. 2^n - 1 if they were all measured and rise; else nothing.
std::vector<double> complete_levels(const std::vector<CellRow>& rows) {
  const std::size_t count = rows.size();
  if (count < 2 || (count & (count - 1)) != 0) {
    return {};
  }
  std::vector<double> currents(count, -1);
  for (const CellRow& row : rows) {
    if (static_cast<std::size_t>(row.level) >= count) {
      return {};
    }
    currents[static_cast<std::size_t>(row.level)] = row.current_A;
  }
  const bool rise = std::adjacent_find(currents.begin(), currents.end(), std::greater_equal<>()) == currents.end();
  return rise ? currents : std::vector<double>();
}

}  // namespace

std::vector<CellRow> parse_cells(std::string_view text, const std::string& file) {
  const Csv csv(text, file, {"level", "current_A"}, {"sigma_prog_A", "sigma_read_A"});
  std::vector<CellRow> rows;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const double level = csv.at(i, "level");
    if (level < 0 || level > 255 || level != std::floor(level)) {
      csv.refuse(i, "level", "a whole number, 0 to 255");
    }
    const bool twice =
        std::any_of(rows.begin(), rows.end(), [&](const CellRow& row) { return row.level == static_cast<int>(level); });
    if (twice) {
      csv.refuse(i, "level", "each level once");
    }
    const double current = csv.at(i, "current_A");
    if (current < 0 || (level > 0 && current <= 0) || current > 1e-3) {
      csv.refuse(i, "current_A", "a current above 0, at most 1 mA");
    }
    rows.push_back({static_cast<int>(level), current, spread(csv, i, "sigma_prog_A"), spread(csv, i, "sigma_read_A")});
  }
  if (std::none_of(rows.begin(), rows.end(), [](const CellRow& row) { return row.level > 0; })) {
    csv.refuse(0, "level", "at least one level above 0");
  }
  return rows;
}

std::vector<CurveRow> parse_curves(std::string_view text, const std::string& file) {
  const Csv csv(text, file, {"level", "code", "current_A"}, {});
  std::vector<CurveRow> rows;
  std::map<std::pair<int, int>, double> seen;
  std::set<int> codes;
  int highest = 0;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    const double level = csv.at(i, "level"), code = csv.at(i, "code"), current = csv.at(i, "current_A");
    if (level < 0 || level > 255 || level != std::floor(level)) {
      csv.refuse(i, "level", "a whole number, 0 to 255");
    }
    if (code < 1 || code > 1023 || code != std::floor(code)) {
      csv.refuse(i, "code", "a whole number, 1 to 1023");
    }
    if (current < 0 || current > 1e-3) {
      csv.refuse(i, "current_A", "a current of 0 to 1 mA");
    }
    rows.push_back({static_cast<int>(level), static_cast<int>(code), current});
    if (!seen.emplace(std::pair(rows.back().level, rows.back().code), current).second) {
      csv.refuse(i, "code", "each code of a level once");
    }
    codes.insert(rows.back().code);
    highest = std::max(highest, rows.back().level);
  }
  if (highest < 1 || (highest & (highest + 1)) != 0 || codes.size() < 2) {
    csv.refuse(csv.size() - 1, "level", "all levels of 1 to 8 bits, from 0 on, at two codes or more");
  }
  double below = -1;
  for (int level = 0; level <= highest; ++level) {
    for (const int code : codes) {
      if (seen.count({level, code}) == 0) {
        csv.refuse(csv.size() - 1, "level",
                   fmt::format("every level at every code; level {} is not there at code {}", level, code));
      }
    }
    const double full = seen.at({level, *codes.rbegin()});
    if (full <= below) {
      csv.refuse(csv.size() - 1, "level",
                 fmt::format("currents at the largest code that rise; level {} has {} A", level, full));
    }
    below = full;
  }
  std::sort(rows.begin(), rows.end(), [](const CurveRow& a, const CurveRow& b) {
    return std::pair(a.level, a.code) < std::pair(b.level, b.code);
  });
  return rows;
}

std::vector<DriftRow> parse_drift(std::string_view text, const std::string& file) {
  const Csv csv(text, file, {"age_s", "mean_change"}, {"sigma_change", "level"});
  std::vector<DriftRow> rows;
  bool aged = false;
  for (std::size_t i = 0; i < csv.size(); ++i) {
    if (csv.at(i, "age_s") < 0) {
      csv.refuse(i, "age_s", "a time, 0 or more");
    }
    if (std::abs(csv.at(i, "mean_change", 0)) > 1) {
      csv.refuse(i, "mean_change", "a share of the current, -1 to 1");
    }
    aged = aged || csv.at(i, "age_s") > 0;
    rows.push_back({csv.at(i, "age_s"), csv.at(i, "mean_change", 0), spread(csv, i, "sigma_change")});
  }
  if (!aged) {
    csv.refuse(0, "age_s", "at least one age above 0");
  }
  return rows;
}

std::vector<TransferRow> parse_transfer(std::string_view text, const std::string& file) {
  const Csv csv(text, file, {"ideal_lsb", "mean_code"}, {"sigma_code", "converter"});
  std::vector<TransferRow> rows;
  std::map<int, std::array<double, 3>> ranges;  ///< lowest and highest input and number of points of each converter
  for (std::size_t i = 0; i < csv.size(); ++i) {
    if (std::abs(csv.at(i, "mean_code", 0)) > 2048) {
      csv.refuse(i, "mean_code", "a signed code of at most 12 bits");
    }
    const double number = csv.at(i, "converter", 0);
    if (number != std::floor(number) || number < 0 || number > 65535) {
      csv.refuse(i, "converter", "a whole number, 0 to 65535");
    }
    const TransferRow row{csv.at(i, "ideal_lsb", 0), csv.at(i, "mean_code", 0), spread(csv, i, "sigma_code"),
                          static_cast<int>(number)};
    auto& range = ranges.try_emplace(row.converter, std::array{row.ideal_lsb, row.ideal_lsb, 0.0}).first->second;
    range = {std::min(range[0], row.ideal_lsb), std::max(range[1], row.ideal_lsb), range[2] + 1};
    rows.push_back(row);
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto& range = ranges.at(rows[i].converter);
    if (range[2] < 3 || range[0] >= range[1]) {
      csv.refuse(i, "ideal_lsb", "at least three points of each converter over a range");
    }
  }
  return rows;
}

std::vector<FittedKey> fit_cells(const std::vector<CellRow>& rows, double n_ut_V) {
  std::vector<FittedKey> keys;
  int highest = 1;
  double xx = 0, xy = 0;
  for (const CellRow& row : rows) {
    highest = std::max(highest, row.level);
    if (row.level > 0) {  // relative residuals: every level weighs the same
      const double x = row.level / row.current_A;
      xx += x * x;
      xy += x;
    }
  }
  const double lsb = xy / xx;
  Mean error, programmed, read;
  std::optional<double> off;
  for (const CellRow& row : rows) {
    if (row.level == 0) {
      off = row.current_A;
      continue;
    }
    error.add(row.level * lsb / row.current_A - 1);
    if (row.sigma_prog_A >= 0) {
      programmed.add(row.sigma_prog_A / row.current_A);
    }
    if (row.sigma_read_A >= 0) {
      read.add(row.sigma_read_A / row.current_A);
    }
  }
  keys.push_back(
      {"tile.bits_per_cell", std::ceil(std::log2(highest + 1.0)), "bit", fmt::format("highest level {}", highest)});
  keys.push_back(
      {"tile.cell.i_lsb_A", lsb, "A",
       fmt::format("currents within {:.1f} % of level * i_lsb, rms {:.1f} %", 100 * error.most, 100 * error.rms())});
  if (const std::vector<double> levels = complete_levels(rows); !levels.empty()) {
    keys.push_back({"tile.cell.level_currents_A", 0, "A", "as measured, level by level", levels});
  }
  if (off) {
    keys.push_back({"tile.cell.i_off_A", *off, "A", "as measured"});
  }
  if (programmed.count > 0) {
    keys.push_back({"tile.cell.sigma_prog_rel", programmed.rms(), "",
                    fmt::format("one share for all levels; the largest measured is {:.2f} %", 100 * programmed.most)});
  }
  if (read.count > 0) {
    keys.push_back(
        {"tile.cell.sigma_read_vt_V", read.rms() * n_ut_V, "V",
         fmt::format("{:.2f} % of the current; the largest measured is {:.2f} %", 100 * read.rms(), 100 * read.most)});
  }
  return keys;
}

std::vector<FittedKey> fit_curves(const std::vector<CurveRow>& rows, double n_ut_V) {
  const int largest = rows.back().code;
  std::vector<CellRow> full;
  std::vector<double> codes, currents;
  for (const CurveRow& row : rows) {
    currents.push_back(row.current_A);
    if (row.level == 0) {
      codes.push_back(row.code);
    }
    if (row.code == largest) {
      full.push_back({row.level, row.current_A, -1, -1});
    }
  }
  std::vector<FittedKey> keys = fit_cells(full, n_ut_V);
  analog::ArrayParameters array;
  array.cell.bits = static_cast<int>(keys.front().value);
  array.cell.i_lsb_A = keys[1].value;
  array.dac.bits = static_cast<int>(std::ceil(std::log2(largest + 1.0)));
  array.cell.curve_codes = codes;
  array.cell.curve_currents_A = currents;
  // Keys of a section stand together.
  keys.insert(keys.begin() + 1,
              {"tile.dac.bits", static_cast<double>(array.dac.bits), "bit", fmt::format("largest code {}", largest)});
  keys.push_back({"tile.cell.curve_codes", 0, "", "as measured", codes});
  keys.push_back({"tile.cell.curve_currents_A", 0, "A",
                  fmt::format("within {:.2f} % of the highest current", 100 * analog::measured_residual(array)),
                  currents});
  return keys;
}

std::vector<FittedKey> fit_drift(const std::vector<DriftRow>& rows) {
  double xx = 0, xy = 0, xs = 0, ss = 0;
  for (const DriftRow& row : rows) {
    const double decades = std::log10(1 + row.age_s / 3600);
    xx += decades * decades;
    xy += decades * row.mean_change;
    if (row.sigma_change >= 0) {
      ss += decades * decades;
      xs += decades * row.sigma_change;
    }
  }
  const double mean = xx > 0 ? xy / xx : 0;
  Mean error;
  for (const DriftRow& row : rows) {
    error.add(row.mean_change - mean * std::log10(1 + row.age_s / 3600));
  }
  std::vector<FittedKey> keys = {{"tile.cell.drift_rel_per_decade_h.mean", mean, "",
                                  fmt::format("within {:.2f} % of the current", 100 * error.most)}};
  if (ss > 0) {
    keys.push_back({"tile.cell.drift_rel_per_decade_h.sigma", xs / ss, "", "least squares"});
  }
  return keys;
}

std::vector<FittedKey> fit_transfer(const std::vector<TransferRow>& rows) {
  std::map<int, std::vector<TransferRow>> converters;
  double largest = 0, variance = 0, measured = 0;
  for (const TransferRow& row : rows) {
    converters[row.converter].push_back(row);
    largest = std::max(largest, row.mean_code < 0 ? -row.mean_code : row.mean_code + 1);
    if (row.sigma_code >= 0) {
      variance += row.sigma_code * row.sigma_code;
      ++measured;
    }
  }
  Mean offset, gain, bend;
  for (const auto& [number, points] : converters) {
    const auto n = static_cast<double>(points.size());
    double mx = 0, my = 0, xx = 0, xy = 0;
    for (const TransferRow& row : points) {
      mx += row.ideal_lsb / n;
      my += row.mean_code / n;
    }
    for (const TransferRow& row : points) {
      xx += (row.ideal_lsb - mx) * (row.ideal_lsb - mx);
      xy += (row.ideal_lsb - mx) * (row.mean_code - my);
    }
    const double slope = xy / xx;
    offset.add(my - slope * mx);
    gain.add(slope - 1);
    for (const TransferRow& row : points) {
      bend.add(row.mean_code - my - slope * (row.ideal_lsb - mx));
    }
  }
  const std::string of = converters.size() == 1 ? "of one converter: taken as 1 sigma"
                                                : fmt::format("root mean square of {} converters", converters.size());
  const double bits = std::clamp(std::ceil(std::log2(std::max(largest, 1.0)) - 1e-9) + 1, 1.0, 12.0);
  std::vector<FittedKey> keys = {{"tile.adc.bits", bits, "bit", fmt::format("codes up to {:.1f}", largest)},
                                 {"tile.adc.offset_lsb", offset.rms(), "LSB", of},
                                 {"tile.adc.gain_rel", gain.rms(), "", of},
                                 {"tile.adc.inl_lsb", bend.most, "LSB", "largest distance from the best line"}};
  if (measured > 0) {
    keys.push_back({"tile.adc.sigma_lsb", std::sqrt(std::max(0.0, variance / measured - 1.0 / 12)), "LSB",
                    "rms of sigma_code, without the 1/12 of rounding"});
  }
  FittedKey on{"tile.effects.adc_offset_gain", 1, "", "offset and gain were measured"};
  on.is_switch = true;
  keys.push_back(on);
  return keys;
}

namespace {
std::string value_text(const FittedKey& key) {
  if (key.is_switch) {
    return key.value != 0 ? "true" : "false";
  }
  return key.values.empty() ? platform::to_text(key.value) : platform::to_text(platform::Value(key.values));
}
}  // namespace

std::string platform_text(const std::string& preset, const std::vector<FittedKey>& keys,
                          const std::vector<std::string>& sources) {
  std::string out = fmt::format("# Fitted to measurements: {}\npreset: {}\n", fmt::join(sources, ", "), preset);
  // Nested maps, so that the file reads as others do. The keys of one section stand together.
  std::vector<std::string> open;
  for (const FittedKey& key : keys) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin <= key.key.size();) {
      const std::size_t end = std::min(key.key.find('.', begin), key.key.size());
      parts.push_back(key.key.substr(begin, end - begin));
      begin = end + 1;
    }
    std::size_t common = 0;
    while (common < open.size() && common + 1 < parts.size() && open[common] == parts[common]) {
      ++common;
    }
    open.resize(common);
    for (; common + 1 < parts.size(); ++common) {
      out += fmt::format("{}{}:\n", std::string(2 * common, ' '), parts[common]);
      open.push_back(parts[common]);
    }
    out += fmt::format("{}{}: {}  # {}{}\n", std::string(2 * common, ' '), parts.back(), value_text(key),
                       key.unit.empty() ? "" : key.unit + "; ", key.residual);
  }
  return out;
}

}  // namespace tessera::study
