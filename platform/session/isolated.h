// SPDX-License-Identifier: Apache-2.0
// Work on data that cannot be trusted, in a process of its own: whatever happens to it, this one lives.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tessera::platform {

/// Runs `work` in a child process that sees a copy of this one's memory.
/// @param seconds  of processor time, and of real time, that it may take
/// @return what it returned; nothing if it crashed, threw, took too long or could not be started
[[nodiscard]] std::optional<std::string> run_isolated(const std::function<std::string()>& work, unsigned seconds);

}  // namespace tessera::platform
