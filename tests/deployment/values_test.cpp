// SPDX-License-Identifier: Apache-2.0
#include "sw/deployment/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace tessera::deployment {
namespace {

using testing::ElementsAre;

TEST(Values, QuantiseRoundsHalfAwayFromZeroAndClamps) {
  const std::vector<float> values = {0.0F, 0.25F, -0.25F, 0.24F, 1.0F, 1000.0F, -1000.0F};
  EXPECT_THAT(quantise(values, 0.5F, 10), ElementsAre(10, 11, 9, 10, 12, 127, -128));
}

TEST(Values, ValuesThatAreNotFiniteStayInRange) {
  const float infinite = std::numeric_limits<float>::infinity();
  const std::vector<float> values = {infinite, -infinite, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_THAT(quantise(values, 0.5F, 10), ElementsAre(127, -128, 10));
}

TEST(Values, EveryCodeSurvivesTheRoundTrip) {
  td_tensor tensor{};
  tensor.scale = 0.037F;
  tensor.zero_point = -17;
  std::vector<std::int8_t> codes;
  for (int q = -128; q < 128; ++q) {
    codes.push_back(static_cast<std::int8_t>(q));
  }
  EXPECT_EQ(quantise(dequantise(codes, tensor), tensor), codes);
}

}  // namespace
}  // namespace tessera::deployment
