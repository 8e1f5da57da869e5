// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/calendar.h"

#include <algorithm>

namespace tessera::interconnect {

std::size_t Calendar::first_after(Time earliest) const {
  // Requests come nearly in order of time: look for the place from the end.
  std::size_t next = intervals_.size();
  while (next > first_ && intervals_[next - 1].end > earliest) {
    --next;
  }
  return next;
}

Calendar::Place Calendar::locate(Time earliest, Time duration) const {
  Place place{earliest, first_after(earliest)};
  while (place.next < intervals_.size() && place.begin + duration > intervals_[place.next].begin) {
    place.begin = std::max(place.begin, intervals_[place.next].end);
    ++place.next;
  }
  return place;
}

Calendar::Time Calendar::find(Time earliest, Time duration) const {
  return locate(earliest, duration).begin;
}

Calendar::Time Calendar::reserve(Time earliest, Time duration) {
  if (duration == 0) {
    return earliest;
  }
  busy_ += duration;
  const Place place = locate(earliest, duration);
  insert(place, duration);
  return place.begin;
}

Calendar::Time Calendar::reserve_end(Time earliest, Time duration, Time patience) {
  const Place place = locate(earliest, duration);
  if (place.begin - earliest > patience) {
    return fill(earliest, duration);
  }
  if (duration != 0) {
    busy_ += duration;
    insert(place, duration);
  }
  return place.begin + duration;
}

void Calendar::insert(const Place& place, Time duration) {
  const std::size_t next = place.next;
  const Time begin = place.begin;
  const Time end = begin + duration;
  const bool joins_previous = next > first_ && intervals_[next - 1].end == begin;
  const bool joins_next = next < intervals_.size() && intervals_[next].begin == end;
  if (joins_previous && joins_next) {
    intervals_[next - 1].end = intervals_[next].end;
    intervals_.erase(intervals_.begin() + static_cast<std::ptrdiff_t>(next));
  } else if (joins_previous) {
    intervals_[next - 1].end = end;
  } else if (joins_next) {
    intervals_[next].begin = begin;
  } else {
    intervals_.insert(intervals_.begin() + static_cast<std::ptrdiff_t>(next), {begin, end});
  }
}

Calendar::Time Calendar::fill(Time earliest, Time duration) {
  busy_ += duration;
  const std::size_t from = first_after(earliest);
  std::size_t to = from;
  Time at = earliest;
  Time left = duration;
  for (; to < intervals_.size(); ++to) {
    const Interval& busy = intervals_[to];
    const Time gap = busy.begin > at ? busy.begin - at : 0;
    if (gap >= left) {
      break;
    }
    left -= gap;
    at = busy.end;
  }
  const Time end = at + left;
  // All that lay between is busy now, without a gap.
  Interval merged{from < to ? std::min(earliest, intervals_[from].begin) : earliest, end};
  std::size_t first = from;
  if (first > first_ && intervals_[first - 1].end == merged.begin) {
    merged.begin = intervals_[--first].begin;
  }
  if (to < intervals_.size() && intervals_[to].begin == end) {
    merged.end = intervals_[to++].end;
  }
  const auto at_first = intervals_.begin() + static_cast<std::ptrdiff_t>(first);
  intervals_.insert(intervals_.erase(at_first, intervals_.begin() + static_cast<std::ptrdiff_t>(to)), merged);
  return end;
}

void Calendar::forget_before(Time now) {
  while (first_ < intervals_.size() && intervals_[first_].end < now) {
    ++first_;
  }
  if (first_ > 1024 && first_ * 2 > intervals_.size()) {
    intervals_.erase(intervals_.begin(), intervals_.begin() + static_cast<std::ptrdiff_t>(first_));
    first_ = 0;
  }
}

}  // namespace tessera::interconnect
