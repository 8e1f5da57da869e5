// SPDX-License-Identifier: Apache-2.0
#include "models/host/block_cache.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "models/host/decoder.h"

namespace tessera::host {
namespace {

Cost cost(std::uint32_t cycles, double picojoules) {
  const double attojoules = std::max(0.0, picojoules) * 1.0e6;
  return {static_cast<std::uint64_t>(std::llround(attojoules)), std::max(1u, cycles), 1};
}

Cost plus(const Cost& a, const Cost& b) {
  return {a.energy + b.energy, a.cycles + b.cycles, a.instructions + b.instructions};
}

/// Code that was changed or thrown away so often that keeping it is not worth the memory.
constexpr std::size_t most_blocks = 1u << 18;

}  // namespace

CostTable::CostTable(const CpuParameters& p) {
  const auto set = [this](TimingClass timing, std::uint32_t cycles, double picojoules) {
    costs_[static_cast<std::size_t>(timing)] = cost(cycles, picojoules);
  };
  set(TimingClass::alu, p.cycles.alu, p.energy_pJ.alu);
  set(TimingClass::csr, p.cycles.csr, p.energy_pJ.csr);
  set(TimingClass::load, p.cycles.load, p.energy_pJ.load);
  set(TimingClass::store, p.cycles.store, p.energy_pJ.store);
  set(TimingClass::mul, p.cycles.mul, p.energy_pJ.mul);
  set(TimingClass::mulh, p.cycles.mulh, p.energy_pJ.mulh);
  set(TimingClass::div, p.cycles.div, p.energy_pJ.div);
  set(TimingClass::jump, p.cycles.jump, p.energy_pJ.jump);
  set(TimingClass::branch, p.cycles.branch_not_taken, p.energy_pJ.branch_not_taken);
  set(TimingClass::amo, p.cycles.load + p.cycles.store, p.energy_pJ.load + p.energy_pJ.store);
  taken_ = cost(p.cycles.branch_taken, p.energy_pJ.branch_taken);
}

BlockCache::BlockCache(const std::uint8_t* memory, std::uint32_t base, std::uint32_t size, const CostTable& costs,
                       const void* const* handlers)
    : memory_(memory),
      base_(base),
      size_(size),
      costs_(costs),
      handlers_(handlers),
      granules_((size >> granule_bits) + 1),
      jumps_(jump_entries) {
  unlinked_.worst_cycles = std::numeric_limits<std::int64_t>::max();
}

bool BlockCache::fetch(std::uint32_t pc, std::uint32_t& bits) const {
  const std::uint32_t offset = pc - base_;
  if (offset >= size_ || size_ - offset < 2) {
    return false;
  }
  std::uint16_t half = 0;
  std::memcpy(&half, memory_ + offset, 2);
  bits = half;
  if (!is_wide(bits)) {
    return true;
  }
  if (size_ - offset < 4) {
    return false;
  }
  std::memcpy(&half, memory_ + offset + 2, 2);
  bits |= static_cast<std::uint32_t>(half) << 16;
  return true;
}

void BlockCache::add_exit(Block& block, const Cost& cost_so_far, std::uint32_t source, std::uint32_t pc) {
  block.exits.push_back({&unlinked_, cost_so_far, source, pc});
  block.worst_cycles = std::max(block.worst_cycles, static_cast<std::int64_t>(cost_so_far.cycles));
}

void BlockCache::append(Block& block, const Decoded& d, std::uint32_t pc, Cost& sum) {
  Op op{};
  op.opcode = d.op;
  op.rd = d.rd == 0 ? discard_register : d.rd;
  op.rs1 = d.rs1;
  op.rs2 = d.rs2;
  op.imm = d.imm;
  const Cost own = costs_.of(d.timing);
  const auto exit_offset = static_cast<std::int32_t>(block.exits.size() * sizeof(Exit));
  if (is_load(d.op) || is_store(d.op)) {
    op.imm = static_cast<std::int32_t>(static_cast<std::uint32_t>(d.imm) - base_);
  } else if (d.op == Opcode::jal && d.rd == 0 && static_cast<std::uint32_t>(d.imm) == pc) {
    op.opcode = Opcode::self_loop;
  } else if (is_branch(d.op)) {
    op.imm = exit_offset;
    add_exit(block, plus(sum, costs_.branch_taken()), pc, static_cast<std::uint32_t>(d.imm));
  } else if (d.op == Opcode::jal) {
    op.imm = exit_offset;
    op.rs2 = d.length;  // the link value is source + length
    add_exit(block, plus(sum, own), pc, static_cast<std::uint32_t>(d.imm));
  } else if (d.op == Opcode::jalr) {
    op.rs2 = static_cast<std::uint8_t>(block.exits.size());
    add_exit(block, plus(sum, own), pc, pc + d.length);
  }
  if (listener_ != nullptr) {
    op.opcode = op.opcode == d.op ? told(d, pc) : op.opcode;
  }
  // A load that a debugger watches leaves the interpreter like any operation that the core has to do.
  op.handler = handlers_[static_cast<std::size_t>(slow_loads_ && is_load(d.op) ? Opcode::illegal : op.opcode)];
  block.ops.push_back(op);
  block.places.push_back({pc, d.raw, sum, own, d.length});
  sum = plus(sum, own);
  block.worst_cycles = std::max(block.worst_cycles, static_cast<std::int64_t>(sum.cycles));
}

Opcode BlockCache::told(const Decoded& d, std::uint32_t pc) const {
  const bool links = d.rd == 1 || d.rd == 5;
  if (d.op == Opcode::jalr) {
    return Opcode::jalr_told;
  }
  if (d.op == Opcode::jal) {
    return links || listener_->leaves(pc, static_cast<std::uint32_t>(d.imm)) ? Opcode::jal_told : d.op;
  }
  return is_branch(d.op) && listener_->leaves(pc, static_cast<std::uint32_t>(d.imm)) ? Opcode::branch_told : d.op;
}

void BlockCache::tell_calls(CallListener* listener) {
  listener_ = listener;
  clear();
}

void BlockCache::finish(Block& block, Cost sum, bool open_end) {
  if (!open_end) {
    return;
  }
  Op op{};
  const std::uint32_t last = block.places.back().pc;
  const bool tells = listener_ != nullptr && listener_->leaves(last, block.end);
  op.opcode = tells ? Opcode::block_end_told : Opcode::block_end;
  op.handler = handlers_[static_cast<std::size_t>(op.opcode)];
  op.imm = static_cast<std::int32_t>(block.exits.size() * sizeof(Exit));
  add_exit(block, sum, tells ? last : block.end, block.end);
  block.ops.push_back(op);
  block.places.push_back({block.end, 0, sum, {}, 0});
}

std::unique_ptr<Block> BlockCache::build(std::uint32_t pc) {
  std::uint32_t bits = 0;
  if (!fetch(pc, bits)) {
    return nullptr;
  }
  auto block = std::make_unique<Block>();
  block->pc = pc;
  Cost sum;
  bool open = true;
  while (open && sum.instructions < max_instructions && fetch(pc, bits)) {
    Decoded d = decode(bits, pc);
    if (breakpoint_at(pc)) {
      d.op = Opcode::breakpoint;
    }
    append(*block, d, pc, sum);
    pc += d.length;
    open = !ends_block(d.op);
    if (open && listener_ != nullptr && listener_->leaves(pc - d.length, pc)) {
      break;  // a function ends here and another begins
    }
  }
  block->end = pc;
  finish(*block, sum, open);
  return block;
}

Block* BlockCache::find(std::uint32_t pc) {
  retired_.clear();
  JumpEntry& entry = jumps_[jump_slot(pc)];
  if (entry.pc == pc) {
    return entry.block;
  }
  auto found = blocks_.find(pc);
  if (found == blocks_.end()) {
    if (blocks_.size() >= most_blocks) {
      clear();
    }
    std::unique_ptr<Block> block = build(pc);
    if (!block) {
      return nullptr;
    }
    mark(*block);
    found = blocks_.emplace(pc, std::move(block)).first;
  }
  entry = {pc, found->second.get()};
  return entry.block;
}

Block* BlockCache::single(std::uint32_t pc, std::uint32_t bits) {
  single_.ops.clear();
  single_.exits.clear();
  single_.places.clear();
  single_.pc = pc;
  single_.worst_cycles = 0;
  const Decoded d = decode(bits, pc);
  Cost sum;
  append(single_, d, pc, sum);
  single_.end = pc + d.length;
  finish(single_, sum, !ends_block(d.op));
  return &single_;
}

void BlockCache::mark(const Block& block) {
  const std::uint32_t first = block.pc - base_;
  const std::uint32_t last = block.end - base_ - 1;
  for (std::uint32_t g = first >> granule_bits; g <= last >> granule_bits; ++g) {
    by_granule_[g].push_back(const_cast<Block*>(&block));
  }
  // A store is looked up by its first byte only and may begin three bytes before the code it changes.
  for (std::uint32_t g = (first < 3 ? 0 : first - 3) >> granule_bits; g <= last >> granule_bits; ++g) {
    granules_[g] |= granule_code;
  }
}

void BlockCache::link(Exit& exit, Block& target) {
  exit.target = &target;
  target.incoming.push_back(&exit);
}

void BlockCache::drop(Block& block) {
  for (Exit* exit : block.incoming) {
    exit->target = &unlinked_;
  }
  for (Exit& exit : block.exits) {
    if (exit.target == &unlinked_) {
      continue;
    }
    auto& incoming = exit.target->incoming;
    incoming.erase(std::remove(incoming.begin(), incoming.end(), &exit), incoming.end());
    exit.target = &unlinked_;
  }
  JumpEntry& entry = jumps_[jump_slot(block.pc)];
  if (entry.pc == block.pc) {
    entry = {};
  }
  ++generation_;
  const std::uint32_t first = (block.pc - base_) >> granule_bits;
  const std::uint32_t last = (block.end - base_ - 1) >> granule_bits;
  for (std::uint32_t g = first; g <= last; ++g) {
    auto& list = by_granule_[g];
    list.erase(std::remove(list.begin(), list.end(), &block), list.end());
  }
  const auto found = blocks_.find(block.pc);
  retired_.push_back(std::move(found->second));
  blocks_.erase(found);
}

bool BlockCache::invalidate(std::uint32_t address, std::uint32_t size) {
  if (size == 0) {
    return false;
  }
  const std::uint32_t first = address - base_;
  const std::uint32_t last = std::min(first + size - 1, size_ - 1);
  std::vector<Block*> hit;
  for (std::uint32_t g = first >> granule_bits; g <= last >> granule_bits; ++g) {
    const auto found = by_granule_.find(g);
    if (found == by_granule_.end()) {
      continue;
    }
    for (Block* block : found->second) {
      const bool overlaps = block->pc - base_ <= last && block->end - base_ - 1 >= first;
      if (overlaps && std::find(hit.begin(), hit.end(), block) == hit.end()) {
        hit.push_back(block);
      }
    }
  }
  for (Block* block : hit) {
    drop(*block);
  }
  return !hit.empty();
}

void BlockCache::clear() {
  ++generation_;
  for (auto& entry : blocks_) {
    retired_.push_back(std::move(entry.second));
  }
  blocks_.clear();
  by_granule_.clear();
  for (std::uint8_t& granule : granules_) {
    granule = static_cast<std::uint8_t>(granule & ~granule_code);
  }
  std::fill(jumps_.begin(), jumps_.end(), JumpEntry{});
}

void BlockCache::set_breakpoint(std::uint32_t pc, bool on) {
  const auto at = std::lower_bound(breakpoints_.begin(), breakpoints_.end(), pc);
  const bool present = at != breakpoints_.end() && *at == pc;
  if (on == present) {
    return;
  }
  if (on) {
    breakpoints_.insert(at, pc);
  } else {
    breakpoints_.erase(at);
  }
  if (pc - base_ < size_) {
    invalidate(pc, 1);
  }
}

void BlockCache::flag_granules(std::uint32_t address, std::uint64_t size, GranuleFlag flag) {
  // What lies in the private memory of [address, address + size).
  const std::uint64_t begin = std::max<std::uint64_t>(address, base_);
  const std::uint64_t end = std::min<std::uint64_t>(address + size, std::uint64_t{base_} + size_);
  if (begin >= end) {
    return;
  }
  const auto first = static_cast<std::uint32_t>(begin - base_);
  const auto last = static_cast<std::uint32_t>(end - base_ - 1);
  // A store is looked up by its first byte only and may begin three bytes before what it changes.
  for (std::uint32_t g = (first < 3 ? 0 : first - 3) >> granule_bits; g <= last >> granule_bits; ++g) {
    granules_[g] |= flag;
  }
}

void BlockCache::watch(std::uint32_t address, std::uint32_t size) {
  flag_granules(address, size, granule_watched);
}

void BlockCache::set_watchpoints(std::span<const WatchRange> stores, bool loads) {
  for (std::uint8_t& granule : granules_) {
    granule = static_cast<std::uint8_t>(granule & ~granule_debugger);
  }
  for (const WatchRange& range : stores) {
    flag_granules(range.address, range.size, granule_debugger);
  }
  if (loads != slow_loads_) {
    slow_loads_ = loads;
    clear();
  }
}

}  // namespace tessera::host
