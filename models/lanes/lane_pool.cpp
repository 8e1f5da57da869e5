// SPDX-License-Identifier: Apache-2.0
#include "models/lanes/lane_pool.h"

#include <algorithm>

namespace tessera::lanes {

bool LanePool::free(Time begin, Time end, std::uint32_t width) const {
  // The number of lanes in use changes upwards where a booking begins: those instants and `begin` itself decide.
  const auto used_at = [this](Time at) {
    std::uint64_t used = 0;
    for (const Booking& one : bookings_) {
      used += one.begin <= at && at < one.end ? one.width : 0;
    }
    return used;
  };
  const auto enough = [&](Time at) { return used_at(at) + width <= lanes_; };
  return enough(begin) && std::all_of(bookings_.begin(), bookings_.end(), [&](const Booking& one) {
           return one.begin <= begin || one.begin >= end || enough(one.begin);
         });
}

LanePool::Time LanePool::reserve(Time earliest, Time duration, std::uint32_t width) {
  if (duration == 0) {
    return earliest;
  }
  const std::uint32_t taken = std::min(width, lanes_);
  Time begin = earliest;
  if (!free(begin, begin + duration, taken)) {  // then it begins where another one ends
    begin = ~Time{0};
    for (const Booking& one : bookings_) {
      if (one.end > earliest && one.end < begin && free(one.end, one.end + duration, taken)) {
        begin = one.end;
      }
    }
  }
  bookings_.push_back({begin, begin + duration, taken});
  busy_ += duration * taken;
  return begin;
}

void LanePool::forget_before(Time now) {
  bookings_.erase(
      std::remove_if(bookings_.begin(), bookings_.end(), [now](const Booking& one) { return one.end < now; }),
      bookings_.end());
}

}  // namespace tessera::lanes
