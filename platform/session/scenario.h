// SPDX-License-Identifier: Apache-2.0
// A duty cycle computed from one measured inference: average power and battery life at so many inferences a second.
//
// One period holds an inference, as measured between its markers, the wake-up, and sleep for the rest. What firmware
// does outside the markers is not in it: a long simulated run of the application is the check (docs/power.md).
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "platform/config/platform_parameters.h"

namespace tessera::platform {

struct DutyCycle {
  double period_s = 0;
  double active_s = 0, wake_s = 0, sleep_s = 0;  ///< of a period
  double active_J = 0, wake_J = 0, sleep_J = 0;  ///< of a period, conversion loss included
  double sleep_W = 0;                            ///< while asleep
  double average_W = 0;
  double battery_J = 0;  ///< usable
  double life_s = 0;
  /// False: an inference with its wake-up is longer than the period; the other figures are those of the fastest rate.
  bool feasible = true;
};

/// Power of the chip that waits in WFI with all tiles on, and of deep sleep; drawn from the battery [W].
[[nodiscard]] double idle_power_W(const PlatformParameters& platform);
[[nodiscard]] double sleep_power_W(const PlatformParameters& platform);

/// What the scenario's battery gives [J].
[[nodiscard]] double battery_J(const PlatformParameters& platform);

/// @param energy_J, latency_s  of one inference, above 0. Requires scenario.inferences_per_s > 0
[[nodiscard]] DutyCycle duty_cycle(const PlatformParameters& platform, double energy_J, double latency_s);

[[nodiscard]] std::string duty_cycle_text(const PlatformParameters& platform, const DutyCycle& cycle);
[[nodiscard]] nlohmann::ordered_json duty_cycle_json(const PlatformParameters& platform, const DutyCycle& cycle);

/// "3.2 days", "1.8 years".
[[nodiscard]] std::string life_text(double seconds);

}  // namespace tessera::platform
