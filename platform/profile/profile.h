// SPDX-License-Identifier: Apache-2.0
// Cycles and joules of a run by call stack of its firmware, and what can be made of them: a table by function, folded
// stacks, a speedscope file and flame graphs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/power/amount.h"
#include "platform/profile/profiling_probe.h"

namespace tessera::platform {

enum class ProfileOf : std::uint8_t { cycles, energy };

struct ProfileNode {
  std::uint32_t parent = 0;
  std::uint32_t name = 0;  ///< index into Profile::names
  std::uint64_t calls = 0;
  std::uint64_t cycles = 0;   ///< of its own
  power::Amount cpu = 0;      ///< of its own instructions, with their share of the conversion loss [aJ]
  CategoryEnergies blocks{};  ///< of accesses and jobs that it started, conversion loss included [aJ]
  [[nodiscard]] power::Amount blocks_total() const;
};

struct Profile {
  double clock_Hz = 0;
  std::vector<std::string> names;  ///< functions, and words in brackets for what is none
  std::vector<ProfileNode> nodes;  ///< node 0 is the root; parents come before their children
  std::uint64_t cycles = 0;        ///< sum over the nodes
  power::Amount energy = 0;        ///< sum over the nodes [aJ]
  power::Amount cpu_loss = 0;      ///< part of `energy`: conversion loss of the CPU's instructions

  /// Names from the root's child to the node.
  [[nodiscard]] std::vector<std::string> path(std::uint32_t node) const;
};

/// @param probe of a run that is over
[[nodiscard]] Profile make_profile(const ProfilingProbe& probe, double clock_Hz);

/// One function, however it was called. Its total holds what it called; a recursive function counts once.
struct FunctionProfile {
  std::string name;
  std::uint64_t calls = 0, cycles = 0, total_cycles = 0;
  power::Amount cpu = 0, blocks = 0, total_energy = 0;
};
/// Most cycles of their own first.
[[nodiscard]] std::vector<FunctionProfile> by_function(const Profile& profile);

/// Tables for people: the `most` functions by cycles and by energy.
[[nodiscard]] std::string profile_text(const Profile& profile, std::size_t most = 25);
/// Everything, exact: energies are decimal joules.
[[nodiscard]] std::string profile_json(const Profile& profile);
/// "main;f;g 123" a line, cycles or picojoules; the numbers add up to the whole, rounded down to one unit.
[[nodiscard]] std::string folded_stacks(const Profile& profile, ProfileOf what);
/// File for https://www.speedscope.app, with both profiles.
[[nodiscard]] std::string speedscope_json(const Profile& profile, const std::string& name);
[[nodiscard]] std::string flame_graph_svg(const Profile& profile, ProfileOf what, const std::string& title);

/// A stack with a weight of its own: one line of folded_stacks. Frames are indices into `names`.
struct WeightedStack {
  std::vector<std::uint32_t> frames;
  std::uint64_t weight = 0;  ///< cycles or picojoules
};
struct WeightedStacks {
  std::vector<std::string> names;
  std::vector<WeightedStack> stacks;
};
[[nodiscard]] WeightedStacks weighted_stacks(const Profile& profile, ProfileOf what);

}  // namespace tessera::platform
