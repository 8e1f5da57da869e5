// SPDX-License-Identifier: Apache-2.0
#include "platform/config/value.h"

#include <cmath>
#include <cstring>
#include <random>

#include "tests/config/support.h"

namespace tessera::platform {
namespace {

using Status = Whole::Status;

TEST(ParseReal, TakesDecimalNumbers) {
  EXPECT_EQ(parse_real("1"), 1.0);
  EXPECT_EQ(parse_real("-2.5"), -2.5);
  EXPECT_EQ(parse_real("+3e2"), 300.0);
  EXPECT_EQ(parse_real(".5"), 0.5);
  EXPECT_EQ(parse_real("200.0e+6"), 2e8);
  EXPECT_EQ(parse_real("62.5e-9"), 62.5e-9);
}

TEST(ParseReal, RefusesEverythingElse) {
  for (const char* text : {"",     "+",    "-",   ".",    "e5",    "1e",  "1 ",  " 1",    "1,5",  "0x10",   "inf",
                           "-inf", ".inf", "nan", ".nan", "1e999", "--1", "+-1", "1.2.3", "1e5e", "200MHz", "1_000"}) {
    EXPECT_EQ(parse_real(text), std::nullopt) << text;
  }
}

TEST(ParseWhole, TakesWholeNumbersInEveryForm) {
  for (const char* text : {"2000000", "2e6", "2.0e+6", "0x1E8480", "+2000000"}) {
    EXPECT_EQ(parse_whole(text).status, Status::good) << text;
    EXPECT_EQ(parse_whole(text).value, 2000000u) << text;
  }
  EXPECT_EQ(parse_whole("18446744073709551615").value, 18446744073709551615u);
}

TEST(ParseWhole, SaysWhatIsWrong) {
  EXPECT_EQ(parse_whole("1.5").status, Status::not_whole);
  EXPECT_EQ(parse_whole("-1").status, Status::negative);
  EXPECT_EQ(parse_whole("18446744073709551616").status, Status::too_large);
  EXPECT_EQ(parse_whole("1e300").status, Status::too_large);
  for (const char* text : {"", "x", "0x", "0xg", "1 2", "true", "eight"}) {
    EXPECT_EQ(parse_whole(text).status, Status::not_a_number) << text;
  }
}

TEST(ToText, IsShortAndPlain) {
  EXPECT_EQ(to_text(0.0), "0");
  EXPECT_EQ(to_text(20.0), "20");
  EXPECT_EQ(to_text(0.85), "0.85");
  EXPECT_EQ(to_text(2e8), "2.0e+08");
  EXPECT_EQ(to_text(62.5e-9), "6.25e-08");
  EXPECT_EQ(to_text(Value(std::vector<double>{1, 2.5})), "[1, 2.5]");
  EXPECT_EQ(to_text(Value(true)), "true");
}

TEST(ToText, ReadsBackToTheSameBits) {
  constexpr std::uint64_t seed = 20240611;
  RecordProperty("seed", std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(parse_real(to_text(value)), value) << "seed " << seed << ", draw " << i << ", bits " << bits;
  }
}

}  // namespace
}  // namespace tessera::platform
