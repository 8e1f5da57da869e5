// SPDX-License-Identifier: Apache-2.0
// Which function an instruction belongs to, as numbers. Built from an ELF's symbols; code without any gets names made
// of addresses when it is called.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/host/elf_image.h"

namespace tessera::host {

using FunctionId = std::uint32_t;

class FunctionMap {
 public:
  static constexpr FunctionId unknown = 0;

  /// Typed symbols cover their size; global labels without a type cover what no typed one does. The parts into which a
  /// compiler splits a function ("f.cold") count as the function.
  explicit FunctionMap(const SymbolTable& symbols);

  /// @return unknown where no symbol covers `pc`
  [[nodiscard]] FunctionId at(std::uint32_t pc);
  /// As at(), but code without a symbol becomes a function "[0x80001234]" of its own (a bounded number of them).
  [[nodiscard]] FunctionId entry(std::uint32_t pc);
  /// A name that is no function, such as "[wfi]"; the same name gives the same number.
  [[nodiscard]] FunctionId pseudo(std::string_view name);
  [[nodiscard]] const std::string& name(FunctionId function) const { return names_.at(function); }
  /// First address of a function; 0 for pseudo functions.
  [[nodiscard]] std::uint32_t address(FunctionId function) const { return addresses_.at(function); }
  [[nodiscard]] std::size_t size() const { return names_.size(); }

 private:
  struct Range {
    std::uint32_t begin, end;  ///< end exclusive; no range reaches the end of the address space
    FunctionId function;
  };
  struct Cached {
    std::uint32_t pc = 1;
    FunctionId function = unknown;
  };
  FunctionId add(std::string name, std::uint32_t address);
  void insert_typed(const std::vector<Symbol>& symbols);
  void insert_labels(const std::vector<Symbol>& symbols);
  [[nodiscard]] FunctionId search(std::uint32_t pc) const;

  std::vector<std::string> names_;
  std::vector<std::uint32_t> addresses_;
  std::vector<Range> ranges_;  ///< disjoint, by address
  std::map<std::string, FunctionId, std::less<>> pseudo_;
  std::map<std::uint32_t, FunctionId> synthetic_;
  std::array<Cached, 1024> cache_{};
};

}  // namespace tessera::host
