// SPDX-License-Identifier: Apache-2.0
// A copy out of external DRAM into the shared SRAM by one DMA channel, without network and firmware.
#pragma once

#include <cstdint>

#include "platform/config/platform_parameters.h"

namespace tessera::platform {

struct CopyResult {
  double time_s = 0;       ///< simulated, of the job
  double processor_s = 0;  ///< of the simulation proper
  std::uint64_t violations = 0;
};

/// In a child process. The chip gets a DRAM, if it has none, and a DMA channel.
/// @param bytes  at most those of the SRAM less 64
/// @throws std::runtime_error  the job failed
[[nodiscard]] CopyResult run_dram_copy_isolated(PlatformParameters platform, std::uint32_t bytes);

}  // namespace tessera::platform
