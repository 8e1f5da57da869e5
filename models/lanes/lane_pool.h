// SPDX-License-Identifier: Apache-2.0
// Lines of which a user takes several for a while, booked ahead of simulated time as calendars are
// (models/interconnect/calendar.h): a request takes the earliest time at which enough lines are free throughout.
#pragma once

#include <cstdint>
#include <vector>

#include "models/probe/probe.h"

namespace tessera::lanes {

class LanePool {
 public:
  using Time = probe::Time;

  /// @param lanes  at least 1
  explicit LanePool(std::uint32_t lanes) : lanes_(lanes) {}

  /// Takes `width` lanes (at most all) for `duration` at the earliest time >= `earliest`. @return begin
  Time reserve(Time earliest, Time duration, std::uint32_t width);
  /// Forgets what ended before `now`; requests must not be earlier than that.
  void forget_before(Time now);
  [[nodiscard]] std::uint32_t lanes() const { return lanes_; }
  /// Sum over reservations of lanes times duration.
  [[nodiscard]] Time busy() const { return busy_; }

 private:
  struct Booking {
    Time begin, end;
    std::uint32_t width;
  };
  /// Whether `width` lanes are free from `begin` to `end`.
  [[nodiscard]] bool free(Time begin, Time end, std::uint32_t width) const;

  std::uint32_t lanes_;
  std::vector<Booking> bookings_;
  Time busy_ = 0;
};

}  // namespace tessera::lanes
