// SPDX-License-Identifier: Apache-2.0
// Ties a chip to its file for one run.
#pragma once

#include <cstdint>
#include <string>

#include "platform/chip/chip.h"
#include "platform/flash/chip_file.h"
#include "sw/deployment/image.h"

namespace tessera::platform {

class FlashSession {
 public:
  /// Brings the chip to the state of the file. A fresh file takes the chip as it is: call it after factory programming.
  /// @param deployment  may be null; a chip that was used before must hold its levels
  /// @throws ChipFileError  it does not: which cell
  FlashSession(Chip& chip, ChipFile& file, const deployment::Image* deployment);
  FlashSession(const FlashSession&) = delete;
  FlashSession& operator=(const FlashSession&) = delete;

  /// The run is over. @throws ChipFileUnavailable  also for a write that failed during the run and stopped it
  void close(std::uint64_t end_ps);

 private:
  void check_levels(const deployment::Image& deployment) const;

  Chip& chip_;
  ChipFile& file_;
  std::uint32_t tiles_ = 0;
  std::string failure_;
};

}  // namespace tessera::platform
