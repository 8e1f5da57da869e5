// SPDX-License-Identifier: Apache-2.0
#include "platform/text/duration.h"

#include <gtest/gtest.h>

namespace tessera::text {
namespace {

TEST(Duration, NumbersWithUnitsAreExact) {
  EXPECT_EQ(parse_duration("50ms"), 50'000'000'000u);
  EXPECT_EQ(parse_duration("1.5 us"), 1'500'000u);
  EXPECT_EQ(parse_duration("0.000001us"), 1u);
  EXPECT_EQ(parse_duration("2s"), 2'000'000'000'000u);
  EXPECT_EQ(parse_duration("1h"), 3'600'000'000'000'000u);
  EXPECT_EQ(parse_duration("0.25min"), 15'000'000'000'000u);
  EXPECT_EQ(parse_duration("7ps"), 7u);
  EXPECT_EQ(parse_duration("3.00ps"), 3u);
  EXPECT_EQ(parse_duration("0ns"), 0u);
  EXPECT_EQ(parse_duration("2562h"), 2562u * 3'600'000'000'000'000u);
}

TEST(Duration, OtherTextsAreRefused) {
  for (const char* text : {"", "ms", "5", "5 m", "-1ms", "1.2.3s", ".s", "1e3s", "0.5ps", "1.0005ns", "2563h",
                           "99999999999999999999s", "1ms ", " 1ms", "1msx"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(Duration, IsWrittenExactlyAndReadsBack) {
  EXPECT_EQ(duration(0), "0 ps");
  EXPECT_EQ(duration(1'234'567'000), "1.234567 ms");
  EXPECT_EQ(duration(50'000'000'000), "50 ms");
  EXPECT_EQ(duration(7'200'000'000'000'000), "7200 s");
  for (std::uint64_t ps = 1; ps < 1'000'000'000'000'000'000; ps = ps * 7 + 3) {
    EXPECT_EQ(parse_duration(duration(ps)), ps) << duration(ps);
  }
}

}  // namespace
}  // namespace tessera::text
