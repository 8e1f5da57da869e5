// SPDX-License-Identifier: Apache-2.0
// Power states in reports: how long each block was in which state, and what that took.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "platform/session/simulation.h"

namespace tessera::platform {

/// A table; blocks of a kind together. Empty if no block tells.
[[nodiscard]] std::string power_states_text(const SimulationOutput& output);
/// [{"block", "state", "time_s", "energy_J" (exact decimal), "entries"}], every block by itself.
[[nodiscard]] nlohmann::ordered_json power_states_json(const SimulationOutput& output);
/// What the user's regions took, with average power and the life of the scenario's battery; empty without regions.
[[nodiscard]] std::string regions_text(const PlatformParameters& platform, const SimulationOutput& output);
[[nodiscard]] nlohmann::ordered_json regions_json(const PlatformParameters& platform, const SimulationOutput& output);
/// {"samples", "overruns"}, or null without a sensor.
[[nodiscard]] nlohmann::ordered_json sensor_json(const SimulationOutput& output);

}  // namespace tessera::platform
