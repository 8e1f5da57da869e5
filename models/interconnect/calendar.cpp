// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/calendar.h"

#include <algorithm>

namespace tessera::interconnect {

Calendar::Time Calendar::reserve(Time earliest, Time duration) {
  if (duration == 0) {
    return earliest;
  }
  busy_ += duration;
  // Requests come nearly in order of time: look for the place from the end.
  std::size_t next = intervals_.size();
  while (next > first_ && intervals_[next - 1].end > earliest) {
    --next;
  }
  Time begin = earliest;
  while (next < intervals_.size() && begin + duration > intervals_[next].begin) {
    begin = std::max(begin, intervals_[next].end);
    ++next;
  }
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
  return begin;
}

Calendar::Time Calendar::find(Time earliest, Time duration) const {
  std::size_t next = intervals_.size();
  while (next > first_ && intervals_[next - 1].end > earliest) {
    --next;
  }
  Time begin = earliest;
  while (next < intervals_.size() && begin + duration > intervals_[next].begin) {
    begin = std::max(begin, intervals_[next].end);
    ++next;
  }
  return begin;
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
