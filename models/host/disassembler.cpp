// SPDX-License-Identifier: Apache-2.0
#include "models/host/disassembler.h"

#include <fmt/format.h>

#include <array>

#include "models/host/csr_file.h"

namespace tessera::host {
namespace {

constexpr std::array<std::string_view, 32> registers = {
    "zero", "ra", "sp", "gp", "tp", "t0", "t1", "t2", "s0", "s1", "a0",  "a1",  "a2", "a3", "a4", "a5",
    "a6",   "a7", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};

constexpr std::string_view opcode_name(Opcode op) {
  switch (op) {
#define TESSERA_HOST_NAME(name) \
  case Opcode::name:            \
    return #name;
    TESSERA_HOST_OPCODES(TESSERA_HOST_NAME)
#undef TESSERA_HOST_NAME
    case Opcode::count:
      break;
  }
  return "?";
}

/// The mnemonic: enumerators cannot be called "or" or contain a point.
std::string mnemonic(const Decoded& d) {
  switch (d.op) {
    case Opcode::xor_:
      return "xor";
    case Opcode::or_:
      return "or";
    case Opcode::and_:
      return "and";
    case Opcode::fence_i:
      return "fence.i";
    case Opcode::self_loop:
      return "j";
    case Opcode::csr: {
      constexpr std::array<std::string_view, 8> names = {"csr?", "csrrw",  "csrrs",  "csrrc",
                                                         "csr?", "csrrwi", "csrrsi", "csrrci"};
      return std::string(names.at(d.rs2 & 7u));
    }
    default:
      break;
  }
  std::string name(opcode_name(d.op));
  if (d.op == Opcode::lr || d.op == Opcode::sc) {
    name += ".w";
  } else if (is_amo(d.op)) {
    name += ".w";
  }
  return name;
}

std::string target(std::uint32_t address, const SymbolTable& symbols) {
  return symbols.function(address) == nullptr ? fmt::format("{:#x}", address)
                                              : fmt::format("{:#x} <{}>", address, symbols.describe(address));
}

}  // namespace

std::string_view register_name(std::uint32_t index) {
  return registers.at(index & 31u);
}

std::string disassemble(const Decoded& d, const SymbolTable& symbols) {
  const std::string name = mnemonic(d);
  const auto r = [](std::uint32_t index) { return register_name(index); };
  const auto address = static_cast<std::uint32_t>(d.imm);
  if (is_branch(d.op)) {
    return fmt::format("{} {}, {}, {}", name, r(d.rs1), r(d.rs2), target(address, symbols));
  }
  if (is_load(d.op)) {
    return fmt::format("{} {}, {}({})", name, r(d.rd), d.imm, r(d.rs1));
  }
  if (is_store(d.op)) {
    return fmt::format("{} {}, {}({})", name, r(d.rs2), d.imm, r(d.rs1));
  }
  if (d.op == Opcode::lr) {
    return fmt::format("{} {}, ({})", name, r(d.rd), r(d.rs1));
  }
  if (is_amo(d.op)) {
    return fmt::format("{} {}, {}, ({})", name, r(d.rd), r(d.rs2), r(d.rs1));
  }
  switch (d.op) {
    case Opcode::nop:
    case Opcode::fence_i:
    case Opcode::ecall:
    case Opcode::ebreak:
    case Opcode::mret:
    case Opcode::wfi:
    case Opcode::block_end:
    case Opcode::breakpoint:
      return name;
    case Opcode::illegal:
      return fmt::format("illegal {:#x}", d.raw);
    case Opcode::li:
      return fmt::format("li {}, {:#x}", r(d.rd), address);
    case Opcode::mv:
      return fmt::format("mv {}, {}", r(d.rd), r(d.rs1));
    case Opcode::self_loop:
      return "j " + target(address, symbols);
    case Opcode::jal:
      return d.rd == 0 ? "j " + target(address, symbols) : fmt::format("jal {}, {}", r(d.rd), target(address, symbols));
    case Opcode::jalr:
      return d.rd == 0 && d.rs1 == 1 && d.imm == 0 ? "ret" : fmt::format("jalr {}, {}({})", r(d.rd), d.imm, r(d.rs1));
    case Opcode::csr:
      return (d.rs2 & 4u) != 0 ? fmt::format("{} {}, {}, {}", name, r(d.rd), csr_name(address), d.rs1)
                               : fmt::format("{} {}, {}, {}", name, r(d.rd), csr_name(address), r(d.rs1));
    default:
      break;
  }
  const bool immediate = d.op >= Opcode::addi && d.op <= Opcode::srai;
  return immediate ? fmt::format("{} {}, {}, {}", name, r(d.rd), r(d.rs1), d.imm)
                   : fmt::format("{} {}, {}, {}", name, r(d.rd), r(d.rs1), r(d.rs2));
}

}  // namespace tessera::host
