// SPDX-License-Identifier: Apache-2.0
// Adds what only the program's debug information knows to a fault report: lines, inlined functions, the backtrace.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "models/host/debug_info.h"
#include "models/host/elf_image.h"
#include "models/host/run_result.h"

namespace tessera::platform {

/// Fills FaultReport::places, backtrace and branches. Reading DWARF happens in a process of its own: a damaged file
/// costs the lines, not the report.
/// @param elf  the program's file
/// @param read  a word of the guest's memory, without side effects
void add_debug_information(host::FaultReport& report, std::span<const std::uint8_t> elf,
                           const host::SymbolTable& symbols, const host::DebugInfo::ReadWord& read);

/// Frames of the call stack, innermost first, as text: by call frame information, and where there is none, by a guess
/// (docs/boot.md) that is marked as such.
[[nodiscard]] std::vector<std::string> backtrace(const host::FaultRecord& record, const host::DebugInfo& debug,
                                                 const host::SymbolTable& symbols,
                                                 const host::DebugInfo::ReadWord& read);

}  // namespace tessera::platform
