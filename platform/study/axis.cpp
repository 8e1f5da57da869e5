// SPDX-License-Identifier: Apache-2.0
#include "platform/study/axis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <utility>

#include "platform/config/schema.h"
#include "platform/config/value.h"

namespace tessera::study {
namespace {

constexpr std::size_t most_points = 100'000;

/// Parts between commas that stand in no bracket.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts(1);
  int depth = 0;
  for (const char c : text) {
    depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  for (std::string& part : parts) {
    part.erase(0, part.find_first_not_of(' '));
    part.erase(part.find_last_not_of(' ') + 1);
  }
  return parts;
}

std::optional<std::uint64_t> whole(std::string_view text) {
  const platform::Whole number = platform::parse_whole(text);
  return number.status == platform::Whole::Status::good ? std::optional(number.value) : std::nullopt;
}

/// `a..b` as its numbers; empty if the text is no such range.
std::vector<std::string> range_of(const std::string& text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string::npos) {
    return {};
  }
  const auto first = whole(text.substr(0, dots));
  const auto last = whole(text.substr(dots + 2));
  if (!first || !last) {
    return {};
  }
  if (*last < *first || *last - *first >= most_points) {
    throw std::invalid_argument(
        fmt::format("'{}': expected a range that rises, of at most {} numbers", text, most_points));
  }
  std::vector<std::string> values;
  for (std::uint64_t i = *first; i <= *last; ++i) {
    values.push_back(fmt::format("{}", i));
  }
  return values;
}

}  // namespace

bool Axis::numeric() const {
  return std::all_of(values.begin(), values.end(),
                     [](const std::string& value) { return platform::parse_real(value).has_value(); });
}

double Axis::number(std::size_t index) const {
  return platform::parse_real(values.at(index)).value();
}

std::string full_key(std::string_view name) {
  if (name == "age" || name == "temperature") {
    const std::vector<std::string> candidates =
        name == "age"
            ? std::vector<std::string>{"environment.age_s", "environment.age_h"}
            : std::vector<std::string>{"environment.temperature_C", "environment.temp_C", "technology.temp_C"};
    for (const std::string& key : candidates) {
      if (platform::find_key(key) != nullptr) {
        return key;
      }
    }
  }
  return std::string(name);
}

std::string in_unit(std::string_view value, std::string_view unit) {
  if (unit != "s" && unit != "h") {
    return std::string(value);
  }
  // A quotient of whole numbers is rounded once: 50ns is 5e-08, not 5.000000000000001e-08.
  struct Suffix {
    std::string_view text;
    double times, over;
  };
  constexpr std::array<Suffix, 8> suffixes = {{{"ns", 1, 1e9},
                                               {"us", 1, 1e6},
                                               {"ms", 1, 1e3},
                                               {"min", 60, 1},
                                               {"h", 3600, 1},
                                               {"d", 86400, 1},
                                               {"y", 365.25 * 86400, 1},
                                               {"s", 1, 1}}};
  for (const Suffix& suffix : suffixes) {
    if (value.size() > suffix.text.size() && value.substr(value.size() - suffix.text.size()) == suffix.text) {
      if (const auto number = platform::parse_real(value.substr(0, value.size() - suffix.text.size()))) {
        return platform::to_text(*number * suffix.times / (suffix.over * (unit == "h" ? 3600 : 1)));
      }
    }
  }
  return std::string(value);
}

Axis parse_axis(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || equals + 1 == text.size()) {
    throw std::invalid_argument(fmt::format("'{}': expected KEY=VALUE,VALUE,...", text));
  }
  Axis axis;
  axis.key = full_key(text.substr(0, equals));
  const platform::Key* key = platform::find_key(axis.key);
  for (const std::string& part : parts_of(text.substr(equals + 1))) {
    if (part.empty()) {
      throw std::invalid_argument(fmt::format("'{}': an empty value between commas", text));
    }
    const std::vector<std::string> range = range_of(part);
    for (const std::string& value : range.empty() ? std::vector<std::string>{part} : range) {
      const std::string canonical = key == nullptr ? value : in_unit(value, key->unit);
      const bool known = std::any_of(axis.values.begin(), axis.values.end(), [&](const std::string& other) {
        const auto number = platform::parse_real(canonical);
        return other == canonical || (number && number == platform::parse_real(other));
      });
      if (known) {
        throw std::invalid_argument(fmt::format("'{}': {} stands there twice", text, value));
      }
      axis.values.push_back(canonical);
      axis.labels.push_back(value);
    }
  }
  return axis;
}

std::vector<Point> points(const std::vector<Axis>& axes) {
  std::vector<Point> all = {{}};
  for (std::size_t a = 0; a < axes.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      if (axes[b].key == axes[a].key) {
        throw std::invalid_argument(fmt::format("{} is swept twice; give all its values in one --sweep", axes[a].key));
      }
    }
    if (all.size() * axes[a].values.size() > most_points) {
      throw std::invalid_argument(fmt::format("the sweeps span more than {} points", most_points));
    }
    std::vector<Point> longer;
    for (const Point& point : all) {
      for (std::size_t i = 0; i < axes[a].values.size(); ++i) {
        longer.push_back(point);
        longer.back().push_back(i);
      }
    }
    all = std::move(longer);
  }
  return all;
}

std::vector<std::string> settings(const std::vector<Axis>& axes, const Point& point) {
  std::vector<std::string> texts;
  for (std::size_t a = 0; a < axes.size(); ++a) {
    texts.push_back(axes[a].key + "=" + axes[a].values.at(point.at(a)));
  }
  return texts;
}

}  // namespace tessera::study
