// SPDX-License-Identifier: Apache-2.0
#include "traces/consistency.h"

#include <fmt/format.h>

#include <array>
#include <map>

namespace tessera::traces {
namespace {

using Found = std::vector<Discrepancy>;

/// Last value of every counter, by path; those that count cycles are marked.
struct Last {
  std::int64_t value = 0;
  bool cycles = false;
};
std::map<std::string, Last> last_values(Database& database) {
  std::map<std::string, Last> values;
  Statement rows(database, "SELECT path, unit, value FROM counter_last");
  while (rows.step()) {
    values[rows.text(0)] = {rows.integer(2), rows.text(1) == "cycles"};
  }
  return values;
}

void compare(Found& found, const std::string& what, std::int64_t expected, std::int64_t value) {
  if (expected != value) {
    found.push_back({what, std::to_string(expected), std::to_string(value)});
  }
}

void counters_of_units(TraceReader& trace, const std::map<std::string, Last>& counters, Found& found) {
  // Counter name and what the unit's job rows say about it.
  constexpr std::array<std::pair<const char*, const char*>, 11> pairs = {
      {{"active", "sum(end_ps - begin_ps)"},
       {"products", "sum(count)"},
       {"conversions", "sum(conversions)"},
       {"clipped", "sum(clipped)"},
       {"saturated", "sum(saturated)"},
       {"load_stall", "sum(load_stall_ps)"},
       {"store_stall", "sum(store_stall_ps)"},
       {"converter_stall", "sum(converter_stall_ps)"},
       {"bus_wait", "sum(bus_wait_ps)"},
       {"bytes_in", "sum(bytes_in)"},
       {"bytes_out", "sum(bytes_out)"}}};
  std::string columns;
  for (const auto& [name, expression] : pairs) {
    columns += fmt::format(", coalesce({}, 0)", expression);
  }
  Statement rows(trace.database(), "SELECT l.path" + columns +
                                       " FROM lane l LEFT JOIN job j ON j.lane = l.id GROUP BY l.id ORDER BY l.id");
  const auto cycle = static_cast<std::int64_t>(trace.bus_cycle());
  while (rows.step()) {
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      const std::string path = rows.text(0) + "." + pairs[i].first;
      const auto counter = counters.find(path);
      // Only job units have all of these; a converter bank of its own counts for several of them.
      if (counter == counters.end() || counters.count(rows.text(0) + ".active") == 0) {
        continue;
      }
      const std::int64_t sum = rows.integer(static_cast<int>(i) + 1);
      compare(found, path, counter->second.cycles ? sum / cycle : sum, counter->second.value);
    }
  }
}

void counters_of_converters(TraceReader& trace, const std::map<std::string, Last>& counters, Found& found) {
  std::int64_t conversions = 0, clipped = 0;
  bool any = false;
  Statement rows(trace.database(), "SELECT path FROM component WHERE category = 'adc'");
  while (rows.step()) {
    const auto converted = counters.find(rows.text(0) + ".conversions");
    const auto limited = counters.find(rows.text(0) + ".clipped");
    if (converted != counters.end() && limited != counters.end()) {
      any = true;
      conversions += converted->second.value;
      clipped += limited->second.value;
    }
  }
  if (any) {
    Database& database = trace.database();
    compare(found, "conversions of all ADC banks", database.integer("SELECT coalesce(sum(conversions), 0) FROM job"),
            conversions);
    compare(found, "clipped of all ADC banks", database.integer("SELECT coalesce(sum(clipped), 0) FROM job"), clipped);
  }
}

void counters_of_bus(TraceReader& trace, const std::map<std::string, Last>& counters, Found& found) {
  const auto bytes = counters.find("bus.bytes");
  if (bytes == counters.end()) {
    return;
  }
  std::int64_t by_use = 0;
  bool split = false;
  const std::string prefix = "bus.bytes.";
  for (auto part = counters.lower_bound(prefix); part != counters.end() && part->first.rfind(prefix, 0) == 0; ++part) {
    by_use += part->second.value;
    split = true;
  }
  if (split) {
    compare(found, "bus.bytes, summed over what they are for", bytes->second.value, by_use);
  }
  if (trace.meta("trace_level") != "full") {
    return;
  }
  compare(found, "bus.bytes", trace.database().integer("SELECT coalesce(sum(bytes), 0) FROM bus_transaction"),
          bytes->second.value);
}

void energies(TraceReader& trace, Found& found) {
  std::map<std::string, std::pair<power::Amount, power::Amount>> sums;  // by category: components, windows
  Statement components(trace.database(), "SELECT category, nanojoules, attojoules FROM energy_named");
  while (components.step()) {
    sums[components.text(0)].first += energy_at(components, 1);
  }
  Statement windows(trace.database(), "SELECT category, nanojoules, attojoules FROM energy_window");
  while (windows.step()) {
    sums[windows.text(0)].second += energy_at(windows, 1);
  }
  for (const auto& [category, both] : sums) {
    if (both.first != both.second) {
      found.push_back({"energy of " + category + " over time windows [J]", power::joules_text(both.first),
                       power::joules_text(both.second)});
    }
  }
}

void references(Database& database, Found& found) {
  constexpr std::array<std::array<const char*, 3>, 11> links = {{{"job", "lane", "lane"},
                                                                 {"job", "scope", "scope"},
                                                                 {"span", "lane", "lane"},
                                                                 {"span", "scope", "scope"},
                                                                 {"span", "name", "span_name"},
                                                                 {"counter_value", "counter", "counter"},
                                                                 {"bus_transaction", "lane", "lane"},
                                                                 {"bus_transaction", "scope", "scope"},
                                                                 {"energy", "component", "component"},
                                                                 {"energy", "scope", "scope"},
                                                                 {"energy_checkpoint", "component", "component"}}};
  for (const auto& [table, column, target] : links) {
    const std::int64_t lost = database.integer(
        fmt::format("SELECT count(*) FROM {0} WHERE {1} NOT IN (SELECT id FROM {2})", table, column, target));
    compare(found, fmt::format("{}.{} without a row in {}", table, column, target), 0, lost);
  }
}

}  // namespace

std::vector<Discrepancy> check_consistency(TraceReader& trace) {
  Found found;
  references(trace.database(), found);
  if (trace.complete()) {  // the last counters of a killed run are older than its last jobs
    const auto counters = last_values(trace.database());
    counters_of_units(trace, counters, found);
    counters_of_converters(trace, counters, found);
    counters_of_bus(trace, counters, found);
    energies(trace, found);
  }
  return found;
}

std::string consistency_text(const std::vector<Discrepancy>& found) {
  std::string out;
  for (const Discrepancy& d : found) {
    out += fmt::format("{}: expected {}, found {}\n", d.what, d.expected, d.found);
  }
  return out;
}

}  // namespace tessera::traces
