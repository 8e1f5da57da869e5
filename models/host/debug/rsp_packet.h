// SPDX-License-Identifier: Apache-2.0
// Packets of GDB's remote serial protocol: framing, checksum, escapes, hexadecimal. Bytes in, packets out; knows
// nothing of what they mean. Whatever arrives, memory stays bounded. Source: "Debugging with GDB", appendix E.1
// (overview of the remote protocol).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tessera::host {

class RspReader {
 public:
  enum class Event : std::uint8_t {
    none,      ///< more bytes are needed
    packet,    ///< text() holds it, escapes resolved
    damaged,   ///< wrong checksum or malformed: ask for it again
    too_long,  ///< more than the limit; dropped as a whole
    ack,
    nack,
    interrupt,  ///< 0x03
    noise       ///< a byte that has no business between packets
  };

  /// @param limit  longest packet taken [bytes, as sent]
  explicit RspReader(std::size_t limit) : limit_(limit) {}
  [[nodiscard]] Event take(std::uint8_t byte);
  [[nodiscard]] const std::string& text() const { return text_; }
  /// Forgets a packet that has begun.
  void clear();

 private:
  enum class State : std::uint8_t { idle, body, first_digit, second_digit };
  [[nodiscard]] Event finish(std::uint8_t low_digit);

  std::size_t limit_;
  State state_ = State::idle;
  std::string raw_, text_;
  bool overflow_ = false;
  std::uint8_t sum_ = 0;
  std::uint8_t high_digit_ = 0;
};

/// "$text#xx", with what must not stand in a packet escaped.
[[nodiscard]] std::string rsp_frame(std::string_view text);

/// Value of a hexadecimal digit; nothing for any other character.
[[nodiscard]] std::optional<std::uint8_t> hex_digit(char character);
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
[[nodiscard]] std::string to_hex(std::string_view text);
/// Least significant byte first, as registers are sent.
[[nodiscard]] std::string to_hex_word(std::uint32_t value);
/// Nothing if there is an odd number of digits or anything else than digits.
[[nodiscard]] std::optional<std::string> from_hex(std::string_view digits);

/// Reads a packet's arguments from left to right.
class RspCursor {
 public:
  explicit RspCursor(std::string_view text) : rest_(text) {}
  /// Digits up to the first other character; nothing if there are none or more than 64 bits.
  [[nodiscard]] std::optional<std::uint64_t> number();
  /// Takes `prefix` if it comes next.
  [[nodiscard]] bool take(std::string_view prefix);
  [[nodiscard]] std::string_view rest() const { return rest_; }
  [[nodiscard]] bool empty() const { return rest_.empty(); }
  /// Up to `separator`, which is taken, too; all the rest if there is none.
  [[nodiscard]] std::string_view until(char separator);

 private:
  std::string_view rest_;
};

}  // namespace tessera::host
