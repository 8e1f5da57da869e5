// SPDX-License-Identifier: Apache-2.0
// From a firmware address to the place's name. The host side, which reads the ELF file, implements it.
#pragma once

#include <cstdint>
#include <string>

namespace tessera::traces {

class Symbols {
 public:
  Symbols() = default;
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;
  virtual ~Symbols() = default;

  /// "function+0x12", or an empty string where no function is known.
  [[nodiscard]] virtual std::string place(std::uint32_t pc) const = 0;
};

}  // namespace tessera::traces
