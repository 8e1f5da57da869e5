// SPDX-License-Identifier: Apache-2.0
// The frame of a time-division bus: slots of equal length, each owned by a class of initiators, repeated for ever from
// time zero. A frame lists the slots of the CPU, then of the tiles, the vector unit and the DMA.
#pragma once

#include <cstdint>
#include <vector>

#include "models/interconnect/bus_parameters.h"

namespace tessera::interconnect {

class TdmaFrame {
 public:
  using Time = std::uint64_t;  ///< picoseconds
  static constexpr Time never = ~Time{0};

  TdmaFrame(const BusParameters& parameters, Time cycle);

  /// Earliest time >= `at` at which a burst of `duration` fits into a slot of `owner`; never if the class has no slot
  /// or the burst is longer than one.
  [[nodiscard]] Time earliest(InitiatorClass owner, Time at, Time duration) const;
  [[nodiscard]] Time slot() const { return slot_; }
  [[nodiscard]] Time length() const { return slot_ * owners_.size(); }

 private:
  Time slot_;
  std::vector<InitiatorClass> owners_;
};

}  // namespace tessera::interconnect
