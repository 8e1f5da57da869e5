// SPDX-License-Identifier: Apache-2.0
// What `run` and `boot` have in common: a recorder with files, a console log, and words for how the run ended.
#pragma once

#include <filesystem>
#include <string>

#include "platform/config/platform_parameters.h"
#include "platform/session/simulation.h"
#include "traces/recorder.h"

namespace tessera::platform {

enum class TraceLevel : std::uint8_t { off, jobs, full };

[[nodiscard]] traces::RecorderOptions recorder_options(const PlatformParameters& platform, TraceLevel level);

/// Several lines: how the run ended, the fault report if there is one, errors of job units.
[[nodiscard]] std::string ending_text(const SimulationOutput& output);

}  // namespace tessera::platform
