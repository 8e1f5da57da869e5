// SPDX-License-Identifier: Apache-2.0
// The first questions to a trace: how busy was what, who waited for what, which layers cost time and energy.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "models/power/amount.h"
#include "models/probe/probe.h"
#include "traces/reader.h"

namespace tessera::traces {

using power::Amount;
using probe::Time;

struct Utilisation {
  std::string kind;  ///< "tile", "dac", "adc", "bus", "dma", "vector", "cpu", ...
  std::string path;
  Time busy = 0;                    ///< over the run [ps]
  std::optional<Time> busy_inside;  ///< during inferences [ps]; unknown if the trace does not tell
};

struct Stall {
  std::string cause;
  Time time = 0;  ///< summed over jobs [ps]
};

struct LayerCost {
  std::int32_t layer = -1;  ///< negative: not a layer of the network, see name
  std::string name;
  std::string kind;  ///< operator
  Time time = 0;     ///< between its markers, or while a job of it ran if there are none [ps]
  std::uint64_t jobs = 0, products = 0, conversions = 0, clipped = 0, saturated = 0;
  Amount energy = 0;
};

struct EnergyShare {
  std::string name;
  std::string category;  ///< of a component; "" otherwise
  Amount energy = 0;
};

/// How long a block was in a power state, and its static energy there.
struct PowerStateShare {
  std::string block, state;
  Time time = 0;
  Amount energy = 0;  ///< without conversion loss
  std::uint64_t entries = 0;
};

/// Bytes of the shared bus by use ("input"), or bytes that did not move by the reason ("saved.window").
struct BusShare {
  std::string name, description;
  std::uint64_t bytes = 0;
};

struct Stats {
  std::string trace_level;
  bool complete = true;
  Time end = 0;                  ///< of the run [ps]
  std::uint64_t inferences = 0;  ///< ended
  Time inside = 0;               ///< time covered by inferences [ps]
  std::uint64_t jobs = 0;
  std::uint64_t products = 0;  ///< of tiles
  std::uint64_t conversions = 0, clipped = 0, saturated = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t interrupts = 0;  ///< raised
  Time job_time = 0;             ///< sum of job durations [ps]
  Amount energy = 0;
  std::vector<Utilisation> utilisation;   ///< in the order of the platform
  std::vector<Stall> stalls;              ///< largest first
  std::uint64_t bus_bytes = 0;            ///< over the shared bus, as far as the trace tells
  std::vector<BusShare> bus_moved;        ///< their parts, in the order of the platform; they add up to `bus_bytes`
  std::vector<BusShare> bus_saved;        ///< by the reason
  std::vector<LayerCost> layers;          ///< in the order of the network; what is no layer comes last
  std::vector<EnergyShare> by_component;  ///< largest first, like the following
  std::vector<EnergyShare> by_category;
  std::vector<EnergyShare> by_cause;
  std::vector<EnergyShare> by_call_site;      ///< empty for an incomplete trace
  std::vector<PowerStateShare> power_states;  ///< by block and state; empty for an incomplete trace
};

/// @throws TraceError
[[nodiscard]] Stats compute_stats(TraceReader& trace);
[[nodiscard]] Stats compute_stats(const std::filesystem::path& database);

/// Tables for a terminal. @param top  rows of the tables of layers, components and call sites
[[nodiscard]] std::string stats_text(const Stats& stats, std::size_t top = 10);
/// The same facts as one JSON object: times in picoseconds, energies in joules as exact decimal text and as number.
[[nodiscard]] std::string stats_json(const Stats& stats);

}  // namespace tessera::traces
