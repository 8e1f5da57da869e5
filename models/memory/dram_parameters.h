// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::memory {

/// One external DRAM: by default a mobile LPDDR of 512 Mbit, 16 bits wide, 200 MHz.
struct DramParameters {
  bool present = false;
  std::uint32_t size_B = 64u << 20;
  double energy_per_bit_J = 40.0e-12;  ///< device and interface
  double latency_s = 100.0e-9;         ///< from the request at the controller to the first byte
  double bytes_per_s = 0.8e9;          ///< of the interface
  std::uint32_t burst_B = 16;          ///< shortest transfer, aligned; a power of two
  double standby_W = 1.1e-3;           ///< power-down between accesses
  double self_refresh_W = 0.9e-3;      ///< while the chip is in deep sleep; contents are kept
};

}  // namespace tessera::memory
