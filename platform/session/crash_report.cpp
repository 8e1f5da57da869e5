// SPDX-License-Identifier: Apache-2.0
#include "platform/session/crash_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "platform/session/isolated.h"

namespace tessera::platform {
namespace {

constexpr std::size_t most_rows = 48;
constexpr std::size_t most_frames = 100'000;    ///< of a recursion that ran out of stack
constexpr std::uint32_t stack_searched = 2048;  ///< bytes
constexpr std::size_t most_guesses = 8;
constexpr unsigned patience_s = 20;

using host::DebugInfo;
using host::SymbolTable;
using host::UnwindState;

bool is_call(std::uint32_t bits) {
  const std::uint32_t opcode = bits & 0x7Fu;
  const std::uint32_t rd = bits >> 7 & 31u;
  return (opcode == 0x6Fu || opcode == 0x67u) && rd == 1;  // jal ra, jalr ra
}

bool is_compressed_call(std::uint32_t bits) {
  const bool jal = (bits & 0xE003u) == 0x2001u;                             // c.jal
  const bool jalr = (bits & 0xF07Fu) == 0x9002u && (bits >> 7 & 31u) != 0;  // c.jalr
  return jal || jalr;
}

/// Does a call stand right before `address`, inside of a known function?
bool follows_call(std::uint32_t address, const SymbolTable& symbols, const DebugInfo::ReadWord& read) {
  if ((address & 1u) != 0 || address < 4 || symbols.function(address - 2) == nullptr) {
    return false;
  }
  const auto halves = [&](std::uint32_t at) -> std::optional<std::uint32_t> {
    const auto word = read(at & ~3u);
    const auto next = (at & 2u) != 0 ? read((at & ~3u) + 4) : std::optional<std::uint32_t>(0);
    if (!word || !next) {
      return std::nullopt;
    }
    return (at & 2u) != 0 ? *word >> 16 | *next << 16 : *word;
  };
  const auto before4 = halves(address - 4);
  const auto before2 = halves(address - 2);
  return (before4 && is_call(*before4)) || (before2 && is_compressed_call(*before2 & 0xFFFFu));
}

void add_frame(std::vector<std::string>& frames, std::uint32_t pc, bool caller, const DebugInfo& debug,
               const SymbolTable& symbols, const char* remark) {
  // A return address belongs to the call before it, which may be the last of its function or line.
  const auto places = debug.places(caller ? pc - 1 : pc);
  std::string text = fmt::format("{:#010x} in {}", pc, symbols.describe(pc));
  if (!places.empty()) {
    text += fmt::format(", {}", host::describe(places.front()));
  }
  frames.push_back(text + remark);
  for (std::size_t i = 1; i < places.size(); ++i) {
    frames.push_back(fmt::format("           inlined into {}", host::describe(places[i])));
  }
}

/// Words on the stack that look like return addresses.
void guess(std::vector<std::string>& frames, std::uint32_t sp, const DebugInfo& debug, const SymbolTable& symbols,
           const DebugInfo::ReadWord& read) {
  std::size_t guesses = 0;
  for (std::uint32_t at = sp & ~3u; at - sp < stack_searched && guesses < most_guesses; at += 4) {
    const auto word = read(at);
    if (!word) {
      return;
    }
    if (follows_call(*word, symbols, read)) {
      add_frame(frames, *word, true, debug, symbols,
                fmt::format(" (a guess: found on the stack at {:#010x})", at).c_str());
      ++guesses;
    }
  }
}

/// "touch main.c:12": short, because there are many of them.
std::string short_place(std::uint32_t pc, const DebugInfo& debug, const SymbolTable& symbols) {
  const auto places = debug.places(pc);
  if (places.empty() || places.front().line == 0) {
    return symbols.describe(pc);
  }
  const host::SourcePlace& place = places.front();
  return fmt::format("{} {}:{}", place.function, place.file.substr(place.file.rfind('/') + 1), place.line);
}

nlohmann::json look_up(const host::FaultRecord& record, std::span<const std::uint8_t> elf, const SymbolTable& symbols,
                       const DebugInfo::ReadWord& read) {
  const DebugInfo debug(elf);
  nlohmann::json json;
  std::vector<std::string> places;
  for (const host::SourcePlace& place : debug.places(record.pc)) {
    places.push_back(host::describe(place));
  }
  json["places"] = places;
  json["backtrace"] = backtrace(record, debug, symbols, read);
  std::vector<std::string> branches;
  for (std::uint32_t age = 0; age < record.branches.kept(); ++age) {
    const host::TakenBranch branch = record.branches.back(age);
    branches.push_back(
        fmt::format("{} -> {}", short_place(branch.from, debug, symbols), short_place(branch.to, debug, symbols)));
  }
  json["branches"] = branches;
  return json;
}

}  // namespace

std::vector<std::string> backtrace(const host::FaultRecord& record, const DebugInfo& debug, const SymbolTable& symbols,
                                   const DebugInfo::ReadWord& read) {
  std::vector<std::string> frames;
  UnwindState state{record.pc, record.x};
  add_frame(frames, state.pc, false, debug, symbols, "");
  bool innermost = true;
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  std::size_t again = 0;
  const auto flush = [&] {
    if (again != 0) {
      frames.push_back(fmt::format("(this {} times more)", std::exchange(again, 0)));
    }
  };
  while (frames.size() < most_rows && seen.size() < most_frames && seen.insert({state.pc, state.x[2]}).second) {
    // The row of a return address may be that of the next function.
    UnwindState at = state;
    at.pc -= innermost ? 0 : 1;
    auto caller = debug.caller(at, read);
    if (!caller && innermost && follows_call(state.x[1], symbols, read)) {
      caller = state;  // no frame known: a leaf that has not touched ra
      caller->pc = state.x[1];
      add_frame(frames, caller->pc, true, debug, symbols, " (a guess: ra)");
      innermost = false;
      state = *caller;
      continue;
    }
    if (!caller) {
      if (innermost) {
        guess(frames, state.x[2], debug, symbols, read);
      }
      break;
    }
    if (caller->pc == 0 || symbols.function(caller->pc - 1) == nullptr) {
      break;  // the outermost: whoever started it left no return address
    }
    if (!innermost && caller->pc == state.pc) {
      ++again;
      state = *caller;
      continue;
    }
    flush();
    innermost = false;
    state = *caller;
    add_frame(frames, state.pc, true, debug, symbols, "");
  }
  flush();
  return frames;
}

void add_debug_information(host::FaultReport& report, std::span<const std::uint8_t> elf, const SymbolTable& symbols,
                           const DebugInfo::ReadWord& read) {
  if (!report.record.valid) {
    return;
  }
  const auto text = run_isolated(
      [&] {
        return look_up(report.record, elf, symbols, read).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
      },
      patience_s);
  const nlohmann::json json = nlohmann::json::parse(text.value_or(""), nullptr, false);
  if (!json.is_object()) {
    report.debug_remark = "the program's debug information could not be read; no lines";
    return;
  }
  json.at("places").get_to(report.places);
  json.at("backtrace").get_to(report.backtrace);
  json.at("branches").get_to(report.branches);
}

}  // namespace tessera::platform
