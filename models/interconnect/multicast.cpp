// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/multicast.h"

namespace tessera::interconnect {

probe::Time Multicast::join(std::uint32_t number, std::uint32_t members, const Key& key,
                            const std::function<probe::Time()>& transfer) {
  Group& group = groups_[number];
  if (group.arrived == 0) {
    group.key = key;
    group.broken = false;
  } else if (group.key != key) {
    group.broken = true;
  }
  const std::uint64_t round = group.round;
  if (++group.arrived < members && !group.broken) {
    while (group.round == round) {
      sc_core::wait(group.done);
    }
    return group.end;
  }
  // The last one, or the one that does not fit: all that have come are told.
  if (!group.broken) {
    ++transfers_;
    listeners_ += group.arrived - 1;
  }
  group.end = group.broken ? 0 : transfer();
  group.arrived = 0;
  ++group.round;
  group.done.notify();
  return group.end;
}

}  // namespace tessera::interconnect
