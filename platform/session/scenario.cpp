// SPDX-License-Identifier: Apache-2.0
#include "platform/session/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/text/table.h"

namespace tessera::platform {
namespace {

using Sleep = ScenarioParameters::Sleep;

/// Static power of what is neither tile nor bus, the core waiting in WFI [W].
double base_W(const PlatformParameters& p) {
  return p.soc.overhead_W + p.sram.leakage_W_per_kB * p.sram.size_B / 1024.0 + p.cpu.leakage_W + p.cpu.wfi_W +
         p.cpu.memory_leakage_W_per_kB * p.cpu.memory_B / 1024.0;
}

}  // namespace

double idle_power_W(const PlatformParameters& platform) {
  double watts = base_W(platform);
  for (const tile::TileParameters& one : platform.tiles) {
    watts += one.power.idle_W;
  }
  return watts / platform.soc.dcdc_efficiency + (platform.ext_dram.present ? platform.ext_dram.standby_W : 0.0);
}

double sleep_power_W(const PlatformParameters& platform) {
  const double retention_W =
      platform.scenario.retain_sram ? platform.soc.sram_retention_W_per_kB * platform.sram.size_B / 1024.0 : 0.0;
  const double dram_W = platform.ext_dram.present ? platform.ext_dram.self_refresh_W : 0.0;  // a supply of its own
  return (platform.soc.deep_sleep_W + retention_W) / platform.soc.dcdc_efficiency + dram_W;
}

double battery_J(const PlatformParameters& platform) {
  const ScenarioParameters& scenario = platform.scenario;
  return scenario.battery_mAh * 3.6 * scenario.battery_V * scenario.battery_usable;
}

DutyCycle duty_cycle(const PlatformParameters& platform, double energy_J, double latency_s) {
  const ScenarioParameters& scenario = platform.scenario;
  DutyCycle cycle;
  cycle.active_s = latency_s;
  cycle.active_J = energy_J;
  cycle.sleep_W = idle_power_W(platform);
  if (scenario.sleep == Sleep::deep_sleep) {
    cycle.sleep_W = sleep_power_W(platform);
    cycle.wake_s = platform.soc.wake_s;
    double wake_J = base_W(platform) * platform.soc.wake_s;
    for (const tile::TileParameters& one : platform.tiles) {
      wake_J += one.power.wake_W * one.power.off_wake_s;  // while the processor starts to work
    }
    cycle.wake_J = wake_J / platform.soc.dcdc_efficiency;
    cycle.wake_J += platform.ext_dram.present ? platform.ext_dram.standby_W * platform.soc.wake_s : 0.0;
  }
  const double shortest_s = cycle.active_s + cycle.wake_s;
  cycle.period_s = 1.0 / scenario.inferences_per_s;
  cycle.feasible = cycle.period_s >= shortest_s;
  cycle.period_s = std::max(cycle.period_s, shortest_s);
  cycle.sleep_s = cycle.period_s - shortest_s;
  cycle.sleep_J = cycle.sleep_W * cycle.sleep_s;
  cycle.average_W = (cycle.active_J + cycle.wake_J + cycle.sleep_J) / cycle.period_s;
  cycle.battery_J = battery_J(platform);
  cycle.life_s = cycle.battery_J / cycle.average_W;
  return cycle;
}

std::string life_text(double seconds) {
  constexpr double hour = 3600, day = 24 * hour, year = 365.25 * day;
  if (seconds >= year) {
    return fmt::format("{:.1f} years", seconds / year);
  }
  return seconds >= 2 * day ? fmt::format("{:.1f} days", seconds / day) : fmt::format("{:.1f} hours", seconds / hour);
}

std::string duty_cycle_text(const PlatformParameters& platform, const DutyCycle& cycle) {
  using text::si;
  const ScenarioParameters& scenario = platform.scenario;
  std::string out = fmt::format("scenario      {:.6g} inferences/s, {} in between\n", scenario.inferences_per_s,
                                scenario.sleep == Sleep::deep_sleep ? "deep sleep" : "WFI");
  if (!cycle.feasible) {
    out += fmt::format(
        "              TOO FAST: an inference and its wake-up take {}; what follows is {:.4g} inferences/s\n",
        si(cycle.period_s, "s"), 1.0 / cycle.period_s);
  }
  const auto part = [&](const char* name, double seconds, double joules) {
    return fmt::format("              {:<9} {:>10} of a period, {:>10}, {:>5.1f} % of the energy\n", name,
                       si(seconds, "s"), si(joules, "J"), 100.0 * joules / (cycle.average_W * cycle.period_s));
  };
  out += part("inference", cycle.active_s, cycle.active_J);
  if (cycle.wake_s > 0) {
    out += part("wake-up", cycle.wake_s, cycle.wake_J);
  }
  out += part("sleep", cycle.sleep_s, cycle.sleep_J);
  out += fmt::format("              average power {}; {:.4g} mAh at {:.4g} V, {:.0f} % usable: {}\n",
                     si(cycle.average_W, "W"), scenario.battery_mAh, scenario.battery_V,
                     100.0 * scenario.battery_usable, life_text(cycle.life_s));
  return out;
}

nlohmann::ordered_json duty_cycle_json(const PlatformParameters& platform, const DutyCycle& cycle) {
  return {{"inferences_per_s", platform.scenario.inferences_per_s},
          {"feasible", cycle.feasible},
          {"period_s", cycle.period_s},
          {"active_s", cycle.active_s},
          {"wake_s", cycle.wake_s},
          {"sleep_s", cycle.sleep_s},
          {"active_J", cycle.active_J},
          {"wake_J", cycle.wake_J},
          {"sleep_J", cycle.sleep_J},
          {"average_power_W", cycle.average_W},
          {"battery_J", cycle.battery_J},
          {"battery_life_s", cycle.life_s}};
}

}  // namespace tessera::platform
