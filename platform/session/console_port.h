// SPDX-License-Identifier: Apache-2.0
// Where a serial port goes on the machine that simulates: a terminal, a socket, a file. Implemented by the command
// line.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>

namespace tessera::platform {

class ConsolePort {
 public:
  ConsolePort() = default;
  ConsolePort(const ConsolePort&) = delete;
  ConsolePort& operator=(const ConsolePort&) = delete;
  virtual ~ConsolePort() = default;

  /// A byte from the guest. Never blocks for long: what nobody takes is lost.
  virtual void put(std::uint8_t byte) = 0;
  /// Input that is there, waiting for some for at most `patience`. @return number of bytes
  virtual std::size_t read(std::span<std::uint8_t> to, std::chrono::nanoseconds patience) = 0;
  /// No input will ever come any more.
  [[nodiscard]] virtual bool ended() const = 0;
};

}  // namespace tessera::platform
