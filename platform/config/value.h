// SPDX-License-Identifier: Apache-2.0
// A configuration value as text and as data. Numbers are written with the fewest digits that read back the same.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tessera::platform {

/// bool; whole number; real number; the name of a choice; list of real numbers.
using Value = std::variant<bool, std::uint64_t, double, std::string, std::vector<double>>;

/// YAML text of a value, such as `true`, `1024`, `4e-12`, `round_robin` or `[1, 2, 4]`.
[[nodiscard]] std::string to_text(const Value& value);
/// Shortest decimal text that reads back as exactly this number.
[[nodiscard]] std::string to_text(double value);

/// Finite decimal number, whole text; empty if it is none.
[[nodiscard]] std::optional<double> parse_real(std::string_view text);

struct Whole {
  enum class Status { good, not_a_number, not_whole, negative, too_large } status = Status::not_a_number;
  std::uint64_t value = 0;
};
/// Whole number: decimal, 0x hexadecimal, or a real number without fraction such as 2e6.
[[nodiscard]] Whole parse_whole(std::string_view text);

}  // namespace tessera::platform
