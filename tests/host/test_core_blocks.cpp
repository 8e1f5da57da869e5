// SPDX-License-Identifier: Apache-2.0
// The decoded-block cache: cycles and energy by class, exact limits, self-modifying code, random bytes as code.
#include <gtest/gtest.h>

#include <random>

#include "tests/host/assembler_compressed.h"
#include "tests/host/core_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;

struct ClassCase {
  const char* name;
  std::uint32_t bits;
  std::uint32_t cycles;  ///< Ibex "small", fast multiplier
  double picojoules;
};
class Cost : public testing::TestWithParam<ClassCase> {};

TEST_P(Cost, OfTheIbexTable) {
  const ClassCase& c = GetParam();
  for (const bool single : {true, false}) {
    Bench bench;
    Program p(base);
    p.words(c.bits, nop, nop, jal(0, 0));
    bench.load(p);
    bench.core.set_x(a1, 0x8000'0800);
    bench.core.set_x(a2, 3);
    const bool jumps = (c.bits & 0x7Fu) == 0x6F || (c.bits & 0x7Fu) == 0x67;
    if (single) {
      bench.steps(1);
    } else {
      bench.core.run(c.cycles, true);
    }
    EXPECT_EQ(bench.core.cycles(), c.cycles) << c.name;
    EXPECT_EQ(bench.core.instructions(), 1u) << c.name << (jumps ? " (jump)" : "");
    EXPECT_EQ(bench.core.take_energy(), static_cast<std::uint64_t>(c.picojoules * 1e6)) << c.name;
    EXPECT_EQ(bench.core.take_energy(), 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cycles, Cost,
    testing::Values(ClassCase{"alu", add(a0, a1, a2), 1, 12}, ClassCase{"lui", lui(a0, 1), 1, 12},
                    ClassCase{"csr", csrrs(a0, 0x340, 0), 1, 12}, ClassCase{"load", lw(a0, a1, 0), 2, 24},
                    ClassCase{"store", sw(a0, a1, 0), 2, 22}, ClassCase{"mul", op(1, 0, a0, a1, a2), 3, 20},
                    ClassCase{"mulh", op(1, 1, a0, a1, a2), 4, 22}, ClassCase{"mulhu", op(1, 3, a0, a1, a2), 4, 22},
                    ClassCase{"div", op(1, 4, a0, a1, a2), 38, 150}, ClassCase{"remu", op(1, 7, a0, a1, a2), 38, 150},
                    ClassCase{"div into x0", op(1, 4, 0, a1, a2), 38, 150},
                    ClassCase{"div by zero", op(1, 4, a0, a1, 0), 2, 24}, ClassCase{"jal", jal(ra, 8), 2, 18},
                    ClassCase{"jalr", jalr(ra, a1, 0), 2, 18}, ClassCase{"branch not taken", beq(a1, a2, 8), 1, 12},
                    ClassCase{"branch taken", bne(a1, a2, 8), 3, 20}, ClassCase{"fence", fence, 1, 12},
                    ClassCase{"fence.i", fence_i, 2, 18}, ClassCase{"amo", amo(0, a0, a1, a2), 4, 46},
                    ClassCase{"lr", amo(2, a0, a1, 0), 2, 24}, ClassCase{"sc", amo(3, a0, a1, a2), 2, 22}));

TEST(Cycles, OfALoopAddUp) {
  Bench bench;
  Program p(base);
  p.words(addi(a1, 0, 1000), lw(a2, sp, 0), op(1, 0, a2, a2, a1), sw(a2, sp, 4), addi(a1, a1, -1), bne(a1, 0, -16));
  p.word(jal(0, 0));
  bench.load(p);
  bench.core.set_x(sp, 0x8000'0800);
  ASSERT_TRUE(bench.run_to(base + 24));
  EXPECT_EQ(bench.core.instructions(), 1u + 5000u);
  EXPECT_EQ(bench.core.cycles(), 1u + 1000u * (2 + 3 + 2 + 1) + 999u * 3 + 1);
  EXPECT_EQ(bench.core.take_energy(), 12'000'000ull + 1000ull * 78'000'000 + 999ull * 20'000'000 + 12'000'000);
}

TEST(Limits, AreExactToTheInstructionWhateverTheBlocks) {
  // The state after running to any limit is that of single steps.
  Program p(base);
  p.words(addi(a1, 0, 37), op(1, 4, a2, a1, a3), add(a4, a4, a2), lw(a5, sp, 0), sw(a4, sp, 0), addi(a1, a1, -1));
  p.words(bne(a1, 0, -20), nop, jal(0, -32));
  std::vector<std::uint64_t> boundaries;
  Bench steps;
  steps.load(p);
  steps.core.set_x(sp, 0x8000'0800);
  steps.core.set_x(a3, 5);
  while (steps.core.cycles() < 400) {
    steps.steps(1);
    boundaries.push_back(steps.core.cycles());
  }
  for (std::uint64_t limit = 1; limit < 400; ++limit) {
    Bench bench;
    bench.load(p);
    bench.core.set_x(sp, 0x8000'0800);
    bench.core.set_x(a3, 5);
    EXPECT_EQ(bench.core.run(limit, true), Stop::limit);
    EXPECT_EQ(bench.core.cycles(), *std::lower_bound(boundaries.begin(), boundaries.end(), limit));
  }
}

TEST(Limits, SoftOnesStopAtBlocksButAlwaysGetOn) {
  Program p(base);
  p.words(op(1, 4, a2, a1, a3), op(1, 4, a2, a1, a3), op(1, 4, a2, a1, a3), jal(0, -12));
  Bench bench;
  bench.load(p);
  bench.core.set_x(a3, 5);
  for (int i = 1; i < 50; ++i) {
    const std::uint64_t before = bench.core.cycles();
    bench.core.run(before + 1, false);
    EXPECT_GT(bench.core.cycles(), before);
  }
}

TEST(SelfModifyingCode, AStoreChangesCodeThatHasRun) {
  Bench bench;
  Program p(base);
  // a0 counts: first with +1, then its instruction is overwritten by +16.
  p.words(addi(a0, a0, 1), addi(a2, a2, -1), bne(a2, 0, -8), sw(a4, a3, 0), fence_i, addi(a2, 0, 3));
  p.words(addi(a5, a5, -1), bne(a5, 0, -28), jal(0, 0));
  bench.load(p);
  bench.core.set_x(a2, 5);
  bench.core.set_x(a3, base);
  bench.core.set_x(a4, addi(a0, a0, 16));
  bench.core.set_x(a5, 2);
  ASSERT_TRUE(bench.run_to(base + 32));
  EXPECT_EQ(bench.core.x(a0), 5u + 3u * 16u);
}

TEST(SelfModifyingCode, AStoreIntoTheRunningBlockTakesEffectAtOnce) {
  for (const std::uint32_t width : {1u, 2u, 4u}) {
    Bench bench;
    Program p(base);
    const std::uint32_t changed = addi(a0, a0, 0x7F);
    // The immediate lies in the upper half of the addi: one byte changes its low digit, two or four all of it.
    p.words(nop, s_type(0, a4, a3, width == 4 ? 2 : width == 2 ? 1 : 0), addi(a0, a0, 1), jal(0, 0));
    bench.load(p);
    bench.core.set_x(a3, width == 4 ? base + 8 : base + 10);
    bench.core.set_x(a4, width == 4 ? changed : changed >> 16);
    ASSERT_TRUE(bench.run_to(base + 12));
    EXPECT_EQ(bench.core.x(a0), width == 1 ? 0xFu : 0x7Fu) << width << " bytes";
  }
}

TEST(SelfModifyingCode, AMisalignedStoreFromTheGranuleBeforeIsSeen) {
  Bench bench;
  Program p(base + 64);
  p.words(addi(a0, a0, 1), jalr(0, ra, 0));
  bench.core.write_memory(p.base(), p.bytes());
  Program q(base + 0x400);
  q.words(jalr(ra, a1, 0), sw(a4, a3, 0), jalr(ra, a1, 0), jal(0, 0));
  bench.load(q);
  bench.core.set_x(a1, base + 64);
  bench.core.set_x(a3, base + 61);
  bench.core.set_x(a4, addi(a0, a0, 1) << 24);  // last byte lands on the first of the code: the same bits
  ASSERT_TRUE(bench.run_to(base + 0x400 + 12));
  EXPECT_EQ(bench.core.x(a0), 2u);
  // And with other bits: the opcode byte becomes 0x33, an add of x0 + x1 into a0.
  bench.core.set_pc(base + 0x404);
  bench.core.set_x(a4, 0x3300'0000);
  bench.core.write_csr(csr::mtvec, base + 0x600);
  bench.steps(2);
  ASSERT_EQ(bench.core.pc(), base + 64);
  bench.steps(1);
  EXPECT_EQ(bench.core.x(a0), 2u + bench.core.x(1)) << "addi a0,a0,1 turned into add a0,a0,ra";
}

TEST(SelfModifyingCode, AMillionRewritesStayCorrectAndBounded) {
  Bench bench;
  Program p(base);
  // Writes "addi a0, a0, k" into a function, calls it, k = k + 1 modulo 1024.
  p.words(op_imm(1, t0, a2, 20), op(0, 6, t0, t0, a4), sw(t0, a3, 0), fence_i, jalr(ra, a3, 0));
  p.words(addi(a2, a2, 1), op_imm(7, a2, a2, 0x3FF), addi(a5, a5, -1), bne(a5, 0, -32), jal(0, 0));
  bench.load(p);
  Program f(base + 0x800);
  f.words(nop, jalr(0, ra, 0));
  bench.core.write_memory(f.base(), f.bytes());
  bench.core.set_x(a3, base + 0x800);
  bench.core.set_x(a4, addi(a0, a0, 0));
  bench.core.set_x(a5, 20'480);
  ASSERT_TRUE(bench.run_to(base + 36, 100'000'000));
  EXPECT_EQ(bench.core.x(a0), 20u * (1023u * 1024u / 2u));
}

TEST(SelfModifyingCode, DebuggerWritesAreSeen) {
  Bench bench;
  Program p(base);
  p.words(addi(a0, a0, 1), jal(0, -4));
  bench.load(p);
  bench.core.run(100, true);
  Program q(base);
  q.words(addi(a0, 0, -1), jal(0, 0));
  bench.core.write_memory(base, q.bytes());
  bench.core.set_pc(base);
  EXPECT_EQ(bench.core.run(200, true), Stop::endless_loop);
  EXPECT_EQ(bench.core.x(a0), 0xFFFF'FFFFu);
}

TEST(BusCode, RunsFromOutsideOfThePrivateMemory) {
  Bench bench;
  Program p(RecordingPort::base);
  p.words(addi(a0, 0, 7)).half(c_addi(a0, 1)).words(lui(t0, 0x80000), jalr(0, t0, 0x100));
  std::uint32_t at = p.base();
  for (const std::uint8_t byte : p.bytes()) {
    bench.port.memory[at++] = byte;
  }
  bench.core.set_pc(p.base());
  bench.steps(4);
  EXPECT_EQ(bench.core.x(a0), 8u);
  EXPECT_EQ(bench.core.pc(), base + 0x100);
  for (const auto& event : bench.port.events) {
    EXPECT_EQ(event.kind, 'f');
  }
}

TEST(Fuzz, RandomBytesCannotHurtTheHost) {
  // Every kind of garbage: pure noise, and noise that looks like instructions.
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    std::mt19937_64 random(seed);
    Bench bench;
    std::vector<std::uint8_t> bytes(64u << 10);
    for (std::size_t i = 0; i + 4 <= bytes.size(); i += 4) {
      auto word = static_cast<std::uint32_t>(random());
      if (seed % 2 == 0) {
        constexpr std::array<std::uint32_t, 11> opcodes = {0x37, 0x17, 0x6F, 0x67, 0x63, 0x03,
                                                           0x23, 0x13, 0x33, 0x2F, 0x73};
        word = (word & ~0x7Fu) | opcodes[random() % opcodes.size()];
      }
      for (std::uint32_t k = 0; k < 4; ++k) {
        bytes[i + k] = static_cast<std::uint8_t>(word >> (8 * k));
      }
    }
    bench.core.write_memory(base, bytes);
    for (std::uint32_t r = 1; r < 32; ++r) {
      const auto value = static_cast<std::uint32_t>(random());
      bench.core.set_x(r, random() % 2 == 0 ? base + (value & 0xFFFFu) : value);
    }
    bench.core.write_csr(csr::mtvec, base + (static_cast<std::uint32_t>(random()) & 0xFFFCu));
    bench.core.write_csr(csr::mie, static_cast<std::uint32_t>(random()));
    for (int round = 0; round < 200; ++round) {
      const std::uint64_t before = bench.core.cycles();
      const Stop stop = bench.core.run(before + 500, round % 2 == 0);
      if (stop == Stop::trap_loop || stop == Stop::endless_loop) {
        break;
      }
      if (stop == Stop::spin) {
        bench.core.spin_until(before + 500);
      }
      if (stop == Stop::wfi) {
        bench.core.stall_until(before + 1000);
      }
      bench.core.set_interrupt_line(mip_mtip, random() % 4 == 0);
      ASSERT_LE(bench.core.instructions(), bench.core.cycles());
      ASSERT_EQ(bench.core.x(0), 0u);
    }
  }
}

TEST(Breakpoints, StopBeforeAndStepOver) {
  Bench bench;
  Program p(base);
  p.words(addi(a0, a0, 1), addi(a0, a0, 2), addi(a0, a0, 4), jal(0, -12));
  bench.load(p);
  bench.core.run(50, true);
  bench.core.set_pc(base);
  bench.core.set_x(a0, 0);
  bench.core.set_breakpoint(base + 4, true);
  EXPECT_EQ(bench.core.run(10'000, true), Stop::breakpoint);
  EXPECT_EQ(bench.core.pc(), base + 4);
  EXPECT_EQ(bench.core.x(a0), 1u);
  EXPECT_EQ(bench.core.run(10'000, true), Stop::breakpoint) << "stays there";
  bench.steps(1);
  EXPECT_EQ(bench.core.x(a0), 3u);
  bench.core.set_breakpoint(base + 4, false);
  EXPECT_EQ(bench.core.run(10'000, true), Stop::limit);
}

}  // namespace
}  // namespace tessera::host
