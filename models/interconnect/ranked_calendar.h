// SPDX-License-Identifier: Apache-2.0
// A calendar in which a booking may take the place of one that has not begun and ranks behind it. What is displaced is
// booked again later: its owner has been told a time already and keeps it, but the resource's time is not lost, so
// whoever comes next waits for it.
#pragma once

#include <cstdint>
#include <vector>

namespace tessera::interconnect {

class RankedCalendar {
 public:
  using Time = std::uint64_t;  ///< picoseconds

  /// Books `duration` at the earliest time >= `earliest` that is free, or held by bookings which begin at `earliest` or
  /// later and have a larger rank. @return its begin
  Time reserve(Time earliest, Time duration, std::uint64_t rank);
  /// As reserve(), but whoever would wait longer than `patience` takes free time in pieces (see Calendar). @return the
  /// end
  Time reserve_end(Time earliest, Time duration, std::uint64_t rank, Time patience);
  /// Forgets what ended before `now`; requests must not be earlier than that.
  void forget_before(Time now);
  [[nodiscard]] Time busy() const { return busy_; }  ///< sum of all bookings, displaced ones once

 private:
  struct Booking {
    Time begin, end;
    std::uint64_t rank;
  };
  [[nodiscard]] Time find(Time earliest, Time duration, std::uint64_t rank) const;
  Time fill(Time earliest, Time duration, std::uint64_t rank);
  Time place(Time earliest, Time duration, std::uint64_t rank);

  std::vector<Booking> bookings_;  ///< disjoint, sorted
  Time busy_ = 0;
};

}  // namespace tessera::interconnect
