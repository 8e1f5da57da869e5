// SPDX-License-Identifier: Apache-2.0
#include "sw/firmware/images/firmware_images.h"

#ifdef TESSERA_RUNTIME_ELF
// The assembler copies the files; an array in C++ source would take the compiler a hundred times longer.
asm(R"(
  .pushsection .rodata, "a"
  .balign 16
tessera_runtime_elf_begin:
  .incbin ")" TESSERA_RUNTIME_ELF R"("
tessera_runtime_elf_end:
  .balign 16
tessera_runtime_calibrate_elf_begin:
  .incbin ")" TESSERA_RUNTIME_CALIBRATE_ELF R"("
tessera_runtime_calibrate_elf_end:
  .popsection
)");

extern "C" {
extern const std::uint8_t tessera_runtime_elf_begin[];
extern const std::uint8_t tessera_runtime_elf_end[];
extern const std::uint8_t tessera_runtime_calibrate_elf_begin[];
extern const std::uint8_t tessera_runtime_calibrate_elf_end[];
}

namespace tessera::firmware {

std::span<const std::uint8_t> runtime_elf() {
  return {&tessera_runtime_elf_begin[0], &tessera_runtime_elf_end[0]};
}
std::span<const std::uint8_t> runtime_calibrate_elf() {
  return {&tessera_runtime_calibrate_elf_begin[0], &tessera_runtime_calibrate_elf_end[0]};
}

}  // namespace tessera::firmware
#else
namespace tessera::firmware {

std::span<const std::uint8_t> runtime_elf() {
  return {};
}
std::span<const std::uint8_t> runtime_calibrate_elf() {
  return {};
}

}  // namespace tessera::firmware
#endif
