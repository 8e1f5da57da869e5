// SPDX-License-Identifier: Apache-2.0
// Firmware that the program carries with it.
#pragma once

#include <cstdint>
#include <span>

namespace tessera::firmware {

/// The inference runtime, a RISC-V ELF file with symbols and line table. Empty if the build had no cross compiler
/// (TESSERA_FIRMWARE=OFF); a caller then needs an ELF file of the user's.
[[nodiscard]] std::span<const std::uint8_t> runtime_elf();
/// The same that calibrates the converters of its tiles first.
[[nodiscard]] std::span<const std::uint8_t> runtime_calibrate_elf();

}  // namespace tessera::firmware
