// SPDX-License-Identifier: Apache-2.0
#include "platform/profile/profile.h"

#include <algorithm>
#include <numeric>

#include "traces/names.h"

namespace tessera::platform {
namespace {

using power::Amount;

/// Splits `whole` in proportion to the nodes' `cpu`; the parts add up to it exactly.
void share_out(Amount whole, std::vector<ProfileNode>& nodes) {
  Amount sum = 0;
  for (const ProfileNode& node : nodes) {
    sum += node.cpu;
  }
  if (sum == 0) {
    return;
  }
  // Keeps whole * part below 2^127: only the borders between parts get coarser, not their sum.
  int shift = 0;
  while ((sum >> shift) >= (Amount{1} << 55)) {
    ++shift;
  }
  Amount seen = 0;
  Amount given = 0;
  for (ProfileNode& node : nodes) {
    seen += node.cpu;
    const Amount until = seen == sum ? whole : whole * (seen >> shift) / (sum >> shift);
    node.cpu += until - given;
    given = until;
  }
}

constexpr Amount picojoule = 1'000'000;  // aJ

}  // namespace

Amount ProfileNode::blocks_total() const {
  return std::accumulate(blocks.begin(), blocks.end(), Amount{0});
}

std::vector<std::string> Profile::path(std::uint32_t node) const {
  std::vector<std::string> names_up;
  for (; node != 0; node = nodes[node].parent) {
    names_up.push_back(names[nodes[node].name]);
  }
  std::reverse(names_up.begin(), names_up.end());
  return names_up;
}

Profile make_profile(const ProfilingProbe& probe, double clock_Hz) {
  const host::CallProfiler& calls = probe.calls();
  Profile profile;
  profile.clock_Hz = clock_Hz;
  profile.cpu_loss = probe.cpu_loss();
  for (host::FunctionId f = 0; f < calls.functions().size(); ++f) {
    std::string name = calls.functions().name(f);
    std::replace(name.begin(), name.end(), ';', ':');  // separates frames in folded stacks
    profile.names.push_back(std::move(name));
  }
  for (const host::CallProfiler::Node& node : calls.nodes()) {
    const std::size_t id = profile.nodes.size();
    ProfileNode& to = profile.nodes.emplace_back();
    to.parent = node.parent;
    to.name = node.function;
    to.calls = node.calls;
    to.cycles = node.cycles;
    to.cpu = static_cast<Amount>(node.energy);
    if (id < probe.blocks().size()) {
      to.blocks = probe.blocks()[id];
    }
  }
  share_out(probe.cpu_loss(), profile.nodes);
  for (const ProfileNode& node : profile.nodes) {
    profile.cycles += node.cycles;
    profile.energy += node.cpu + node.blocks_total();
  }
  return profile;
}

std::vector<FunctionProfile> by_function(const Profile& profile) {
  // Different functions may have one name (static functions of several files): they share a row.
  std::vector<std::uint32_t> row_of(profile.names.size());
  std::vector<FunctionProfile> rows;
  std::vector<std::uint32_t> order(profile.names.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return profile.names[a] < profile.names[b]; });
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i == 0 || profile.names[order[i]] != profile.names[order[i - 1]]) {
      rows.push_back({profile.names[order[i]]});
    }
    row_of[order[i]] = static_cast<std::uint32_t>(rows.size() - 1);
  }
  std::vector<std::uint32_t> seen_by(rows.size(), 0);
  for (std::uint32_t id = 1; id < profile.nodes.size(); ++id) {
    const ProfileNode& node = profile.nodes[id];
    FunctionProfile& own = rows[row_of[node.name]];
    const Amount blocks = node.blocks_total();
    own.calls += node.calls;
    own.cycles += node.cycles;
    own.cpu += node.cpu;
    own.blocks += blocks;
    for (std::uint32_t at = id; at != 0; at = profile.nodes[at].parent) {
      const std::uint32_t row = row_of[profile.nodes[at].name];
      if (seen_by[row] != id) {
        seen_by[row] = id;
        rows[row].total_cycles += node.cycles;
        rows[row].total_energy += node.cpu + blocks;
      }
    }
  }
  rows.erase(std::remove_if(
                 rows.begin(), rows.end(),
                 [](const FunctionProfile& f) { return f.calls == 0 && f.total_cycles == 0 && f.total_energy == 0; }),
             rows.end());
  std::stable_sort(rows.begin(), rows.end(), [](const FunctionProfile& a, const FunctionProfile& b) {
    return a.cycles != b.cycles ? a.cycles > b.cycles : a.cpu + a.blocks > b.cpu + b.blocks;
  });
  return rows;
}

WeightedStacks weighted_stacks(const Profile& profile, ProfileOf what) {
  WeightedStacks result;
  result.names = profile.names;
  const auto first_category = static_cast<std::uint32_t>(result.names.size());
  for (std::size_t c = 0; c < category_count; ++c) {
    result.names.push_back("[" + std::string(traces::name_of(static_cast<probe::Category>(c))) + "]");
  }
  Amount sum = 0;  // rounds each border between two stacks down, so that the weights add up
  const auto add = [&](const std::vector<std::uint32_t>& frames, Amount amount) {
    const Amount unit = what == ProfileOf::cycles ? 1 : picojoule;
    const Amount weight = (sum + amount) / unit - sum / unit;
    sum += amount;
    if (weight != 0) {
      result.stacks.push_back({frames, static_cast<std::uint64_t>(weight)});
    }
  };
  for (std::uint32_t id = 1; id < profile.nodes.size(); ++id) {
    const ProfileNode& node = profile.nodes[id];
    std::vector<std::uint32_t> frames;
    for (std::uint32_t at = id; at != 0; at = profile.nodes[at].parent) {
      frames.push_back(profile.nodes[at].name);
    }
    std::reverse(frames.begin(), frames.end());
    if (what == ProfileOf::cycles) {
      add(frames, static_cast<Amount>(node.cycles));
      continue;
    }
    add(frames, node.cpu);
    frames.push_back(0);
    for (std::uint32_t c = 0; c < category_count; ++c) {
      frames.back() = first_category + c;
      const std::string& own = profile.names[node.name];
      const bool says_so_itself = own.front() == '[' && own.find(": ") != std::string::npos;
      if (says_so_itself || own == "[wfi]") {
        const std::vector<std::uint32_t> without(frames.begin(), frames.end() - 1);
        add(without, node.blocks[c]);
      } else {
        add(frames, node.blocks[c]);
      }
    }
  }
  return result;
}

}  // namespace tessera::platform
