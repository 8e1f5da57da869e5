// SPDX-License-Identifier: Apache-2.0
#include "traces/stats.h"

#include <algorithm>
#include <map>

#include "traces/intervals.h"
#include "traces/names.h"
#include "traces/stats_energy.h"

namespace tessera::traces {
namespace {

/// What a lane or counter belongs to: the leading letters of its path, unless it is a converter bank.
std::string kind_of(const std::string& path, const std::map<std::string, std::string>& categories) {
  const auto known = categories.find(path);
  if (known != categories.end() && (known->second == "dac" || known->second == "adc")) {
    return known->second;
  }
  const std::size_t letters = path.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
  return path.substr(0, letters);
}

std::map<std::string, std::string> component_categories(Database& database) {
  std::map<std::string, std::string> categories;
  Statement rows(database, "SELECT path, category FROM component");
  while (rows.step()) {
    categories[rows.text(0)] = rows.text(1);
  }
  return categories;
}

Intervals inferences_of(Database& database, Time end, std::uint64_t& ended) {
  Intervals inside;
  Statement rows(database, "SELECT begin_ps, end_ps FROM region WHERE kind = 'inference'");
  while (rows.step()) {
    const auto begin = static_cast<Time>(rows.integer(0));
    ended += rows.is_null(1) ? 0 : 1;
    inside.add(begin, rows.is_null(1) ? end : static_cast<Time>(rows.integer(1)));
  }
  inside.normalise();
  return inside;
}

/// A counter of busy time: its last value, and its growth over the inferences if it was sampled at their borders.
class BusyCounter {
 public:
  BusyCounter(Database& database, std::int64_t id, Time unit) : unit_(unit) {
    Statement rows(database, "SELECT at_ps, value FROM counter_value WHERE counter = ? ORDER BY at_ps, id");
    rows.bind(1, id);
    while (rows.step()) {
      samples_.push_back({static_cast<Time>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1))});
    }
  }
  [[nodiscard]] Time last() const { return samples_.empty() ? 0 : samples_.back().value * unit_; }
  [[nodiscard]] std::optional<Time> inside(Database& database) const {
    Time sum = 0;
    Statement rows(database, "SELECT begin_ps, end_ps FROM region WHERE kind = 'inference' AND end_ps IS NOT NULL");
    while (rows.step()) {
      const auto begin = static_cast<Time>(rows.integer(0));
      const auto end = static_cast<Time>(rows.integer(1));
      const Sample* first = near(begin, (end - begin) / 100);
      const Sample* last = near(end, (end - begin) / 100);
      if (first == nullptr || last == nullptr || last->value < first->value) {
        return std::nullopt;
      }
      sum += (last->value - first->value) * unit_;
    }
    return sum;
  }

 private:
  struct Sample {
    Time at;
    std::uint64_t value;
  };
  [[nodiscard]] const Sample* near(Time at, Time tolerance) const {
    const auto distance = [at](const Sample& s) { return s.at > at ? s.at - at : at - s.at; };
    auto best =
        std::lower_bound(samples_.begin(), samples_.end(), at, [](const Sample& s, Time time) { return s.at < time; });
    if (best == samples_.end() || (best != samples_.begin() && distance(*std::prev(best)) < distance(*best))) {
      if (best == samples_.begin()) {
        return nullptr;
      }
      --best;
    }
    return distance(*best) <= tolerance ? &*best : nullptr;
  }

  Time unit_;
  std::vector<Sample> samples_;
};

/// Busy intervals of every lane: jobs, and spans in which the unit does something.
std::map<std::int64_t, Intervals> lane_intervals(Database& database) {
  std::map<std::int64_t, Intervals> lanes;
  Statement rows(database,
                 "SELECT lane, begin_ps, end_ps FROM job UNION ALL SELECT s.lane, s.begin_ps, s.end_ps FROM span s "
                 "JOIN span_name n ON n.id = s.name WHERE n.name NOT IN ('asleep', 'idle', 'off', 'sleep', "
                 "'standby', 'waking')");
  while (rows.step()) {
    lanes[rows.integer(0)].add(static_cast<Time>(rows.integer(1)), static_cast<Time>(rows.integer(2)));
  }
  for (auto& [lane, intervals] : lanes) {
    intervals.normalise();
  }
  return lanes;
}

void add_utilisation(TraceReader& trace, const Intervals& inside, Stats& stats) {
  Database& database = trace.database();
  const auto categories = component_categories(database);
  const auto lanes = lane_intervals(database);
  std::map<std::string, std::pair<std::int64_t, Time>> busy_counters;  // path without ".busy": id, unit
  Statement counters(database, "SELECT id, path, unit FROM counter WHERE path LIKE '%.busy' ORDER BY id");
  while (counters.step()) {
    const std::string path = counters.text(1);
    busy_counters[path.substr(0, path.size() - 5)] = {counters.integer(0),
                                                      counters.text(2) == "ps" ? 1 : trace.bus_cycle()};
  }

  Statement rows(database, "SELECT id, path FROM lane ORDER BY id");
  while (rows.step()) {
    const auto known = lanes.find(rows.integer(0));
    const Intervals none;
    const Intervals& busy = known != lanes.end() ? known->second : none;
    Utilisation u{kind_of(rows.text(1), categories), rows.text(1), busy.length(), busy.overlap(inside)};
    if (const auto counted = busy_counters.find(u.path); counted != busy_counters.end()) {
      // A shared resource inside a job: its counter knows better than the job-long span of a default trace.
      const BusyCounter counter(database, counted->second.first, counted->second.second);
      const bool all_inside = *u.busy_inside == u.busy;
      if (trace.complete()) {
        u.busy = counter.last();
        u.busy_inside = all_inside ? std::optional<Time>(u.busy) : counter.inside(database);
      }
      busy_counters.erase(counted);
    }
    stats.utilisation.push_back(u);
  }
  for (const auto& [path, counter] : busy_counters) {  // no lane of its own, such as the bus
    const BusyCounter samples(database, counter.first, counter.second);
    stats.utilisation.push_back({kind_of(path, categories), path, samples.last(), samples.inside(database)});
  }
}

void add_jobs(Database& database, Stats& stats) {
  Statement row(
      database,
      "SELECT count(*), coalesce(sum(CASE WHEN kind = 'tile' THEN count END), 0), "
      "coalesce(sum(conversions), 0), coalesce(sum(clipped), 0), coalesce(sum(saturated), 0), "
      "coalesce(sum(bytes_in), 0), coalesce(sum(bytes_out), 0), coalesce(sum(end_ps - begin_ps), 0) FROM job");
  row.step();
  const auto value = [&](int column) { return static_cast<std::uint64_t>(row.integer(column)); };
  stats.jobs = value(0);
  stats.products = value(1);
  stats.conversions = value(2);
  stats.clipped = value(3);
  stats.saturated = value(4);
  stats.bytes_in = value(5);
  stats.bytes_out = value(6);
  stats.job_time = value(7);
  stats.interrupts = static_cast<std::uint64_t>(database.integer("SELECT count(*) FROM interrupt WHERE raised = 1"));

  Statement stalls(database, "SELECT cause, ps FROM stall_by_cause");
  while (stalls.step()) {
    stats.stalls.push_back({stalls.text(0), static_cast<Time>(stalls.integer(1))});
  }
  std::stable_sort(stats.stalls.begin(), stats.stalls.end(),
                   [](const Stall& a, const Stall& b) { return a.time > b.time; });
}

/// Counters below `prefix`, without it, in the order of the platform.
std::vector<BusShare> bus_shares(Database& database, const std::string& prefix) {
  std::vector<BusShare> shares;
  Statement rows(database,
                 "SELECT c.path, c.description, coalesce(l.value, 0) FROM counter c LEFT JOIN counter_last l "
                 "ON l.path = c.path WHERE substr(c.path, 1, length(?)) = ? ORDER BY c.id");
  rows.bind(1, prefix);
  rows.bind(2, prefix);
  while (rows.step()) {
    shares.push_back({rows.text(0).substr(prefix.size()), rows.text(1), static_cast<std::uint64_t>(rows.integer(2))});
  }
  return shares;
}

void add_bus(Database& database, Stats& stats) {
  stats.bus_bytes = static_cast<std::uint64_t>(
      database.integer("SELECT coalesce(sum(value), 0) FROM counter_last WHERE path = 'bus.bytes'"));
  stats.bus_moved = bus_shares(database, "bus.bytes.");
  stats.bus_saved = bus_shares(database, "bus.saved.");
}

}  // namespace

Stats compute_stats(TraceReader& trace) {
  Stats stats;
  stats.trace_level = trace.meta("trace_level");
  stats.complete = trace.complete();
  stats.end = trace.end();
  const Intervals inside = inferences_of(trace.database(), stats.end, stats.inferences);
  stats.inside = inside.length();
  add_jobs(trace.database(), stats);
  add_utilisation(trace, inside, stats);
  add_bus(trace.database(), stats);
  add_layers(trace, stats);
  add_energies(trace, stats);
  add_power_states(trace, stats);
  return stats;
}

Stats compute_stats(const std::filesystem::path& database) {
  TraceReader trace(database);
  return compute_stats(trace);
}

}  // namespace tessera::traces
