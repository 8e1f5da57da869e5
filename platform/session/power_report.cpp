// SPDX-License-Identifier: Apache-2.0
#include "platform/session/power_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "models/power/power_domain.h"
#include "platform/session/scenario.h"
#include "platform/text/table.h"

namespace tessera::platform {

std::string power_states_text(const SimulationOutput& output) {
  struct Group {
    double time_s = 0;
    power::Amount energy = 0;
    std::uint64_t entries = 0;
  };
  std::map<std::pair<std::string, probe::PowerState>, Group> groups;
  std::map<std::string, std::set<std::string>> members;
  for (const auto& row : output.power_states) {
    const std::string kind = row.block.substr(0, row.block.find('['));
    Group& group = groups[{kind, row.state}];
    group.time_s += static_cast<double>(row.time) * 1e-12;
    group.energy += row.energy;
    group.entries += row.entries;
    members[kind].insert(row.block);
  }
  if (groups.empty()) {
    return "";
  }
  text::Table table({"<power state", "<of", "time, mean", "of the run", "entries", "static energy"});
  const double run_s = static_cast<double>(output.end) * 1e-12;
  for (const auto& [key, group] : groups) {
    const auto blocks = static_cast<double>(members[key.first].size());
    const std::string name = members[key.first].size() == 1
                                 ? key.first
                                 : fmt::format("{} ({} together)", key.first, members[key.first].size());
    table.add({std::string(power::name_of(key.second)), name, text::si(group.time_s / blocks, "s"),
               run_s > 0 ? fmt::format("{:.2f} %", 100.0 * group.time_s / blocks / run_s) : "-",
               fmt::format("{}", group.entries), group.energy == 0 ? "-" : text::si(power::joules(group.energy), "J")});
  }
  return table.text();
}

nlohmann::ordered_json power_states_json(const SimulationOutput& output) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& row : output.power_states) {
    rows.push_back({{"block", row.block},
                    {"state", std::string(power::name_of(row.state))},
                    {"time_s", static_cast<double>(row.time) * 1e-12},
                    {"time_ps", row.time},
                    {"energy_J", power::joules_text(row.energy)},
                    {"entries", row.entries}});
  }
  return rows;
}

std::string regions_text(const PlatformParameters& platform, const SimulationOutput& output) {
  constexpr std::size_t most = 10;
  text::Table table({"<region", "time", "energy", "average power", "battery life"});
  std::size_t rows = 0;
  for (const InferenceFacts& region : output.regions) {
    const double seconds = static_cast<double>(region.end - std::min(region.end, region.begin)) * 1e-12;
    if (seconds > 0 && rows++ < most) {
      const double watts = power::joules(region.energy) / seconds;
      table.add({fmt::format("user {}", region.number), text::si(seconds, "s"),
                 text::si(power::joules(region.energy), "J"), text::si(watts, "W"),
                 watts > 0 ? life_text(battery_J(platform) / watts) : "-"});
    }
  }
  return rows == 0 ? "" : table.text() + (rows > most ? fmt::format("({} more)\n", rows - most) : "");
}

nlohmann::ordered_json regions_json(const PlatformParameters& platform, const SimulationOutput& output) {
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const InferenceFacts& region : output.regions) {
    const double seconds = static_cast<double>(region.end - std::min(region.end, region.begin)) * 1e-12;
    if (seconds > 0) {
      const double watts = power::joules(region.energy) / seconds;
      rows.push_back({{"number", region.number},
                      {"begin_ps", region.begin},
                      {"end_ps", region.end},
                      {"energy_J", power::joules_text(region.energy)},
                      {"average_power_W", watts},
                      {"battery_life_s", watts > 0 ? battery_J(platform) / watts : 0.0}});
    }
  }
  return rows;
}

nlohmann::ordered_json sensor_json(const SimulationOutput& output) {
  if (!output.sensor.present) {
    return nullptr;
  }
  return {{"samples", output.sensor.samples}, {"overruns", output.sensor.overruns}};
}

}  // namespace tessera::platform
