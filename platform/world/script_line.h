// SPDX-License-Identifier: Apache-2.0
// Text files of one entry a line: words between blanks, `#` begins a comment. For the scripts of the world.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::platform {

struct Word {
  std::string_view text;
  std::size_t column = 0;  ///< from 1
};

struct ScriptLine {
  std::size_t number = 0;  ///< from 1
  std::vector<Word> words;
};

/// The lines that hold words. The words point into `text`.
[[nodiscard]] std::vector<ScriptLine> script_lines(std::string_view text);
/// @throws MissingInputError  the file cannot be read
[[nodiscard]] std::string script_text(const std::filesystem::path& file);
/// @throws InputError  always: `file:line:column: what`
[[noreturn]] void script_error(const std::filesystem::path& file, std::size_t line, std::size_t column,
                               const std::string& what);
/// @throws InputError  the word is no whole number, or not 0 .. most
[[nodiscard]] std::size_t script_number(const std::filesystem::path& file, const ScriptLine& line, const Word& word,
                                        const std::string& what, std::size_t most);

}  // namespace tessera::platform
