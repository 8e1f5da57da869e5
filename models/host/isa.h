// SPDX-License-Identifier: Apache-2.0
// The instruction set as the interpreter sees it: one opcode per micro-operation, one timing class per instruction.
// Source: RISC-V unprivileged specification 20191213 and privileged specification 1.12.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tessera::host {

/// One handler of the interpreter each. The list is a macro so that the handler table can never get out of step.
// clang-format off
#define TESSERA_HOST_OPCODES(X)                                                                                \
  X(nop) X(li) X(mv) X(addi) X(slti) X(sltiu) X(xori) X(ori) X(andi) X(slli) X(srli) X(srai)                    \
  X(add) X(sub) X(sll) X(slt) X(sltu) X(xor_) X(srl) X(sra) X(or_) X(and_)                                      \
  X(mul) X(mulh) X(mulhsu) X(mulhu) X(div) X(divu) X(rem) X(remu)                                               \
  X(lb) X(lh) X(lw) X(lbu) X(lhu) X(sb) X(sh) X(sw)                                                             \
  X(beq) X(bne) X(blt) X(bge) X(bltu) X(bgeu) X(jal) X(jalr)                                                    \
  X(block_end)                                                                                                  \
  /* the same three, telling a CallListener */                                                                  \
  X(jal_told) X(jalr_told) X(block_end_told)                                                                    \
  /* from here on the interpreter leaves its loop and the core acts (Core::slow_path) */                        \
  X(branch_told) X(self_loop) X(fence_i) X(ecall) X(ebreak) X(mret) X(wfi) X(csr)                                              \
  X(lr) X(sc) X(amoswap) X(amoadd) X(amoxor) X(amoand) X(amoor) X(amomin) X(amomax) X(amominu) X(amomaxu)       \
  X(illegal) X(breakpoint)
// clang-format on

enum class Opcode : std::uint8_t {
#define TESSERA_HOST_ENUM(name) name,
  TESSERA_HOST_OPCODES(TESSERA_HOST_ENUM)
#undef TESSERA_HOST_ENUM
      count
};

/// Row of the cycle and energy tables (PerClass).
enum class TimingClass : std::uint8_t { alu, csr, load, store, mul, mulh, div, jump, branch, amo };

[[nodiscard]] constexpr bool is_branch(Opcode op) {
  return op >= Opcode::beq && op <= Opcode::bgeu;
}
[[nodiscard]] constexpr bool is_load(Opcode op) {
  return op >= Opcode::lb && op <= Opcode::lhu;
}
[[nodiscard]] constexpr bool is_store(Opcode op) {
  return op >= Opcode::sb && op <= Opcode::sw;
}
/// Bytes that loads and stores move, from Opcode::lb on.
inline constexpr std::array<std::uint8_t, 8> access_sizes{1, 2, 4, 1, 2, 1, 2, 4};
static_assert(static_cast<int>(Opcode::sw) - static_cast<int>(Opcode::lb) == 7);
[[nodiscard]] constexpr std::uint32_t bytes_of(Opcode op) {
  return access_sizes[static_cast<std::size_t>(op) - static_cast<std::size_t>(Opcode::lb)];
}
/// Bits of a value of 1, 2 or 4 bytes.
[[nodiscard]] constexpr std::uint32_t mask_of(std::uint32_t bytes) {
  return bytes == 4 ? ~0u : (1u << (8 * bytes)) - 1;
}
[[nodiscard]] constexpr bool is_amo(Opcode op) {
  return op >= Opcode::lr && op <= Opcode::amomaxu;
}
/// Instructions after which the interpreter does not simply go on with the next one in memory.
[[nodiscard]] constexpr bool ends_block(Opcode op) {
  return op == Opcode::jal || op == Opcode::jalr || (op >= Opcode::self_loop && !is_amo(op));
}

/// A decoded instruction. `imm` holds the sign-extended immediate; for `li` the final value of lui, or the offset of
/// auipc already added to the pc; for branches and jal the target address; for csr the CSR number.
struct Decoded {
  Opcode op = Opcode::illegal;
  TimingClass timing = TimingClass::alu;
  std::uint8_t rd = 0;
  std::uint8_t rs1 = 0;     ///< csr with immediate operand: the 5-bit immediate
  std::uint8_t rs2 = 0;     ///< csr: funct3 of the instruction
  std::uint8_t length = 4;  ///< 2 or 4 bytes
  std::int32_t imm = 0;
  std::uint32_t raw = 0;  ///< the instruction's bits, the low 16 only if compressed
};

/// Names of the synchronous exceptions (privileged specification, table 3.6).
enum Cause : std::uint32_t {
  cause_fetch_misaligned = 0,
  cause_fetch_access = 1,
  cause_illegal = 2,
  cause_breakpoint = 3,
  cause_load_misaligned = 4,
  cause_load_access = 5,
  cause_store_misaligned = 6,
  cause_store_access = 7,
  cause_ecall_m = 11,
};
inline constexpr std::uint32_t interrupt_flag = 0x8000'0000u;

/// Bits of mip and mie that exist on a machine-mode hart.
inline constexpr std::uint32_t mip_msip = 1u << 3;
inline constexpr std::uint32_t mip_mtip = 1u << 7;
inline constexpr std::uint32_t mip_meip = 1u << 11;

}  // namespace tessera::host
