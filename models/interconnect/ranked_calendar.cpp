// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/ranked_calendar.h"

#include <algorithm>
#include <cstddef>

namespace tessera::interconnect {

RankedCalendar::Time RankedCalendar::reserve(Time earliest, Time duration, std::uint64_t rank) {
  if (duration == 0) {
    return earliest;
  }
  busy_ += duration;
  return place(earliest, duration, rank);
}

RankedCalendar::Time RankedCalendar::place(Time earliest, Time duration, std::uint64_t rank) {
  const auto blocks = [&](const Booking& other) { return other.rank <= rank || other.begin < earliest; };
  std::size_t next = bookings_.size();
  while (next > 0 && bookings_[next - 1].end > earliest) {
    --next;
  }
  Time begin = earliest;
  for (std::size_t i = next; i < bookings_.size() && bookings_[i].begin < begin + duration; ++i) {
    if (blocks(bookings_[i])) {
      begin = std::max(begin, bookings_[i].end);
    }
  }
  const Time end = begin + duration;
  // Bursts are never cut: one that overlaps moves as a whole.
  std::size_t first = next;
  while (first < bookings_.size() && bookings_[first].end <= begin) {
    ++first;
  }
  std::size_t last = first;
  while (last < bookings_.size() && bookings_[last].begin < end) {
    ++last;
  }
  const auto from = bookings_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto to = bookings_.begin() + static_cast<std::ptrdiff_t>(last);
  const std::vector<Booking> displaced(from, to);
  bookings_.insert(bookings_.erase(from, to), {begin, end, rank});
  for (const Booking& other : displaced) {
    place(end, other.end - other.begin, other.rank);
  }
  return begin;
}

void RankedCalendar::forget_before(Time now) {
  constexpr std::size_t worth_it = 1024;
  std::size_t past = 0;
  while (past < bookings_.size() && bookings_[past].end < now) {
    ++past;
  }
  if (past > worth_it) {
    bookings_.erase(bookings_.begin(), bookings_.begin() + static_cast<std::ptrdiff_t>(past));
  }
}

}  // namespace tessera::interconnect
