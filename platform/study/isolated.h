// SPDX-License-Identifier: Apache-2.0
// Work that a process can do once only, such as a simulation (one SystemC elaboration a process), done many times: each
// in a child process of its own.
#pragma once

#include <functional>
#include <string>

namespace tessera::platform {

/// Runs `work` in a child process and returns its text. Call it before threads are started.
/// @throws std::runtime_error  what the work threw, or how the child ended
[[nodiscard]] std::string isolated(const std::function<std::string()>& work);

/// Processor time of this process so far, all threads [s].
[[nodiscard]] double processor_seconds();

}  // namespace tessera::platform
