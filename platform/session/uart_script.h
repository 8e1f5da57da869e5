// SPDX-License-Identifier: Apache-2.0
// Serial input at simulated times, from a text file (docs/boot.md):
//
//   baud: 115200          # optional: how long a byte takes, 10 bits
//   10ms: help\n          # from this instant on; C escapes \n \r \t \0 \\ \" \xNN; no line end of its own
//   +500us: "  x\n"       # so long after the entry before it; quotes keep blanks
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::platform {

/// All that is wrong with a script, a line each: file:line:column: what; what was expected.
struct ScriptError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct UartInput {
  std::uint64_t at_ps = 0;  ///< the byte has arrived completely
  std::uint8_t byte = 0;
};

/// One row a byte, in order of time: a byte that would arrive while the line is still busy follows behind.
/// @param name  of the file, for messages
/// @throws ScriptError
[[nodiscard]] std::vector<UartInput> parse_uart_script(std::string_view text, std::string_view name);

}  // namespace tessera::platform
