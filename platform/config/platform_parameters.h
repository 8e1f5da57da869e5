// SPDX-License-Identifier: Apache-2.0
// One platform: what the YAML file describes and the wiring builds.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "models/dma/dma_parameters.h"
#include "models/host/cpu_parameters.h"
#include "models/interconnect/bus_parameters.h"
#include "models/memory/sram_parameters.h"
#include "models/power/soc_parameters.h"
#include "models/tile/tile_parameters.h"
#include "models/vector/vector_parameters.h"
#include "platform/config/area_parameters.h"

namespace tessera::platform {

struct PlatformParameters {
  std::string preset = "membrain40_nominal";
  std::uint64_t seed = 1;
  std::uint32_t grid_rows = 3;
  std::uint32_t grid_columns = 4;
  std::vector<tile::TileParameters> tiles;  ///< grid_rows * grid_columns, row-major; overrides by position applied
  interconnect::BusParameters bus;
  memory::SramParameters sram;
  dma::DmaParameters dma;
  vector::VectorParameters vector_unit;
  host::CpuParameters cpu;
  power::SocParameters soc;
  AreaParameters area;
  bool virt_compat = false;  ///< QEMU-virt-like memory sizes; no chip, and reports say so

  [[nodiscard]] std::uint32_t tile_count() const { return grid_rows * grid_columns; }
};

}  // namespace tessera::platform
