// SPDX-License-Identifier: Apache-2.0
// Cycles against the documented table of Ibex "small" (lowRISC/ibex, doc/03_reference/pipeline_details.rst: stall
// cycles by instruction type; fast multi-cycle multiplier, no branch target ALU, no writeback stage), class by class,
// for single instructions, for loops, and for a whole benchmark.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string>

#include "models/host/elf_image.h"
#include "tests/host/assembler_compressed.h"
#include "tests/host/core_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;

enum Class { alu, load_, store_, mul_, mulh_, div_, jump_, branch_, csr_, classes };
constexpr std::array<const char*, classes> class_names = {"alu", "load", "store",  "mul", "mulh",
                                                          "div", "jump", "branch", "csr"};

/// From the instruction's bits alone, by the opcode maps of the specification; nothing of the decoder under test.
Class class_of(std::uint32_t bits) {
  if ((bits & 3u) != 3) {
    const std::uint32_t f3 = bits >> 13 & 7u;
    switch ((bits & 3u) << 3 | f3) {
      case 0b00'010:
      case 0b10'010:
        return load_;
      case 0b00'110:
      case 0b10'110:
        return store_;
      case 0b01'001:
      case 0b01'101:
        return jump_;
      case 0b01'110:
      case 0b01'111:
        return branch_;
      case 0b10'100:
        return (bits >> 2 & 31u) == 0 ? jump_ : alu;
      default:
        return alu;
    }
  }
  const std::uint32_t f3 = bits >> 12 & 7u;
  switch (bits & 0x7Fu) {
    case 0x03:
      return load_;
    case 0x23:
      return store_;
    case 0x63:
      return branch_;
    case 0x67:
    case 0x6F:
      return jump_;
    case 0x73:
      return f3 == 0 ? (bits == mret ? jump_ : bits == wfi ? alu : csr_) : csr_;
    case 0x33:
      return bits >> 25 != 1 ? alu : f3 == 0 ? mul_ : f3 < 4 ? mulh_ : div_;
    default:
      return alu;
  }
}

/// Cycles of an instruction: one, and the stall cycles of the table.
std::uint32_t documented(Class c, bool taken, bool zero_divisor) {
  switch (c) {
    case load_:
    case store_:
    case jump_:
      return 1 + 1;
    case mul_:
      return 1 + 2;
    case mulh_:
      return 1 + 3;
    case div_:
      return zero_divisor ? 1 + 1 : 1 + 37;
    case branch_:
      return taken ? 1 + 2 : 1;
    default:
      return 1;
  }
}

struct Case {
  const char* name;
  std::uint32_t bits;
  std::uint32_t cycles;
};
class OneInstruction : public testing::TestWithParam<Case> {};

TEST_P(OneInstruction, TakesTheDocumentedCycles) {
  const Case& c = GetParam();
  const auto prepared = [&c](Bench& bench) {
    Program p(base);
    const bool wide = (c.bits & 3u) == 3;
    wide ? p.word(c.bits) : p.half(c.bits);
    // Branches and jumps skip one instruction; what follows must not depend on the way.
    for (int i = 0; i < 6; ++i) {
      p.half(c_nop);
    }
    bench.load(p);
    bench.core.set_x(a1, 1000);
    bench.core.set_x(a2, 7);
    bench.core.set_x(a3, base + 0x1000);
    bench.core.set_x(a4, base + 4);
    bench.core.set_x(sp, base + 0x2000);
    bench.core.set_x(s0, base + 0x3000);
  };
  Bench single;
  prepared(single);
  single.steps(1);
  EXPECT_EQ(single.core.cycles(), c.cycles) << "alone";
  EXPECT_EQ(single.core.instructions(), 1u);
  // The same inside of a block.
  Bench block;
  prepared(block);
  const std::uint32_t end = single.core.pc() + 4;
  ASSERT_TRUE(block.run_to(end, 100));
  EXPECT_EQ(block.core.cycles(), c.cycles + 2) << "with two c.nop behind it";
  EXPECT_EQ(documented(class_of(c.bits), single.core.pc() != base + ((c.bits & 3u) == 3 ? 4 : 2), false), c.cycles)
      << "the table of this test";
}

INSTANTIATE_TEST_SUITE_P(
    Timing, OneInstruction,
    testing::Values(Case{"addi", addi(a0, a1, 5), 1}, Case{"lui", lui(a0, 5), 1}, Case{"auipc", auipc(a0, 5), 1},
                    Case{"add", add(a0, a1, a2), 1}, Case{"sra", op(0x20, 5, a0, a1, a2), 1},
                    Case{"slt", op(0, 2, a0, a1, a2), 1}, Case{"write to x0", add(0, a1, a2), 1},
                    Case{"lb", lb(a0, a3, 1), 2}, Case{"lhu", lhu(a0, a3, 2), 2}, Case{"lw", lw(a0, a3, 0), 2},
                    Case{"sb", sb(a0, a3, 1), 2}, Case{"sh", sh(a0, a3, 2), 2}, Case{"sw", sw(a0, a3, 0), 2},
                    Case{"mul", op(1, 0, a0, a1, a2), 3}, Case{"mulh", op(1, 1, a0, a1, a2), 4},
                    Case{"mulhsu", op(1, 2, a0, a1, a2), 4}, Case{"mulhu", op(1, 3, a0, a1, a2), 4},
                    Case{"div", op(1, 4, a0, a1, a2), 38}, Case{"divu", op(1, 5, a0, a1, a2), 38},
                    Case{"rem", op(1, 6, a0, a1, a2), 38}, Case{"remu", op(1, 7, a0, a1, a2), 38},
                    Case{"div into x0", op(1, 4, 0, a1, a2), 38}, Case{"jal", jal(ra, 8), 2},
                    Case{"jalr", jalr(ra, a4, 0), 2}, Case{"beq not taken", beq(a1, a2, 8), 1},
                    Case{"bne taken", bne(a1, a2, 8), 3}, Case{"blt not taken", b_type(8, a2, a1, 4), 1},
                    Case{"bgeu taken", b_type(8, a2, a1, 7), 3}, Case{"csrrs", csrrs(a0, csr::mscratch, 0), 1},
                    Case{"csrrw", csrrw(a0, csr::mscratch, a1), 1}, Case{"csrrci", csrrci(a0, csr::mscratch, 3), 1},
                    Case{"fence", fence, 1}));

INSTANTIATE_TEST_SUITE_P(
    TimingCompressed, OneInstruction,
    testing::Values(Case{"c.addi", c_addi(a0, 5), 1}, Case{"c.li", c_li(a0, 5), 1}, Case{"c.lui", c_lui(a0, 5), 1},
                    Case{"c.mv", c_mv(a0, a1), 1}, Case{"c.add", c_add(a0, a1), 1}, Case{"c.slli", c_slli(a0, 3), 1},
                    Case{"c.sub", c_arith(0, 8, 9), 1}, Case{"c.andi", c_andi(8, 3), 1},
                    Case{"c.addi4spn", c_addi4spn(8, 16), 1}, Case{"c.addi16sp", c_addi16sp(32), 1},
                    Case{"c.lw", c_lw(9, 8, 4), 2}, Case{"c.sw", c_sw(9, 8, 4), 2}, Case{"c.lwsp", c_lwsp(10, 8), 2},
                    Case{"c.swsp", c_swsp(10, 8), 2}, Case{"c.j", c_j(4), 2}, Case{"c.jal", c_jal(4), 2},
                    Case{"c.jr", c_jr(a4), 2}, Case{"c.jalr", c_jalr(a4), 2}, Case{"c.beqz not taken", c_beqz(8, 4), 1},
                    Case{"c.bnez taken", c_bnez(8, 4), 3}, Case{"c.nop", c_nop, 1}));

TEST(Timing, ADivisionByZeroEndsEarly) {
  for (std::uint32_t f3 = 4; f3 < 8; ++f3) {
    Bench bench;
    Program p(base);
    p.words(op(1, f3, a0, a1, 0), jal(0, 0));
    bench.load(p).steps(1);
    EXPECT_EQ(bench.core.cycles(), 2u);
  }
}

TEST(Timing, ALoopOfEveryClassAddsUp) {
  Bench bench;
  Program p(base);
  p.words(addi(a0, 0, 100));
  const std::uint32_t top = p.here();
  p.words(lw(a1, a3, 0), sw(a1, a3, 4), op(1, 0, a2, a1, a1), op(1, 3, a2, a1, a1), op(1, 5, a2, a1, a0));
  p.words(jal(t0, 4), csrrs(a4, csr::mscratch, 0), addi(a0, a0, -1));
  p.words(bne(a0, 0, static_cast<std::int32_t>(top - p.here())));
  const std::uint32_t end = p.here();
  p.words(jal(0, 0));
  bench.load(p);
  bench.core.set_x(a3, base + 0x1000);
  ASSERT_TRUE(bench.run_to(end));
  EXPECT_EQ(bench.core.cycles(), 1u + 100 * (2 + 2 + 3 + 4 + 38 + 2 + 1 + 1) + 99 * 3 + 1);
}

/// Runs an ELF of the examples one instruction at a time and predicts each from its bits.
TEST(Timing, TheBenchmarkTakesWhatTheTableSays) {
  const std::filesystem::path elf = std::filesystem::path(TESSERA_BINARY_DIR) / "firmware" / "cpumark.elf";
  if (!std::filesystem::exists(elf)) {
    GTEST_SKIP() << elf << " is not built (needs the RISC-V compiler)";
  }
  CpuParameters parameters;
  struct Port : CorePort {
    bool read(std::uint32_t, std::uint32_t, Access, std::uint32_t& value) override {
      value = 0x60;  // the UART is always ready
      return true;
    }
    bool write(std::uint32_t address, std::uint32_t, std::uint32_t value) override {
      if (address == 0x1000'0000) text.push_back(static_cast<char>(value));
      verdict = address == 0x0010'0000 ? value : verdict;
      return true;
    }
    std::string text;
    std::uint32_t verdict = 0;
  } world;
  Core core(parameters, world);
  const ElfImage image = read_elf(elf.string());
  for (const Segment& segment : image.segments) {
    ASSERT_TRUE(core.write_memory(segment.address, segment.bytes));
  }
  core.set_pc(image.entry);
  struct Sum {
    std::uint64_t count = 0, cycles = 0;
  };
  std::array<Sum, classes> sums{};
  std::uint64_t taken = 0;
  std::uint64_t all = 0;
  while (world.verdict == 0 && core.instructions() < 20'000'000) {
    const std::uint32_t pc = core.pc();
    std::array<std::uint8_t, 4> raw{};
    ASSERT_TRUE(core.read_memory(pc, raw)) << std::hex << pc;
    const std::uint32_t bits = raw[0] | static_cast<std::uint32_t>(raw[1]) << 8 |
                               static_cast<std::uint32_t>(raw[2]) << 16 | static_cast<std::uint32_t>(raw[3]) << 24;
    const bool wide = (bits & 3u) == 3;
    const Class c = class_of(wide ? bits : bits & 0xFFFFu);
    const bool zero_divisor = c == div_ && core.x(bits >> 20 & 31u) == 0;
    const std::uint64_t before = core.cycles();
    core.step();
    const bool went = core.pc() != pc + (wide ? 4u : 2u);
    const std::uint32_t expected = documented(c, went, zero_divisor);
    ASSERT_EQ(core.cycles() - before, expected) << class_names[c] << " at " << std::hex << pc;
    ++sums[c].count;
    sums[c].cycles += expected;
    taken += c == branch_ && went ? 1 : 0;
    all += expected;
  }
  EXPECT_EQ(world.verdict, 0x5555u) << world.text;
  EXPECT_EQ(core.cycles(), all);
  const auto instructions = static_cast<double>(core.instructions());
  std::cout << world.text << "class    instructions   share   cycles   share   cycles each\n";
  for (std::size_t c = 0; c < classes; ++c) {
    if (sums[c].count != 0) {
      std::printf(
          "%-8s %12llu %6.2f %% %9llu %6.2f %% %6.3f\n", class_names[c], static_cast<unsigned long long>(sums[c].count),
          100.0 * static_cast<double>(sums[c].count) / instructions, static_cast<unsigned long long>(sums[c].cycles),
          100.0 * static_cast<double>(sums[c].cycles) / static_cast<double>(all),
          static_cast<double>(sums[c].cycles) / static_cast<double>(sums[c].count));
    }
  }
  std::printf("branches taken: %.1f %%, cycles per instruction: %.3f\n",
              100.0 * static_cast<double>(taken) / static_cast<double>(sums[branch_].count),
              static_cast<double>(all) / instructions);
  // The same program in blocks, at full speed, takes the same cycles.
  Port again;
  Core fast(parameters, again);
  for (const Segment& segment : image.segments) {
    fast.write_memory(segment.address, segment.bytes);
  }
  fast.set_pc(image.entry);
  while (again.verdict == 0 && fast.instructions() < 20'000'000) {
    fast.run(fast.cycles() + 5000, false);
    if (again.verdict != 0) break;
  }
  EXPECT_EQ(again.text, world.text);
}

}  // namespace
}  // namespace tessera::host
