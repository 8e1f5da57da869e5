// SPDX-License-Identifier: Apache-2.0
// What a run of a network tells: accuracy, a row per layer, totals. Rows and totals come from the ledger, the markers
// and the compiler's report; the totals equal the sums of the rows.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "models/power/ledger.h"
#include "platform/session/network.h"
#include "platform/session/simulation.h"

namespace tessera::platform {

/// Energy of one row by column of the table [J].
struct EnergyColumns {
  double array = 0, dac = 0, adc = 0, digital = 0, bus = 0, memory = 0, cpu = 0, statics = 0, loss = 0;
  double off_chip = 0;
  [[nodiscard]] double chip() const { return array + dac + adc + digital + bus + memory + cpu + statics + loss; }
  [[nodiscard]] double total() const { return chip() + off_chip; }
};

struct LayerRow {
  std::string name, operators, engine, shape;
  std::uint64_t macs = 0;
  std::uint32_t tiles = 0;
  std::string rows_columns;  ///< of the first rectangle, "25x12"
  double utilisation = 0;    ///< cells in use / cells of the tiles in use
  double time_s = 0;         ///< per image, between the layer's markers
  EnergyColumns energy;      ///< per image
};

struct RunReport {
  std::string network, platform;
  bool passed = false;  ///< the program passed and classified every image
  std::string reason;
  bool virtual_machine = false;  ///< virt_compat: no chip
  std::uint64_t images = 0, wanted = 0, first = 0;
  std::vector<std::size_t> predictions;
  std::vector<std::int32_t> labels;
  std::uint64_t correct = 0;
  std::vector<LayerRow> layers;  ///< the network's, then (runtime) and (idle)
  // Per image, inside the inferences:
  double latency_s = 0, energy_J = 0, average_power_W = 0, tops_per_watt = 0, images_per_s = 0;
  bool off_chip = false;  ///< something beside the chip takes energy: energy_J is the system's
  double off_chip_J = 0;  ///< part of energy_J
  double layers_s = 0;    ///< of the latency, inside layers
  std::uint64_t macs = 0;
  // The whole run, start-up and results included:
  double simulated_s = 0, run_energy_J = 0;
  std::string run_energy_exact;  ///< decimal joules of the ledger
  std::string run_off_chip_exact;
  std::uint64_t instructions = 0;
  std::string bus_bytes;                 ///< table
  std::string power_states;              ///< table
  std::string scenario;                  ///< duty cycle in words; empty without a scenario
  nlohmann::ordered_json scenario_json;  ///< null without one
  std::string calibration;               ///< table; empty without one
  nlohmann::ordered_json calibration_json;
  std::string regions;  ///< table of the user's regions
  nlohmann::ordered_json regions_json;
  // Of the simulator; not in result.json's deterministic part:
  double wall_s = 0, prepare_s = 0;
};

[[nodiscard]] RunReport make_report(const PreparedNetwork& network, const PlatformParameters& platform,
                                    const compiler::Dataset& data, const SimulationOutput& output,
                                    const power::Ledger& ledger, std::uint64_t first);

[[nodiscard]] std::string report_text(const RunReport& report);
/// Figures that depend on the machine and the moment stand under "wall_clock" only.
[[nodiscard]] std::string report_json(const RunReport& report, const SimulationOutput& output);

}  // namespace tessera::platform
