// SPDX-License-Identifier: Apache-2.0
#include "platform/text/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace tessera::text {
namespace {

/// Columns a UTF-8 text takes: every byte that does not continue a character.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(const std::string& text, std::size_t width, bool left) {
  const std::string space(width - std::min(width, width_of(text)), ' ');
  return left ? text + space : space + text;
}

}  // namespace

Table::Table(std::vector<std::string> headers) : headers_(std::move(headers)) {
  for (auto& header : headers_) {
    left_.push_back(!header.empty() && header.front() == '<');
    if (left_.back()) {
      header.erase(0, 1);
    }
  }
}

void Table::add(std::vector<std::string> row) {
  row.resize(headers_.size());
  rows_.push_back(std::move(row));
}

void Table::rule() {
  rows_.emplace_back();
}

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < headers_.size(); ++c) {
    std::size_t width = width_of(headers_[c]);
    for (const auto& row : rows_) {
      width = std::max(width, row.empty() ? 0 : width_of(row[c]));
    }
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string out;
    for (std::size_t c = 0; c < cells.size(); ++c) {
      out += (c == 0 ? "" : "  ") + padded(cells[c], widths[c], left_[c]);
    }
    while (!out.empty() && out.back() == ' ') {
      out.pop_back();
    }
    return out + "\n";
  };
  std::size_t total = widths.empty() ? 0 : 2 * (widths.size() - 1);
  for (const std::size_t width : widths) {
    total += width;
  }
  const std::string rule = std::string(total, '-') + "\n";
  std::string out = line(headers_) + rule;
  for (const auto& row : rows_) {
    out += row.empty() ? rule : line(row);
  }
  return out;
}

std::string si(double value, const std::string& unit) {
  if (value == 0.0 || !std::isfinite(value)) {
    return fmt::format("{} {}", value, unit);
  }
  static constexpr std::array<const char*, 11> prefixes = {"a", "f", "p", "n", "u", "m", "", "k", "M", "G", "T"};
  int power = static_cast<int>(std::floor(std::log10(std::abs(value) * 1.0005) / 3.0));
  power = std::clamp(power, -6, 4);
  const double scaled = value / std::pow(1000.0, power);
  const int digits = std::abs(scaled) < 9.995 ? 2 : std::abs(scaled) < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f} {}{}", scaled, digits, prefixes[static_cast<std::size_t>(power + 6)], unit);
}

}  // namespace tessera::text
