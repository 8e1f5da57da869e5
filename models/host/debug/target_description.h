// SPDX-License-Identifier: Apache-2.0
// What a debugger is told about the target: registers and memory map, as GDB's XML.
// Source: "Debugging with GDB", appendices G (target descriptions; G.5.12 RISC-V features) and E.17 (memory map).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "models/host/core.h"
#include "models/host/run_result.h"

namespace tessera::host {

/// Name of a CSR in the specification; "csr768" style for others.
[[nodiscard]] std::string csr_name(std::uint32_t number);

/// x0..x31, pc and every CSR that this core has.
[[nodiscard]] std::string target_xml(Core& core);

/// @param regions  everything that is mapped; regions whose name contains "ROM" are read-only
[[nodiscard]] std::string memory_map_xml(std::span<const MemoryRegion> regions);

}  // namespace tessera::host
