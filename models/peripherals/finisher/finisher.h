// SPDX-License-Identifier: Apache-2.0
// Test finisher (sifive,test): how a program says that it is done. SystemC-free.
#pragma once

#include <cstdint>
#include <functional>

namespace tessera::peripherals {

class Finisher {
 public:
  static constexpr std::uint32_t size = 0x1000;
  enum class Verdict : std::uint8_t { pass, fail, reset };
  /// Called once per verdict; `code` is the failure code, 0 otherwise.
  std::function<void(Verdict, std::uint32_t code)> finished;

  /// @return false: no register there, a bus error
  [[nodiscard]] bool read(std::uint32_t offset, std::uint32_t bytes, std::uint32_t& value) const {
    value = 0;
    return offset < size && bytes >= 2;
  }

  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t bytes, std::uint32_t value) const {
    if (offset >= size || bytes < 2) {
      return false;
    }
    if (offset != 0 || !finished) {
      return true;
    }
    const std::uint32_t code = value >> 16;
    switch (value & 0xFFFFu) {
      case 0x5555:
        finished(Verdict::pass, 0);
        break;
      case 0x3333:
        finished(Verdict::fail, code);
        break;
      case 0x7777:
        finished(Verdict::reset, 0);
        break;
      default:
        break;
    }
    return true;
  }
};

}  // namespace tessera::peripherals
