// SPDX-License-Identifier: Apache-2.0
#include "platform/config/value.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

namespace tessera::platform {
namespace {

/// std::from_chars takes no leading plus.
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-') {
    text.remove_prefix(1);
  }
  return text;
}

template <typename T>
std::errc read_digits(std::string_view text, int base, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{}) {
    return error;
  }
  return end == text.data() + text.size() ? std::errc{} : std::errc::invalid_argument;
}

struct ToText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return fmt::format("{}", value); }
  std::string operator()(double value) const { return to_text(value); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const std::vector<double>& values) const {
    std::string text = "[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += (i == 0 ? "" : ", ") + to_text(values[i]);
    }
    return text + "]";
  }
};

}  // namespace

std::string to_text(double value) {
  if (value == 0) {
    return "0";
  }
  const double size = std::fabs(value);
  if (size >= 1e-3 && size < 1e6) {
    return fmt::format("{}", value);
  }
  // Point and signed exponent: every YAML reader takes this for a number.
  std::array<char, 32> buffer{};
  const auto written =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  std::string text(buffer.data(), written.ptr);
  if (text.find('.') == std::string::npos) {
    text.insert(text.find('e'), ".0");
  }
  return text;
}

std::string to_text(const Value& value) {
  return std::visit(ToText{}, value);
}

std::optional<double> parse_real(std::string_view text) {
  text = without_plus(text);
  if (text.empty()) {
    return std::nullopt;
  }
  // from_chars would take "inf" and "nan".
  for (const char c : text) {
    if ((c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E') {
      return std::nullopt;
    }
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

Whole parse_whole(std::string_view text) {
  using Status = Whole::Status;
  text = without_plus(text);
  std::uint64_t value = 0;
  const bool hexadecimal = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  const std::errc error = hexadecimal ? read_digits(text.substr(2), 16, value) : read_digits(text, 10, value);
  if (error == std::errc{}) {
    return {Status::good, value};
  }
  if (error == std::errc::result_out_of_range) {
    return {Status::too_large, 0};
  }
  const std::optional<double> real = parse_real(text);
  if (!real) {
    return {Status::not_a_number, 0};
  }
  if (*real < 0) {
    return {Status::negative, 0};
  }
  if (*real != std::floor(*real)) {
    return {Status::not_whole, 0};
  }
  if (*real > 9007199254740992.0) {
    return {Status::too_large, 0};  // above 2^53 a real number skips whole ones
  }
  return {Status::good, static_cast<std::uint64_t>(*real)};
}

}  // namespace tessera::platform
