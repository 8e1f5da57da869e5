// SPDX-License-Identifier: Apache-2.0
// How a section of the page looks.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "platform/config/loader.h"

namespace tessera::article {

/// The platform of a preset or of a YAML text; a test failure if it is wrong.
[[nodiscard]] platform::PlatformParameters chip(const std::string& yaml);

[[nodiscard]] inline std::string heading(const std::string& title, const std::string& claim) {
  return "## " + title + "\n\n*The article:* " + claim + "\n\n";
}
[[nodiscard]] inline std::string verdict(const std::string& text) {
  return "**Verdict.** " + text + "\n\n";
}
/// A Markdown table; the first row is its head.
[[nodiscard]] inline std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    text += "|";
    for (const std::string& cell : rows[r]) {
      text += " " + cell + " |";
    }
    text += "\n";
    if (r == 0) {
      text += "|";
      for (std::size_t c = 0; c < rows[r].size(); ++c) {
        text += c == 0 ? "---|" : "---:|";
      }
      text += "\n";
    }
  }
  return text + "\n";
}

}  // namespace tessera::article
