// SPDX-License-Identifier: Apache-2.0
// The decoder against the specification's tables: all 65536 short encodings, every row of the long ones with random
// operands, millions of random words; and each of the 4096 CSR numbers.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "models/host/decoder.h"
#include "tests/host/core_bench.h"
#include "tests/host/isa_table.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;

/// Opcodes that only differ in form: what a decoder may turn into something simpler.
bool same_or_simpler(const Decoded& d, Opcode expected, std::uint32_t bits) {
  if (d.op == expected) {
    return true;
  }
  const std::uint32_t rd = bits >> 7 & 31u;
  const std::uint32_t rs1 = bits >> 15 & 31u;
  const std::uint32_t rs2 = bits >> 20 & 31u;
  const bool writes_nothing = rd == 0 && expected >= Opcode::li && expected <= Opcode::remu;
  switch (d.op) {
    case Opcode::nop:
      return writes_nothing;
    case Opcode::li:
      return expected == Opcode::addi && rs1 == 0;
    case Opcode::mv:
      return (expected == Opcode::addi && bits >> 20 == 0) || (expected == Opcode::add && (rs1 == 0 || rs2 == 0));
    default:
      return false;
  }
}

TEST(IsaTable, NoTwoRowsOverlap) {
  for (const Encoding& a : encodings) {
    for (const Encoding& b : encodings) {
      const bool overlap = ((a.match ^ b.match) & a.mask & b.mask) == 0;
      EXPECT_EQ(overlap, &a == &b) << a.name << " and " << b.name;
    }
  }
}

TEST(IsaTable, EveryRowWithRandomOperands) {
  std::mt19937 random(1);
  for (const Encoding& e : encodings) {
    for (int i = 0; i < 2000; ++i) {
      const std::uint32_t bits = (static_cast<std::uint32_t>(random()) & ~e.mask) | e.match;
      const Decoded d = decode(bits, base);
      ASSERT_TRUE(same_or_simpler(d, e.op, bits)) << e.name << " " << std::hex << bits;
      EXPECT_EQ(d.length, 4);
      EXPECT_EQ(d.raw, bits);
    }
  }
}

TEST(IsaTable, RandomWordsAreLegalExactlyWhereTheTableSaysSo) {
  std::mt19937 random(2);
  int legal = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    std::uint32_t bits = static_cast<std::uint32_t>(random()) | 3u;
    if (i % 2 == 0) {  // near the table's rows: one flipped bit
      bits = (bits & ~encodings[static_cast<std::size_t>(i) / 2 % encodings.size()].mask) |
             encodings[static_cast<std::size_t>(i) / 2 % encodings.size()].match;
      bits ^= 1u << (2 + random() % 30);
    }
    const Encoding* const e = find_encoding(bits);
    const Decoded d = decode(bits, base);
    ASSERT_EQ(d.op == Opcode::illegal, e == nullptr) << std::hex << bits << " " << (e != nullptr ? e->name : "");
    legal += e != nullptr ? 1 : 0;
  }
  EXPECT_GT(legal, 50'000);
}

TEST(IsaTable, EveryShortEncodingMeansItsExpansion) {
  int legal = 0;
  for (std::uint32_t half = 0; half < 0x1'0000; ++half) {
    if ((half & 3u) == 3) {
      continue;
    }
    const Decoded d = decode(0xABCD'0000u | half, base);
    const auto wide = expansion(half);
    ASSERT_EQ(d.length, 2);
    ASSERT_EQ(d.raw, half);
    if (!wide) {
      ASSERT_EQ(d.op, Opcode::illegal) << std::hex << half;
      continue;
    }
    ++legal;
    const Decoded w = decode(*wide, base);
    ASSERT_EQ(d.op, w.op) << std::hex << half << " is " << *wide;
    ASSERT_EQ(d.timing, w.timing) << std::hex << half;
    if (d.op == Opcode::nop || d.op == Opcode::ebreak) {
      continue;  // operands mean nothing
    }
    const bool writes = !is_branch(d.op) && !is_store(d.op);
    const bool reads_rs2 = is_branch(d.op) || is_store(d.op) || (d.op >= Opcode::add && d.op <= Opcode::and_);
    ASSERT_EQ(writes ? d.rd : 0, writes ? w.rd : 0) << std::hex << half;
    ASSERT_EQ(reads_rs2 ? d.rs2 : 0, reads_rs2 ? w.rs2 : 0) << std::hex << half;
    const bool reads_rs1 = d.op != Opcode::li && d.op != Opcode::jal;
    ASSERT_EQ(reads_rs1 ? d.rs1 : 0, reads_rs1 ? w.rs1 : 0) << std::hex << half;
    const bool has_imm = d.op != Opcode::mv && !(d.op >= Opcode::add && d.op <= Opcode::and_);
    ASSERT_EQ(has_imm ? d.imm : 0, has_imm ? w.imm : 0) << std::hex << half;
  }
  EXPECT_GT(legal, 28'000);
}

TEST(IsaTable, HintsChangeNothing) {
  // Every HINT of the C extension and the ones of the base set: only pc and the counters move.
  std::vector<std::uint32_t> hints;
  for (std::uint32_t imm = 1; imm < 32; ++imm) {
    hints.push_back(c_addi(0, static_cast<std::int32_t>(imm)));
    hints.push_back(c_li(0, static_cast<std::int32_t>(imm)));
    hints.push_back(c_lui(0, static_cast<std::int32_t>(imm)));
    hints.push_back(c_slli(0, imm));
    hints.push_back(c_mv(0, imm));
    hints.push_back(c_add(0, imm));
    hints.push_back(c_addi(imm, 0));
    hints.push_back(c_slli(imm, 0));
    hints.push_back(op_imm(imm & 7u, 0, imm, 0));
    hints.push_back(add(0, imm, imm));
    hints.push_back(lui(0, imm));
    hints.push_back(auipc(0, imm));
    hints.push_back(0x0000'000F | imm << 20);  // fences of all kinds, pause among them
  }
  for (std::uint32_t rd = 8; rd < 16; ++rd) {
    hints.push_back(c_srli(rd, 0));
    hints.push_back(c_srai(rd, 0));
  }
  for (const std::uint32_t hint : hints) {
    Bench bench;
    Program p(base);
    const bool wide = (hint & 3u) == 3;
    wide ? p.word(hint) : p.half(hint);
    bench.load(p);
    for (std::uint32_t r = 1; r < 32; ++r) {
      bench.core.set_x(r, 0x8000'1000 + 0x101 * r);
    }
    bench.steps(1);
    ASSERT_EQ(bench.core.pc(), base + (wide ? 4u : 2u)) << std::hex << hint;
    ASSERT_EQ(bench.core.instructions(), 1u);
    for (std::uint32_t r = 1; r < 32; ++r) {
      ASSERT_EQ(bench.core.x(r), 0x8000'1000 + 0x101 * r) << std::hex << hint << " x" << std::dec << r;
    }
  }
}

// --- control and status registers ------------------------------------------------------------------------------------

struct CsrRow {
  const char* name;
  std::uint32_t reset;     ///< value out of reset
  std::uint32_t writable;  ///< bits that keep what is written
  std::uint32_t fixed;     ///< bits that always read 1
};
constexpr std::uint32_t changing = 0xDEAD'BEEF;  ///< counts by itself

/// All there are: machine mode only, no PMP, no debug, no triggers.
std::map<std::uint32_t, CsrRow> csr_table() {
  std::map<std::uint32_t, CsrRow> table = {{0x300, {"mstatus", 0x1800, 0x88, 0x1800}},
                                           {0x301, {"misa", 0x4000'1105, 0, 0x4000'1105}},
                                           {0x304, {"mie", 0, 0x888, 0}},
                                           {0x305, {"mtvec", 0, 0xFFFF'FFFD, 0}},
                                           {0x310, {"mstatush", 0, 0, 0}},
                                           {0x320, {"mcountinhibit", 0, 5, 0}},
                                           {0x340, {"mscratch", 0, 0xFFFF'FFFF, 0}},
                                           {0x341, {"mepc", 0, 0xFFFF'FFFE, 0}},
                                           {0x342, {"mcause", 0, 0xFFFF'FFFF, 0}},
                                           {0x343, {"mtval", 0, 0xFFFF'FFFF, 0}},
                                           {0x344, {"mip", 0, 0, 0}},
                                           {0xB00, {"mcycle", changing, 0, 0}},
                                           {0xB02, {"minstret", changing, 0, 0}},
                                           {0xB80, {"mcycleh", 0, 0xFFFF'FFFF, 0}},
                                           {0xB82, {"minstreth", 0, 0xFFFF'FFFF, 0}},
                                           {0xC00, {"cycle", changing, 0, 0}},
                                           {0xC01, {"time", changing, 0, 0}},
                                           {0xC02, {"instret", changing, 0, 0}},
                                           {0xC80, {"cycleh", 0, 0, 0}},
                                           {0xC81, {"timeh", 0, 0, 0}},
                                           {0xC82, {"instreth", 0, 0, 0}},
                                           {0xF11, {"mvendorid", 0, 0, 0}},
                                           {0xF12, {"marchid", 0, 0, 0}},
                                           {0xF13, {"mimpid", 0, 0, 0}},
                                           {0xF14, {"mhartid", 0, 0, 0}},
                                           {0xF15, {"mconfigptr", 0, 0, 0}}};
  for (std::uint32_t i = 3; i < 32; ++i) {
    table[0x320 + i] = {"mhpmevent", 0, 0, 0};
    table[0xB00 + i] = {"mhpmcounter", 0, 0, 0};
    table[0xB80 + i] = {"mhpmcounterh", 0, 0, 0};
  }
  for (std::uint32_t i = 0; i < 4; ++i) {
    table[0x7A0 + i] = {"tselect, tdata1..3", 0, 0, 0};
  }
  return table;
}

/// Executes one instruction. @return the cause of the trap it took, or 0xFFFFFFFF
std::uint32_t cause_of(Bench& bench, std::uint32_t bits) {
  Program p(base);
  p.word(bits);
  bench.load(p);
  bench.core.write_csr(csr::mtvec, base + 0x100);
  bench.steps(1);
  return bench.core.pc() == base + 0x100 ? bench.csr(csr::mcause) : 0xFFFF'FFFFu;
}
constexpr std::uint32_t no_trap = 0xFFFF'FFFF;

TEST(CsrTable, ExactlyTheseExist) {
  const auto table = csr_table();
  for (std::uint32_t number = 0; number < 4096; ++number) {
    Bench bench;
    const std::uint32_t bits = csrrs(a0, number, 0);
    const bool exists = table.count(number) != 0;
    ASSERT_EQ(cause_of(bench, bits), exists ? no_trap : 2u) << std::hex << number;
    if (!exists) {
      EXPECT_EQ(bench.csr(csr::mtval), bits);
      EXPECT_EQ(bench.csr(csr::mepc), base);
      EXPECT_EQ(bench.core.instructions(), 0u);
      // What is absent traps for every kind of access.
      Bench writing;
      ASSERT_EQ(cause_of(writing, csrrw(0, number, a1)), 2u) << std::hex << number;
    }
  }
}

TEST(CsrTable, ReadOnlyNumbersTrapOnEveryWriteButNotOnReadsInWritingForms) {
  for (const auto& [number, row] : csr_table()) {
    const bool read_only = number >> 10 == 3;
    const std::uint32_t writing = read_only ? 2u : no_trap;
    SCOPED_TRACE(row.name);
    Bench a, b, c, d, e, f, g, h;
    EXPECT_EQ(cause_of(a, csrrw(0, number, 0)), writing) << "csrrw always writes";
    EXPECT_EQ(cause_of(b, csrrwi(0, number, 0)), writing);
    EXPECT_EQ(cause_of(c, csrrs(a0, number, 0)), no_trap);
    EXPECT_EQ(cause_of(d, csrrc(a0, number, 0)), no_trap);
    EXPECT_EQ(cause_of(e, csrrsi(a0, number, 0)), no_trap);
    EXPECT_EQ(cause_of(f, csrrci(a0, number, 0)), no_trap);
    EXPECT_EQ(cause_of(g, csrrs(a0, number, a1)), writing) << "a register that holds 0 is a write, too";
    EXPECT_EQ(cause_of(h, csrrci(a0, number, 1)), writing);
  }
}

TEST(CsrTable, ResetValuesAndWritableBits) {
  for (const auto& [number, row] : csr_table()) {
    SCOPED_TRACE(row.name);
    Bench fresh;
    if (row.reset != changing) {
      EXPECT_EQ(fresh.csr(number), row.reset);
    }
    if (number >> 10 == 3 || row.reset == changing) {
      continue;
    }
    for (const std::uint32_t value : {0xFFFF'FFFFu, 0u, 0x5555'5555u, 0xAAAA'AAAAu}) {
      Bench bench;
      Program p(base);
      p.words(csrrw(a0, number, a1), csrrs(a2, number, 0), csrrs(a3, number, a4), csrrc(a5, number, a4), jal(0, 0));
      bench.load(p);
      bench.core.set_x(a1, value);
      bench.core.set_x(a4, 0xFFFF'FFFF);
      bench.steps(4);
      const std::uint32_t kept = (value & row.writable) | row.fixed;
      EXPECT_EQ(bench.core.x(a0), row.reset) << "the old value";
      EXPECT_EQ(bench.core.x(a2), kept) << std::hex << value;
      EXPECT_EQ(bench.core.x(a3), kept);
      EXPECT_EQ(bench.core.x(a5), row.writable | row.fixed) << "all set";
      EXPECT_EQ(bench.csr(number), row.fixed) << "all cleared";
    }
  }
}

TEST(CsrTable, MachineStatusNeverLeavesMachineMode) {
  for (const std::uint32_t mpp : {0u, 1u, 2u, 3u}) {
    Bench bench;
    Program p(base);
    p.words(csrrw(0, csr::mstatus, a1), csrrw(0, csr::mepc, a2), mret);
    bench.load(p);
    bench.core.set_x(a1, mpp << 11 | 0x80);
    bench.core.set_x(a2, base + 0x41);
    bench.steps(3);
    EXPECT_EQ(bench.core.pc(), base + 0x40) << "bit 0 of mepc is no address bit";
    EXPECT_EQ(bench.csr(csr::mstatus), 0x1800u | 0x88u) << "MIE from MPIE, MPIE set";
  }
  Bench off;
  Program p(base);
  p.words(csrrw(0, csr::mstatus, a1), csrrw(0, csr::mepc, a2), mret);
  off.load(p);
  off.core.set_x(a1, 8);
  off.core.set_x(a2, base + 0x40);
  off.steps(3);
  EXPECT_EQ(off.csr(csr::mstatus), 0x1800u | 0x80u) << "MPIE was 0: interrupts are off";
}

TEST(CsrTable, VectoredModeMovesInterruptsOnly) {
  for (const std::uint32_t mode : {0u, 1u, 2u, 3u}) {
    for (const auto& [line, number] : {std::pair{mip_meip, 11u}, std::pair{mip_msip, 3u}, std::pair{mip_mtip, 7u}}) {
      Bench bench;
      Program p(base);
      p.words(nop, nop);
      bench.load(p);
      bench.core.write_csr(csr::mtvec, (base + 0x200) | mode);
      bench.core.write_csr(csr::mie, mip_meip | mip_msip | mip_mtip);
      bench.core.write_csr(csr::mstatus, 8);
      bench.core.set_interrupt_line(line, true);
      bench.steps(1);
      const bool vectored = (mode & 1u) != 0;  // WARL: bit 1 reads 0
      EXPECT_EQ(bench.core.pc(), base + 0x200 + (vectored ? 4 * number : 0));
      EXPECT_EQ(bench.csr(csr::mcause), 0x8000'0000u | number);
      EXPECT_EQ(bench.csr(csr::mepc), base);
      EXPECT_EQ(bench.csr(csr::mstatus), 0x1880u) << "MPIE holds the old MIE";
      EXPECT_EQ(bench.csr(csr::mtval), 0u);
    }
    Bench bench;
    Program p(base);
    p.words(ecall);
    bench.load(p);
    bench.core.write_csr(csr::mtvec, (base + 0x200) | mode);
    bench.steps(1);
    EXPECT_EQ(bench.core.pc(), base + 0x200) << "exceptions go to the base";
  }
}

TEST(CsrTable, AllThreeInterruptsComeInOrder) {
  for (std::uint32_t pending = 1; pending < 8; ++pending) {
    for (std::uint32_t enabled = 0; enabled < 8; ++enabled) {
      Bench bench;
      Program p(base);
      p.words(nop, nop);
      bench.load(p);
      const auto lines = [](std::uint32_t set) {
        return ((set & 1u) != 0 ? mip_mtip : 0) | ((set & 2u) != 0 ? mip_msip : 0) | ((set & 4u) != 0 ? mip_meip : 0);
      };
      bench.core.write_csr(csr::mtvec, base + 0x200);
      bench.core.write_csr(csr::mie, lines(enabled));
      bench.core.write_csr(csr::mstatus, 8);
      for (const std::uint32_t line : {mip_mtip, mip_msip, mip_meip}) {
        bench.core.set_interrupt_line(line, (lines(pending) & line) != 0);
      }
      bench.steps(1);
      const std::uint32_t ready = pending & enabled;
      const std::uint32_t expected = (ready & 4u) != 0 ? 11 : (ready & 2u) != 0 ? 3 : (ready & 1u) != 0 ? 7 : 0;
      EXPECT_EQ(bench.core.pc(), expected != 0 ? base + 0x200 : base + 4) << pending << " " << enabled;
      EXPECT_EQ(bench.csr(csr::mip), lines(pending)) << "taking an interrupt clears nothing";
      if (expected != 0) {
        EXPECT_EQ(bench.csr(csr::mcause), 0x8000'0000u | expected);
      }
    }
  }
}

// --- counters --------------------------------------------------------------------------------------------------------

TEST(Counters, WritesReplaceTheWritersOwnIncrement) {
  Bench bench;
  Program p(base);
  p.words(csrrwi(0, csr::minstret, 10), csrrs(a0, csr::minstret, 0), csrrs(a1, csr::instret, 0));
  p.words(csrrwi(0, csr::mcycle, 20), csrrs(a2, csr::mcycle, 0), csrrs(a3, csr::cycle, 0));
  bench.load(p).steps(6);
  EXPECT_EQ(bench.core.x(a0), 10u);
  EXPECT_EQ(bench.core.x(a1), 11u);
  EXPECT_EQ(bench.core.x(a2), 20u);
  EXPECT_EQ(bench.core.x(a3), 21u);
}

TEST(Counters, HalvesCarryAndAreWrittenAlone) {
  for (const std::uint32_t low : {csr::mcycle, csr::minstret}) {
    const std::uint32_t high = low + 0x80;
    Bench bench;
    Program p(base);
    p.words(csrrwi(0, high, 5), csrrw(0, low, a1), csrrs(a2, low, 0), csrrs(a3, high, 0));
    p.words(csrrs(a4, low, 0), csrrs(a5, high, 0), csrrwi(0, high, 9), csrrs(a6, low, 0), csrrs(a7, high, 0));
    bench.load(p);
    bench.core.set_x(a1, 0xFFFF'FFFE);
    bench.steps(9);
    EXPECT_EQ(bench.core.x(a2), 0xFFFF'FFFEu);
    EXPECT_EQ(bench.core.x(a3), 5u);
    EXPECT_EQ(bench.core.x(a4), 0u) << "wrapped";
    EXPECT_EQ(bench.core.x(a5), 6u) << "and carried";
    EXPECT_EQ(bench.core.x(a6), 2u) << "writing the high half leaves the low one counting";
    EXPECT_EQ(bench.core.x(a7), 9u);
  }
}

TEST(Counters, InhibitStopsEachAloneFromTheNextInstructionOn) {
  Bench bench;
  Program p(base);
  p.words(csrrwi(0, csr::mcycle, 0), csrrwi(0, csr::minstret, 0), csrrwi(0, csr::mcountinhibit, 4));  // 1 more
  p.words(csrrs(a0, csr::minstret, 0), nop, csrrs(a1, csr::minstret, 0), csrrs(a2, csr::mcycle, 0));
  p.words(csrrwi(0, csr::mcountinhibit, 1), csrrs(a3, csr::mcycle, 0), nop, csrrs(a4, csr::mcycle, 0));
  p.words(csrrs(a5, csr::minstret, 0), csrrwi(0, csr::mcountinhibit, 0), csrrs(a6, csr::minstret, 0));
  p.words(csrrs(a7, csr::mcycle, 0));
  bench.load(p).steps(15);
  EXPECT_EQ(bench.core.x(a0), 1u) << "the inhibiting instruction itself still counts";
  EXPECT_EQ(bench.core.x(a1), 1u);
  EXPECT_EQ(bench.core.x(a2), 5u) << "cycles go on";
  EXPECT_EQ(bench.core.x(a3), 7u);
  EXPECT_EQ(bench.core.x(a4), 7u) << "and now stand still";
  EXPECT_EQ(bench.core.x(a5), 1u + 3) << "while instructions count again, from behind the write on";
  EXPECT_EQ(bench.core.x(a6), 1u + 5);
  EXPECT_EQ(bench.core.x(a7), 7u + 1);
}

TEST(Counters, AWriteToAnInhibitedCounterSticks) {
  Bench bench;
  Program p(base);
  p.words(csrrwi(0, csr::mcountinhibit, 5), csrrwi(0, csr::mcycle, 7), csrrwi(0, csr::minstret, 9), nop);
  p.words(csrrs(a0, csr::mcycle, 0), csrrs(a1, csr::minstret, 0));
  bench.load(p).steps(6);
  EXPECT_EQ(bench.core.x(a0), 7u);
  EXPECT_EQ(bench.core.x(a1), 9u);
}

TEST(Counters, TrappingInstructionsDoNotRetire) {
  for (const std::uint32_t bits : {ecall, ebreak, 0xFFFF'FFFFu, lw(a0, 0, 0), sw(a0, 0, 0), csrrs(0, 0x7C0, 0)}) {
    Bench bench;
    Program p(base);
    p.word(bits);
    bench.load(p);
    bench.core.write_csr(csr::mtvec, base + 0x100);
    bench.steps(1);
    EXPECT_EQ(bench.core.pc(), base + 0x100) << std::hex << bits;
    EXPECT_EQ(bench.csr(csr::minstret), 0u) << std::hex << bits;
  }
}

// --- atomics, wfi ----------------------------------------------------------------------------------------------------

TEST(Corners, MisalignedAtomicsTrapWithTheirAddress) {
  for (std::uint32_t offset = 1; offset < 4; ++offset) {
    for (const std::uint32_t f5 : {0x02u, 0x03u, 0x01u, 0x00u, 0x04u, 0x0Cu, 0x08u, 0x10u, 0x14u, 0x18u, 0x1Cu}) {
      Bench bench;
      bench.core.set_x(a1, base + 0x800 + offset);
      ASSERT_EQ(cause_of(bench, amo(f5, a0, a1, f5 == 2 ? 0u : std::uint32_t{a2})), f5 == 0x02 ? 4u : 6u) << f5;
      EXPECT_EQ(bench.csr(csr::mtval), base + 0x800 + offset);
      EXPECT_EQ(bench.core.x(a0), 0u);
    }
  }
}

TEST(Corners, AtomicsOutsideOfMemoryAreAccessFaults) {
  for (const std::uint32_t f5 : {0x02u, 0x01u, 0x00u, 0x1Cu}) {
    Bench bench;
    bench.core.set_x(a1, 0x4000'0000);
    EXPECT_EQ(cause_of(bench, amo(f5, a0, a1, f5 == 2 ? 0u : std::uint32_t{a2})), f5 == 0x02 ? 5u : 7u);
    EXPECT_EQ(bench.csr(csr::mtval), 0x4000'0000u);
  }
}

TEST(Corners, AqAndRlChangeNothing) {
  for (std::uint32_t order = 0; order < 4; ++order) {
    Bench bench;
    Program p(base);
    p.words(amo(0x02, a0, a1, 0) | order << 25, amo(0x03, a3, a1, a2) | order << 25,
            amo(0x00, a4, a1, a2) | order << 25);
    bench.load(p);
    bench.core.set_x(a1, base + 0x800);
    bench.core.set_x(a2, 5);
    bench.steps(3);
    EXPECT_EQ(bench.core.x(a3), 0u);
    EXPECT_EQ(bench.core.x(a4), 5u);
    EXPECT_EQ(bench.word(base + 0x800), 10u);
  }
}

TEST(Corners, ATrapEndsAReservation) {
  Bench bench;
  Program p(base);
  p.words(amo(0x02, a0, a1, 0), ecall, amo(0x03, a3, a1, a2));
  bench.load(p);
  Program handler(base + 0x100);
  handler.words(csrrs(t0, csr::mepc, 0), addi(t0, t0, 4), csrrw(0, csr::mepc, t0), mret);
  bench.core.write_memory(handler.base(), handler.bytes());
  bench.core.write_csr(csr::mtvec, base + 0x100);
  bench.core.set_x(a1, base + 0x800);
  bench.steps(7);
  EXPECT_EQ(bench.core.x(a3), 1u);
}

TEST(Corners, WfiWakesWithoutTrappingWhenInterruptsAreOff) {
  Bench bench;
  Program p(base);
  p.words(wfi, addi(a0, 0, 1));
  bench.load(p);
  bench.core.write_csr(csr::mie, mip_mtip);
  bench.steps(1);
  EXPECT_EQ(bench.last, Stop::wfi);
  bench.core.set_interrupt_line(mip_mtip, true);
  bench.steps(1);
  EXPECT_EQ(bench.core.x(a0), 1u) << "goes on behind the wfi";
  // Pending before it: no sleep at all. Pending but not enabled: sleep.
  Bench pending;
  pending.load(p);
  pending.core.set_interrupt_line(mip_mtip, true);
  pending.core.write_csr(csr::mie, mip_mtip);
  pending.steps(1);
  EXPECT_EQ(pending.last, Stop::none);
  Bench masked;
  masked.load(p);
  masked.core.set_interrupt_line(mip_mtip, true);
  masked.steps(1);
  EXPECT_EQ(masked.last, Stop::wfi);
}

TEST(Corners, JumpsToHalfWordsWorkAndLinkBehindThemselves) {
  Bench bench;
  Program p(base);
  p.half(c_nop).word(jal(ra, 6)).half(c_nop).half(c_jalr(a1));
  bench.load(p);
  bench.core.set_x(a1, base + 0x102);
  bench.steps(2);
  EXPECT_EQ(bench.core.pc(), base + 8);
  EXPECT_EQ(bench.core.x(ra), base + 6);
  bench.steps(1);
  EXPECT_EQ(bench.core.pc(), base + 0x102);
  EXPECT_EQ(bench.core.x(ra), base + 10);
}

}  // namespace
}  // namespace tessera::host
