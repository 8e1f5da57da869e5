// SPDX-License-Identifier: Apache-2.0
// How a run of the guest ended, and what to tell the firmware's author if it ended badly.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/host/elf_image.h"
#include "models/host/fault_record.h"

namespace tessera::host {

enum class RunEnd : std::uint8_t {
  none,  ///< still running
  finisher_pass,
  finisher_fail,
  finisher_reset,  ///< the program asked for a reset of the machine
  tohost,          ///< HTIF exit through the ELF's `tohost` word
  semihosting_exit,
  instruction_limit,
  time_limit,
  trap_loop,           ///< traps over and over without getting anywhere
  endless_loop,        ///< a jump to itself with interrupts off
  watchdog,            ///< the program did not kick the watchdog in time
  watchdog_reset,      ///< the same, and it asked for a reset
  wfi_forever,         ///< asleep, and nothing can ever wake it
  stopped,             ///< by the user
  expectations_met,    ///< the console said all that was expected
  expectation_failed,  ///< or did not
};
[[nodiscard]] std::string_view name(RunEnd end);

struct MemoryRegion {
  std::string name;
  std::uint32_t base = 0;
  std::uint32_t last = 0;
};

struct FaultReport {
  FaultRecord record;              ///< record.valid: there is something to tell
  std::string cause;               ///< "store/AMO access fault"; empty if no exception happened
  std::string function;            ///< of pc, "main+0x12"
  std::string caller;              ///< of ra
  std::string nested;              ///< what the handler itself ran into, or empty
  std::string nearest;             ///< mapped regions next to the address of a failed access
  std::vector<std::string> hints;  ///< what may be behind it
  // From the program's debug information, if it has some:
  std::vector<std::string> places;     ///< of pc, "touch at src/main.c:9"; inlined functions first
  std::vector<std::string> backtrace;  ///< innermost frame first
  std::vector<std::string> branches;   ///< "main main.c:9 -> touch main.c:4", latest first; one per kept branch
  std::string debug_remark;            ///< why there is none

  /// Several lines for a human.
  [[nodiscard]] std::string text() const;
};

struct RunResult {
  RunEnd kind = RunEnd::none;
  std::uint32_t exit_code = 0;
  std::uint64_t time_ps = 0;
  std::string reason;  ///< one line
  FaultReport report;

  /// The program itself says that all went well.
  [[nodiscard]] bool passed() const {
    return kind == RunEnd::finisher_pass || kind == RunEnd::expectations_met ||
           ((kind == RunEnd::tohost || kind == RunEnd::semihosting_exit) && exit_code == 0);
  }
};

/// @param exception false: the record is a snapshot of a run that ended without one
[[nodiscard]] FaultReport make_report(const FaultRecord& record, bool exception, const SymbolTable& symbols,
                                      std::span<const MemoryRegion> regions);

}  // namespace tessera::host
