// SPDX-License-Identifier: Apache-2.0
#include "platform/session/run_folder.h"

#include <fmt/format.h>

#include <cmath>

namespace tessera::platform {

traces::RecorderOptions recorder_options(const PlatformParameters& platform, TraceLevel level) {
  traces::RecorderOptions options;
  options.soc = platform.soc;
  options.full = level == TraceLevel::full;
  options.bus_cycle = static_cast<probe::Time>(std::llround(1.0e12 / platform.bus.clock_Hz));
  return options;
}

std::string ending_text(const SimulationOutput& output) {
  std::string text =
      fmt::format("{}: {} at {:.6f} ms of simulated time\n", output.result.passed() ? "passed" : "FAILED",
                  output.result.reason, static_cast<double>(output.end) * 1e-9);
  if (!output.result.passed()) {
    text += output.result.report.text();
    for (const std::string& error : output.unit_errors) {
      text += error + "\n";
    }
  }
  return text;
}

}  // namespace tessera::platform
