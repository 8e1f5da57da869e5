// SPDX-License-Identifier: Apache-2.0
// Transfers that several units receive at once: one of them moves the bytes over the bus, all of them listen.
//
// Units meet in a group, once for each transfer; the last to arrive, when every receiver has a free buffer, makes the
// transfer, and all get its end.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <systemc>
#include <vector>

#include "models/probe/probe.h"

namespace tessera::interconnect {

class Multicast {
 public:
  /// What all members of a group must agree on: source and shape of the transfers.
  using Key = std::vector<std::uint32_t>;

  /// Waits, in the calling thread, until `members` units have asked for this group's next transfer with the same key;
  /// the last of them calls `transfer`, which returns the transfer's end [ps] or 0 if it failed.
  /// @return the end; 0 also if the members did not agree
  [[nodiscard]] probe::Time join(std::uint32_t group, std::uint32_t members, const Key& key,
                                 const std::function<probe::Time()>& transfer);
  [[nodiscard]] std::uint64_t transfers() const { return transfers_; }
  /// Receivers that got their bytes without a transfer of their own, over all transfers.
  [[nodiscard]] std::uint64_t listeners() const { return listeners_; }

 private:
  struct Group {
    std::uint32_t arrived = 0;
    std::uint64_t round = 0;  ///< transfers so far
    probe::Time end = 0;      ///< of the last one
    bool broken = false;      ///< of this round: members disagree
    Key key;
    sc_core::sc_event done;
  };

  std::map<std::uint32_t, Group> groups_;
  std::uint64_t transfers_ = 0, listeners_ = 0;
};

}  // namespace tessera::interconnect
