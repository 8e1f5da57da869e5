// SPDX-License-Identifier: Apache-2.0
#include "models/host/function_map.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::host {
namespace {

constexpr std::uint32_t longest_label = 0x1'0000;  ///< how far a label without a size may reach
constexpr std::size_t most_synthetic = 4096;

/// "f" for "f.cold" and "f.cold.3".
std::string_view whole_function(std::string_view name) {
  const std::size_t at = name.find(".cold");
  return at == std::string_view::npos || at == 0 ? name : name.substr(0, at);
}

std::uint32_t end_of(std::uint32_t begin, std::uint32_t size) {
  const std::uint64_t end = std::uint64_t{begin} + size;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(end, 0xFFFF'FFFFu));
}

}  // namespace

FunctionMap::FunctionMap(const SymbolTable& symbols) {
  add("[unknown code]", 0);
  const std::vector<Symbol>& by_address = symbols.by_address();
  insert_typed(by_address);
  insert_labels(by_address);
  std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
}

FunctionId FunctionMap::add(std::string name, std::uint32_t address) {
  names_.push_back(std::move(name));
  addresses_.push_back(address);
  return static_cast<FunctionId>(names_.size() - 1);
}

void FunctionMap::insert_typed(const std::vector<Symbol>& symbols) {
  std::vector<const Symbol*> typed;
  std::map<std::string_view, FunctionId> by_name;
  for (const Symbol& symbol : symbols) {
    if (symbol.function && (typed.empty() || typed.back()->address != symbol.address)) {
      typed.push_back(&symbol);
    }
  }
  std::vector<FunctionId> ids;
  for (const Symbol* symbol : typed) {
    ids.push_back(add(symbol->name, symbol->address));
    if (whole_function(symbol->name) == symbol->name) {
      // Two static functions of one name: their cold parts stay functions of their own.
      const auto [known, fresh] = by_name.emplace(symbol->name, ids.back());
      known->second = fresh ? ids.back() : unknown;
    }
  }
  for (std::size_t i = 0; i < typed.size(); ++i) {
    const Symbol& symbol = *typed[i];
    const std::uint32_t next = i + 1 < typed.size() ? typed[i + 1]->address : 0xFFFF'FFFFu;
    const std::uint32_t end = std::min(next, end_of(symbol.address, symbol.size != 0 ? symbol.size : longest_label));
    const auto whole = by_name.find(whole_function(symbol.name));
    const bool is_part = whole != by_name.end() && whole->second != unknown;
    if (end > symbol.address) {
      ranges_.push_back({symbol.address, end, is_part ? whole->second : ids[i]});
    }
  }
}

void FunctionMap::insert_labels(const std::vector<Symbol>& symbols) {
  const std::vector<Range> typed = ranges_;  // sorted by construction
  const auto typed_after = [&typed](std::uint32_t address) {
    return std::upper_bound(typed.begin(), typed.end(), address,
                            [](std::uint32_t a, const Range& range) { return a < range.begin; });
  };
  const Range* last = nullptr;
  for (const Symbol& symbol : symbols) {
    if (symbol.function || !symbol.global || symbol.size != 0) {
      continue;
    }
    const auto after = typed_after(symbol.address);
    const bool covered = after != typed.begin() && symbol.address < std::prev(after)->end;
    if (covered || (last != nullptr && last->begin == symbol.address)) {
      continue;
    }
    std::uint32_t end = end_of(symbol.address, longest_label);
    end = after != typed.end() ? std::min(end, after->begin) : end;
    if (last != nullptr) {
      ranges_.back().end = std::min(ranges_.back().end, symbol.address);
    }
    if (end > symbol.address) {
      ranges_.push_back({symbol.address, end, add(symbol.name, symbol.address)});
      last = &ranges_.back();
    }
  }
}

FunctionId FunctionMap::search(std::uint32_t pc) const {
  const auto after = std::upper_bound(ranges_.begin(), ranges_.end(), pc,
                                      [](std::uint32_t a, const Range& range) { return a < range.begin; });
  if (after == ranges_.begin() || pc >= std::prev(after)->end) {
    return unknown;
  }
  return std::prev(after)->function;
}

FunctionId FunctionMap::at(std::uint32_t pc) {
  Cached& cached = cache_[(pc >> 1) % cache_.size()];
  if (cached.pc != pc) {
    cached = {pc, search(pc)};
  }
  return cached.function;
}

FunctionId FunctionMap::entry(std::uint32_t pc) {
  const FunctionId known = at(pc);
  if (known != unknown) {
    return known;
  }
  const auto found = synthetic_.find(pc);
  if (found != synthetic_.end()) {
    return found->second;
  }
  if (synthetic_.size() >= most_synthetic) {
    return unknown;
  }
  return synthetic_.emplace(pc, add(fmt::format("[{:#010x}]", pc), pc)).first->second;
}

FunctionId FunctionMap::pseudo(std::string_view name) {
  const auto found = pseudo_.find(name);
  return found != pseudo_.end() ? found->second : pseudo_.emplace(name, add(std::string(name), 0)).first->second;
}

}  // namespace tessera::host
