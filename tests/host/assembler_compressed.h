// SPDX-License-Identifier: Apache-2.0
// Compressed instructions for tests, from the formats of the C extension. Registers marked ' are 8..15.
#pragma once

#include <cstdint>

namespace tessera::host::rv {

namespace detail {
inline std::uint32_t bit(std::uint32_t value, int from, int to) {
  return (value >> from & 1u) << to;
}
inline std::uint32_t bits(std::uint32_t value, int high, int low, int to) {
  return (value >> low & ((1u << (high - low + 1)) - 1u)) << to;
}
}  // namespace detail

/// CI format: funct3, rd, 6-bit immediate.
inline std::uint32_t c_ci(std::uint32_t quadrant, std::uint32_t f3, std::uint32_t rd, std::int32_t imm) {
  const auto i = static_cast<std::uint32_t>(imm);
  return f3 << 13 | detail::bit(i, 5, 12) | rd << 7 | detail::bits(i, 4, 0, 2) | quadrant;
}
inline std::uint32_t c_addi(std::uint32_t rd, std::int32_t imm) {
  return c_ci(1, 0, rd, imm);
}
inline std::uint32_t c_li(std::uint32_t rd, std::int32_t imm) {
  return c_ci(1, 2, rd, imm);
}
/// rd = imm << 12; rd not 0 or 2, imm not 0
inline std::uint32_t c_lui(std::uint32_t rd, std::int32_t imm) {
  return c_ci(1, 3, rd, imm);
}
inline std::uint32_t c_slli(std::uint32_t rd, std::uint32_t shift) {
  return c_ci(2, 0, rd, static_cast<std::int32_t>(shift));
}
inline std::uint32_t c_addi16sp(std::int32_t imm) {
  const auto i = static_cast<std::uint32_t>(imm);
  return 3u << 13 | detail::bit(i, 9, 12) | 2u << 7 | detail::bit(i, 4, 6) | detail::bit(i, 6, 5) |
         detail::bits(i, 8, 7, 3) | detail::bit(i, 5, 2) | 1u;
}
/// rd' = sp + imm, imm a multiple of 4, 4..1020
inline std::uint32_t c_addi4spn(std::uint32_t rd, std::uint32_t imm) {
  return detail::bits(imm, 5, 4, 11) | detail::bits(imm, 9, 6, 7) | detail::bit(imm, 2, 6) | detail::bit(imm, 3, 5) |
         (rd - 8) << 2;
}
inline std::uint32_t c_lw(std::uint32_t rd, std::uint32_t rs1, std::uint32_t imm) {
  return 2u << 13 | detail::bits(imm, 5, 3, 10) | (rs1 - 8) << 7 | detail::bit(imm, 2, 6) | detail::bit(imm, 6, 5) |
         (rd - 8) << 2;
}
inline std::uint32_t c_sw(std::uint32_t rs2, std::uint32_t rs1, std::uint32_t imm) {
  return c_lw(rs2, rs1, imm) | 4u << 13;
}
inline std::uint32_t c_lwsp(std::uint32_t rd, std::uint32_t imm) {
  return 2u << 13 | detail::bit(imm, 5, 12) | rd << 7 | detail::bits(imm, 4, 2, 4) | detail::bits(imm, 7, 6, 2) | 2u;
}
inline std::uint32_t c_swsp(std::uint32_t rs2, std::uint32_t imm) {
  return 6u << 13 | detail::bits(imm, 5, 2, 9) | detail::bits(imm, 7, 6, 7) | rs2 << 2 | 2u;
}
inline std::uint32_t c_srli(std::uint32_t rd, std::uint32_t shift) {
  return 4u << 13 | (rd - 8) << 7 | shift << 2 | 1u;
}
inline std::uint32_t c_srai(std::uint32_t rd, std::uint32_t shift) {
  return c_srli(rd, shift) | 1u << 10;
}
inline std::uint32_t c_andi(std::uint32_t rd, std::int32_t imm) {
  const auto i = static_cast<std::uint32_t>(imm);
  return 4u << 13 | detail::bit(i, 5, 12) | 2u << 10 | (rd - 8) << 7 | detail::bits(i, 4, 0, 2) | 1u;
}
/// which: 0 sub, 1 xor, 2 or, 3 and
inline std::uint32_t c_arith(std::uint32_t which, std::uint32_t rd, std::uint32_t rs2) {
  return 4u << 13 | 3u << 10 | (rd - 8) << 7 | which << 5 | (rs2 - 8) << 2 | 1u;
}
inline std::uint32_t c_mv(std::uint32_t rd, std::uint32_t rs2) {
  return 4u << 13 | rd << 7 | rs2 << 2 | 2u;
}
inline std::uint32_t c_add(std::uint32_t rd, std::uint32_t rs2) {
  return c_mv(rd, rs2) | 1u << 12;
}
inline std::uint32_t c_jr(std::uint32_t rs1) {
  return 4u << 13 | rs1 << 7 | 2u;
}
inline std::uint32_t c_jalr(std::uint32_t rs1) {
  return c_jr(rs1) | 1u << 12;
}
inline std::uint32_t c_j(std::int32_t imm) {
  const auto i = static_cast<std::uint32_t>(imm);
  return 5u << 13 | detail::bit(i, 11, 12) | detail::bit(i, 4, 11) | detail::bits(i, 9, 8, 9) | detail::bit(i, 10, 8) |
         detail::bit(i, 6, 7) | detail::bit(i, 7, 6) | detail::bits(i, 3, 1, 3) | detail::bit(i, 5, 2) | 1u;
}
inline std::uint32_t c_jal(std::int32_t imm) {
  return (c_j(imm) & 0x1FFFu) | 1u << 13;
}
inline std::uint32_t c_beqz(std::uint32_t rs1, std::int32_t imm) {
  const auto i = static_cast<std::uint32_t>(imm);
  return 6u << 13 | detail::bit(i, 8, 12) | detail::bits(i, 4, 3, 10) | (rs1 - 8) << 7 | detail::bits(i, 7, 6, 5) |
         detail::bits(i, 2, 1, 3) | detail::bit(i, 5, 2) | 1u;
}
inline std::uint32_t c_bnez(std::uint32_t rs1, std::int32_t imm) {
  return c_beqz(rs1, imm) | 1u << 13;
}

}  // namespace tessera::host::rv
