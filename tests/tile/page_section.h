// SPDX-License-Identifier: Apache-2.0
// Sections of docs/analog.md that a test computes.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tessera::tile::test {

/// The page has `text` between the marks of `section`; otherwise a page that has it is written beside the build.
inline void expect_section(const std::string& section, const std::string& text) {
  const std::string path = std::string(TESSERA_SOURCE_DIR) + "/docs/analog.md";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  const std::string page{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string begin = "<!-- " + section + ": begin -->\n", end = "<!-- " + section + ": end -->\n";
  const std::size_t from = page.find(begin), to = page.find(end);
  ASSERT_TRUE(from != std::string::npos && to != std::string::npos && from < to) << "the marks are missing";
  if (page.substr(from + begin.size(), to - from - begin.size()) == text) {
    return;
  }
  const std::string current = std::string(TESSERA_BINARY_DIR) + "/analog.md";
  std::ofstream(current) << page.substr(0, from + begin.size()) << text << page.substr(to);
  FAIL() << "docs/analog.md is not what the models say; its new text is " << current;
}

}  // namespace tessera::tile::test
