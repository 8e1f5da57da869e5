// SPDX-License-Identifier: Apache-2.0
// Decoded straight-line code with everything that running it costs, worked out once.
//
// A block starts at one address and ends behind an unconditional jump, a system instruction or a length limit. A branch
// inside does not end it: the not-taken side goes on, the taken side is an exit with the costs up to there.
// Exits of known target are chained to the next block, so a loop runs without any look-up.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "models/host/call_events.h"
#include "models/host/cpu_parameters.h"
#include "models/host/isa.h"

namespace tessera::host {

/// What the interpreter executes: 16 bytes, four to a cache line.
struct Op {
  const void* handler;  ///< label in the interpreter
  std::uint8_t rd;      ///< 0 is replaced by `discard_register`
  std::uint8_t rs1;
  std::uint8_t rs2;
  Opcode opcode;
  std::int32_t imm;  ///< loads, stores: offset minus base of the private memory; branches, jal: byte offset of the exit
};
static_assert(sizeof(Op) == 16);

/// Writes to x0 land here.
inline constexpr std::uint8_t discard_register = 32;
using Registers = std::array<std::uint32_t, 33>;

/// Costs from the block's entry.
struct Cost {
  std::uint64_t energy = 0;  ///< attojoules
  std::uint32_t cycles = 0;
  std::uint32_t instructions = 0;
};

struct Block;

struct Exit {
  Block* target;         ///< next block, or the cache's `unlinked` block
  Cost cost;             ///< of everything up to and including the jump
  std::uint32_t source;  ///< address of the jump
  std::uint32_t pc;      ///< where it goes; for jalr the return address
};

/// Where an operation of a block stands and what had been spent before it: only read off the fast path.
struct Place {
  std::uint32_t pc;
  std::uint32_t raw;  ///< instruction bits
  Cost before;
  Cost own;  ///< cost of the instruction itself (branches: not taken)
  std::uint8_t length;
};

struct Block {
  std::int64_t worst_cycles = 0;  ///< no way through costs more
  std::vector<Op> ops;
  std::vector<Exit> exits;
  std::uint32_t pc = 0;
  std::uint32_t end = 0;        ///< first address behind the last byte
  std::vector<Place> places;    ///< one per op
  std::vector<Exit*> incoming;  ///< exits of any block that are linked to this one
};

/// Integer costs per class, from the parameters; every instruction takes at least a cycle.
class CostTable {
 public:
  explicit CostTable(const CpuParameters& parameters);
  [[nodiscard]] Cost of(TimingClass timing) const { return costs_[static_cast<std::size_t>(timing)]; }
  [[nodiscard]] Cost branch_taken() const { return taken_; }

 private:
  std::array<Cost, 10> costs_{};
  Cost taken_;
};

/// Bytes [address, address + size).
struct WatchRange {
  std::uint32_t address = 0;
  std::uint64_t size = 0;
};

class BlockCache {
 public:
  static constexpr std::uint32_t granule_bits = 6;  ///< stores are checked against code in pieces of 64 bytes
  static constexpr std::uint32_t max_instructions = 32;
  enum GranuleFlag : std::uint8_t { granule_code = 1, granule_watched = 2, granule_debugger = 4 };

  /// @param memory private memory, `size` bytes at guest address `base`
  /// @param handlers labels of the interpreter, indexed by opcode
  BlockCache(const std::uint8_t* memory, std::uint32_t base, std::uint32_t size, const CostTable& costs,
             const void* const* handlers);

  /// The block that starts at `pc`, decoded now if need be; null unless its first instruction is in private memory.
  [[nodiscard]] Block* find(std::uint32_t pc);
  /// A block of just one instruction whose bits are given; valid until the next call. Never chained, never looked up.
  [[nodiscard]] Block* single(std::uint32_t pc, std::uint32_t bits);

  /// Bytes [address, address + size) changed: forgets the blocks made of them.
  /// @return true if there were any
  bool invalidate(std::uint32_t address, std::uint32_t size);
  void clear();
  static void link(Exit& exit, Block& target);

  /// The next execution of the instruction at `pc` stops before it (debugger).
  void set_breakpoint(std::uint32_t pc, bool on);
  [[nodiscard]] bool breakpoint_at(std::uint32_t pc) const {
    return !breakpoints_.empty() && std::binary_search(breakpoints_.begin(), breakpoints_.end(), pc);
  }

  /// Code decoded from now on tells the core about jumps that enter or leave functions; null: no longer.
  void tell_calls(CallListener* listener);

  /// Marks a piece of memory whose stores the core wants to see one by one.
  void watch(std::uint32_t address, std::uint32_t size);
  /// The same for a debugger, which may also want to see every load; replaces what was set before.
  void set_watchpoints(std::span<const WatchRange> stores, bool loads);

  [[nodiscard]] const std::uint8_t* granules() const { return granules_.data(); }
  [[nodiscard]] Block* unlinked() { return &unlinked_; }
  [[nodiscard]] std::size_t size() const { return blocks_.size(); }
  /// Changes whenever blocks are thrown away: an exit seen before must not be linked after.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// Direct-mapped front of the look-up, read by the interpreter for indirect jumps.
  struct JumpEntry {
    std::uint32_t pc = 1;  ///< odd: never matches
    Block* block = nullptr;
  };
  static constexpr std::uint32_t jump_entries = 4096;
  [[nodiscard]] JumpEntry* jumps() { return jumps_.data(); }
  [[nodiscard]] static std::uint32_t jump_slot(std::uint32_t pc) { return (pc >> 1) & (jump_entries - 1); }

 private:
  [[nodiscard]] bool fetch(std::uint32_t pc, std::uint32_t& bits) const;
  void add_exit(Block& block, const Cost& cost_so_far, std::uint32_t source, std::uint32_t pc);
  void append(Block& block, const Decoded& decoded, std::uint32_t pc, Cost& sum);
  [[nodiscard]] Opcode told(const Decoded& decoded, std::uint32_t pc) const;
  void finish(Block& block, Cost sum, bool open_end);
  void flag_granules(std::uint32_t address, std::uint64_t size, GranuleFlag flag);
  [[nodiscard]] std::unique_ptr<Block> build(std::uint32_t pc);
  void mark(const Block& block);
  void drop(Block& block);

  const std::uint8_t* memory_;
  std::uint32_t base_;
  std::uint32_t size_;
  CostTable costs_;
  const void* const* handlers_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Block>> blocks_;
  std::unordered_map<std::uint32_t, std::vector<Block*>> by_granule_;
  std::vector<std::unique_ptr<Block>> retired_;  ///< invalid, but perhaps still running: freed by the next find()
  std::vector<std::uint8_t> granules_;
  std::vector<JumpEntry> jumps_;
  std::vector<std::uint32_t> breakpoints_;
  bool slow_loads_ = false;
  CallListener* listener_ = nullptr;
  std::uint64_t generation_ = 0;
  Block unlinked_;
  Block single_;
};

}  // namespace tessera::host
