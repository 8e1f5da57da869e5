// SPDX-License-Identifier: Apache-2.0
// One platform: what the YAML file describes and the wiring builds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/dma/dma_parameters.h"
#include "models/host/cpu_parameters.h"
#include "models/interconnect/bus_parameters.h"
#include "models/memory/dram_parameters.h"
#include "models/memory/sram_parameters.h"
#include "models/power/soc_parameters.h"
#include "models/tile/tile_parameters.h"
#include "models/vector/vector_parameters.h"
#include "platform/config/area_parameters.h"

namespace tessera::platform {

struct SensorParameters {
  std::uint32_t fifo_samples = 1024;
};

/// What the chip is used for: reports derive average power and battery life from it. Nothing of it is simulated.
struct ScenarioParameters {
  double inferences_per_s = 0;                                     ///< 0: no scenario
  enum class Sleep { deep_sleep, wfi } sleep = Sleep::deep_sleep;  ///< what the chip does between inferences
  bool retain_sram = true;                                         ///< in deep sleep
  double battery_mAh = 225.0;
  double battery_V = 3.0;
  double battery_usable = 0.8;  ///< share of the capacity that is there before the voltage is too low
};

/// Sums of several tiles on shared analog lines.
struct AnalogPlaneParameters {
  bool column_sum = false;    ///< the compiler may let tiles of a grid column add before one conversion
  std::uint32_t lanes = 512;  ///< a grid column; a column pair takes one
};

struct PlatformParameters {
  std::string preset = "membrain40_nominal";
  std::uint64_t seed = 1;
  std::uint32_t grid_rows = 3;
  std::uint32_t grid_columns = 4;
  std::vector<tile::TileParameters> tiles;  ///< grid_rows * grid_columns, row-major; overrides by position applied
  interconnect::BusParameters bus;
  AnalogPlaneParameters analog_plane;
  memory::SramParameters sram;
  memory::DramParameters ext_dram;
  dma::DmaParameters dma;
  vector::VectorParameters vector_unit;
  host::CpuParameters cpu;
  power::SocParameters soc;
  AreaParameters area;
  SensorParameters sensor;
  ScenarioParameters scenario;
  bool virt_compat = false;  ///< QEMU-virt-like memory sizes; no chip, and reports say so

  [[nodiscard]] std::uint32_t tile_count() const { return grid_rows * grid_columns; }
};

}  // namespace tessera::platform
