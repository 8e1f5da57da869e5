// SPDX-License-Identifier: Apache-2.0
#include "models/host/debug/rsp_packet.h"

namespace tessera::host {
namespace {

constexpr std::uint8_t interrupt_byte = 0x03;
constexpr char escape = '}';
constexpr char escape_mask = 0x20;
constexpr std::string_view digits = "0123456789abcdef";

}  // namespace

void RspReader::clear() {
  state_ = State::idle;
  raw_.clear();
  overflow_ = false;
  sum_ = 0;
}

RspReader::Event RspReader::take(std::uint8_t byte) {
  const char character = static_cast<char>(byte);
  switch (state_) {
    case State::idle:
      switch (character) {
        case '$':
          clear();
          state_ = State::body;
          return Event::none;
        case '+':
          return Event::ack;
        case '-':
          return Event::nack;
        default:
          return byte == interrupt_byte ? Event::interrupt : Event::noise;
      }
    case State::body:
      if (character == '#') {
        state_ = State::first_digit;
      } else if (character == '$') {
        clear();  // the rest of the last packet was lost; a new one begins
        state_ = State::body;
      } else {
        sum_ = static_cast<std::uint8_t>(sum_ + byte);
        overflow_ = overflow_ || raw_.size() >= limit_;
        if (!overflow_) {
          raw_.push_back(character);
        }
      }
      return Event::none;
    case State::first_digit:
      high_digit_ = hex_digit(character).value_or(0xFF);
      state_ = State::second_digit;
      return Event::none;
    case State::second_digit:
      state_ = State::idle;
      return finish(hex_digit(character).value_or(0xFF));
  }
  return Event::none;
}

RspReader::Event RspReader::finish(std::uint8_t low_digit) {
  if (high_digit_ > 0xF || low_digit > 0xF || (high_digit_ << 4 | low_digit) != sum_) {
    return Event::damaged;
  }
  if (overflow_) {
    return Event::too_long;
  }
  text_.clear();
  for (std::size_t i = 0; i < raw_.size(); ++i) {
    if (raw_[i] != escape) {
      text_.push_back(raw_[i]);
    } else if (++i < raw_.size()) {
      text_.push_back(static_cast<char>(raw_[i] ^ escape_mask));
    } else {
      return Event::damaged;
    }
  }
  return Event::packet;
}

std::string rsp_frame(std::string_view text) {
  std::string frame = "$";
  std::uint8_t sum = 0;
  const auto put = [&](char character) {
    frame.push_back(character);
    sum = static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(character));
  };
  for (const char character : text) {
    // '*' would start a run-length code.
    if (character == '$' || character == '#' || character == escape || character == '*') {
      put(escape);
      put(static_cast<char>(character ^ escape_mask));
    } else {
      put(character);
    }
  }
  frame.push_back('#');
  frame.push_back(digits[sum >> 4]);
  frame.push_back(digits[sum & 0xF]);
  return frame;
}

std::optional<std::uint8_t> hex_digit(char character) {
  if (character >= '0' && character <= '9') {
    return static_cast<std::uint8_t>(character - '0');
  }
  if (character >= 'a' && character <= 'f') {
    return static_cast<std::uint8_t>(character - 'a' + 10);
  }
  if (character >= 'A' && character <= 'F') {
    return static_cast<std::uint8_t>(character - 'A' + 10);
  }
  return std::nullopt;
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string text;
  text.reserve(2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    text.push_back(digits[byte >> 4]);
    text.push_back(digits[byte & 0xF]);
  }
  return text;
}

std::string to_hex(std::string_view text) {
  std::string hex;
  hex.reserve(2 * text.size());
  for (const char character : text) {
    const auto byte = static_cast<std::uint8_t>(character);
    hex.push_back(digits[byte >> 4]);
    hex.push_back(digits[byte & 0xF]);
  }
  return hex;
}

std::string to_hex_word(std::uint32_t value) {
  const std::uint8_t bytes[] = {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
                                static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
  return to_hex(bytes);
}

std::optional<std::string> from_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) {
    return std::nullopt;
  }
  std::string text;
  text.reserve(hex.size() / 2);
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const auto high = hex_digit(hex[i]);
    const auto low = hex_digit(hex[i + 1]);
    if (!high || !low) {
      return std::nullopt;
    }
    text.push_back(static_cast<char>(*high << 4 | *low));
  }
  return text;
}

std::optional<std::uint64_t> RspCursor::number() {
  std::uint64_t value = 0;
  std::size_t length = 0;
  while (length < rest_.size()) {
    const auto digit = hex_digit(rest_[length]);
    if (!digit) {
      break;
    }
    if (value >> 60 != 0) {
      return std::nullopt;
    }
    value = value << 4 | *digit;
    ++length;
  }
  rest_.remove_prefix(length);
  return length == 0 ? std::nullopt : std::optional(value);
}

bool RspCursor::take(std::string_view prefix) {
  if (rest_.substr(0, prefix.size()) != prefix) {
    return false;
  }
  rest_.remove_prefix(prefix.size());
  return true;
}

std::string_view RspCursor::until(char separator) {
  const std::size_t at = rest_.find(separator);
  const std::string_view part = rest_.substr(0, at);
  rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
  return part;
}

}  // namespace tessera::host
