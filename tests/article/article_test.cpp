// SPDX-License-Identifier: Apache-2.0
// docs/article.md is what the models say now.
#include <gtest/gtest.h>

#include <fstream>

#include "tests/article/page.h"
#include "tests/end_to_end/command.h"

namespace tessera::article {
namespace {

TEST(Article, DataMovement) {
  EXPECT_NE(data_movement(), "");
}
TEST(Article, Standby) {
  EXPECT_NE(standby(), "");
}
TEST(Article, Sparsity) {
  EXPECT_NE(sparsity(), "");
}
TEST(Article, Footprint) {
  EXPECT_NE(footprint(), "");
}
TEST(Article, Multiplication) {
  EXPECT_NE(multiplication(), "");
}
TEST(Article, FourLevels) {
  EXPECT_NE(four_levels(), "");
}
TEST(Article, FullyConnected) {
  EXPECT_NE(fully_connected(), "");
}
TEST(Article, Stack) {
  EXPECT_NE(stack(), "");
}
TEST(Article, AnnouncedFigures) {
  EXPECT_NE(announced_figures(), "");
}

TEST(Article, PageIsCurrent) {
  if (!test::have_fashion_mnist()) {
    GTEST_SKIP() << test::no_fashion_mnist;
  }
  const std::string now = page(true);
  const std::string path = std::string(TESSERA_SOURCE_DIR) + "/docs/article.md";
  if (std::ifstream(path).good() && test::contents(path) == now) {
    return;
  }
  const std::string current = std::string(TESSERA_BINARY_DIR) + "/article.md";
  std::ofstream(current) << now;
  FAIL() << "docs/article.md is not what the models say; its new text is " << current;
}

}  // namespace
}  // namespace tessera::article
