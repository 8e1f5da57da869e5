// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::vector {

struct VectorParameters {
  bool present = true;
  std::uint32_t macs_per_cycle = 8;  ///< also element operations per cycle
  std::uint32_t setup_cycles = 20;
  std::uint32_t queue_depth = 16;
  double mac_J = 1.5e-12;  ///< per MAC or element operation
};

}  // namespace tessera::vector
