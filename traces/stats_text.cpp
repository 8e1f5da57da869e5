// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "traces/stats.h"

namespace tessera::traces {
namespace {

std::string scaled(double value, const char* unit) {
  constexpr struct {
    double factor;
    const char* prefix;
  } prefixes[] = {{1.0, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}, {1e-15, "f"}, {1e-18, "a"}};
  for (const auto& p : prefixes) {
    if (value >= p.factor * 0.9995) {
      return fmt::format("{:.4g} {}{}", value / p.factor, p.prefix, unit);
    }
  }
  return fmt::format("{:.4g} {}", value, unit);
}

std::string seconds(Time ps) {
  return scaled(static_cast<double>(ps) * 1e-12, "s");
}
std::string joules_short(Amount energy) {
  return scaled(power::joules(energy), "J");
}
std::string percent(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100.0 * part / whole) : std::string("-");
}
std::string percent(Amount part, Amount whole) {
  return percent(power::joules(part), power::joules(whole));
}
std::string percent(Time part, Time whole) {
  return percent(static_cast<double>(part), static_cast<double>(whole));
}

void utilisation(std::string& out, const Stats& s) {
  out += fmt::format("\nutilisation            busy         of run   in inferences\n");
  // Twelve and more equal lines tell less than their mean and extremes: large groups are shown as one line.
  struct Group {
    std::size_t members = 0, known = 0;
    Time busy = 0, inside = 0, most = 0, least = ~Time{0};
  };
  std::map<std::string, Group> groups;
  for (const Utilisation& u : s.utilisation) {
    Group& g = groups[u.kind];
    ++g.members;
    g.busy += u.busy;
    g.most = std::max(g.most, u.busy);
    g.least = std::min(g.least, u.busy);
    if (u.busy_inside) {
      ++g.known;
      g.inside += *u.busy_inside;
    }
  }
  for (const auto& [kind, g] : groups) {
    const auto n = static_cast<Time>(g.members);
    out += fmt::format("  {:<20} {:>12} {:>8} {:>13}", n == 1 ? kind : fmt::format("{} (mean of {})", kind, n),
                       seconds(g.busy / n), percent(g.busy / n, s.end),
                       g.known == g.members ? percent(g.inside / n, s.inside) : "-");
    out += n == 1 ? "\n" : fmt::format("   {} to {} of run\n", percent(g.least, s.end), percent(g.most, s.end));
  }
  out += "  busiest:";
  std::vector<Utilisation> busiest = s.utilisation;
  std::stable_sort(busiest.begin(), busiest.end(),
                   [](const Utilisation& a, const Utilisation& b) { return a.busy > b.busy; });
  for (std::size_t i = 0; i < std::min<std::size_t>(busiest.size(), 5); ++i) {
    out += fmt::format(" {} {}{}", busiest[i].path, percent(busiest[i].busy, s.end), i + 1 < 5 ? "," : "");
  }
  if (out.back() == ',') {
    out.pop_back();
  }
  out += "\n";
}

void bus(std::string& out, const Stats& s) {
  if (s.bus_moved.empty() && s.bus_saved.empty()) {
    return;
  }
  out += "\nbytes on the bus\n";
  const auto rows = [&](const std::vector<BusShare>& list, const char* prefix) {
    for (const BusShare& share : list) {
      if (share.bytes != 0) {
        out += fmt::format("  {:<20} {:>12} {:>8}\n", prefix + share.name, share.bytes,
                           percent(static_cast<double>(share.bytes), static_cast<double>(s.bus_bytes)));
      }
    }
  };
  rows(s.bus_moved, "");
  out += fmt::format("  {:<20} {:>12}\n", "moved", s.bus_bytes);
  rows(s.bus_saved, "not moved: ");
}

void layers(std::string& out, const Stats& s, std::size_t top, bool by_time) {
  std::vector<LayerCost> list = s.layers;
  std::stable_sort(list.begin(), list.end(), [&](const LayerCost& a, const LayerCost& b) {
    return by_time ? a.time > b.time : a.energy > b.energy;
  });
  list.erase(std::remove_if(list.begin(), list.end(),
                            [by_time](const LayerCost& l) { return by_time ? l.time == 0 : l.energy == 0; }),
             list.end());
  list.resize(std::min(top, list.size()));
  std::size_t width = 20;
  for (const LayerCost& l : list) {
    width = std::max(width, l.name.size());
  }
  out += fmt::format("\n{:<{}} {:>10} {:>12} {:>8} {:>6} {:>10} {:>8}\n",
                     by_time ? "top layers by time" : "top layers by energy", width + 2, "time", "energy", "", "jobs",
                     "products", "clipped");
  for (const LayerCost& l : list) {
    out += fmt::format("  {:<{}} {:>10} {:>12} {:>8} {:>6} {:>10} {:>8}\n", l.name, width,
                       l.time != 0 ? seconds(l.time) : "-", joules_short(l.energy), percent(l.energy, s.energy), l.jobs,
                       l.products, l.clipped);
  }
}

/// Blocks of a kind as one line a state: twelve tiles are twelve times the same.
void power_states(std::string& out, const Stats& s) {
  struct Group {
    Time time = 0;
    Amount energy = 0;
    std::uint64_t entries = 0;
  };
  std::map<std::pair<std::string, std::string>, Group> groups;
  std::map<std::string, std::set<std::string>> members;
  for (const PowerStateShare& p : s.power_states) {
    const std::string kind = p.block.substr(0, p.block.find('['));
    Group& g = groups[{kind, p.state}];
    g.time += p.time;
    g.energy += p.energy;
    g.entries += p.entries;
    members[kind].insert(p.block);
  }
  if (groups.empty()) {
    return;
  }
  out += "\npower states           state         of time    entries   static energy\n";
  for (const auto& [key, g] : groups) {
    const std::size_t blocks = members[key.first].size();
    const std::string name = blocks == 1 ? key.first : fmt::format("{} ({} together)", key.first, blocks);
    out += fmt::format("  {:<20} {:<10} {:>10} {:>10} {:>15}\n", name, key.second, percent(g.time, s.end * blocks),
                       g.entries, g.energy == 0 ? "-" : joules_short(g.energy));
  }
}

void energies(std::string& out, const Stats& s, const char* title, const std::vector<EnergyShare>& list,
              std::size_t top) {
  out += fmt::format("\nenergy by {}\n", title);
  Amount rest = 0;
  std::size_t width = 24;
  for (std::size_t i = 0; i < std::min(top, list.size()); ++i) {
    width = std::max(width, list[i].name.size());
  }
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i < top) {
      out += fmt::format("  {:<{}} {:>12} {:>8}{}{}\n", list[i].name, width, joules_short(list[i].energy),
                         percent(list[i].energy, s.energy), list[i].category.empty() ? "" : "  ", list[i].category);
    } else {
      rest += list[i].energy;
    }
  }
  if (list.size() > top) {
    out += fmt::format("  {:<{}} {:>12} {:>8}\n", fmt::format("({} more)", list.size() - top), width,
                       joules_short(rest), percent(rest, s.energy));
  }
}

}  // namespace

std::string stats_text(const Stats& s, std::size_t top) {
  std::string out;
  if (!s.complete) {
    out += "INCOMPLETE: the run did not end; what follows is what it had committed\n\n";
  }
  out += fmt::format("run                  {} simulated, {} trace\n", seconds(s.end), s.trace_level);
  out += fmt::format("inferences           {} ({} inside)\n", s.inferences, seconds(s.inside));
  out += fmt::format("jobs                 {} ({} of unit time)\n", s.jobs, seconds(s.job_time));
  out += fmt::format("products             {}\n", s.products);
  out += fmt::format("conversions          {} ({} clipped, {})\n", s.conversions, s.clipped,
                     percent(static_cast<double>(s.clipped), static_cast<double>(s.conversions)));
  out += fmt::format("saturations          {}\n", s.saturated);
  out += fmt::format("bytes of jobs        {} in, {} out\n", s.bytes_in, s.bytes_out);
  out += fmt::format("unit interrupts      {}\n", s.interrupts);
  out += fmt::format("energy               {} ({} J)\n", joules_short(s.energy), power::joules_text(s.energy));
  utilisation(out, s);
  bus(out, s);
  power_states(out, s);
  out += "\nstalls by cause (sum over jobs)      of job time\n";
  for (const Stall& stall : s.stalls) {
    out += fmt::format("  {:<20} {:>12} {:>12}\n", stall.cause, seconds(stall.time), percent(stall.time, s.job_time));
  }
  layers(out, s, top, true);
  if (s.complete) {
    layers(out, s, top, false);
  }
  energies(out, s, "category", s.by_category, s.by_category.size());
  energies(out, s, "component", s.by_component, top);
  if (s.complete) {
    energies(out, s, "firmware call site", s.by_call_site, top);
  }
  return out;
}

}  // namespace tessera::traces
