// SPDX-License-Identifier: Apache-2.0
// Contention on a resource that serves one user at a time, booked ahead of simulated time: a reservation takes the
// earliest gap that is long enough, so initiators that run ahead of each other do not block what is still free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::interconnect {

class Calendar {
 public:
  using Time = std::uint64_t;  ///< picoseconds

  /// Reserves `duration` at the earliest time >= `earliest` and returns its start. Duration 0 reserves nothing.
  Time reserve(Time earliest, Time duration);
  /// As reserve(), but whoever would wait longer than `patience` takes free time in pieces, so that a resource with too
  /// many users does not idle in gaps that are too short. @return the end
  Time reserve_end(Time earliest, Time duration, Time patience);
  /// Where reserve() would begin.
  [[nodiscard]] Time find(Time earliest, Time duration) const;
  /// Forgets what ended before `now`; requests must not be earlier than that.
  void forget_before(Time now);
  [[nodiscard]] Time busy() const { return busy_; }  ///< sum of all reservations

 private:
  struct Interval {
    Time begin, end;
  };
  struct Place {
    Time begin;
    std::size_t next;  ///< index of the interval behind it
  };
  [[nodiscard]] std::size_t first_after(Time earliest) const;
  [[nodiscard]] Place locate(Time earliest, Time duration) const;
  void insert(const Place& place, Time duration);
  Time fill(Time earliest, Time duration);

  std::vector<Interval> intervals_;  ///< disjoint, sorted, not adjacent
  std::size_t first_ = 0;            ///< intervals before it are forgotten
  Time busy_ = 0;
};

}  // namespace tessera::interconnect
