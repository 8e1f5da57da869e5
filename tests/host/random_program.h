// SPDX-License-Identifier: Apache-2.0
// Random but well-behaved programs of every supported extension: they end, stay inside their data area, trap on purpose
// now and then, and print registers, a checksum of memory and a log of their traps over the UART.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "tests/host/assembler.h"

namespace tessera::host {

class RandomProgram {
 public:
  static constexpr std::uint32_t base = 0x8000'0000;
  static constexpr std::uint32_t data = 0x8008'0000;  ///< 8 KiB that the program loads from and stores to
  static constexpr std::uint32_t data_size = 0x2000;
  static constexpr std::uint32_t log = 0x8009'0000;  ///< cause, mtval, mepc of each trap

  RandomProgram(std::uint64_t seed, int units);
  [[nodiscard]] const std::vector<std::uint8_t>& image() const { return image_; }
  /// The image as an ELF executable.
  [[nodiscard]] std::vector<std::uint8_t> elf() const;

 private:
  using Unit = std::vector<std::uint16_t>;
  std::uint32_t pick(std::uint32_t below) {
    return std::uniform_int_distribution<std::uint32_t>(0, below - 1)(random_);
  }
  std::int32_t signed_bits(int bits);
  std::uint32_t any_value();
  std::uint32_t source() { return pick(32); }
  std::uint32_t destination();
  std::uint32_t short_destination();
  static void emit(Unit& unit, std::uint32_t bits);
  Unit arithmetic();
  Unit compressed();
  Unit memory();
  Unit atomic();
  Unit control_register();
  Unit trap();
  Unit wild_short();
  Unit wild_long();
  Unit straight();
  void jump_over(std::vector<Unit>& units, std::size_t at, std::size_t over);
  /// Units in a row with jumps over some of them, none of which leaves the segment.
  std::vector<Unit> segment(int count);
  void body(std::vector<Unit>& units, int count);
  void prologue(rv::Program& p);
  static void epilogue(rv::Program& p);
  static void handler(rv::Program& p);

  std::mt19937_64 random_;
  std::vector<std::uint8_t> image_;
};

}  // namespace tessera::host
