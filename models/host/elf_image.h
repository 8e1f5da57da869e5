// SPDX-License-Identifier: Apache-2.0
// Reader for 32-bit RISC-V executables: what to load where, and the names of functions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::host {

/// The file is not an executable this platform can load; says what, where and what was expected.
struct ElfError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Segment {
  std::uint32_t address = 0;        ///< load (physical) address
  std::vector<std::uint8_t> bytes;  ///< contents of the file
  std::uint32_t zeros = 0;          ///< bytes to clear behind them
  std::uint32_t headers = 0;        ///< so many of the first bytes are the file's own headers
  [[nodiscard]] std::uint64_t size() const { return bytes.size() + zeros; }
};

struct Symbol {
  std::uint32_t address = 0;
  std::uint32_t size = 0;
  std::string name;
  bool function = false;
  bool global = true;  ///< not a label local to its object file
};

class SymbolTable {
 public:
  SymbolTable() = default;
  explicit SymbolTable(std::vector<Symbol> symbols);

  [[nodiscard]] std::optional<std::uint32_t> address(std::string_view name) const;
  /// The function that holds `pc`: the nearest at or below it, unless its known size ends before. Null: none.
  [[nodiscard]] const Symbol* function(std::uint32_t pc) const;
  /// "name+0x1c", "name", or the bare address "0x80001234" where no function is known.
  [[nodiscard]] std::string describe(std::uint32_t pc) const;
  [[nodiscard]] bool empty() const { return named_.empty(); }
  [[nodiscard]] const std::vector<Symbol>& by_address() const { return functions_; }

 private:
  std::vector<Symbol> functions_;  ///< by address
  std::vector<Symbol> named_;      ///< by name
};

struct ElfImage {
  std::uint32_t entry = 0;
  std::string_view float_abi;  ///< "ilp32f" and so on: compiled for a floating-point unit; empty: for none
  std::vector<Segment> segments;
  SymbolTable symbols;
};

/// @param name how messages call the file
/// @throws ElfError
[[nodiscard]] ElfImage parse_elf(std::span<const std::uint8_t> file, std::string_view name);
/// @throws ElfError also if the file cannot be read
[[nodiscard]] ElfImage read_elf(const std::string& path);

}  // namespace tessera::host
