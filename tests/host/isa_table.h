// SPDX-License-Identifier: Apache-2.0
// The instruction set as the specification's tables give it, for tests: every encoding of
// RV32IMAC_Zicsr_Zifencei and of the machine-mode instructions. Independent of the decoder under test.
// Sources: unprivileged specification 20191213, chapters 16 (C) and 24 (listings); privileged specification 1.12.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "models/host/isa.h"
#include "tests/host/assembler.h"
#include "tests/host/assembler_compressed.h"

namespace tessera::host {

/// An instruction is legal if its bits under `mask` are `match`.
struct Encoding {
  const char* name;
  std::uint32_t mask, match;
  Opcode op;
};

// clang-format off
inline constexpr std::array encodings = {
    Encoding{"lui", 0x7F, 0x37, Opcode::li},               Encoding{"auipc", 0x7F, 0x17, Opcode::li},
    Encoding{"jal", 0x7F, 0x6F, Opcode::jal},              Encoding{"jalr", 0x707F, 0x67, Opcode::jalr},
    Encoding{"beq", 0x707F, 0x63, Opcode::beq},            Encoding{"bne", 0x707F, 0x1063, Opcode::bne},
    Encoding{"blt", 0x707F, 0x4063, Opcode::blt},          Encoding{"bge", 0x707F, 0x5063, Opcode::bge},
    Encoding{"bltu", 0x707F, 0x6063, Opcode::bltu},        Encoding{"bgeu", 0x707F, 0x7063, Opcode::bgeu},
    Encoding{"lb", 0x707F, 0x3, Opcode::lb},               Encoding{"lh", 0x707F, 0x1003, Opcode::lh},
    Encoding{"lw", 0x707F, 0x2003, Opcode::lw},            Encoding{"lbu", 0x707F, 0x4003, Opcode::lbu},
    Encoding{"lhu", 0x707F, 0x5003, Opcode::lhu},          Encoding{"sb", 0x707F, 0x23, Opcode::sb},
    Encoding{"sh", 0x707F, 0x1023, Opcode::sh},            Encoding{"sw", 0x707F, 0x2023, Opcode::sw},
    Encoding{"addi", 0x707F, 0x13, Opcode::addi},          Encoding{"slti", 0x707F, 0x2013, Opcode::slti},
    Encoding{"sltiu", 0x707F, 0x3013, Opcode::sltiu},      Encoding{"xori", 0x707F, 0x4013, Opcode::xori},
    Encoding{"ori", 0x707F, 0x6013, Opcode::ori},          Encoding{"andi", 0x707F, 0x7013, Opcode::andi},
    Encoding{"slli", 0xFE00707F, 0x1013, Opcode::slli},    Encoding{"srli", 0xFE00707F, 0x5013, Opcode::srli},
    Encoding{"srai", 0xFE00707F, 0x40005013, Opcode::srai},
    Encoding{"add", 0xFE00707F, 0x33, Opcode::add},        Encoding{"sub", 0xFE00707F, 0x40000033, Opcode::sub},
    Encoding{"sll", 0xFE00707F, 0x1033, Opcode::sll},      Encoding{"slt", 0xFE00707F, 0x2033, Opcode::slt},
    Encoding{"sltu", 0xFE00707F, 0x3033, Opcode::sltu},    Encoding{"xor", 0xFE00707F, 0x4033, Opcode::xor_},
    Encoding{"srl", 0xFE00707F, 0x5033, Opcode::srl},      Encoding{"sra", 0xFE00707F, 0x40005033, Opcode::sra},
    Encoding{"or", 0xFE00707F, 0x6033, Opcode::or_},       Encoding{"and", 0xFE00707F, 0x7033, Opcode::and_},
    Encoding{"fence", 0x707F, 0xF, Opcode::nop},           Encoding{"fence.i", 0x707F, 0x100F, Opcode::fence_i},
    Encoding{"mul", 0xFE00707F, 0x2000033, Opcode::mul},   Encoding{"mulh", 0xFE00707F, 0x2001033, Opcode::mulh},
    Encoding{"mulhsu", 0xFE00707F, 0x2002033, Opcode::mulhsu},
    Encoding{"mulhu", 0xFE00707F, 0x2003033, Opcode::mulhu},
    Encoding{"div", 0xFE00707F, 0x2004033, Opcode::div},   Encoding{"divu", 0xFE00707F, 0x2005033, Opcode::divu},
    Encoding{"rem", 0xFE00707F, 0x2006033, Opcode::rem},   Encoding{"remu", 0xFE00707F, 0x2007033, Opcode::remu},
    Encoding{"lr.w", 0xF9F0707F, 0x1000202F, Opcode::lr},  Encoding{"sc.w", 0xF800707F, 0x1800202F, Opcode::sc},
    Encoding{"amoswap.w", 0xF800707F, 0x800202F, Opcode::amoswap},
    Encoding{"amoadd.w", 0xF800707F, 0x202F, Opcode::amoadd},
    Encoding{"amoxor.w", 0xF800707F, 0x2000202F, Opcode::amoxor},
    Encoding{"amoand.w", 0xF800707F, 0x6000202F, Opcode::amoand},
    Encoding{"amoor.w", 0xF800707F, 0x4000202F, Opcode::amoor},
    Encoding{"amomin.w", 0xF800707F, 0x8000202F, Opcode::amomin},
    Encoding{"amomax.w", 0xF800707F, 0xA000202F, Opcode::amomax},
    Encoding{"amominu.w", 0xF800707F, 0xC000202F, Opcode::amominu},
    Encoding{"amomaxu.w", 0xF800707F, 0xE000202F, Opcode::amomaxu},
    Encoding{"csrrw", 0x707F, 0x1073, Opcode::csr},        Encoding{"csrrs", 0x707F, 0x2073, Opcode::csr},
    Encoding{"csrrc", 0x707F, 0x3073, Opcode::csr},        Encoding{"csrrwi", 0x707F, 0x5073, Opcode::csr},
    Encoding{"csrrsi", 0x707F, 0x6073, Opcode::csr},       Encoding{"csrrci", 0x707F, 0x7073, Opcode::csr},
    Encoding{"ecall", 0xFFFFFFFF, 0x73, Opcode::ecall},    Encoding{"ebreak", 0xFFFFFFFF, 0x100073, Opcode::ebreak},
    Encoding{"mret", 0xFFFFFFFF, 0x30200073, Opcode::mret}, Encoding{"wfi", 0xFFFFFFFF, 0x10500073, Opcode::wfi},
};
// clang-format on

inline const Encoding* find_encoding(std::uint32_t bits) {
  for (const Encoding& e : encodings) {
    if ((bits & e.mask) == e.match) {
      return &e;
    }
  }
  return nullptr;
}

/// What a 16-bit instruction stands for: the 32-bit instruction, or nothing if it is illegal or reserved on RV32 with
/// C and without F and D. HINTs expand to instructions that change nothing.
inline std::optional<std::uint32_t> expansion(std::uint32_t half) {
  using namespace rv;  // NOLINT(google-build-using-namespace)
  const auto bit = [half](int from, int to) { return (half >> from & 1u) << to; };
  const auto bits = [half](int from, int width, int to) { return (half >> from & ((1u << width) - 1)) << to; };
  const auto extended = [](std::uint32_t value, int width) {
    return static_cast<std::int32_t>(value << (32 - width)) >> (32 - width);
  };
  const std::uint32_t rd = bits(7, 5, 0);
  const std::uint32_t rs2 = bits(2, 5, 0);
  const std::uint32_t low = 8 + bits(2, 3, 0);   // rd' or rs2'
  const std::uint32_t high = 8 + bits(7, 3, 0);  // rs1' or rd'
  const std::int32_t imm6 = extended(bit(12, 5) | bits(2, 5, 0), 6);
  const auto word_offset = static_cast<std::int32_t>(bits(10, 3, 3) | bit(6, 2) | bit(5, 6));
  const std::int32_t jump = extended(
      bit(12, 11) | bit(11, 4) | bits(9, 2, 8) | bit(8, 10) | bit(7, 6) | bit(6, 7) | bits(3, 3, 1) | bit(2, 5), 12);
  const std::int32_t branch = extended(bit(12, 8) | bits(10, 2, 3) | bits(5, 2, 6) | bits(3, 2, 1) | bit(2, 5), 9);
  const bool long_shift = bit(12, 0) != 0;  // RV32: reserved or custom
  switch (bits(0, 2, 0) << 3 | bits(13, 3, 0)) {
    case 000: {  // c.addi4spn
      const std::uint32_t imm = bits(11, 2, 4) | bits(7, 4, 6) | bit(6, 2) | bit(5, 3);
      return imm == 0 ? std::nullopt : std::optional(addi(low, 2, static_cast<std::int32_t>(imm)));
    }
    case 002:
      return lw(low, high, word_offset);
    case 006:
      return sw(low, high, word_offset);
    case 010:  // c.nop, c.addi
      return addi(rd, rd, imm6);
    case 011:
      return jal(1, jump);
    case 012:
      return addi(rd, 0, imm6);
    case 013: {
      if (rd == 2) {
        const std::int32_t imm = extended(bit(12, 9) | bit(6, 4) | bit(5, 6) | bits(3, 2, 7) | bit(2, 5), 10);
        return imm == 0 ? std::nullopt : std::optional(addi(2, 2, imm));
      }
      return imm6 == 0 ? std::nullopt : std::optional(lui(rd, static_cast<std::uint32_t>(imm6) & 0xF'FFFFu));
    }
    case 014:
      switch (bits(10, 2, 0)) {
        case 0:
          return long_shift ? std::nullopt : std::optional(op_imm(5, high, high, static_cast<std::int32_t>(rs2)));
        case 1:
          return long_shift ? std::nullopt
                            : std::optional(op_imm(5, high, high, 0x400 | static_cast<std::int32_t>(rs2)));
        case 2:
          return op_imm(7, high, high, imm6);
        default: {
          if (long_shift) {
            return std::nullopt;  // RV64: c.subw, c.addw
          }
          constexpr std::array<std::uint32_t, 4> f3 = {0, 4, 6, 7};
          const std::uint32_t which = bits(5, 2, 0);
          return op(which == 0 ? 0x20 : 0, f3[which], high, high, low);
        }
      }
    case 015:
      return jal(0, jump);
    case 016:
      return beq(high, 0, branch);
    case 017:
      return bne(high, 0, branch);
    case 020:
      return long_shift ? std::nullopt : std::optional(op_imm(1, rd, rd, static_cast<std::int32_t>(rs2)));
    case 022:
      return rd == 0 ? std::nullopt
                     : std::optional(lw(rd, 2, static_cast<std::int32_t>(bit(12, 5) | bits(4, 3, 2) | bits(2, 2, 6))));
    case 024:
      if (rs2 != 0) {
        return add(rd, long_shift ? rd : 0, rs2);
      }
      if (rd == 0) {
        return long_shift ? std::optional(ebreak) : std::nullopt;
      }
      return jalr(long_shift ? 1 : 0, rd, 0);
    case 026:
      return sw(rs2, 2, static_cast<std::int32_t>(bits(9, 4, 2) | bits(7, 2, 6)));
    default:
      return std::nullopt;  // floating point, or reserved
  }
}

}  // namespace tessera::host
