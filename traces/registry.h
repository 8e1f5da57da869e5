// SPDX-License-Identifier: Apache-2.0
// Everything that has a number in a trace and what the number stands for. Lists only grow; numbers are their indices.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "models/power/ledger.h"
#include "models/probe/probe.h"

namespace tessera::traces {

struct Registry {
  struct Counter {
    std::string path, unit, description;
  };
  struct CallSite {
    std::uint32_t pc = 0, return_address = 0;
    std::string function, caller;  ///< filled when the recorder closes, if it has symbols
  };
  struct Layer {
    std::string name, kind;
  };
  struct Residency {
    std::string block;
    probe::PowerState state = probe::PowerState::idle;
    probe::Time time = 0;
    power::Amount energy = 0;  ///< static, without conversion loss
    std::uint64_t entries = 0;
  };

  const power::Ledger* ledger = nullptr;  ///< components and scopes live there
  std::vector<std::string> lanes;
  std::vector<Counter> counters;
  std::vector<CallSite> call_sites;  ///< 0 is "no call site"
  std::vector<std::string> span_names;
  std::vector<Residency> residencies;  ///< in the order of the platform
  std::map<std::int32_t, Layer> layers;
  std::map<std::uint32_t, std::string> jobs;  ///< by tag
  std::map<std::string, std::string> meta;    ///< facts about the run, no wall-clock, no absolute paths

  /// Name of a layer, "layer N" without one, "(idle)" for -1, "(other)" for Ledger::other_layer.
  [[nodiscard]] std::string layer_name(std::int32_t layer) const;
  /// Name of a job, "job N" without one, "" for 0.
  [[nodiscard]] std::string job_name(std::uint32_t tag) const;
  /// "function+0x12 < caller+0x34", addresses where there are no symbols, "" for 0.
  [[nodiscard]] std::string call_site_name(probe::CallSiteId id) const;
};

}  // namespace tessera::traces
