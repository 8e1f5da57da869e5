// SPDX-License-Identifier: Apache-2.0
#include "platform/text/duration.h"

#include <fmt/format.h>

#include <array>
#include <limits>

namespace tessera::text {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t ps;
};
constexpr std::array<Unit, 7> units = {{{"ps", 1},
                                        {"ns", 1'000},
                                        {"us", 1'000'000},
                                        {"ms", 1'000'000'000},
                                        {"s", 1'000'000'000'000},
                                        {"min", 60'000'000'000'000},
                                        {"h", 3'600'000'000'000'000}}};

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<std::uint64_t> parse_duration(std::string_view text) {
  std::size_t end = 0;
  std::size_t digits = 0;
  std::size_t points = 0;
  for (; end < text.size() && (is_digit(text[end]) || text[end] == '.'); ++end) {
    digits += is_digit(text[end]) ? 1 : 0;
    points += text[end] == '.' ? 1 : 0;
  }
  if (digits == 0 || points > 1) {
    return std::nullopt;
  }
  const std::string_view number = text.substr(0, end);
  while (end < text.size() && text[end] == ' ') {
    ++end;
  }
  const std::string_view name = text.substr(end);
  for (const Unit& unit : units) {
    if (unit.name != name) {
      continue;
    }
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    std::uint64_t whole = 0;
    std::uint64_t weight = unit.ps;  // of the digit behind the point, times ten
    bool behind = false;
    for (const char c : number) {
      if (c == '.') {
        behind = true;
        continue;
      }
      const auto value = static_cast<std::uint64_t>(c - '0');
      if (behind) {
        if (weight % 10 != 0) {
          // Not a whole number of picoseconds, unless only zeros follow (minutes: 60 is divisible by 10 often enough).
          if (value != 0) {
            return std::nullopt;
          }
          continue;
        }
        weight /= 10;
        whole += value * weight;
      } else {
        if (whole > (most - value * unit.ps) / 10) {
          return std::nullopt;
        }
        whole = whole * 10 + value * unit.ps;
      }
    }
    return whole > most ? std::nullopt : std::optional(whole);
  }
  return std::nullopt;
}

std::string duration(std::uint64_t ps) {
  std::size_t i = 4;  // seconds
  while (i > 0 && ps < units.at(i).ps) {
    --i;
  }
  std::string text = fmt::format("{}", ps / units.at(i).ps);
  if (const std::uint64_t rest = ps % units.at(i).ps; rest != 0) {
    std::string fraction = fmt::format("{}", units.at(i).ps + rest).substr(1);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    text += "." + fraction;
  }
  return fmt::format("{} {}", text, units.at(i).name);
}

}  // namespace tessera::text
