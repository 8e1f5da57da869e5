// SPDX-License-Identifier: Apache-2.0
// Time and energy of accesses to an external DRAM. SystemC-free.
//
// Law: an access moves the aligned bursts that its bytes touch. It waits `latency_s` (controller, row, column), then
// for the interface, and holds the interface for bursts * burst_B / bytes_per_s. So the latencies of accesses under way
// overlap and their transfers do not. Reads and writes take the same. Each bit that moves costs energy_per_bit_J.
// Not modelled: banks and rows (a hit costs as much as a miss), turnaround of the data lines, refresh that an access
// has to wait for, leaving power-down.
#pragma once

#include <cstdint>

#include "models/interconnect/calendar.h"
#include "models/memory/dram_parameters.h"
#include "models/probe/probe.h"

namespace tessera::memory {

class DramInterface {
 public:
  explicit DramInterface(const DramParameters& parameters);

  /// Bytes that the device moves for `bytes` bytes at `address`: whole bursts.
  [[nodiscard]] std::uint64_t moved(std::uint64_t address, std::uint64_t bytes) const;
  [[nodiscard]] probe::Time transfer_time(std::uint64_t moved_bytes) const;
  [[nodiscard]] probe::Energy energy(std::uint64_t moved_bytes) const;
  [[nodiscard]] probe::Time latency() const { return latency_; }

  struct Service {
    probe::Time done = 0;  ///< the last byte is through
    probe::Time wait = 0;  ///< for earlier transfers
  };
  /// Books the interface for an access that reaches the controller at `request`; requests come nearly in order of time.
  [[nodiscard]] Service serve(probe::Time request, std::uint64_t moved_bytes);
  /// Requests will not be earlier than `now`.
  void forget_before(probe::Time now) { transfers_.forget_before(now); }

 private:
  DramParameters parameters_;
  probe::Time latency_;
  interconnect::Calendar transfers_;
};

}  // namespace tessera::memory
