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
  /// Where reserve() would begin.
  [[nodiscard]] Time find(Time earliest, Time duration) const;
  /// Forgets what ended before `now`; requests must not be earlier than that.
  void forget_before(Time now);
  [[nodiscard]] Time busy() const { return busy_; }  ///< sum of all reservations

 private:
  struct Interval {
    Time begin, end;
  };
  std::vector<Interval> intervals_;  ///< disjoint, sorted, not adjacent
  std::size_t first_ = 0;            ///< intervals before it are forgotten
  Time busy_ = 0;
};

}  // namespace tessera::interconnect
