// SPDX-License-Identifier: Apache-2.0
// The profile as tables and as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/profile/profile.h"
#include "platform/text/table.h"
#include "traces/names.h"

namespace tessera::platform {
namespace {

using power::Amount;
using text::si;

std::string share(double part, double whole) {
  return whole > 0 ? fmt::format("{:.2f} %", 100.0 * part / whole) : "-";
}

std::string energy_text(Amount amount) {
  return amount == 0 ? "-" : si(power::joules(amount), "J");
}

std::string table(const Profile& profile, const std::vector<FunctionProfile>& rows, std::size_t most) {
  text::Table out({"<function", "calls", "self cycles", "share", "total cycles", "total time", "self CPU",
                   "self blocks", "share", "total energy"});
  const auto cycles = static_cast<double>(profile.cycles);
  const double joules = power::joules(profile.energy);
  const auto add = [&](const FunctionProfile& f) {
    out.add({f.name, f.calls == 0 ? "-" : fmt::format("{}", f.calls), fmt::format("{}", f.cycles),
             share(static_cast<double>(f.cycles), cycles), fmt::format("{}", f.total_cycles),
             si(static_cast<double>(f.total_cycles) / profile.clock_Hz, "s"), energy_text(f.cpu), energy_text(f.blocks),
             share(power::joules(f.cpu + f.blocks), joules), energy_text(f.total_energy)});
  };
  FunctionProfile rest;
  FunctionProfile sum;
  sum.name = "sum";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i < most) {
      add(rows[i]);
    }
    for (FunctionProfile* to : {&sum, i < most ? nullptr : &rest}) {
      if (to != nullptr) {
        to->calls += rows[i].calls;
        to->cycles += rows[i].cycles;
        to->cpu += rows[i].cpu;
        to->blocks += rows[i].blocks;
      }
    }
  }
  if (rows.size() > most) {
    rest.name = fmt::format("({} more)", rows.size() - most);
    rest.total_cycles = rest.cycles;
    rest.total_energy = rest.cpu + rest.blocks;
    add(rest);
  }
  out.rule();
  sum.total_cycles = sum.cycles;
  sum.total_energy = sum.cpu + sum.blocks;
  add(sum);
  return out.text();
}

}  // namespace

std::string profile_text(const Profile& profile, std::size_t most) {
  std::vector<FunctionProfile> rows = by_function(profile);
  std::string text =
      "profile: self is a function's own, total holds what it called and the jobs it started;\n"
      "\"self blocks\" is what its accesses and jobs cost outside the CPU; conversion loss included\n\nby cycles\n";
  text += table(profile, rows, most);
  std::stable_sort(rows.begin(), rows.end(), [](const FunctionProfile& a, const FunctionProfile& b) {
    return a.cpu + a.blocks > b.cpu + b.blocks;
  });
  text += "\nby energy\n" + table(profile, rows, most);
  text += fmt::format("\n{} cycles, {} J\n", profile.cycles, power::joules_text(profile.energy));
  return text;
}

std::string profile_json(const Profile& profile) {
  using nlohmann::ordered_json;
  const auto joules = [](Amount amount) { return power::joules_text(amount); };
  ordered_json functions = ordered_json::array();
  for (const FunctionProfile& f : by_function(profile)) {
    functions.push_back({{"name", f.name},
                         {"calls", f.calls},
                         {"self_cycles", f.cycles},
                         {"total_cycles", f.total_cycles},
                         {"self_cpu_J", joules(f.cpu)},
                         {"self_blocks_J", joules(f.blocks)},
                         {"total_J", joules(f.total_energy)}});
  }
  ordered_json stacks = ordered_json::array();
  for (std::uint32_t id = 1; id < profile.nodes.size(); ++id) {
    const ProfileNode& node = profile.nodes[id];
    ordered_json blocks = ordered_json::object();
    for (std::size_t c = 0; c < category_count; ++c) {
      if (node.blocks[c] != 0) {
        blocks[std::string(traces::name_of(static_cast<probe::Category>(c)))] = joules(node.blocks[c]);
      }
    }
    stacks.push_back({{"stack", profile.path(id)},
                      {"calls", node.calls},
                      {"cycles", node.cycles},
                      {"cpu_J", joules(node.cpu)},
                      {"blocks_J", blocks}});
  }
  const ordered_json all = {{"schema", 1},
                            {"clock_Hz", profile.clock_Hz},
                            {"cycles", profile.cycles},
                            {"energy_J", joules(profile.energy)},
                            {"cpu_conversion_loss_J", joules(profile.cpu_loss)},
                            {"functions", functions},
                            {"stacks", stacks}};
  return all.dump(1) + "\n";
}

std::string folded_stacks(const Profile& profile, ProfileOf what) {
  const WeightedStacks weighted = weighted_stacks(profile, what);
  std::string text;
  for (const WeightedStack& stack : weighted.stacks) {
    for (std::size_t i = 0; i < stack.frames.size(); ++i) {
      text += i == 0 ? "" : ";";
      text += weighted.names[stack.frames[i]];
    }
    text += fmt::format(" {}\n", stack.weight);
  }
  return text;
}

std::string speedscope_json(const Profile& profile, const std::string& name) {
  using nlohmann::ordered_json;
  ordered_json profiles = ordered_json::array();
  ordered_json frames = ordered_json::array();
  for (const ProfileOf what : {ProfileOf::cycles, ProfileOf::energy}) {
    const WeightedStacks weighted = weighted_stacks(profile, what);
    if (frames.empty()) {
      for (const std::string& frame : weighted.names) {
        frames.push_back({{"name", frame}});
      }
    }
    ordered_json samples = ordered_json::array();
    ordered_json weights = ordered_json::array();
    std::uint64_t sum = 0;
    for (const WeightedStack& stack : weighted.stacks) {
      samples.push_back(stack.frames);
      weights.push_back(stack.weight);
      sum += stack.weight;
    }
    profiles.push_back({{"type", "sampled"},
                        {"name", what == ProfileOf::cycles ? "cycles" : "energy [pJ]"},
                        {"unit", "none"},
                        {"startValue", 0},
                        {"endValue", sum},
                        {"samples", samples},
                        {"weights", weights}});
  }
  const ordered_json file = {{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                             {"name", name},
                             {"exporter", "tessera"},
                             {"activeProfileIndex", 0},
                             {"shared", {{"frames", frames}}},
                             {"profiles", profiles}};
  return file.dump() + "\n";
}

}  // namespace tessera::platform
