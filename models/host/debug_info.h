// SPDX-License-Identifier: Apache-2.0
// Lines, inlined functions and call frames of a program, from its DWARF (elfutils' libdw). Everything is optional: a
// program without debug information, or with a damaged one, gets fewer answers, never an error.
//
// libdw reads what the file says; a hostile file might still find an error in it. Who must survive any file asks in a
// process of its own (platform/session/crash_report).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tessera::host {

struct SourcePlace {
  std::string function;  ///< may be empty
  std::string file;      ///< as the compiler saw it; may be empty
  int line = 0;
  bool inlined = false;  ///< the next place of the list is where this function was inlined
};

/// "main at src/main.c:12"; only what is known.
[[nodiscard]] std::string describe(const SourcePlace& place);

struct UnwindState {
  std::uint32_t pc = 0;
  std::array<std::uint32_t, 32> x{};
};

class DebugInfo {
 public:
  using ReadWord = std::function<std::optional<std::uint32_t>(std::uint32_t address)>;

  explicit DebugInfo(std::span<const std::uint8_t> elf);
  ~DebugInfo();
  DebugInfo(const DebugInfo&) = delete;
  DebugInfo& operator=(const DebugInfo&) = delete;

  /// Innermost first: functions inlined at `pc`, then the function that holds it. Empty: nothing is known.
  [[nodiscard]] std::vector<SourcePlace> places(std::uint32_t pc) const;
  /// The caller's state by call frame information. Nothing: there is none for `pc`, or memory cannot be read.
  [[nodiscard]] std::optional<UnwindState> caller(const UnwindState& state, const ReadWord& read) const;

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace tessera::host
