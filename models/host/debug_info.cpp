// SPDX-License-Identifier: Apache-2.0
#include "models/host/debug_info.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fmt/format.h>
#include <libelf.h>

#include <cstdlib>
#include <cstring>

namespace tessera::host {
namespace {

constexpr std::size_t most_operations = 64;
constexpr int deepest_inlining = 32;

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
template <typename T>
using Allocated = std::unique_ptr<T, Free>;

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::optional<Dwarf_Word> number(Dwarf_Die* die, unsigned name) {
  Dwarf_Attribute attribute;
  Dwarf_Word value = 0;
  if (dwarf_attr(die, name, &attribute) == nullptr || dwarf_formudata(&attribute, &value) != 0) {
    return std::nullopt;
  }
  return value;
}

/// Where an inlined function was called.
void call_place(Dwarf_Die* cu, Dwarf_Die* inlined, SourcePlace& outer) {
  const auto line = number(inlined, DW_AT_call_line);
  const auto file = number(inlined, DW_AT_call_file);
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (line && file && dwarf_getsrcfiles(cu, &files, &count) == 0 && *file < count) {
    outer.file = text_or_empty(dwarf_filesrc(files, *file, nullptr, nullptr));
    outer.line = static_cast<int>(*line);
  }
}

/// The few operations that call frame rules are made of, on 32-bit values.
class Expression {
 public:
  Expression(const UnwindState& state, std::optional<std::uint32_t> cfa, const DebugInfo::ReadWord& read)
      : state_(state), cfa_(cfa), read_(read) {}

  /// @param is_value set if the result is the register's value and not the address of it
  std::optional<std::uint32_t> run(const Dwarf_Op* operations, std::size_t count, bool& is_value) {
    is_value = false;
    if (count > most_operations) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (operations[i].atom == DW_OP_stack_value) {
        is_value = true;
      } else if (!step(operations[i])) {
        return std::nullopt;
      }
    }
    return stack_.empty() ? std::nullopt : std::optional(stack_.back());
  }

 private:
  bool step(const Dwarf_Op& operation) {
    const auto first = static_cast<std::uint32_t>(operation.number);
    const unsigned atom = operation.atom;
    if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) {
      return push(state_.x.at(atom - DW_OP_breg0) + first);
    }
    if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
      return push(atom - DW_OP_lit0);
    }
    switch (atom) {
      case DW_OP_bregx:
        return operation.number < 32 &&
               push(state_.x.at(operation.number) + static_cast<std::uint32_t>(operation.number2));
      case DW_OP_call_frame_cfa:
        return cfa_ && push(*cfa_);
      case DW_OP_plus_uconst:
        return !stack_.empty() && replace(1, stack_.back() + first);
      case DW_OP_const1u:
      case DW_OP_const1s:
      case DW_OP_const2u:
      case DW_OP_const2s:
      case DW_OP_const4u:
      case DW_OP_const4s:
      case DW_OP_constu:
      case DW_OP_consts:
        return push(first);
      case DW_OP_plus:
        return stack_.size() > 1 && replace(2, stack_[stack_.size() - 2] + stack_.back());
      case DW_OP_minus:
        return stack_.size() > 1 && replace(2, stack_[stack_.size() - 2] - stack_.back());
      case DW_OP_deref: {
        const auto value = stack_.empty() ? std::nullopt : read_(stack_.back());
        return value && replace(1, *value);
      }
      default:
        return false;
    }
  }
  bool push(std::uint32_t value) {
    stack_.push_back(value);
    return true;
  }
  bool replace(std::size_t operands, std::uint32_t value) {
    stack_.resize(stack_.size() - operands);
    return push(value);
  }

  const UnwindState& state_;
  std::optional<std::uint32_t> cfa_;
  const DebugInfo::ReadWord& read_;
  std::vector<std::uint32_t> stack_;
};

}  // namespace

struct DebugInfo::Handles {
  std::vector<char> bytes;  ///< libelf works in its own copy
  Elf* elf = nullptr;
  Dwarf* dwarf = nullptr;
  Dwarf_CFI* frames = nullptr;

  Handles() = default;
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;
  ~Handles() {
    dwarf_end(dwarf);
    elf_end(elf);
  }
  /// The unit that knows the line of `pc`. Tables of addresses are not enough: what the assembler says about the length
  /// of its code no longer holds once the linker has relaxed it, so units overlap.
  [[nodiscard]] bool unit(std::uint32_t pc, Dwarf_Die& cu) const {
    if (dwarf_addrdie(dwarf, pc, &cu) != nullptr && dwarf_getsrc_die(&cu, pc) != nullptr) {
      return true;
    }
    Dwarf_Off offset = 0;
    Dwarf_Off next = 0;
    std::size_t header = 0;
    while (dwarf_nextcu(dwarf, offset, &next, &header, nullptr, nullptr, nullptr) == 0 && next > offset) {
      if (dwarf_offdie(dwarf, offset + header, &cu) != nullptr && dwarf_haspc(&cu, pc) == 1 &&
          dwarf_getsrc_die(&cu, pc) != nullptr) {
        return true;
      }
      offset = next;
    }
    return false;
  }
};

std::string describe(const SourcePlace& place) {
  const std::string where = place.file.empty() ? "" : fmt::format("{}:{}", place.file, place.line);
  if (place.function.empty() || where.empty()) {
    return place.function + where;
  }
  return fmt::format("{} at {}", place.function, where);
}

DebugInfo::DebugInfo(std::span<const std::uint8_t> elf) : handles_(std::make_unique<Handles>()) {
  elf_version(EV_CURRENT);
  handles_->bytes.assign(elf.begin(), elf.end());
  handles_->elf = elf_memory(handles_->bytes.data(), handles_->bytes.size());
  if (handles_->elf == nullptr) {
    return;
  }
  handles_->dwarf = dwarf_begin_elf(handles_->elf, DWARF_C_READ, nullptr);
  if (handles_->dwarf != nullptr) {
    handles_->frames = dwarf_getcfi(handles_->dwarf);
  }
}

DebugInfo::~DebugInfo() = default;

std::vector<SourcePlace> DebugInfo::places(std::uint32_t pc) const {
  std::vector<SourcePlace> found;
  Dwarf_Die cu;
  if (handles_->dwarf == nullptr || !handles_->unit(pc, cu)) {
    return found;
  }
  SourcePlace place;
  if (Dwarf_Line* const line = dwarf_getsrc_die(&cu, pc); line != nullptr) {
    place.file = text_or_empty(dwarf_linesrc(line, nullptr, nullptr));
    dwarf_lineno(line, &place.line);
  }
  // The innermost scope that holds pc, then its parents: only the second question answers with the callers of inlined
  // functions.
  Dwarf_Die* raw = nullptr;
  int count = dwarf_getscopes(&cu, pc, &raw);
  Allocated<Dwarf_Die> scopes(raw);
  if (count > 0) {
    Dwarf_Die* parents = nullptr;
    count = dwarf_getscopes_die(scopes.get(), &parents);
    scopes.reset(parents);
  }
  for (int i = 0; i < count && static_cast<int>(found.size()) < deepest_inlining; ++i) {
    Dwarf_Die* const scope = scopes.get() + i;
    const int tag = dwarf_tag(scope);
    if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_subprogram) {
      continue;
    }
    place.function = text_or_empty(dwarf_diename(scope));
    place.inlined = tag == DW_TAG_inlined_subroutine;
    found.push_back(place);
    if (!place.inlined) {
      return found;
    }
    place = SourcePlace();
    call_place(&cu, scope, place);
  }
  if (found.empty() && place.line != 0) {
    found.push_back(place);  // assembly: a line without a function
  }
  return found;
}

std::optional<UnwindState> DebugInfo::caller(const UnwindState& state, const ReadWord& read) const {
  if (handles_->frames == nullptr) {
    return std::nullopt;
  }
  Dwarf_Frame* raw = nullptr;
  if (dwarf_cfi_addrframe(handles_->frames, state.pc, &raw) != 0) {
    return std::nullopt;
  }
  const Allocated<Dwarf_Frame> frame(raw);
  const int return_column = dwarf_frame_info(frame.get(), nullptr, nullptr, nullptr);
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  bool is_value = false;
  if (return_column < 0 || return_column >= 32 || dwarf_frame_cfa(frame.get(), &operations, &count) != 0) {
    return std::nullopt;
  }
  const auto cfa = Expression(state, std::nullopt, read).run(operations, count, is_value);
  if (!cfa) {
    return std::nullopt;
  }
  UnwindState caller = state;
  caller.x[2] = *cfa;
  for (int i = 1; i < 32; ++i) {
    std::array<Dwarf_Op, 3> own{};
    if (i == 2 || dwarf_frame_register(frame.get(), i, own.data(), &operations, &count) != 0 || count == 0) {
      continue;  // the same as in this frame, or unknown
    }
    const auto result = Expression(state, cfa, read).run(operations, count, is_value);
    const auto value = !result || is_value ? result : read(*result);
    if (!value) {
      return std::nullopt;
    }
    caller.x.at(static_cast<std::size_t>(i)) = *value;
  }
  caller.pc = caller.x.at(static_cast<std::size_t>(return_column)) & ~1u;
  return caller;
}

}  // namespace tessera::host
