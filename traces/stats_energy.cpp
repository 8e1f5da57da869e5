// SPDX-License-Identifier: Apache-2.0
#include "traces/stats_energy.h"

#include <algorithm>
#include <map>
#include <utility>

#include "traces/intervals.h"

namespace tessera::traces {
namespace {

std::vector<EnergyShare> sorted(const std::map<std::pair<std::string, std::string>, Amount>& sums) {
  std::vector<EnergyShare> list;
  for (const auto& [key, amount] : sums) {
    list.push_back({key.first, key.second, amount});
  }
  std::stable_sort(list.begin(), list.end(),
                   [](const EnergyShare& a, const EnergyShare& b) { return a.energy > b.energy; });
  return list;
}

LayerCost& cost_of(std::map<std::int32_t, LayerCost>& layers, std::int64_t id, const std::string& name) {
  LayerCost& cost = layers[static_cast<std::int32_t>(id)];
  cost.layer = static_cast<std::int32_t>(id);
  cost.name = name;
  return cost;
}

}  // namespace

void add_layers(TraceReader& trace, Stats& stats) {
  Database& database = trace.database();
  std::map<std::int32_t, LayerCost> layers;
  Statement names(database, "SELECT id, name, kind FROM layer");
  while (names.step()) {
    cost_of(layers, names.integer(0), names.text(1)).kind = names.text(2);
  }
  std::map<std::int32_t, Intervals> ran;
  Statement jobs(database,
                 "SELECT s.layer, s.layer_name, j.begin_ps, j.end_ps, CASE WHEN j.kind = 'tile' THEN j.count ELSE 0 "
                 "END, j.conversions, j.clipped, j.saturated FROM job j JOIN scope_named s ON s.id = j.scope");
  while (jobs.step()) {
    LayerCost& cost = cost_of(layers, jobs.integer(0), jobs.text(1));
    ran[cost.layer].add(static_cast<Time>(jobs.integer(2)), static_cast<Time>(jobs.integer(3)));
    ++cost.jobs;
    cost.products += static_cast<std::uint64_t>(jobs.integer(4));
    cost.conversions += static_cast<std::uint64_t>(jobs.integer(5));
    cost.clipped += static_cast<std::uint64_t>(jobs.integer(6));
    cost.saturated += static_cast<std::uint64_t>(jobs.integer(7));
  }
  for (auto& [layer, intervals] : ran) {
    intervals.normalise();
    layers[layer].time = intervals.length();
  }
  Statement runs(database,
                 "SELECT layer, name, sum(duration_ps) FROM layer_run WHERE end_ps IS NOT NULL GROUP BY layer, name");
  while (runs.step()) {
    cost_of(layers, runs.integer(0), runs.text(1)).time = static_cast<Time>(runs.integer(2));
  }
  Statement energies(database, "SELECT layer, layer_name, nanojoules, attojoules FROM energy_by_layer");
  while (energies.step()) {
    cost_of(layers, energies.integer(0), energies.text(1)).energy = energy_at(energies, 2);
  }
  for (const bool of_network : {true, false}) {
    for (const auto& [layer, cost] : layers) {
      if ((layer >= 0) == of_network) {
        stats.layers.push_back(cost);
      }
    }
  }
}

void add_energies(TraceReader& trace, Stats& stats) {
  Database& database = trace.database();
  const bool complete = trace.complete();
  std::map<std::pair<std::string, std::string>, Amount> components, categories, causes, call_sites;
  Statement rows(database, complete ? "SELECT component, category, cause, call_site_name, nanojoules, attojoules "
                                      "FROM energy_named"
                                    : "SELECT c.path, c.category, e.cause, '', e.nanojoules, e.attojoules "
                                      "FROM energy_checkpoint e JOIN component c ON c.id = e.component");
  while (rows.step()) {
    const Amount energy = energy_at(rows, 4);
    components[{rows.text(0), rows.text(1)}] += energy;
    categories[{rows.text(1), ""}] += energy;
    causes[{rows.text(2), ""}] += energy;
    if (complete) {
      const std::string site = rows.text(3);
      call_sites[{site.empty() ? "(none)" : site, ""}] += energy;
    }
    stats.energy += energy;
  }
  stats.by_component = sorted(components);
  stats.by_category = sorted(categories);
  stats.by_cause = sorted(causes);
  stats.by_call_site = sorted(call_sites);
}

void add_power_states(TraceReader& trace, Stats& stats) {
  Database& database = trace.database();
  if (database.integer("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'power_state'") == 0) {
    return;  // an older trace
  }
  Statement rows(database, "SELECT block, state, time_ps, entries, nanojoules, attojoules FROM power_state");
  while (rows.step()) {
    stats.power_states.push_back({rows.text(0), rows.text(1), static_cast<Time>(rows.integer(2)), energy_at(rows, 4),
                                  static_cast<std::uint64_t>(rows.integer(3))});
  }
}

}  // namespace tessera::traces
