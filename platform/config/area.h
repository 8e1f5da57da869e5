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
  std::string what;       ///< what is counted
  double count = 0;       ///< of it
  double each_um2 = 0;    ///< area of one
  std::string note = {};  ///< what the figure does not follow; empty: nothing to say
  [[nodiscard]] double total_um2() const { return count * each_um2; }
};

/// Area of an ADC of `bits` bits from that of 8 bits [um^2]: a factor 1.089 a bit, the geometric mean of 6 to 10
/// effective bits at 10 MS/s and 40 nm (3200 to 4500 um^2, Accelergy ADC plug-in); 0 bits (exact) count as 8.
[[nodiscard]] double adc_um2(double at_8_bits_um2, int bits);

/// Of one tile, with its share of the banks it has in common with other tiles: cells, DACs, ADCs, post stage, buffers;
/// or MAC units, weight memory, buffers of a digital tile.
[[nodiscard]] std::vector<AreaRow> tile_area(const PlatformParameters& platform, const tile::TileParameters& one);
/// Of the chip: tiles by kind of block, then shared memory, CPU and its memory, vector unit, DMA.
[[nodiscard]] std::vector<AreaRow> chip_area(const PlatformParameters& platform);
[[nodiscard]] double total_um2(const std::vector<AreaRow>& rows);

/// A weight of `bits` bits in SRAM (six transistors a bit) and in one flash cell [um^2].
struct WeightFootprint {
  double sram_transistors = 0;
  double cell_transistors = 0;
  double sram_um2 = 0;
  double cell_um2 = 0;
};
[[nodiscard]] WeightFootprint weight_footprint(const PlatformParameters& platform, const tile::TileParameters& one);

/// The rows as an aligned table with shares and a total.
[[nodiscard]] std::string area_text(const PlatformParameters& platform);

}  // namespace tessera::platform
