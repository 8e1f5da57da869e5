// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace tessera::power {

struct SocParameters {
  double overhead_W = 1.0e-3;                 ///< always-on rest of the chip while awake
  double deep_sleep_W = 2.0e-6;               ///< the whole chip, private memory retained
  double dcdc_efficiency = 0.85;              ///< the loss is a component of its own
  double wake_s = 100.0e-6;                   ///< from deep sleep to the first instruction
  double sram_retention_W_per_kB = 0.021e-6;  ///< in deep sleep, if its contents are kept
};

}  // namespace tessera::power
