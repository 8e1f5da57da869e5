// SPDX-License-Identifier: Apache-2.0
#include "models/host/run_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

#include "models/host/isa.h"

namespace tessera::host {
namespace {

constexpr std::array<const char*, 32> register_names = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

bool is_access_fault(std::uint32_t cause) {
  return cause == cause_fetch_access || cause == cause_load_access || cause == cause_store_access;
}

std::string describe_access(std::uint32_t cause, std::uint32_t value) {
  const std::string_view verb = cause == cause_fetch_access  ? "fetching from"
                                : cause == cause_load_access ? "loading from"
                                                             : "storing to";
  return fmt::format("{} {:#010x}", verb, value);
}

/// The regions just below and above an address, or the one that holds it.
std::string nearest(std::uint32_t address, std::span<const MemoryRegion> regions) {
  std::vector<MemoryRegion> sorted(regions.begin(), regions.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.base < b.base; });
  const MemoryRegion* below = nullptr;
  const MemoryRegion* above = nullptr;
  for (const MemoryRegion& region : sorted) {
    if (region.base <= address) {
      below = &region;
    }
    if (region.base > address && above == nullptr) {
      above = &region;
    }
  }
  std::string text;
  for (const MemoryRegion* region : {below, above}) {
    if (region == nullptr) {
      continue;
    }
    text += fmt::format("{}{} {:#010x}..{:#010x}", text.empty() ? "" : ", ", region->name, region->base, region->last);
  }
  return text;
}

/// How often the `period` jumps from `age` on follow once more after themselves.
std::uint32_t repetitions(const BranchRing& ring, std::uint32_t age, std::uint32_t period) {
  std::uint32_t same = 0;
  while (age + period + same < ring.kept() && ring.back(age + same) == ring.back(age + period + same)) {
    ++same;
  }
  return same / period;
}

/// Loops show as their rows and a count.
void append_branches(const FaultReport& report, std::string& out) {
  constexpr std::uint32_t longest_loop = 12;
  const BranchRing& ring = report.record.branches;
  if (ring.kept() != 0) {
    out += "last jumps, latest first:\n";
  }
  for (std::uint32_t age = 0; age < ring.kept();) {
    std::uint32_t period = 1;
    std::uint32_t covered = 0;
    for (std::uint32_t candidate = 1; candidate <= longest_loop; ++candidate) {
      if (candidate * repetitions(ring, age, candidate) > covered) {
        period = candidate;
        covered = candidate * repetitions(ring, age, candidate);
      }
    }
    for (std::uint32_t i = age; i < age + period; ++i) {
      const std::string place = i < report.branches.size() ? "  " + report.branches[i] : "";
      fmt::format_to(std::back_inserter(out), "  {:#010x} -> {:#010x}{}\n", ring.back(i).from, ring.back(i).to, place);
    }
    if (covered != 0) {
      fmt::format_to(std::back_inserter(out), "  ({} {} times more)\n",
                     period == 1 ? "this" : fmt::format("these {} rows", period), covered / period);
    }
    age += period + covered;
  }
}

}  // namespace

std::string_view name(RunEnd end) {
  switch (end) {
    case RunEnd::none:
      return "none";
    case RunEnd::finisher_pass:
      return "finisher_pass";
    case RunEnd::finisher_fail:
      return "finisher_fail";
    case RunEnd::finisher_reset:
      return "finisher_reset";
    case RunEnd::tohost:
      return "tohost";
    case RunEnd::semihosting_exit:
      return "semihosting_exit";
    case RunEnd::instruction_limit:
      return "instruction_limit";
    case RunEnd::time_limit:
      return "time_limit";
    case RunEnd::trap_loop:
      return "trap_loop";
    case RunEnd::endless_loop:
      return "endless_loop";
    case RunEnd::watchdog:
      return "watchdog";
    case RunEnd::watchdog_reset:
      return "watchdog_reset";
    case RunEnd::wfi_forever:
      return "wfi_forever";
    case RunEnd::stopped:
      return "stopped";
    case RunEnd::expectations_met:
      return "expectations_met";
    case RunEnd::expectation_failed:
      return "expectation_failed";
  }
  return "unknown";
}

FaultReport make_report(const FaultRecord& record, bool exception, const SymbolTable& symbols,
                        std::span<const MemoryRegion> regions) {
  FaultReport report;
  report.record = record;
  if (!record.valid) {
    return report;
  }
  report.function = symbols.describe(record.pc);
  report.caller = symbols.describe(record.x[1]);
  if (!exception) {
    return report;
  }
  report.cause = cause_name(record.cause);
  if (is_access_fault(record.cause)) {
    report.cause += ", " + describe_access(record.cause, record.value);
    report.nearest = nearest(record.value, regions);
  }
  if (record.nested != 0) {
    report.nested = fmt::format(
        "{} further exceptions before its handler returned; the last: {} (mtval {:#010x}) at {:#010x} in {}",
        record.nested, cause_name(record.nested_cause), record.nested_value, record.nested_pc,
        symbols.describe(record.nested_pc));
  }
  return report;
}

std::string FaultReport::text() const {
  if (!record.valid) {
    return {};
  }
  std::string out;
  auto to = std::back_inserter(out);
  if (!cause.empty()) {
    fmt::format_to(to, "exception: {} (mcause {}, mtval {:#010x})\n", cause, record.cause, record.value);
  }
  fmt::format_to(to, "pc  {:#010x} in {}\n", record.pc, function);
  for (std::size_t i = 0; i < places.size(); ++i) {
    fmt::format_to(to, "    {}{}\n", i == 0 ? "" : "inlined into ", places[i]);
  }
  fmt::format_to(to, "ra  {:#010x} in {}\n", record.x[1], caller);
  fmt::format_to(to, "cycle {}, after {} instructions\n", record.cycle, record.instruction);
  if (!nearest.empty()) {
    fmt::format_to(to, "nearest mapped: {}\n", nearest);
  }
  if (!nested.empty()) {
    fmt::format_to(to, "nested: {}\n", nested);
  }
  for (const std::string& hint : hints) {
    fmt::format_to(to, "hint: {}\n", hint);
  }
  for (std::uint32_t i = 0; i < 32; ++i) {
    fmt::format_to(to, "{:>4} {:08x}{}", register_names[i], record.x[i], i % 8 == 7 ? "\n" : "  ");
  }
  if (!backtrace.empty()) {
    out += "backtrace, innermost first:\n";
  }
  for (const std::string& frame : backtrace) {
    out += "  " + frame + "\n";
  }
  if (!debug_remark.empty()) {
    out += debug_remark + "\n";
  }
  append_branches(*this, out);
  return out;
}

}  // namespace tessera::host
