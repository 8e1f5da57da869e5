// SPDX-License-Identifier: Apache-2.0
// Where the host's own devices are: as on QEMU's virt machine, so that existing software runs.
#pragma once

#include <cstdint>

namespace tessera::host {

inline constexpr std::uint32_t finisher_base = 0x0010'0000;
inline constexpr std::uint32_t clint_base = 0x0200'0000;
inline constexpr std::uint32_t clint_size = 0x1'0000;
inline constexpr std::uint32_t plic_base = 0x0C00'0000;
inline constexpr std::uint32_t uart_base = 0x1000'0000;

}  // namespace tessera::host
