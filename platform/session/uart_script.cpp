// SPDX-License-Identifier: Apache-2.0
#include "platform/session/uart_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "platform/text/duration.h"

namespace tessera::platform {
namespace {

constexpr std::uint64_t second_ps = 1'000'000'000'000;
constexpr std::uint64_t bits_per_byte = 10;  // start bit, eight data bits, stop bit
constexpr std::uint64_t latest_ps = std::uint64_t{1} << 63;
constexpr std::size_t most_errors = 20;

class Parser {
 public:
  explicit Parser(std::string_view name) : name_(name) {}

  void line(std::string_view text) {
    ++line_;
    if (!text.empty() && text.back() == '\r') {
      text.remove_suffix(1);
    }
    const std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos || text[begin] == '#') {
      return;
    }
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
      error(begin, fmt::format("no colon; expected TIME: TEXT, such as 10ms: help\\n"));
      return;
    }
    std::string_view key = text.substr(begin, colon - begin);
    key = key.substr(0, key.find_last_not_of(" \t") + 1);
    std::size_t at = colon + 1;
    if (at < text.size() && text[at] == ' ') {
      ++at;
    }
    if (key == "baud") {
      baud(text.substr(at), at);
      return;
    }
    const bool relative = !key.empty() && key.front() == '+';
    const auto time = text::parse_duration(relative ? key.substr(1) : key);
    if (!time) {
      error(begin, fmt::format("\"{}\" is no time; expected a number and {}, such as 10ms, or +10ms after the entry "
                               "before",
                               key, text::duration_units));
      return;
    }
    const std::uint64_t instant = relative ? entry_ + *time : *time;
    if (instant < entry_) {
      error(begin, fmt::format("{} is earlier than the entry before it ({}); expected times in order",
                               text::duration(instant), text::duration(entry_)));
      return;
    }
    if (instant > latest_ps) {
      error(begin, "more than 106 days after the start; expected an earlier time");
      return;
    }
    entry_ = instant;
    bytes(text, at);
  }

  std::vector<UartInput> take() {
    if (!errors_.empty()) {
      throw ScriptError(errors_);
    }
    return std::move(input_);
  }

 private:
  void error(std::size_t column, const std::string& what) {
    if (++error_count_ <= most_errors) {
      errors_ += fmt::format("{}{}:{}:{}: {}", errors_.empty() ? "" : "\n", name_, line_, column + 1, what);
    }
  }

  void baud(std::string_view value, std::size_t column) {
    value = value.substr(0, value.find_first_of(" \t#"));
    std::uint64_t rate = 0;
    const auto [end, bad] = std::from_chars(value.data(), value.data() + value.size(), rate);
    if (bad != std::errc() || end != value.data() + value.size() || rate < 50 || rate > 100'000'000) {
      error(column, fmt::format("baud rate \"{}\"; expected a whole number from 50 to 100000000", value));
      return;
    }
    byte_ps_ = bits_per_byte * second_ps / rate;
  }

  void push(std::uint8_t byte) {
    busy_until_ = std::max(busy_until_, entry_) + byte_ps_;
    input_.push_back({busy_until_, byte});
  }

  void bytes(std::string_view text, std::size_t at) {
    const bool quoted = at < text.size() && text[at] == '"';
    for (at += quoted ? 1 : 0; at < text.size(); ++at) {
      const char c = text[at];
      if (quoted && c == '"') {
        const std::size_t rest = text.find_first_not_of(" \t", at + 1);
        if (rest != std::string_view::npos && text[rest] != '#') {
          error(rest, "text behind the closing quote; expected the end of the line, or \\\" for a quote");
        }
        return;
      }
      if (c != '\\') {
        push(static_cast<std::uint8_t>(c));
        continue;
      }
      if (const auto byte = escape(text, at)) {
        push(*byte);
      }
    }
    if (quoted) {
      error(text.size(), "the closing quote is missing");
    }
  }

  /// `at` stands on the backslash, afterwards on the last character of the escape.
  std::optional<std::uint8_t> escape(std::string_view text, std::size_t& at) {
    constexpr std::string_view names = "nrt0\\\"#ae";
    constexpr std::string_view values("\n\r\t\0\\\"#\a\x1b", 9);
    const std::size_t begin = at;
    const char kind = ++at < text.size() ? text[at] : '\0';
    if (const std::size_t i = names.find(kind); i != std::string_view::npos && at < text.size()) {
      return static_cast<std::uint8_t>(values[i]);
    }
    if (kind == 'x' && at + 2 < text.size()) {
      unsigned value = 0;
      const char* const first = text.data() + at + 1;
      const auto [end, bad] = std::from_chars(first, first + 2, value, 16);
      if (bad == std::errc() && end == first + 2) {
        at += 2;
        return static_cast<std::uint8_t>(value);
      }
    }
    error(begin, "unknown escape; expected \\n \\r \\t \\0 \\a \\e \\\\ \\\" \\# or \\xNN with two hexadecimal digits");
    return std::nullopt;
  }

  std::string name_;
  std::size_t line_ = 0;
  std::uint64_t entry_ = 0;
  std::uint64_t busy_until_ = 0;
  std::uint64_t byte_ps_ = bits_per_byte * second_ps / 115200;
  std::vector<UartInput> input_;
  std::string errors_;
  std::size_t error_count_ = 0;
};

}  // namespace

std::vector<UartInput> parse_uart_script(std::string_view text, std::string_view name) {
  Parser parser(name);
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    parser.line(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parser.take();
}

}  // namespace tessera::platform
