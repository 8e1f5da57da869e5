// SPDX-License-Identifier: Apache-2.0
// Exit codes that scripts can trust, and the error that carries one to main().
#pragma once

#include <stdexcept>
#include <string>

namespace tessera::cli {

enum class ExitCode : int {
  good = 0,
  software_failed = 1,  ///< the simulated software failed
  usage = 2,            ///< usage, configuration or malformed file
  unsupported = 3,      ///< network unsupported or does not fit
  missing = 4,          ///< missing data, disk, port
};

/// Ends the command: `what` says what, where, what was expected and what to do.
class CommandError : public std::runtime_error {
 public:
  CommandError(ExitCode code, const std::string& what) : std::runtime_error(what), code_(code) {}
  [[nodiscard]] ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

}  // namespace tessera::cli
