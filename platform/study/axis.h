// SPDX-License-Identifier: Apache-2.0
// The swept parameters of a study: `key=v1,v2,...` texts to values, and the points they span.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::study {

struct Axis {
  std::string key;
  std::vector<std::string> values;  ///< as the platform reads them: a duration is a number of seconds
  std::vector<std::string> labels;  ///< as the user wrote them: "1h"

  /// True if every value is a finite number.
  [[nodiscard]] bool numeric() const;
  [[nodiscard]] double number(std::size_t index) const;  ///< of a numeric axis
};

/// `key=v1,v2,...`. A value may be a list in brackets; `a..b` of whole numbers stands for all from a to b. Keys whose
/// unit is the second or the hour take durations: 90s, 5min, 1h, 30d, 10y (of 365.25 days), 20us.
/// `age` and `temperature` stand for the platform's keys of these names.
/// @throws std::invalid_argument  what is wrong, in words
[[nodiscard]] Axis parse_axis(std::string_view text);

/// The platform key that a short name stands for; other names stand for themselves.
[[nodiscard]] std::string full_key(std::string_view name);

/// A value with a suffix of time ("1h") in the unit of its key ("s" or "h"); other texts are returned as they are.
[[nodiscard]] std::string in_unit(std::string_view value, std::string_view unit);

/// One value of each axis: its index. The last axis runs fastest.
using Point = std::vector<std::size_t>;
/// All points that the axes span; one empty point if there is no axis.
/// @throws std::invalid_argument  two axes have one key; more than 100,000 points
[[nodiscard]] std::vector<Point> points(const std::vector<Axis>& axes);

/// `key=value` of each axis, as --set takes them.
[[nodiscard]] std::vector<std::string> settings(const std::vector<Axis>& axes, const Point& point);

}  // namespace tessera::study
