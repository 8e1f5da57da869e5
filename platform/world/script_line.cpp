// SPDX-License-Identifier: Apache-2.0
#include "platform/world/script_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <system_error>

#include "platform/world/input_error.h"

namespace tessera::platform {

std::vector<ScriptLine> script_lines(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  std::vector<ScriptLine> lines;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view row = text.substr(begin, end - begin);
    row = row.substr(0, std::min(row.find('#'), row.size()));
    ScriptLine line{++number, {}};
    for (std::size_t at = row.find_first_not_of(blanks); at != std::string_view::npos;) {
      const std::size_t stop = std::min(row.find_first_of(blanks, at), row.size());
      line.words.push_back({row.substr(at, stop - at), at + 1});
      at = row.find_first_not_of(blanks, stop);
    }
    if (!line.words.empty()) {
      lines.push_back(std::move(line));
    }
    begin = end + 1;
  }
  return lines;
}

std::string script_text(const std::filesystem::path& file) {
  std::error_code error;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, error)) {
    throw MissingInputError(fmt::format("{}: no such file, or not readable", file.string()));
  }
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

void script_error(const std::filesystem::path& file, std::size_t line, std::size_t column, const std::string& what) {
  throw InputError(fmt::format("{}:{}:{}: {}", file.string(), line, column, what));
}

std::size_t script_number(const std::filesystem::path& file, const ScriptLine& line, const Word& word,
                          const std::string& what, std::size_t most) {
  std::size_t value = 0;
  const char* last = word.text.data() + word.text.size();
  const auto [end, error] = std::from_chars(word.text.data(), last, value);
  if (error != std::errc() || end != last || value > most) {
    script_error(file, line.number, word.column,
                 fmt::format("{}: '{}'; expected a whole number, 0 .. {}", what, word.text, most));
  }
  return value;
}

}  // namespace tessera::platform
