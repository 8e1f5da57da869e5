// SPDX-License-Identifier: Apache-2.0
#include "tests/host/random_program.h"

#include <algorithm>
#include <array>

#include "tests/host/assembler_compressed.h"
#include "tests/host/isa_table.h"

namespace tessera::host {

using namespace rv;  // NOLINT(google-build-using-namespace)

namespace {

// Registers with a meaning: 2, 8, 9 point into the data area, 3 and 4 belong to the trap handler, 5 counts loops.
constexpr std::array<std::uint32_t, 4> interesting = {0, 1, 0x7FFF'FFFF, 0x8000'0000};
constexpr std::uint32_t uart = 0x1000'0000;
constexpr std::uint32_t finisher = 0x0010'0000;

/// Registers that a program must not lose.
bool keeps(std::uint32_t rd) {
  return rd == 2 || rd == 3 || rd == 4 || rd == 5 || rd == 8 || rd == 9;
}

/// A legal 32-bit instruction that only computes, into a register that is free.
bool harmless(std::uint32_t bits) {
  const std::uint32_t opcode = bits & 0x7Fu;
  const bool computes = opcode == 0x13 || opcode == 0x33 || opcode == 0x37;
  return opcode == 0x0F || (computes && !keeps(bits >> 7 & 31u));
}

std::uint32_t sized(const std::vector<std::uint16_t>& unit) {
  return static_cast<std::uint32_t>(2 * unit.size());
}

}  // namespace

std::int32_t RandomProgram::signed_bits(int bits) {
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(random_()) << (32 - bits)) >> (32 - bits);
}

std::uint32_t RandomProgram::any_value() {
  switch (pick(4)) {
    case 0:
      return interesting[pick(interesting.size())];
    case 1:
      return static_cast<std::uint32_t>(signed_bits(8));
    default:
      return static_cast<std::uint32_t>(random_());
  }
}

std::uint32_t RandomProgram::destination() {
  for (;;) {
    const std::uint32_t rd = pick(32);
    if (rd != 2 && rd != 3 && rd != 4 && rd != 5 && rd != 8 && rd != 9) {
      return rd;
    }
  }
}

std::uint32_t RandomProgram::short_destination() {
  return 10 + pick(6);
}

void RandomProgram::emit(Unit& unit, std::uint32_t bits) {
  unit.push_back(static_cast<std::uint16_t>(bits));
  if ((bits & 3u) == 3) {
    unit.push_back(static_cast<std::uint16_t>(bits >> 16));
  }
}

RandomProgram::Unit RandomProgram::arithmetic() {
  Unit unit;
  switch (pick(6)) {
    case 0:
      emit(unit, lui(destination(), pick(1u << 20)));
      break;
    case 1:
      emit(unit, auipc(destination(), pick(1u << 20)));
      break;
    case 2: {
      constexpr std::array<std::uint32_t, 6> f3 = {0, 2, 3, 4, 6, 7};
      emit(unit, op_imm(f3[pick(6)], destination(), source(), signed_bits(12)));
      break;
    }
    case 3: {
      const std::uint32_t kind = pick(3);
      const std::int32_t upper = kind == 2 ? 0x400 : 0;
      emit(unit, op_imm(kind == 0 ? 1 : 5, destination(), source(), upper + static_cast<std::int32_t>(pick(32))));
      break;
    }
    case 4: {
      const std::uint32_t f3 = pick(8);
      const std::uint32_t f7 = (f3 == 0 || f3 == 5) && pick(2) == 0 ? 0x20 : 0;
      emit(unit, op(f7, f3, destination(), source(), source()));
      break;
    }
    default:
      emit(unit, op(1, pick(8), destination(), source(), source()));
      break;
  }
  return unit;
}

RandomProgram::Unit RandomProgram::compressed() {
  Unit unit;
  const auto nonzero = [this] {
    for (;;) {
      const std::uint32_t rd = destination();
      if (rd != 0) {
        return rd;
      }
    }
  };
  const auto nonzero_imm = [this] {
    const std::int32_t imm = signed_bits(6);
    return imm == 0 ? 1 : imm;
  };
  switch (pick(16)) {
    case 0:
      emit(unit, c_addi(nonzero(), nonzero_imm()));
      break;
    case 1:
      emit(unit, c_li(nonzero(), signed_bits(6)));
      break;
    case 2:
      emit(unit, c_lui(nonzero(), nonzero_imm()));
      break;
    case 3:
      emit(unit, c_addi4spn(short_destination(), 4 + 4 * pick(255)));
      break;
    case 4:
      emit(unit, c_slli(nonzero(), 1 + pick(31)));
      break;
    case 5:
      emit(unit, c_srli(short_destination(), 1 + pick(31)));
      break;
    case 6:
      emit(unit, c_srai(short_destination(), 1 + pick(31)));
      break;
    case 7:
      emit(unit, c_andi(short_destination(), signed_bits(6)));
      break;
    case 8:
      emit(unit, c_arith(pick(4), short_destination(), 8 + pick(8)));
      break;
    case 9:
      emit(unit, c_mv(nonzero(), 1 + pick(31)));
      break;
    case 10:
      emit(unit, c_add(nonzero(), 1 + pick(31)));
      break;
    case 11:
      emit(unit, c_lw(short_destination(), 8 + pick(2), 4 * pick(32)));
      break;
    case 12:
      emit(unit, c_sw(8 + pick(8), 8 + pick(2), 4 * pick(32)));
      break;
    case 13:
      emit(unit, c_lwsp(nonzero(), 4 * pick(64)));
      break;
    case 14:
      emit(unit, c_swsp(source(), 4 * pick(64)));
      break;
    default:
      // sp moves down and comes back.
      emit(unit, c_addi16sp(-64));
      emit(unit, c_swsp(source(), 4 * pick(64)));
      emit(unit, c_addi16sp(64));
      break;
  }
  return unit;
}

RandomProgram::Unit RandomProgram::memory() {
  Unit unit;
  constexpr std::array<std::uint32_t, 5> loads = {0, 1, 2, 4, 5};
  const std::uint32_t pointer = pick(2) == 0 ? 8 : 9;
  const std::int32_t offset = signed_bits(11);  // any alignment
  if (pick(2) == 0) {
    emit(unit, load(loads[pick(5)], destination(), pointer, offset));
  } else {
    emit(unit, s_type(offset, source(), pointer, pick(3)));
  }
  return unit;
}

RandomProgram::Unit RandomProgram::atomic() {
  Unit unit;
  constexpr std::array<std::uint32_t, 9> operations = {0x00, 0x01, 0x04, 0x08, 0x0C, 0x10, 0x14, 0x18, 0x1C};
  emit(unit, addi(5, 8, 4 * signed_bits(8)));  // register 5 is free outside of loops, see body()
  switch (pick(4)) {
    case 0:
      emit(unit, amo(0x02, destination(), 5, 0));
      emit(unit, amo(0x03, destination(), 5, source()));
      break;
    case 1:
      emit(unit, amo(0x03, destination(), 5, source()));
      break;  // no reservation: fails
    default:
      emit(unit, amo(operations[pick(9)], destination(), 5, source()));
      break;
  }
  return unit;
}

RandomProgram::Unit RandomProgram::control_register() {
  Unit unit;
  // mscratch and mtval hold what is written. Not mepc: QEMU 7.2 lets its bit 0 be read back, against the specification.
  constexpr std::array<std::uint32_t, 2> writable = {0x340, 0x343};
  switch (pick(4)) {
    case 0: {
      // mcause is WLRL: only values that exist.
      emit(unit, csrrwi(destination(), 0x342, pick(8)));
      break;
    }
    case 1:
      emit(unit, csrrs(destination(), 0xF14, 0));
      break;
    case 2:
      emit(unit, pick(2) == 0 ? fence : fence_i);
      break;
    default: {
      const std::uint32_t f3 = 1 + pick(3) + 4 * pick(2);
      const std::uint32_t number = writable[pick(2)];
      emit(unit, number << 20 | source() << 15 | f3 << 12 | destination() << 7 | 0x73);
      break;
    }
  }
  return unit;
}

RandomProgram::Unit RandomProgram::trap() {
  Unit unit;
  switch (pick(6)) {
    case 0:
      emit(unit, ecall);
      break;
    case 1:
      emit(unit, ebreak);
      break;
    case 2:
      emit(unit, c_ebreak);
      break;
    case 3:
      emit(unit, 0x0000'0000);
      break;  // the defined illegal instruction, 16 bits
    case 4:
      emit(unit, 0x0000'707F | destination() << 7);
      break;  // no such opcode
    default:
      emit(unit, lui(6, 0x1'8000));  // nothing is mapped there
      emit(unit, pick(2) == 0 ? lw(7, 6, 4 * signed_bits(8)) : sw(7, 6, 4 * signed_bits(8)));
      break;
  }
  return unit;
}

/// Any 16 bits: HINTs and reserved encodings, too.
RandomProgram::Unit RandomProgram::wild_short() {
  Unit unit;
  for (;;) {
    const std::uint32_t half = pick(0x1'0000);
    if ((half & 3u) == 3) {
      continue;
    }
    const auto wide = expansion(half);
    if (!wide || harmless(*wide)) {
      emit(unit, half);
      return unit;
    }
  }
}

/// Legal or not, near the boundary: opcodes that exist with any function code.
RandomProgram::Unit RandomProgram::wild_long() {
  constexpr std::array<std::uint32_t, 9> opcodes = {0x13, 0x33, 0x33, 0x0F, 0x63, 0x03, 0x23, 0x67, 0x5B};
  Unit unit;
  for (;;) {
    std::uint32_t bits = (static_cast<std::uint32_t>(random_()) & ~0x7Fu) | opcodes[pick(opcodes.size())];
    if (pick(2) == 0) {
      bits = (bits & 0x01FF'FFFFu) | (std::array<std::uint32_t, 4>{0, 1, 0x20, 0x21}[pick(4)] << 25);
    }
    if (find_encoding(bits) == nullptr || harmless(bits)) {
      emit(unit, bits);
      return unit;
    }
  }
}

RandomProgram::Unit RandomProgram::straight() {
  const std::uint32_t kind = pick(100);
  if (kind < 34) {
    return arithmetic();
  }
  if (kind < 37) {
    return wild_long();
  }
  if (kind < 40) {
    return wild_short();
  }
  if (kind < 65) {
    return compressed();
  }
  if (kind < 85) {
    return memory();
  }
  if (kind < 93) {
    return control_register();
  }
  return trap();
}

void RandomProgram::jump_over(std::vector<Unit>& units, std::size_t at, std::size_t over) {
  std::uint32_t distance = 0;
  for (std::size_t i = at + 1; i <= at + over; ++i) {
    distance += sized(units[i]);
  }
  Unit unit;
  const auto to = [&](std::uint32_t own) { return static_cast<std::int32_t>(distance + own); };
  switch (pick(8)) {
    case 0:
      emit(unit, jal(destination(), to(4)));
      break;
    case 1:
      emit(unit, c_j(to(2)));
      break;
    case 2:
      emit(unit, c_jal(to(2)));
      break;
    case 3:
      emit(unit, pick(2) == 0 ? c_beqz(8 + pick(8), to(2)) : c_bnez(8 + pick(8), to(2)));
      break;
    case 4:
      emit(unit, auipc(6, 0));
      emit(unit, jalr(destination(), 6, to(8)));
      break;
    case 5:
      emit(unit, auipc(6, 0));
      emit(unit, addi(6, 6, to(10) + static_cast<std::int32_t>(pick(2))));  // bit 0 of a target is ignored
      emit(unit, pick(2) == 0 ? c_jr(6) : c_jalr(6));
      break;
    default: {
      constexpr std::array<std::uint32_t, 6> f3 = {0, 1, 4, 5, 6, 7};
      emit(unit, b_type(to(4), source(), source(), f3[pick(6)]));
      break;
    }
  }
  units[at] = unit;
}

std::vector<RandomProgram::Unit> RandomProgram::segment(int count) {
  std::vector<Unit> units;
  for (int i = 0; i < count; ++i) {
    units.push_back(straight());
  }
  // From the end: what a jump skips has its final size then.
  for (std::size_t i = units.size() - 1; i-- > 0;) {
    if (pick(8) != 0) {
      continue;
    }
    const std::size_t most = std::min<std::size_t>(5, units.size() - 1 - i);
    jump_over(units, i, pick(static_cast<std::uint32_t>(most)));
  }
  return units;
}

void RandomProgram::body(std::vector<Unit>& units, int count) {
  const auto append = [&units](const std::vector<Unit>& more) { units.insert(units.end(), more.begin(), more.end()); };
  for (int i = 0; i < count;) {
    if (pick(4) == 0) {
      units.push_back(atomic());
    }
    std::vector<Unit> part = segment(1 + static_cast<int>(pick(16)));
    i += static_cast<int>(part.size());
    if (pick(2) == 0) {
      append(part);
      continue;
    }
    // A loop, counted in register 5.
    Unit begin;
    emit(begin, addi(5, 0, 1 + static_cast<std::int32_t>(pick(20))));
    std::uint32_t length = 0;
    for (const Unit& unit : part) {
      length += sized(unit);
    }
    Unit end;
    emit(end, addi(5, 5, -1));
    emit(end, bne(5, 0, -static_cast<std::int32_t>(length + 4)));
    units.push_back(begin);
    append(part);
    units.push_back(end);
  }
}

void RandomProgram::prologue(Program& p) {
  for (std::uint32_t r = 1; r < 32; ++r) {
    p.li(r, any_value());
  }
  p.li(2, data + 0x1800).li(8, data + 0x800).li(9, data + 0x1000).li(4, log);
}

void RandomProgram::handler(Program& p) {
  // tp: end of the log, gp: scratch. mtval of a breakpoint is not compared: the specification allows 0 and pc.
  p.words(csrrs(3, 0x342, 0), sw(3, 4, 0), addi(3, 3, -3), beq(3, 0, 12), csrrs(3, 0x343, 0), sw(3, 4, 4));
  p.words(csrrw(0, 0x343, 0), csrrs(3, 0x341, 0), sw(3, 4, 8), addi(4, 4, 12));
  // Skip the instruction: 4 bytes if its low bits are 11, else 2. mepc += 2 + (bits == 3) * 2.
  p.words(lhu(3, 3, 0), op_imm(7, 3, 3, 3), op_imm(4, 3, 3, 3), op_imm(3, 3, 3, 1), op_imm(1, 3, 3, 1), addi(3, 3, 2));
  p.words(sw(3, 4, 0), csrrs(3, 0x341, 0), sw(3, 4, 4), lw(3, 4, 0));
  // mepc = old + gp, through memory because only gp is free
  p.words(csrrs(0, 0x341, 0), csrrw(3, 0x340, 3));  // mscratch <-> gp: gp = old mscratch
  p.words(sw(3, 4, 8), csrrs(3, 0x340, 0), sw(1, 4, 12), lw(1, 4, 4), add(3, 3, 1), lw(1, 4, 12), csrrw(0, 0x341, 3));
  p.words(lw(3, 4, 8), csrrw(0, 0x340, 3));  // mscratch as it was
  p.words(sw(0, 4, 0), sw(0, 4, 4), sw(0, 4, 8), sw(0, 4, 12), mret);
}

void RandomProgram::epilogue(Program& p) {
  // All registers behind the log, then everything as hexadecimal digits over the UART.
  p.words(csrrw(0, 0x340, 3), lui(3, 0x800A'0));
  for (std::uint32_t r = 1; r < 32; ++r) {
    p.word(sw(r, 3, static_cast<std::int32_t>(4 * r)));
  }
  p.words(csrrs(5, 0x340, 0), sw(5, 3, 0));
  // Checksums of data and log: a0 = a0 * 33 + word
  p.li(a1, data).li(a2, data + data_size).li(a0, 5381);
  const auto sum = [&p] {
    p.words(lw(a3, a1, 0), op_imm(1, a4, a0, 5), add(a0, a0, a4), add(a0, a0, a3), addi(a1, a1, 4),
            b_type(-20, a2, a1, 6));
  };
  sum();
  p.word(sw(a0, 3, 128));
  p.li(a1, log).li(a2, log + 0x8000);
  sum();
  p.word(sw(a0, 3, 132));
  p.li(a1, 0x800A'0000).li(a2, 0x800A'0000 + 136).li(t0, uart);
  // for each word, for each of 8 digits from the top
  p.words(lw(a3, a1, 0), addi(a4, 0, 8));
  p.words(op_imm(5, a5, a3, 28), addi(a6, 0, 10), b_type(8, a6, a5, 6), addi(a5, a5, 39), addi(a5, a5, 48));
  p.words(sb(a5, t0, 0), op_imm(1, a3, a3, 4), addi(a4, a4, -1), bne(a4, 0, -32), addi(a1, a1, 4),
          b_type(-48, a2, a1, 6));
  p.words(addi(a5, 0, '\n'), sb(a5, t0, 0));
  p.li(t0, finisher).li(t1, 0x5555).words(sw(t1, t0, 0), jal(0, 0));
}

RandomProgram::RandomProgram(std::uint64_t seed, int units) : random_(seed) {
  Program p(base);
  p.word(jal(0, 0x200));
  handler(p);
  while (p.here() < base + 0x200) {
    p.half(c_nop);
  }
  p.li(6, base + 4).word(csrrw(0, 0x305, 6));
  // Random data, then the registers.
  std::vector<Unit> program;
  body(program, units);
  prologue(p);
  for (const Unit& unit : program) {
    for (const std::uint16_t half : unit) {
      p.half(half);
    }
  }
  epilogue(p);
  image_.assign(p.bytes().begin(), p.bytes().end());
  // The data area starts out random, too.
  image_.resize(data - base);
  for (std::uint32_t i = 0; i < data_size; ++i) {
    image_.push_back(static_cast<std::uint8_t>(random_()));
  }
}

std::vector<std::uint8_t> RandomProgram::elf() const {
  std::vector<std::uint8_t> file;
  const auto half = [&file](std::uint32_t v) {
    file.push_back(static_cast<std::uint8_t>(v));
    file.push_back(static_cast<std::uint8_t>(v >> 8));
  };
  const auto word = [&half](std::uint32_t v) {
    half(v & 0xFFFFu);
    half(v >> 16);
  };
  for (const std::uint32_t v : {0x464C'457Fu, 0x0001'0101u, 0u, 0u}) {
    word(v);
  }
  half(2), half(243), word(1), word(base), word(52), word(0), word(0), half(52), half(32), half(1), half(40), half(0),
      half(0);
  const auto size = static_cast<std::uint32_t>(image_.size());
  for (const std::uint32_t v : {1u, 84u, base, base, size, size, 7u, 4u}) {
    word(v);
  }
  file.insert(file.end(), image_.begin(), image_.end());
  return file;
}

}  // namespace tessera::host
