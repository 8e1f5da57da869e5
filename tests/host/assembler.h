// SPDX-License-Identifier: Apache-2.0
// A small assembler for tests: functions that give the bits of one instruction, and a program buffer with labels.
// Written from the instruction formats of the RISC-V unprivileged specification, independent of the decoder.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace tessera::host::rv {

enum Reg : std::uint32_t { zero, ra, sp, gp, tp, t0, t1, t2, s0, s1, a0, a1, a2, a3, a4, a5, a6, a7 };

inline std::uint32_t r_type(std::uint32_t f7, std::uint32_t rs2, std::uint32_t rs1, std::uint32_t f3, std::uint32_t rd,
                            std::uint32_t opcode) {
  return f7 << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
}
inline std::uint32_t i_type(std::int32_t imm, std::uint32_t rs1, std::uint32_t f3, std::uint32_t rd,
                            std::uint32_t opcode) {
  return (static_cast<std::uint32_t>(imm) & 0xFFFu) << 20 | rs1 << 15 | f3 << 12 | rd << 7 | opcode;
}
inline std::uint32_t s_type(std::int32_t imm, std::uint32_t rs2, std::uint32_t rs1, std::uint32_t f3) {
  const auto i = static_cast<std::uint32_t>(imm);
  return (i >> 5 & 0x7Fu) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (i & 0x1Fu) << 7 | 0x23;
}
inline std::uint32_t b_type(std::int32_t imm, std::uint32_t rs2, std::uint32_t rs1, std::uint32_t f3) {
  const auto i = static_cast<std::uint32_t>(imm);
  return (i >> 12 & 1u) << 31 | (i >> 5 & 0x3Fu) << 25 | rs2 << 20 | rs1 << 15 | f3 << 12 | (i >> 1 & 0xFu) << 8 |
         (i >> 11 & 1u) << 7 | 0x63;
}
inline std::uint32_t jal(std::uint32_t rd, std::int32_t imm) {
  const auto i = static_cast<std::uint32_t>(imm);
  return (i >> 20 & 1u) << 31 | (i >> 1 & 0x3FFu) << 21 | (i >> 11 & 1u) << 20 | (i >> 12 & 0xFFu) << 12 | rd << 7 |
         0x6F;
}
inline std::uint32_t lui(std::uint32_t rd, std::uint32_t upper20) {
  return upper20 << 12 | rd << 7 | 0x37;
}
inline std::uint32_t auipc(std::uint32_t rd, std::uint32_t upper20) {
  return upper20 << 12 | rd << 7 | 0x17;
}
inline std::uint32_t jalr(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return i_type(imm, rs1, 0, rd, 0x67);
}
inline std::uint32_t addi(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return i_type(imm, rs1, 0, rd, 0x13);
}
inline std::uint32_t op_imm(std::uint32_t f3, std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return i_type(imm, rs1, f3, rd, 0x13);
}
inline std::uint32_t op(std::uint32_t f7, std::uint32_t f3, std::uint32_t rd, std::uint32_t rs1, std::uint32_t rs2) {
  return r_type(f7, rs2, rs1, f3, rd, 0x33);
}
inline std::uint32_t add(std::uint32_t rd, std::uint32_t rs1, std::uint32_t rs2) {
  return op(0, 0, rd, rs1, rs2);
}
inline std::uint32_t load(std::uint32_t f3, std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return i_type(imm, rs1, f3, rd, 0x03);
}
inline std::uint32_t lb(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return load(0, rd, rs1, imm);
}
inline std::uint32_t lh(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return load(1, rd, rs1, imm);
}
inline std::uint32_t lw(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return load(2, rd, rs1, imm);
}
inline std::uint32_t lbu(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return load(4, rd, rs1, imm);
}
inline std::uint32_t lhu(std::uint32_t rd, std::uint32_t rs1, std::int32_t imm) {
  return load(5, rd, rs1, imm);
}
inline std::uint32_t sb(std::uint32_t rs2, std::uint32_t rs1, std::int32_t imm) {
  return s_type(imm, rs2, rs1, 0);
}
inline std::uint32_t sh(std::uint32_t rs2, std::uint32_t rs1, std::int32_t imm) {
  return s_type(imm, rs2, rs1, 1);
}
inline std::uint32_t sw(std::uint32_t rs2, std::uint32_t rs1, std::int32_t imm) {
  return s_type(imm, rs2, rs1, 2);
}
inline std::uint32_t beq(std::uint32_t rs1, std::uint32_t rs2, std::int32_t imm) {
  return b_type(imm, rs2, rs1, 0);
}
inline std::uint32_t bne(std::uint32_t rs1, std::uint32_t rs2, std::int32_t imm) {
  return b_type(imm, rs2, rs1, 1);
}
inline std::uint32_t csrrw(std::uint32_t rd, std::uint32_t csr, std::uint32_t rs1) {
  return csr << 20 | rs1 << 15 | 1u << 12 | rd << 7 | 0x73;
}
inline std::uint32_t csrrs(std::uint32_t rd, std::uint32_t csr, std::uint32_t rs1) {
  return csr << 20 | rs1 << 15 | 2u << 12 | rd << 7 | 0x73;
}
inline std::uint32_t csrrc(std::uint32_t rd, std::uint32_t csr, std::uint32_t rs1) {
  return csr << 20 | rs1 << 15 | 3u << 12 | rd << 7 | 0x73;
}
inline std::uint32_t csrrwi(std::uint32_t rd, std::uint32_t csr, std::uint32_t imm) {
  return csr << 20 | imm << 15 | 5u << 12 | rd << 7 | 0x73;
}
inline std::uint32_t csrrsi(std::uint32_t rd, std::uint32_t csr, std::uint32_t imm) {
  return csr << 20 | imm << 15 | 6u << 12 | rd << 7 | 0x73;
}
inline std::uint32_t csrrci(std::uint32_t rd, std::uint32_t csr, std::uint32_t imm) {
  return csr << 20 | imm << 15 | 7u << 12 | rd << 7 | 0x73;
}
inline std::uint32_t amo(std::uint32_t f5, std::uint32_t rd, std::uint32_t rs1, std::uint32_t rs2) {
  return r_type(f5 << 2, rs2, rs1, 2, rd, 0x2F);
}
inline constexpr std::uint32_t ecall = 0x73, ebreak = 0x0010'0073, mret = 0x3020'0073, wfi = 0x1050'0073;
inline constexpr std::uint32_t nop = 0x13, fence = 0x0FF0'000F, fence_i = 0x100F, c_nop = 0x0001, c_ebreak = 0x9002;

/// Bytes of a program; half() and word() append instructions.
class Program {
 public:
  explicit Program(std::uint32_t base) : base_(base) {}
  Program& word(std::uint32_t bits) { return half(bits & 0xFFFFu).half(bits >> 16); }
  Program& half(std::uint32_t bits) {
    bytes_.push_back(static_cast<std::uint8_t>(bits));
    bytes_.push_back(static_cast<std::uint8_t>(bits >> 8));
    return *this;
  }
  template <typename... Bits>
  Program& words(Bits... bits) {
    (word(bits), ...);
    return *this;
  }
  /// rd = value, always two instructions.
  Program& li(std::uint32_t rd, std::uint32_t value) {
    const std::uint32_t upper = (value + 0x800u) >> 12;
    return word(lui(rd, upper & 0xF'FFFFu)).word(addi(rd, rd, static_cast<std::int32_t>(value << 20) >> 20));
  }
  [[nodiscard]] std::uint32_t here() const { return base_ + static_cast<std::uint32_t>(bytes_.size()); }
  [[nodiscard]] std::span<const std::uint8_t> bytes() const { return bytes_; }
  [[nodiscard]] std::uint32_t base() const { return base_; }

 private:
  std::uint32_t base_;
  std::vector<std::uint8_t> bytes_;
};

}  // namespace tessera::host::rv
