// SPDX-License-Identifier: Apache-2.0
// Serial port of `boot` on this machine: standard input and output, a pseudo-terminal, a TCP socket, or a file.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "platform/session/console_port.h"

namespace tessera::cli {

/// @param where  "stdio", "pty", "tcp:[HOST:]PORT", "file:PATH". Without HOST a socket listens on the loopback
/// interface
///        only. Opening a socket waits for its first client; its address, and the name of a pseudo-terminal, are
///        printed on standard error.
/// @param stop  waiting ends when it becomes true
/// @throws CommandError  usage, or a port or file that cannot be opened
[[nodiscard]] std::unique_ptr<platform::ConsolePort> open_uart(const std::string& where, const std::atomic<bool>& stop);

/// Becomes true when the user presses Ctrl-C (SIGINT) or the process is asked to end (SIGTERM); the second time the
/// process ends at once. Installs the handlers.
[[nodiscard]] const std::atomic<bool>& stop_on_signals();

}  // namespace tessera::cli
