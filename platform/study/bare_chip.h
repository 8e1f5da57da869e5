// SPDX-License-Identifier: Apache-2.0
// A chip without firmware: its CPU sleeps, and jobs are handed to the units at time zero.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "platform/chip/chip.h"

namespace tessera::platform {

class BareChip {
 public:
  struct Job {
    std::uint32_t unit;        ///< bus address of the unit's registers
    std::uint32_t descriptor;  ///< bus address of the descriptor
  };

  BareChip(const PlatformParameters& platform, probe::Probe& probe);
  ~BareChip();

  [[nodiscard]] Chip& chip() { return *chip_; }
  /// Simulates until nothing happens any more: once per process.
  /// @throws std::runtime_error  a job failed
  void run(std::vector<Job> jobs);
  [[nodiscard]] double build_s() const { return build_s_; }  ///< processor time of building the chip
  [[nodiscard]] double run_s() const { return run_s_; }      ///< processor time of run()

 private:
  struct Starter;

  std::string failure_;
  std::unique_ptr<Chip> chip_;
  std::unique_ptr<Starter> starter_;
  std::unique_ptr<interconnect::BlockingBridge> bridge_;
  double build_s_ = 0, run_s_ = 0;
};

}  // namespace tessera::platform
