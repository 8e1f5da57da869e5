// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "models/power/amount.h"

namespace tessera::power {
namespace {

TEST(Amount, IsWrittenAsExactJoules) {
  EXPECT_EQ(joules_text(0), "0.000000000000000000");
  EXPECT_EQ(joules_text(1), "0.000000000000000001");
  EXPECT_EQ(joules_text(21'660'000'000), "0.000000021660000000");
  EXPECT_EQ(joules_text(-21'660'000'000), "-0.000000021660000000");
  EXPECT_EQ(joules_text(999'999'999'999'999'999), "0.999999999999999999");
  EXPECT_EQ(joules_text(1'000'000'000'000'000'000), "1.000000000000000000");
  EXPECT_EQ(joules_text(static_cast<Amount>(1'000'000'000'000'000'000) * 12345 + 7), "12345.000000000000000007");
}

TEST(Amount, CoversTheWholeRange) {
  const auto half = static_cast<Amount>(1) << 126;
  EXPECT_EQ(joules_text(half - 1 + half), "170141183460469231731.687303715884105727");
  EXPECT_EQ(joules_text(-half - half), "-170141183460469231731.687303715884105728");
}

TEST(Amount, ConvertsToDouble) {
  EXPECT_DOUBLE_EQ(joules(21'660'000'000), 21.66e-9);
}

}  // namespace
}  // namespace tessera::power
