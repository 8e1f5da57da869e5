// SPDX-License-Identifier: Apache-2.0
// Numbers as wide as the fields of descriptors; the mapping keeps them in range.
#pragma once

#include <cstdint>

namespace tessera::compiler {

constexpr std::uint16_t u16(std::uint64_t value) {
  return static_cast<std::uint16_t>(value);
}
constexpr std::uint8_t u8(int value) {
  return static_cast<std::uint8_t>(value);
}

}  // namespace tessera::compiler
