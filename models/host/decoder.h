// SPDX-License-Identifier: Apache-2.0
// RV32IMAC_Zicsr_Zifencei instruction decoder. Every bit pattern decodes; what is not an instruction is `illegal`.
#pragma once

#include <cstdint>

#include "models/host/isa.h"

namespace tessera::host {

/// True if the first halfword begins a 32-bit instruction.
[[nodiscard]] constexpr bool is_wide(std::uint32_t first_halfword) {
  return (first_halfword & 3u) == 3u;
}

/// @param bits the instruction; the upper half is ignored if the lower half is a compressed instruction
/// @param pc its address: targets and auipc values come out absolute
[[nodiscard]] Decoded decode(std::uint32_t bits, std::uint32_t pc);

/// CSR access as the `csr` micro-operation carries it.
struct CsrAccess {
  std::uint32_t number;
  std::uint32_t funct3;  ///< 1 rw, 2 rs, 3 rc; 5..7 with immediate
  std::uint32_t source;  ///< register number or immediate
};

}  // namespace tessera::host
