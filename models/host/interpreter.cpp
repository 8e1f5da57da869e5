// SPDX-License-Identifier: Apache-2.0
// The fast path of the core: threaded code over decoded operations. A leaf function on purpose: whatever needs more
// than arithmetic and private memory leaves it and is done by Core::slow_path.
#if defined(__GNUC__) && !defined(__clang__)
// One indirect jump per operation: GCC must neither merge nor move them. First of all, so that it holds for all
// inlines.
#pragma GCC optimize("no-gcse,no-crossjumping")
#endif

#include <cstring>

#include "models/host/core.h"

// Labels as values: the one extension of this code base, known to GCC and Clang alike. A switch costs a third of the
// speed, because all operations then share one indirect jump that the processor cannot predict.
#pragma GCC diagnostic ignored "-Wpedantic"

namespace tessera::host {
namespace {

constexpr std::int32_t as_signed(std::uint32_t value) {
  return static_cast<std::int32_t>(value);
}
constexpr std::uint32_t as_unsigned(std::int32_t value) {
  return static_cast<std::uint32_t>(value);
}

constexpr std::uint32_t high_signed(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((static_cast<std::int64_t>(as_signed(a)) * as_signed(b)) >> 32);
}
constexpr std::uint32_t high_mixed(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((static_cast<std::int64_t>(as_signed(a)) * static_cast<std::int64_t>(b)) >> 32);
}
constexpr std::uint32_t high_unsigned(std::uint32_t a, std::uint32_t b) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(a) * b) >> 32);
}

constexpr std::uint64_t as_count(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

constexpr std::uint32_t most_negative = 0x8000'0000u;
constexpr std::uint32_t minus_one = 0xFFFF'FFFFu;

}  // namespace

// NOLINTBEGIN: one function by design
#define NEXT            \
  do {                  \
    ++op;               \
    goto * op->handler; \
  } while (0)

#define ARITHMETIC(name, expression)                \
  L_##name : {                                      \
    const std::uint32_t a = x[op->rs1];             \
    const std::uint32_t imm = as_unsigned(op->imm); \
    static_cast<void>(a);                           \
    static_cast<void>(imm);                         \
    x[op->rd] = (expression);                       \
    NEXT;                                           \
  }

#define ARITHMETIC2(name, expression)   \
  L_##name : {                          \
    const std::uint32_t a = x[op->rs1]; \
    const std::uint32_t b = x[op->rs2]; \
    x[op->rd] = (expression);           \
    NEXT;                               \
  }

#define DIVISION(name, by_zero, expression)  \
  L_##name : {                               \
    const std::uint32_t a = x[op->rs1];      \
    const std::uint32_t b = x[op->rs2];      \
    if (b == 0) [[unlikely]] {               \
      remaining += division_by_zero_refund_; \
      energy -= division_by_zero_energy_;    \
      x[op->rd] = (by_zero);                 \
    } else {                                 \
      x[op->rd] = (expression);              \
    }                                        \
    NEXT;                                    \
  }

#define LOAD(name, type, wide_type)                                        \
  L_##name : {                                                             \
    const std::uint32_t offset = x[op->rs1] + as_unsigned(op->imm);        \
    if (offset > last_word) [[unlikely]]                                   \
      goto slow;                                                           \
    type value;                                                            \
    std::memcpy(&value, memory + offset, sizeof value);                    \
    x[op->rd] = static_cast<std::uint32_t>(static_cast<wide_type>(value)); \
    NEXT;                                                                  \
  }

#define STORE(name, type)                                               \
  L_##name : {                                                          \
    const std::uint32_t offset = x[op->rs1] + as_unsigned(op->imm);     \
    if (offset > last_word) [[unlikely]]                                \
      goto slow;                                                        \
    if (granules[offset >> BlockCache::granule_bits] != 0) [[unlikely]] \
      goto slow;                                                        \
    const type value = static_cast<type>(x[op->rs2]);                   \
    std::memcpy(memory + offset, &value, sizeof value);                 \
    NEXT;                                                               \
  }

#define SPEND(exit)                     \
  retired += (exit)->cost.instructions; \
  energy += (exit)->cost.energy;        \
  remaining -= (exit)->cost.cycles

#define ENTER(next)                                     \
  block = (next);                                       \
  op = block->ops.data();                               \
  exits = reinterpret_cast<char*>(block->exits.data()); \
  goto * op->handler

#define LEAVE_BY(exit)                                   \
  do {                                                   \
    Block* const target = (exit)->target;                \
    if (target->worst_cycles > remaining) [[unlikely]] { \
      pc_ = (exit)->pc;                                  \
      pending_exit_ = (exit);                            \
      goto leave;                                        \
    }                                                    \
    ENTER(target);                                       \
  } while (0)

// Room for one event is made before the loop is entered; a full buffer leaves it.
#define TELL(from, to, behind, reg_link, reg_base)                                                               \
  do {                                                                                                           \
    *event_ = {(from), (to), (behind), x[2], (reg_link), (reg_base), cycle_limit - as_count(remaining), energy}; \
    if (++event_ == event_end_) [[unlikely]] {                                                                   \
      pc_ = (to);                                                                                                \
      goto leave;                                                                                                \
    }                                                                                                            \
  } while (0)

#define EXIT_OF(op) (reinterpret_cast<Exit*>(exits + (op)->imm))

#define BRANCH(name, condition)               \
  L_##name : {                                \
    const std::uint32_t a = x[op->rs1];       \
    const std::uint32_t b = x[op->rs2];       \
    if (condition) {                          \
      Exit* const exit = EXIT_OF(op);         \
      SPEND(exit);                            \
      branches_.push(exit->source, exit->pc); \
      LEAVE_BY(exit);                         \
    }                                         \
    NEXT;                                     \
  }

const Op* Core::execute(Block* block, const Op* op, std::uint64_t cycle_limit) {
#define TESSERA_HOST_LABEL(name) &&L_##name,
  static const void* const labels[] = {TESSERA_HOST_OPCODES(TESSERA_HOST_LABEL)};
#undef TESSERA_HOST_LABEL
  static_assert(sizeof labels / sizeof labels[0] == static_cast<std::size_t>(Opcode::count));
  if (block == nullptr) {
    handlers_ = labels;
    return nullptr;
  }

  std::uint32_t* const x = x_.data();
  std::uint8_t* const memory = memory_.get();
  const std::uint32_t last_word = memory_size_ - 4;
  const std::uint8_t* const granules = cache_->granules();
  std::int64_t remaining = static_cast<std::int64_t>(cycle_limit - cycles_);
  std::uint64_t energy = energy_;
  std::uint64_t retired = retired_;
  char* exits = reinterpret_cast<char*>(block->exits.data());
  goto * op->handler;

L_nop:
  NEXT;
  ARITHMETIC(li, imm)
  ARITHMETIC(mv, a)
  ARITHMETIC(addi, a + imm)
  ARITHMETIC(slti, as_signed(a) < op->imm ? 1 : 0)
  ARITHMETIC(sltiu, a < imm ? 1 : 0)
  ARITHMETIC(xori, a ^ imm)
  ARITHMETIC(ori, a | imm)
  ARITHMETIC(andi, a & imm)
  ARITHMETIC(slli, a << (imm & 31))
  ARITHMETIC(srli, a >> (imm & 31))
  ARITHMETIC(srai, as_unsigned(as_signed(a) >> (imm & 31)))
  ARITHMETIC2(add, a + b)
  ARITHMETIC2(sub, a - b)
  ARITHMETIC2(sll, a << (b & 31))
  ARITHMETIC2(slt, as_signed(a) < as_signed(b) ? 1 : 0)
  ARITHMETIC2(sltu, a < b ? 1 : 0)
  ARITHMETIC2(xor_, a ^ b)
  ARITHMETIC2(srl, a >> (b & 31))
  ARITHMETIC2(sra, as_unsigned(as_signed(a) >> (b & 31)))
  ARITHMETIC2(or_, a | b)
  ARITHMETIC2(and_, a & b)
  ARITHMETIC2(mul, a * b)
  ARITHMETIC2(mulh, high_signed(a, b))
  ARITHMETIC2(mulhsu, high_mixed(a, b))
  ARITHMETIC2(mulhu, high_unsigned(a, b))
  // The one overflow, most negative by -1, is defined by the specification and undefined in C++.
  DIVISION(div, minus_one, a == most_negative && b == minus_one ? a : as_unsigned(as_signed(a) / as_signed(b)))
  DIVISION(divu, minus_one, a / b)
  DIVISION(rem, a, a == most_negative && b == minus_one ? 0 : as_unsigned(as_signed(a) % as_signed(b)))
  DIVISION(remu, a, a % b)
  LOAD(lb, std::int8_t, std::int32_t)
  LOAD(lh, std::int16_t, std::int32_t)
  LOAD(lw, std::uint32_t, std::uint32_t)
  LOAD(lbu, std::uint8_t, std::uint32_t)
  LOAD(lhu, std::uint16_t, std::uint32_t)
  STORE(sb, std::uint8_t)
  STORE(sh, std::uint16_t)
  STORE(sw, std::uint32_t)
  BRANCH(beq, a == b)
  BRANCH(bne, a != b)
  BRANCH(blt, as_signed(a) < as_signed(b))
  BRANCH(bge, as_signed(a) >= as_signed(b))
  BRANCH(bltu, a < b)
  BRANCH(bgeu, a >= b)

L_jal : {
  Exit* const exit = EXIT_OF(op);
  x[op->rd] = exit->source + op->rs2;
  SPEND(exit);
  branches_.push(exit->source, exit->pc);
  LEAVE_BY(exit);
}

L_jalr : {
  const Exit* const exit = reinterpret_cast<Exit*>(exits) + op->rs2;
  const std::uint32_t target = (x[op->rs1] + as_unsigned(op->imm)) & ~1u;
  x[op->rd] = exit->pc;
  SPEND(exit);
  branches_.push(exit->source, target);
  const BlockCache::JumpEntry& entry = cache_->jumps()[BlockCache::jump_slot(target)];
  if (entry.pc != target || entry.block->worst_cycles > remaining) [[unlikely]] {
    pc_ = target;
    goto leave;
  }
  ENTER(entry.block);
}

L_block_end : {
  Exit* const exit = EXIT_OF(op);
  SPEND(exit);
  LEAVE_BY(exit);
}

// The next three are in place of the last three in code that a CallListener watches.
L_jal_told : {
  Exit* const exit = EXIT_OF(op);
  const std::uint32_t link = exit->source + op->rs2;
  x[op->rd] = link;
  SPEND(exit);
  branches_.push(exit->source, exit->pc);
  TELL(exit->source, exit->pc, link, op->rd, CallEvent::direct);
  LEAVE_BY(exit);
}

L_jalr_told : {
  const Exit* const exit = reinterpret_cast<Exit*>(exits) + op->rs2;
  const std::uint32_t target = (x[op->rs1] + as_unsigned(op->imm)) & ~1u;
  x[op->rd] = exit->pc;
  SPEND(exit);
  branches_.push(exit->source, target);
  TELL(exit->source, target, exit->pc, op->rd, op->rs1);
  const BlockCache::JumpEntry& entry = cache_->jumps()[BlockCache::jump_slot(target)];
  if (entry.pc != target || entry.block->worst_cycles > remaining) [[unlikely]] {
    pc_ = target;
    goto leave;
  }
  ENTER(entry.block);
}

L_block_end_told : {
  Exit* const exit = EXIT_OF(op);
  SPEND(exit);
  TELL(exit->source, exit->pc, 0, discard_register, CallEvent::direct);
  LEAVE_BY(exit);
}

L_branch_told:
L_self_loop:
L_fence_i:
L_ecall:
L_ebreak:
L_mret:
L_wfi:
L_csr:
L_lr:
L_sc:
L_amoswap:
L_amoadd:
L_amoxor:
L_amoand:
L_amoor:
L_amomin:
L_amomax:
L_amominu:
L_amomaxu:
L_illegal:
L_breakpoint:
slow:
  left_block_ = block;
  cycles_ = cycle_limit - static_cast<std::uint64_t>(remaining);
  energy_ = energy;
  retired_ = retired;
  return op;

leave:
  cycles_ = cycle_limit - static_cast<std::uint64_t>(remaining);
  energy_ = energy;
  retired_ = retired;
  return nullptr;
}
// NOLINTEND

}  // namespace tessera::host
