// SPDX-License-Identifier: Apache-2.0
// What is remembered about the guest's last fault, cheap enough to be kept always.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tessera::host {

struct TakenBranch {
  std::uint32_t from = 0;
  std::uint32_t to = 0;
  friend bool operator==(const TakenBranch&, const TakenBranch&) = default;
};

/// The last jumps, taken branches, traps and returns. Direct jumps to the next address of a long block do not count.
struct BranchRing {
  static constexpr std::uint32_t size = 32;
  std::array<TakenBranch, size> entries{};
  std::uint64_t count = 0;  ///< ever recorded

  void push(std::uint32_t from, std::uint32_t to) { entries[count++ % size] = {from, to}; }
  [[nodiscard]] std::uint32_t kept() const { return static_cast<std::uint32_t>(count < size ? count : size); }
  /// @param age 0 is the latest; less than kept()
  [[nodiscard]] TakenBranch back(std::uint32_t age) const { return entries[(count - 1 - age) % size]; }
};

struct FaultRecord {
  bool valid = false;
  std::uint32_t cause = 0;  ///< mcause
  std::uint32_t pc = 0;
  std::uint32_t value = 0;  ///< mtval: address of the access, or the instruction's bits
  std::uint64_t cycle = 0;
  std::uint64_t instruction = 0;  ///< retired before it
  std::uint32_t nested = 0;       ///< further exceptions before a handler returned; the last of them:
  std::uint32_t nested_cause = 0;
  std::uint32_t nested_pc = 0;
  std::uint32_t nested_value = 0;
  std::array<std::uint32_t, 32> x{};
  BranchRing branches;
};

/// "load access fault" and so on.
[[nodiscard]] std::string_view cause_name(std::uint32_t mcause);

}  // namespace tessera::host
