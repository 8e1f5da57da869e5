// SPDX-License-Identifier: Apache-2.0
// Energy of an access to an SRAM bank by its size. Bit and word lines grow with the side of the bank, so energy grows
// with about the root of the size. Exponents: means of log-log fits to CACTI 7 (40 nm, LSTP and LOP, 32 and 128 bits,
// 2 KiB to 1 MiB) and MNSIM's table (45 nm, 64 bits, 2 to 512 KiB); tables and residuals: tests/memory.
#pragma once

#include <algorithm>
#include <cmath>

#include "models/memory/sram_parameters.h"

namespace tessera::memory {

inline constexpr double kReadSizeExponent = 0.55;
inline constexpr double kWriteSizeExponent = 0.47;
inline constexpr double kStatedBank_B = 65536.0;  ///< size of the bank for which energies are stated

/// Energy of an access to a bank of `bank_B` bytes over that of the stated bank.
[[nodiscard]] inline double size_factor(double bank_B, double exponent) {
  return std::pow(bank_B / kStatedBank_B, exponent);
}

/// The parameters with the energies of their own banks.
[[nodiscard]] inline SramParameters at_bank_size(SramParameters sram) {
  if (sram.energy_law == SramParameters::EnergyLaw::size) {
    const double bank_B = static_cast<double>(sram.size_B) / std::max(sram.banks, 1U);
    sram.read_128b_J *= size_factor(bank_B, kReadSizeExponent);
    sram.read_32b_J *= size_factor(bank_B, kReadSizeExponent);
    sram.write_128b_J *= size_factor(bank_B, kWriteSizeExponent);
    sram.energy_law = SramParameters::EnergyLaw::stated;
  }
  return sram;
}

}  // namespace tessera::memory
