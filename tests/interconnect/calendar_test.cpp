// SPDX-License-Identifier: Apache-2.0
// The calendar against a bitmap of time slots: earliest gap that is long enough, never two users at once.
#include "models/interconnect/calendar.h"

#include "models/interconnect/ranked_calendar.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tessera::interconnect {
namespace {

TEST(Calendar, ServesInOrderWhenBusy) {
  Calendar calendar;
  EXPECT_EQ(calendar.reserve(10, 5), 10u);
  EXPECT_EQ(calendar.reserve(10, 5), 15u);
  EXPECT_EQ(calendar.reserve(0, 10), 0u);
  EXPECT_EQ(calendar.reserve(0, 1), 20u);
  EXPECT_EQ(calendar.busy(), 21u);
}

TEST(Calendar, UsesGapsThatFit) {
  Calendar calendar;
  EXPECT_EQ(calendar.reserve(0, 4), 0u);
  EXPECT_EQ(calendar.reserve(10, 4), 10u);
  EXPECT_EQ(calendar.reserve(0, 7), 14u) << "the gap 4..10 is one too short";
  EXPECT_EQ(calendar.reserve(0, 6), 4u);
}

TEST(Calendar, TheImpatientTakeFreeTimeInPieces) {
  Calendar calendar;
  EXPECT_EQ(calendar.reserve(4, 6), 4u);
  EXPECT_EQ(calendar.reserve(12, 20), 12u);
  EXPECT_EQ(calendar.reserve_end(0, 8, 100), 40u) << "patient: behind the others";
  EXPECT_EQ(calendar.reserve_end(0, 8, 10), 42u) << "0..4, 10..12 and 40..42";
  EXPECT_EQ(calendar.find(0, 1), 42u);
  EXPECT_EQ(calendar.busy(), 42u);
}

TEST(RankedCalendar, DisplacesWhatHasNotBegunAndRanksBehind) {
  RankedCalendar calendar;
  EXPECT_EQ(calendar.reserve(0, 10, 5), 0u);
  EXPECT_EQ(calendar.reserve(0, 10, 5), 10u);
  EXPECT_EQ(calendar.reserve(0, 10, 5), 20u);
  EXPECT_EQ(calendar.reserve(3, 4, 1), 10u) << "the first has begun; the second moves behind";
  EXPECT_EQ(calendar.reserve(0, 10, 5), 40u) << "nothing was lost: what was displaced stands at 30..40";
  EXPECT_EQ(calendar.reserve(0, 6, 5), 14u) << "what it left is free";
  EXPECT_EQ(calendar.busy(), 50u);
}

TEST(RankedCalendar, TheImpatientTakeFreeTimeInPieces) {
  RankedCalendar calendar;
  EXPECT_EQ(calendar.reserve(4, 6, 2), 4u);
  EXPECT_EQ(calendar.reserve(12, 20, 2), 12u);
  EXPECT_EQ(calendar.reserve_end(0, 8, 2, 10), 34u) << "0..4, 10..12 and 32..34";
  EXPECT_EQ(calendar.reserve_end(0, 1, 2, 100), 35u);
}

class CalendarProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(CalendarProperty, EqualsABitmapOfSlots) {
  std::mt19937 random(GetParam());
  constexpr std::size_t slots = 60000;
  std::vector<bool> taken(slots);
  Calendar calendar;
  std::size_t now = 0;
  for (int i = 0; i < 2000; ++i) {
    now += random() % 8;
    const std::size_t earliest = now + random() % 50;
    const std::size_t duration = 1 + random() % 16;
    std::size_t expected = earliest;
    for (std::size_t run = 0, t = earliest; run < duration; ++t) {
      run = taken[t] ? 0 : run + 1;
      expected = taken[t] ? t + 1 : expected;
    }
    for (std::size_t t = expected; t < expected + duration; ++t) {
      taken[t] = true;
    }
    calendar.forget_before(now);
    ASSERT_EQ(calendar.reserve(earliest, duration), expected) << "seed " << GetParam() << " request " << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, CalendarProperty, ::testing::Range(1u, 21u));

}  // namespace
}  // namespace tessera::interconnect
