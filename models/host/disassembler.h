// SPDX-License-Identifier: Apache-2.0
// Instructions in words, as the assembler writes them; compressed ones as what they stand for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/host/elf_image.h"
#include "models/host/isa.h"

namespace tessera::host {

/// "a0" and so on. @param index below 32
[[nodiscard]] std::string_view register_name(std::uint32_t index);
/// "mstatus", or "0x7c0" for one without a name.
[[nodiscard]] std::string csr_name(std::uint32_t number);
/// "addi a0, a0, -1", "lw a5, 8(sp)", "jal ra, 0x80000100 <main>".
[[nodiscard]] std::string disassemble(const Decoded& decoded, const SymbolTable& symbols);

}  // namespace tessera::host
