// SPDX-License-Identifier: Apache-2.0
#include "platform/config/diagnostic.h"

#include <fmt/format.h>

namespace tessera::platform {
namespace {

/// One line of at most `longest` bytes, cut between UTF-8 characters: text of a file must not flood the terminal.
std::string one_line(std::string text, std::size_t longest) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      c = ' ';
    }
  }
  if (text.size() <= longest) {
    return text;
  }
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0u) == 0x80u) {
    --end;
  }
  return text.substr(0, end) + "...";
}

}  // namespace

std::string Origin::text() const {
  std::string text = kind == Kind::preset ? "preset " + source : source;
  if (kind == Kind::file && line > 0) {
    text += fmt::format(":{}:{}", line, column);
  }
  if (!remark.empty()) {
    text += " (" + remark + ")";
  }
  return text;
}

std::string Diagnostic::text() const {
  std::string text = origin.text() + ": ";
  if (!key.empty()) {
    text += one_line(key, 100) + ": ";
  }
  text += one_line(problem, 300);
  if (!expected.empty()) {
    text += (expected.rfind("did you mean", 0) == 0 ? "; " : "; expected ") + expected;
  }
  return text;
}

}  // namespace tessera::platform
