// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::platform {

/// Areas at 40 nm [um^2]; sources stand with the keys (platform/config/schema_area.cpp).
struct AreaParameters {
  double cell_um2 = 0.175;
  double dac_um2 = 438;
  double adc_um2 = 4000;
  double post_um2 = 1000;
  double sram_cell_um2 = 0.242;
  double sram_array_share = 0.5;  ///< of an SRAM macro that is cells; the rest is decoders and sense amplifiers
  double gate_um2 = 1.25;
  double mac_um2 = 930;
  double cpu_kGE = 26.6;
  double dma_channel_kGE = 5;

  [[nodiscard]] double sram_um2_per_bit() const { return sram_cell_um2 / sram_array_share; }
};

}  // namespace tessera::platform
