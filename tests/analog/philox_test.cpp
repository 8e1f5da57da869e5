// SPDX-License-Identifier: Apache-2.0
#include "models/analog/philox.h"

#include <gtest/gtest.h>

namespace tessera::analog {
namespace {

// Known answers of philox4x32-10 distributed with the Random123 library of the SC11 paper.
TEST(Philox, KnownAnswers) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (PhiloxCounter{0x6627e8d5U, 0xe169c58dU, 0xbc57ac4cU, 0x9b00dbd8U}));
  EXPECT_EQ(philox4x32({0xffffffffU, 0xffffffffU, 0xffffffffU, 0xffffffffU}, {0xffffffffU, 0xffffffffU}),
            (PhiloxCounter{0x408f276dU, 0x41c83b0eU, 0xa20bc7c6U, 0x6d5451fdU}));
  EXPECT_EQ(philox4x32({0x243f6a88U, 0x85a308d3U, 0x13198a2eU, 0x03707344U}, {0xa4093822U, 0x299f31d0U}),
            (PhiloxCounter{0xd16cfe09U, 0x94fdccebU, 0x5001e420U, 0x24126ea1U}));
}

TEST(Philox, KeyAndCounterLayout) {
  EXPECT_EQ(philox_key(0x1122334455667788U, 5, Purpose::column_noise), (PhiloxKey{0x55667788U, 0x503U}));
  EXPECT_EQ(philox_counter(0x1122334455667788U, 0xAABBCCDD00112233U, 9),
            (PhiloxCounter{9U, 0x00112233U, 0xAABBCCDDU, 0x11223344U}));
}

}  // namespace
}  // namespace tessera::analog
