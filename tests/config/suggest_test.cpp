// SPDX-License-Identifier: Apache-2.0
#include "platform/config/suggest.h"

#include "tests/config/support.h"

namespace tessera::platform {
namespace {

TEST(EditDistance, CountsSlipsTwice) {
  EXPECT_EQ(edit_distance("per_tile", "per_tile", 5), 0);
  EXPECT_EQ(edit_distance("per_tiel", "per_tile", 5), 2);   // swap
  EXPECT_EQ(edit_distance("pertile", "per_tile", 5), 2);    // insertion
  EXPECT_EQ(edit_distance("per_tiles", "per_tile", 5), 2);  // deletion
  EXPECT_EQ(edit_distance("per_tale", "per_tile", 5), 2);   // substitution
  EXPECT_EQ(edit_distance("clock_hz", "clock_Hz", 5), 1);   // case
  EXPECT_EQ(edit_distance("", "ab", 5), 4);
  EXPECT_EQ(edit_distance("abcdefgh", "stuvwxyz", 3), 7);  // beyond the limit
  EXPECT_EQ(edit_distance(std::string(100000, 'a'), "a", 3), 7);
}

TEST(EditDistance, IsSymmetric) {
  const std::vector<std::string> words = {"", "a", "bits", "bist", "banks", "e_conv_J", "e_conversion_J", "t_s"};
  for (const std::string& a : words) {
    for (const std::string& b : words) EXPECT_EQ(edit_distance(a, b, 20), edit_distance(b, a, 20)) << a << " " << b;
  }
}

TEST(InsteadOf, NamesTheNearestKey) {
  EXPECT_EQ(instead_of("tile.adc", "per_tiel"), "did you mean 'tile.adc.per_tile'?");
  EXPECT_EQ(instead_of("bus", "clock_hz"), "did you mean 'bus.clock_Hz'?");
  EXPECT_EQ(instead_of("", "tyle"), "did you mean 'tile'?");
  EXPECT_EQ(instead_of("", "presett"), "did you mean 'preset'?");
}

TEST(InsteadOf, FindsTheRightNameInAnotherSection) {
  EXPECT_EQ(instead_of("tile", "per_tile"), "did you mean 'tile.adc.per_tile'?");
  EXPECT_EQ(instead_of("tile.adc", "pga_gains"), "did you mean 'tile.integration.pga_gains'?");
}

TEST(InsteadOf, ListsTheSectionIfNothingIsNear) {
  EXPECT_EQ(instead_of("grid", "zzzzzzzz"), "one of: rows, cols");
}

}  // namespace
}  // namespace tessera::platform
