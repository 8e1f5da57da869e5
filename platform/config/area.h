// SPDX-License-Identifier: Apache-2.0
// Silicon area, block by block: counts times the area of one [um^2]. What has no figure is not in it: wiring between
// blocks, pads, clock generation, the DC-DC converter and charge pumps.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "platform/config/platform_parameters.h"

namespace tessera::platform {

struct AreaRow {
  std::string block;
  std::string what;     ///< what is counted
  double count = 0;     ///< of it
  double each_um2 = 0;  ///< area of one
  [[nodiscard]] double total_um2() const { return count * each_um2; }
};

/// Of one tile: cells, DACs, ADCs, post stage, buffers; or MAC units, weight memory, buffers of a digital tile.
[[nodiscard]] std::vector<AreaRow> tile_area(const PlatformParameters& platform, const tile::TileParameters& one);
/// Of the chip: tiles by kind of block, then shared memory, CPU and its memory, vector unit, DMA.
[[nodiscard]] std::vector<AreaRow> chip_area(const PlatformParameters& platform);
[[nodiscard]] double total_um2(const std::vector<AreaRow>& rows);

/// A weight of `bits` bits in SRAM (six transistors a bit) and in one flash cell [um^2].
struct WeightFootprint {
  double sram_um2 = 0;
  double cell_um2 = 0;
};
[[nodiscard]] WeightFootprint weight_footprint(const PlatformParameters& platform, const tile::TileParameters& one);

/// The rows as an aligned table with shares and a total.
[[nodiscard]] std::string area_text(const PlatformParameters& platform);

}  // namespace tessera::platform
