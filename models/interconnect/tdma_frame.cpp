// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/tdma_frame.h"

namespace tessera::interconnect {

TdmaFrame::TdmaFrame(const BusParameters& parameters, Time cycle) : slot_(cycle * parameters.slot_cycles) {
  for (std::size_t i = 0; i < initiator_classes; ++i) {
    owners_.insert(owners_.end(), parameters.shares[i].slots, static_cast<InitiatorClass>(i));
  }
}

TdmaFrame::Time TdmaFrame::earliest(InitiatorClass owner, Time at, Time duration) const {
  if (slot_ == 0 || duration > slot_) {
    return never;
  }
  const Time current = at / slot_;
  for (Time number = current; number <= current + owners_.size(); ++number) {
    if (owners_.empty() || owners_[number % owners_.size()] != owner) {
      continue;
    }
    const Time begin = number == current ? at : number * slot_;
    if (begin + duration <= (number + 1) * slot_) {
      return begin;
    }
  }
  return never;
}

}  // namespace tessera::interconnect
