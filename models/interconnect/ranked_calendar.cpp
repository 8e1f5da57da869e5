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

RankedCalendar::Time RankedCalendar::reserve_end(Time earliest, Time duration, std::uint64_t rank, Time patience) {
  busy_ += duration;
  if (find(earliest, duration, rank) - earliest > patience) {
    return fill(earliest, duration, rank);
  }
  return place(earliest, duration, rank) + duration;
}

RankedCalendar::Time RankedCalendar::fill(Time earliest, Time duration, std::uint64_t rank) {
  Time at = earliest;
  for (std::size_t i = 0; duration > 0;) {
    while (i < bookings_.size() && (bookings_[i].end <= at || bookings_[i].rank > rank)) {
      ++i;
    }
    if (i < bookings_.size() && bookings_[i].begin <= at) {
      at = bookings_[i].end;
      continue;
    }
    // A booking that ranks behind and has begun before the piece still blocks it: place() answers with where it went.
    const Time gap = i < bookings_.size() ? bookings_[i].begin - at : duration;
    const Time piece = std::min(gap, duration);
    at = place(at, piece, rank) + piece;
    duration -= piece;
    i = 0;  // places have moved
  }
  return at;
}

RankedCalendar::Time RankedCalendar::find(Time earliest, Time duration, std::uint64_t rank) const {
  std::size_t next = bookings_.size();
  while (next > 0 && bookings_[next - 1].end > earliest) {
    --next;
  }
  Time begin = earliest;
  for (std::size_t i = next; i < bookings_.size() && bookings_[i].begin < begin + duration; ++i) {
    if (bookings_[i].rank <= rank || bookings_[i].begin < earliest) {
      begin = std::max(begin, bookings_[i].end);
    }
  }
  return begin;
}

RankedCalendar::Time RankedCalendar::place(Time earliest, Time duration, std::uint64_t rank) {
  std::size_t next = bookings_.size();
  while (next > 0 && bookings_[next - 1].end > earliest) {
    --next;
  }
  const Time begin = find(earliest, duration, rank);
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
