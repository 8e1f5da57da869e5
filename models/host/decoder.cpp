// SPDX-License-Identifier: Apache-2.0
#include "models/host/decoder.h"

namespace tessera::host {
namespace {

constexpr std::uint32_t field(std::uint32_t bits, int low, int width) {
  return (bits >> low) & ((1u << width) - 1u);
}

constexpr std::int32_t sign_extend(std::uint32_t value, int width) {
  const std::uint32_t sign = 1u << (width - 1);
  return static_cast<std::int32_t>((value ^ sign) - sign);
}

constexpr std::uint8_t reg(std::uint32_t number) {
  return static_cast<std::uint8_t>(number);
}

/// Fills what all 32-bit formats share.
Decoded wide(std::uint32_t bits) {
  Decoded d;
  d.raw = bits;
  d.rd = reg(field(bits, 7, 5));
  d.rs1 = reg(field(bits, 15, 5));
  d.rs2 = reg(field(bits, 20, 5));
  return d;
}

std::int32_t imm_i(std::uint32_t bits) {
  return static_cast<std::int32_t>(bits) >> 20;
}
std::int32_t imm_s(std::uint32_t bits) {
  return ((static_cast<std::int32_t>(bits) >> 25) << 5) | static_cast<std::int32_t>(field(bits, 7, 5));
}
std::int32_t imm_b(std::uint32_t bits) {
  return sign_extend(
      (field(bits, 31, 1) << 12) | (field(bits, 7, 1) << 11) | (field(bits, 25, 6) << 5) | (field(bits, 8, 4) << 1),
      13);
}
std::int32_t imm_j(std::uint32_t bits) {
  return sign_extend(
      (field(bits, 31, 1) << 20) | (field(bits, 12, 8) << 12) | (field(bits, 20, 1) << 11) | (field(bits, 21, 10) << 1),
      21);
}

std::int32_t target(std::uint32_t pc, std::int32_t offset) {
  return static_cast<std::int32_t>(pc + static_cast<std::uint32_t>(offset));
}

Decoded illegal(Decoded d) {
  d.op = Opcode::illegal;
  d.timing = TimingClass::alu;
  return d;
}

/// Results that nobody can see become nop, moves and constants get cheaper micro-operations.
Decoded simplified(Decoded d) {
  if (d.rd == 0 && d.op >= Opcode::li && d.op <= Opcode::remu) {
    d.op = Opcode::nop;
  } else if (d.op == Opcode::addi && d.rs1 == 0) {
    d.op = Opcode::li;
  } else if (d.op == Opcode::addi && d.imm == 0) {
    d.op = Opcode::mv;
  } else if (d.op == Opcode::add && (d.rs1 == 0 || d.rs2 == 0)) {
    d.op = Opcode::mv;
    d.rs1 = d.rs1 == 0 ? d.rs2 : d.rs1;
  }
  return d;
}

Decoded decode_op_imm(Decoded d, std::uint32_t bits) {
  d.imm = imm_i(bits);
  const std::uint32_t funct7 = field(bits, 25, 7);
  switch (field(bits, 12, 3)) {
    case 0:
      d.op = Opcode::addi;
      break;
    case 2:
      d.op = Opcode::slti;
      break;
    case 3:
      d.op = Opcode::sltiu;
      break;
    case 4:
      d.op = Opcode::xori;
      break;
    case 6:
      d.op = Opcode::ori;
      break;
    case 7:
      d.op = Opcode::andi;
      break;
    case 1:
      if (funct7 != 0) {
        return illegal(d);
      }
      d.op = Opcode::slli;
      d.imm = d.rs2;
      break;
    default:
      if (funct7 != 0 && funct7 != 0x20) {
        return illegal(d);
      }
      d.op = funct7 == 0 ? Opcode::srli : Opcode::srai;
      d.imm = d.rs2;
      break;
  }
  return simplified(d);
}

Decoded decode_op(Decoded d, std::uint32_t bits) {
  const std::uint32_t funct3 = field(bits, 12, 3);
  switch (field(bits, 25, 7)) {
    case 0x00: {
      constexpr Opcode ops[] = {Opcode::add,  Opcode::sll, Opcode::slt, Opcode::sltu,
                                Opcode::xor_, Opcode::srl, Opcode::or_, Opcode::and_};
      d.op = ops[funct3];
      return simplified(d);
    }
    case 0x20:
      if (funct3 != 0 && funct3 != 5) {
        return illegal(d);
      }
      d.op = funct3 == 0 ? Opcode::sub : Opcode::sra;
      return simplified(d);
    case 0x01: {
      constexpr Opcode ops[] = {Opcode::mul, Opcode::mulh, Opcode::mulhsu, Opcode::mulhu,
                                Opcode::div, Opcode::divu, Opcode::rem,    Opcode::remu};
      d.op = ops[funct3];
      d.timing = funct3 == 0 ? TimingClass::mul : funct3 < 4 ? TimingClass::mulh : TimingClass::div;
      // A quotient into x0 still takes its time; only the result is dropped.
      return simplified(d);
    }
    default:
      return illegal(d);
  }
}

Decoded decode_amo(Decoded d, std::uint32_t bits) {
  if (field(bits, 12, 3) != 2) {
    return illegal(d);
  }
  d.timing = TimingClass::amo;
  switch (field(bits, 27, 5)) {
    case 0x02:
      if (d.rs2 != 0) {
        return illegal(d);
      }
      d.op = Opcode::lr;
      d.timing = TimingClass::load;
      break;
    case 0x03:
      d.op = Opcode::sc;
      d.timing = TimingClass::store;
      break;
    case 0x01:
      d.op = Opcode::amoswap;
      break;
    case 0x00:
      d.op = Opcode::amoadd;
      break;
    case 0x04:
      d.op = Opcode::amoxor;
      break;
    case 0x0C:
      d.op = Opcode::amoand;
      break;
    case 0x08:
      d.op = Opcode::amoor;
      break;
    case 0x10:
      d.op = Opcode::amomin;
      break;
    case 0x14:
      d.op = Opcode::amomax;
      break;
    case 0x18:
      d.op = Opcode::amominu;
      break;
    case 0x1C:
      d.op = Opcode::amomaxu;
      break;
    default:
      return illegal(d);
  }
  return d;
}

Decoded decode_system(Decoded d, std::uint32_t bits) {
  const std::uint32_t funct3 = field(bits, 12, 3);
  d.timing = TimingClass::csr;
  if (funct3 == 4) {
    return illegal(d);
  }
  if (funct3 != 0) {
    d.op = Opcode::csr;
    d.imm = static_cast<std::int32_t>(field(bits, 20, 12));
    d.rs2 = reg(funct3);
    return d;
  }
  switch (bits) {
    case 0x0000'0073:
      d.op = Opcode::ecall;
      break;
    case 0x0010'0073:
      d.op = Opcode::ebreak;
      break;
    case 0x3020'0073:
      d.op = Opcode::mret;
      d.timing = TimingClass::jump;
      break;
    case 0x1050'0073:
      d.op = Opcode::wfi;
      d.timing = TimingClass::alu;
      break;
    default:
      return illegal(d);
  }
  return d;
}

Decoded decode_wide(std::uint32_t bits, std::uint32_t pc) {
  Decoded d = wide(bits);
  const std::uint32_t funct3 = field(bits, 12, 3);
  switch (field(bits, 0, 7)) {
    case 0x37:
      d.op = Opcode::li;
      d.imm = static_cast<std::int32_t>(bits & 0xFFFF'F000u);
      return simplified(d);
    case 0x17:
      d.op = Opcode::li;
      d.imm = target(pc, static_cast<std::int32_t>(bits & 0xFFFF'F000u));
      return simplified(d);
    case 0x6F:
      d.op = Opcode::jal;
      d.timing = TimingClass::jump;
      d.imm = target(pc, imm_j(bits));
      return d;
    case 0x67:
      if (funct3 != 0) {
        return illegal(d);
      }
      d.op = Opcode::jalr;
      d.timing = TimingClass::jump;
      d.imm = imm_i(bits);
      return d;
    case 0x63: {
      if (funct3 == 2 || funct3 == 3) {
        return illegal(d);
      }
      constexpr Opcode ops[] = {Opcode::beq, Opcode::bne, Opcode::illegal, Opcode::illegal,
                                Opcode::blt, Opcode::bge, Opcode::bltu,    Opcode::bgeu};
      d.op = ops[funct3];
      d.timing = TimingClass::branch;
      d.imm = target(pc, imm_b(bits));
      return d;
    }
    case 0x03: {
      if (funct3 == 3 || funct3 > 5) {
        return illegal(d);
      }
      constexpr Opcode ops[] = {Opcode::lb, Opcode::lh, Opcode::lw, Opcode::illegal, Opcode::lbu, Opcode::lhu};
      d.op = ops[funct3];
      d.timing = TimingClass::load;
      d.imm = imm_i(bits);
      return d;
    }
    case 0x23: {
      if (funct3 > 2) {
        return illegal(d);
      }
      constexpr Opcode ops[] = {Opcode::sb, Opcode::sh, Opcode::sw};
      d.op = ops[funct3];
      d.timing = TimingClass::store;
      d.imm = imm_s(bits);
      return d;
    }
    case 0x13:
      return decode_op_imm(d, bits);
    case 0x33:
      return decode_op(d, bits);
    case 0x0F:
      // Reserved fields of fence and fence.i are ignored, as the specification demands.
      if (funct3 > 1) {
        return illegal(d);
      }
      d.op = funct3 == 0 ? Opcode::nop : Opcode::fence_i;
      d.timing = funct3 == 0 ? TimingClass::alu : TimingClass::jump;
      return d;
    case 0x2F:
      return decode_amo(d, bits);
    case 0x73:
      return decode_system(d, bits);
    default:
      return illegal(d);
  }
}

/// Register of a three-bit field: x8..x15.
std::uint8_t short_reg(std::uint32_t bits, int low) {
  return reg(8u + field(bits, low, 3));
}

std::int32_t imm_ci(std::uint32_t bits) {
  return sign_extend((field(bits, 12, 1) << 5) | field(bits, 2, 5), 6);
}

std::int32_t imm_cj(std::uint32_t bits) {
  return sign_extend((field(bits, 12, 1) << 11) | (field(bits, 11, 1) << 4) | (field(bits, 9, 2) << 8) |
                         (field(bits, 8, 1) << 10) | (field(bits, 7, 1) << 6) | (field(bits, 6, 1) << 7) |
                         (field(bits, 3, 3) << 1) | (field(bits, 2, 1) << 5),
                     12);
}

std::int32_t imm_cb(std::uint32_t bits) {
  return sign_extend((field(bits, 12, 1) << 8) | (field(bits, 10, 2) << 3) | (field(bits, 5, 2) << 6) |
                         (field(bits, 3, 2) << 1) | (field(bits, 2, 1) << 5),
                     9);
}

/// Offset of c.lw and c.sw.
std::int32_t imm_clw(std::uint32_t bits) {
  return static_cast<std::int32_t>((field(bits, 10, 3) << 3) | (field(bits, 6, 1) << 2) | (field(bits, 5, 1) << 6));
}

Decoded quadrant0(Decoded d, std::uint32_t bits) {
  switch (field(bits, 13, 3)) {
    case 0: {  // c.addi4spn
      const std::uint32_t imm =
          (field(bits, 11, 2) << 4) | (field(bits, 7, 4) << 6) | (field(bits, 6, 1) << 2) | (field(bits, 5, 1) << 3);
      if (imm == 0) {
        return illegal(d);
      }
      d.op = Opcode::addi;
      d.rd = short_reg(bits, 2);
      d.rs1 = 2;
      d.imm = static_cast<std::int32_t>(imm);
      return d;
    }
    case 2:  // c.lw
      d.op = Opcode::lw;
      d.timing = TimingClass::load;
      d.rd = short_reg(bits, 2);
      d.rs1 = short_reg(bits, 7);
      d.imm = imm_clw(bits);
      return d;
    case 6:  // c.sw
      d.op = Opcode::sw;
      d.timing = TimingClass::store;
      d.rs2 = short_reg(bits, 2);
      d.rs1 = short_reg(bits, 7);
      d.imm = imm_clw(bits);
      return d;
    default:
      return illegal(d);
  }
}

Decoded quadrant1_arithmetic(Decoded d, std::uint32_t bits) {
  d.rd = d.rs1 = short_reg(bits, 7);
  d.rs2 = short_reg(bits, 2);
  switch (field(bits, 10, 2)) {
    case 0:
    case 1:
      if (field(bits, 12, 1) != 0) {
        return illegal(d);  // shift amounts above 31 do not exist on RV32
      }
      d.op = field(bits, 10, 2) == 0 ? Opcode::srli : Opcode::srai;
      d.imm = static_cast<std::int32_t>(field(bits, 2, 5));
      return d;
    case 2:
      d.op = Opcode::andi;
      d.imm = imm_ci(bits);
      return d;
    default: {
      if (field(bits, 12, 1) != 0) {
        return illegal(d);  // RV64 only
      }
      constexpr Opcode ops[] = {Opcode::sub, Opcode::xor_, Opcode::or_, Opcode::and_};
      d.op = ops[field(bits, 5, 2)];
      return d;
    }
  }
}

Decoded quadrant1(Decoded d, std::uint32_t bits, std::uint32_t pc) {
  const std::uint8_t rd = reg(field(bits, 7, 5));
  switch (field(bits, 13, 3)) {
    case 0:  // c.addi, c.nop
      d.op = Opcode::addi;
      d.rd = d.rs1 = rd;
      d.imm = imm_ci(bits);
      return simplified(d);
    case 1:  // c.jal
    case 5:  // c.j
      d.op = Opcode::jal;
      d.timing = TimingClass::jump;
      d.rd = field(bits, 13, 3) == 1 ? 1 : 0;
      d.imm = target(pc, imm_cj(bits));
      return d;
    case 2:  // c.li
      d.op = Opcode::li;
      d.rd = rd;
      d.imm = imm_ci(bits);
      return simplified(d);
    case 3:
      if (rd == 2) {  // c.addi16sp
        d.imm = sign_extend((field(bits, 12, 1) << 9) | (field(bits, 6, 1) << 4) | (field(bits, 5, 1) << 6) |
                                (field(bits, 3, 2) << 7) | (field(bits, 2, 1) << 5),
                            10);
        if (d.imm == 0) {
          return illegal(d);
        }
        d.op = Opcode::addi;
        d.rd = d.rs1 = 2;
        return d;
      }
      d.imm = imm_ci(bits) * 4096;  // c.lui
      if (d.imm == 0) {
        return illegal(d);
      }
      d.op = Opcode::li;
      d.rd = rd;
      return simplified(d);
    case 4:
      return quadrant1_arithmetic(d, bits);
    default:  // c.beqz, c.bnez
      d.op = field(bits, 13, 3) == 6 ? Opcode::beq : Opcode::bne;
      d.timing = TimingClass::branch;
      d.rs1 = short_reg(bits, 7);
      d.imm = target(pc, imm_cb(bits));
      return d;
  }
}

Decoded quadrant2_jump_or_move(Decoded d, std::uint32_t bits) {
  const std::uint8_t rd = reg(field(bits, 7, 5));
  const std::uint8_t rs2 = reg(field(bits, 2, 5));
  const bool upper = field(bits, 12, 1) != 0;
  if (rs2 != 0) {  // c.mv, c.add
    d.op = Opcode::add;
    d.rd = rd;
    d.rs1 = upper ? rd : std::uint8_t{0};
    d.rs2 = rs2;
    return simplified(d);
  }
  if (rd == 0) {
    if (!upper) {
      return illegal(d);
    }
    d.op = Opcode::ebreak;
    d.timing = TimingClass::csr;
    return d;
  }
  d.op = Opcode::jalr;  // c.jr, c.jalr
  d.timing = TimingClass::jump;
  d.rs1 = rd;
  d.rd = upper ? 1 : 0;
  return d;
}

Decoded quadrant2(Decoded d, std::uint32_t bits) {
  const std::uint8_t rd = reg(field(bits, 7, 5));
  switch (field(bits, 13, 3)) {
    case 0:  // c.slli
      if (field(bits, 12, 1) != 0) {
        return illegal(d);
      }
      d.op = Opcode::slli;
      d.rd = d.rs1 = rd;
      d.imm = static_cast<std::int32_t>(field(bits, 2, 5));
      return simplified(d);
    case 2:  // c.lwsp
      if (rd == 0) {
        return illegal(d);
      }
      d.op = Opcode::lw;
      d.timing = TimingClass::load;
      d.rd = rd;
      d.rs1 = 2;
      d.imm =
          static_cast<std::int32_t>((field(bits, 12, 1) << 5) | (field(bits, 4, 3) << 2) | (field(bits, 2, 2) << 6));
      return d;
    case 4:
      return quadrant2_jump_or_move(d, bits);
    case 6:  // c.swsp
      d.op = Opcode::sw;
      d.timing = TimingClass::store;
      d.rs1 = 2;
      d.rs2 = reg(field(bits, 2, 5));
      d.imm = static_cast<std::int32_t>((field(bits, 9, 4) << 2) | (field(bits, 7, 2) << 6));
      return d;
    default:
      return illegal(d);
  }
}

}  // namespace

Decoded decode(std::uint32_t bits, std::uint32_t pc) {
  if (is_wide(bits)) {
    return decode_wide(bits, pc);
  }
  bits &= 0xFFFFu;
  Decoded d;
  d.raw = bits;
  d.length = 2;
  switch (bits & 3u) {
    case 0:
      return quadrant0(d, bits);
    case 1:
      return quadrant1(d, bits, pc);
    default:
      return quadrant2(d, bits);
  }
}

}  // namespace tessera::host
