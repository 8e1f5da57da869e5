// SPDX-License-Identifier: Apache-2.0
#include "platform/session/signature.h"

#include <fmt/format.h>

namespace tessera::platform {

std::pair<std::uint32_t, std::uint32_t> signature_range(const host::SymbolTable& symbols, std::string_view program) {
  const auto begin = symbols.address("begin_signature");
  const auto end = symbols.address("end_signature");
  if (!begin || !end) {
    throw host::ElfError(
        fmt::format("{}: has no symbol {}: --signature writes the memory between begin_signature and "
                    "end_signature",
                    program, !begin ? "begin_signature" : "end_signature"));
  }
  if (*end < *begin || (*end - *begin) % 4 != 0) {
    throw host::ElfError(
        fmt::format("{}: the signature {:#010x}..{:#010x} is no whole number of 32-bit words", program, *begin, *end));
  }
  return {*begin, *end};
}

std::string signature_text(std::span<const std::uint8_t> memory) {
  std::string text;
  for (std::size_t at = 0; at + 4 <= memory.size(); at += 4) {
    text += fmt::format("{:02x}{:02x}{:02x}{:02x}\n", memory[at + 3], memory[at + 2], memory[at + 1], memory[at]);
  }
  return text;
}

}  // namespace tessera::platform
