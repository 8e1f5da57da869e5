// SPDX-License-Identifier: Apache-2.0
// Functional access to bus memory for SystemC-free cores: bytes only, no time.
#pragma once

#include <cstdint>
#include <span>

namespace tessera::memory {

class MemoryPort {
 public:
  MemoryPort() = default;
  MemoryPort(const MemoryPort&) = delete;
  MemoryPort& operator=(const MemoryPort&) = delete;
  virtual ~MemoryPort() = default;

  /// @return false if any byte of [address, address + size) is not readable memory; `to` is then unspecified.
  [[nodiscard]] virtual bool read(std::uint32_t address, std::span<std::uint8_t> to) = 0;
  /// @return false if any byte is not writable memory; nothing is written then.
  [[nodiscard]] virtual bool write(std::uint32_t address, std::span<const std::uint8_t> from) = 0;
};

}  // namespace tessera::memory
