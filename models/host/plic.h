// SPDX-License-Identifier: Apache-2.0
// Platform-level interrupt controller: 1023 level-sensitive sources, context 0 (machine mode) and 1 (accepted for
// software written for machines with supervisor mode; drives nothing here). SystemC-free. Aligned 32-bit accesses only.
// Source: RISC-V PLIC specification 1.0.0; three priority bits as in QEMU's virt machine.
#pragma once

#include <array>
#include <cstdint>

namespace tessera::host {

class Plic {
 public:
  static constexpr std::uint32_t sources = 1024;  ///< source 0 does not exist
  static constexpr std::uint32_t contexts = 2;
  static constexpr std::uint32_t size = 0x40'0000;
  static constexpr std::uint32_t claim = 0x20'0004;  ///< of context 0

  /// @param claimed set to the claimed source if this read was a claim by context 0, else left alone
  /// @return false: no register there, a bus error
  [[nodiscard]] bool read(std::uint32_t offset, std::uint32_t bytes, std::uint32_t& value, std::uint32_t& claimed);
  [[nodiscard]] bool write(std::uint32_t offset, std::uint32_t bytes, std::uint32_t value);

  /// What read() would give, without claiming anything; 0 where no register is.
  [[nodiscard]] std::uint32_t peek(std::uint32_t offset) const;
  /// Back to power-on; the lines keep their levels.
  void reset();

  /// Level of an interrupt line. A request once seen stays pending until claimed. Source 0 and unknown ones: ignored.
  void set_level(std::uint32_t source, bool level);
  /// The context's interrupt output.
  [[nodiscard]] bool output(std::uint32_t context) const { return output_[context]; }
  /// Is any source with a priority above the threshold enabled: can the context's output ever rise?
  [[nodiscard]] bool can_interrupt(std::uint32_t context) const;

 private:
  static constexpr std::uint32_t words = sources / 32;
  using Bits = std::array<std::uint32_t, words>;
  static bool get(const Bits& bits, std::uint32_t n) { return (bits[n / 32] >> (n % 32) & 1u) != 0; }
  static void set(Bits& bits, std::uint32_t n, bool on) {
    bits[n / 32] = on ? bits[n / 32] | 1u << (n % 32) : bits[n / 32] & ~(1u << (n % 32));
  }
  /// Highest priority first, then lowest number; 0 if none is above `floor`.
  [[nodiscard]] std::uint32_t best(std::uint32_t context, std::uint32_t floor) const;
  void complete(std::uint32_t context, std::uint32_t source);
  void update_outputs();

  std::array<std::uint8_t, sources> priority_{};
  std::array<Bits, contexts> enabled_{};
  std::array<std::uint8_t, contexts> threshold_{};
  Bits level_{};
  Bits pending_{};
  Bits in_service_{};
  std::array<bool, contexts> output_{};
};

}  // namespace tessera::host
