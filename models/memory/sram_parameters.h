// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::memory {

struct SramParameters {
  std::uint32_t size_B = 2u << 20;
  std::uint32_t banks = 16;         ///< interleaved by bus word
  std::uint32_t access_cycles = 1;  ///< of the bus clock
  double read_128b_J = 18.0e-12;
  double write_128b_J = 16.0e-12;
  double read_32b_J = 10.0e-12;
  double leakage_W_per_kB = 0.21e-6;
  /// Whether energies are as stated, or stated for a bank of 64 KiB and follow the size of a bank (sram_energy.h).
  enum class EnergyLaw { stated, size } energy_law = EnergyLaw::stated;
};

}  // namespace tessera::memory
