// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::dma {

struct DmaParameters {
  std::uint32_t channels = 4;
  std::uint32_t setup_cycles = 20;  ///< of the bus clock, per job
  std::uint32_t bytes_per_cycle = 16;
  std::uint32_t queue_depth = 8;  ///< descriptors per channel
  double active_W = 187.0e-6;
};

}  // namespace tessera::dma
