// SPDX-License-Identifier: Apache-2.0
// What a run of any program tells, in the form of `run`'s result.json and report.txt: verdict, time, exact energy.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "models/power/ledger.h"
#include "platform/session/simulation.h"

namespace tessera::platform {

struct BootReport {
  std::string program, platform;
  bool passed = false;  ///< the program's verdict and every expectation
  bool virtual_machine = false;
  std::string reason;
  double simulated_s = 0, awake_s = 0, asleep_s = 0;
  std::string energy_J;                                         ///< exact decimal joules of the ledger
  std::vector<std::pair<std::string, std::string>> energies_J;  ///< by category, exact; they add up to energy_J
  double average_power_W = 0;
  std::string regions;  ///< table of the user's regions
  nlohmann::ordered_json regions_json;
  std::vector<Expectations::Seen> expected;
  std::string last_lines;  ///< of the console; only if an expectation failed
};

[[nodiscard]] BootReport make_boot_report(const PlatformParameters& platform, const SimulationInput& input,
                                          const SimulationOutput& output, const power::Ledger& ledger);
/// How the run ended, what was expected and seen, and the fault report of a run that failed.
[[nodiscard]] std::string boot_ending_text(const BootReport& report, const SimulationOutput& output);
[[nodiscard]] std::string boot_report_text(const BootReport& report, const SimulationOutput& output);
/// Figures that depend on the machine and the moment stand under "wall_clock" only.
[[nodiscard]] nlohmann::ordered_json boot_report_json(const BootReport& report, const SimulationOutput& output);

}  // namespace tessera::platform
