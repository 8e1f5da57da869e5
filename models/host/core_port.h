// SPDX-License-Identifier: Apache-2.0
// What the core needs from the world around it. Nothing here knows SystemC, so the core can be tested alone.
#pragma once

#include <cstdint>

namespace tessera::host {

class Core;

enum class Access : std::uint8_t { fetch, load, store };

class CorePort {
 public:
  CorePort() = default;
  CorePort(const CorePort&) = delete;
  CorePort& operator=(const CorePort&) = delete;
  virtual ~CorePort() = default;

  /// Everything that is not private memory. `address` is aligned to `bytes` (1, 2 or 4).
  /// Waiting times are booked with Core::stall_until.
  /// @return false: bus error, which becomes an access fault
  virtual bool read(std::uint32_t address, std::uint32_t bytes, Access kind, std::uint32_t& value) = 0;
  virtual bool write(std::uint32_t address, std::uint32_t bytes, std::uint32_t value) = 0;

  /// The `time` CSR: 10 MHz time base at the core's present cycle.
  [[nodiscard]] virtual std::uint64_t time() { return 0; }

  /// A store into memory that Core::watch names has happened.
  virtual void watched_store(std::uint32_t /*address*/, std::uint32_t /*bytes*/) {}

  /// ebreak inside the semihosting sequence.
  /// @return true: done, a0 holds the result and execution goes on behind the ebreak; false: a plain breakpoint
  virtual bool semihosting() { return false; }

  /// A trap was taken, or mret left one.
  virtual void trap_entered(bool /*interrupt*/) {}
  virtual void trap_left() {}
};

}  // namespace tessera::host
