// SPDX-License-Identifier: Apache-2.0
// The signature of an architecture test: what it left in memory between the symbols begin_signature and end_signature.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "models/host/elf_image.h"

namespace tessera::platform {

/// @return [begin, end) of the signature
/// @throws host::ElfError  a symbol is missing, or what lies between them is no whole number of words
[[nodiscard]] std::pair<std::uint32_t, std::uint32_t> signature_range(const host::SymbolTable& symbols,
                                                                      std::string_view program);

/// One 32-bit word a line, eight hexadecimal digits, lowest address first: the format the architecture tests compare.
[[nodiscard]] std::string signature_text(std::span<const std::uint8_t> memory);

}  // namespace tessera::platform
