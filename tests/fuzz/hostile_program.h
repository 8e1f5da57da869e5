// SPDX-License-Identifier: Apache-2.0
// Programs that mean no good: random bytes as code; random legal instructions with hostile addresses and CSR writes;
// and programs that send half-sensible random descriptors to every block that fetches some.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace tessera::fuzz {

struct HostileProgram {
  std::vector<std::uint8_t> code;  ///< for 0x80000000
  std::vector<std::uint8_t> sram;  ///< for the beginning of the shared SRAM
};

enum class Kind { bytes, instructions, descriptors, count };

/// @param tiles of the chip it runs on
[[nodiscard]] HostileProgram hostile_program(Kind kind, std::uint64_t seed, std::uint32_t tiles);
[[nodiscard]] std::string name(Kind kind);

}  // namespace tessera::fuzz
