// SPDX-License-Identifier: Apache-2.0
// Each instruction with its corner cases. Expected values are worked out here from the specification's words.
#include <gtest/gtest.h>

#include <limits>

#include "tests/host/assembler_compressed.h"
#include "tests/host/core_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;
constexpr std::uint32_t lowest = 0x8000'0000;

/// Result of one instruction `bits` on a1 and a2, through a block and through a single step.
std::uint32_t result_of(std::uint32_t bits, std::uint32_t a, std::uint32_t b) {
  Bench blocks;
  Program p(base);
  p.word(bits).word(c_nop | c_nop << 16).word(jal(0, 0));
  blocks.load(p);
  blocks.core.set_x(a1, a);
  blocks.core.set_x(a2, b);
  EXPECT_TRUE(blocks.run_to(base + 8));
  Bench single;
  single.load(p);
  single.core.set_x(a1, a);
  single.core.set_x(a2, b);
  single.steps(1);
  EXPECT_EQ(single.core.x(a0), blocks.core.x(a0));
  EXPECT_EQ(single.core.pc(), base + 4);
  return blocks.core.x(a0);
}

struct Binary {
  const char* name;
  std::uint32_t f7, f3;
  std::uint32_t a, b, expected;
};

class RegisterRegister : public testing::TestWithParam<Binary> {};

TEST_P(RegisterRegister, GivesTheSpecifiedValue) {
  const Binary& c = GetParam();
  EXPECT_EQ(result_of(op(c.f7, c.f3, a0, a1, a2), c.a, c.b), c.expected) << c.name;
}

INSTANTIATE_TEST_SUITE_P(
    Isa, RegisterRegister,
    testing::Values(
        Binary{"add wraps", 0, 0, 0xFFFF'FFFF, 2, 1}, Binary{"sub wraps", 0x20, 0, 0, 1, 0xFFFF'FFFF},
        Binary{"sll uses five bits", 0, 1, 1, 33, 2}, Binary{"sll by 31", 0, 1, 3, 31, 0x8000'0000},
        Binary{"slt signed", 0, 2, lowest, 1, 1}, Binary{"slt equal", 0, 2, 5, 5, 0},
        Binary{"sltu unsigned", 0, 3, lowest, 1, 0}, Binary{"sltu below", 0, 3, 0, lowest, 1},
        Binary{"xor", 0, 4, 0xF0F0'F0F0, 0xFF00'FF00, 0x0FF0'0FF0}, Binary{"srl fills zeros", 0, 5, lowest, 31, 1},
        Binary{"srl uses five bits", 0, 5, 8, 35, 1}, Binary{"sra fills signs", 0x20, 5, lowest, 31, 0xFFFF'FFFF},
        Binary{"sra by zero", 0x20, 5, lowest, 32, lowest}, Binary{"or", 0, 6, 0x0F, 0xF0, 0xFF},
        Binary{"and", 0, 7, 0x3C, 0x0F, 0x0C}, Binary{"mul low", 1, 0, 0x1'0001, 0x1'0001, 0x0002'0001},
        Binary{"mul negative", 1, 0, 0xFFFF'FFFF, 7, 0xFFFF'FFF9},
        Binary{"mulh of lowest", 1, 1, lowest, lowest, 0x4000'0000},
        Binary{"mulh mixed signs", 1, 1, 0xFFFF'FFFF, 1, 0xFFFF'FFFF},
        Binary{"mulhsu", 1, 2, 0xFFFF'FFFF, 0xFFFF'FFFF, 0xFFFF'FFFF},
        Binary{"mulhsu positive", 1, 2, 2, 0xFFFF'FFFF, 1},
        Binary{"mulhu", 1, 3, 0xFFFF'FFFF, 0xFFFF'FFFF, 0xFFFF'FFFE},
        Binary{"div rounds to zero", 1, 4, 0xFFFF'FFF9, 2, 0xFFFF'FFFD},
        Binary{"div by zero", 1, 4, 42, 0, 0xFFFF'FFFF}, Binary{"div overflow", 1, 4, lowest, 0xFFFF'FFFF, lowest},
        Binary{"divu", 1, 5, 0xFFFF'FFFE, 2, 0x7FFF'FFFF}, Binary{"divu by zero", 1, 5, 42, 0, 0xFFFF'FFFF},
        Binary{"rem sign of dividend", 1, 6, 0xFFFF'FFF9, 2, 0xFFFF'FFFF},
        Binary{"rem by zero", 1, 6, 0xFFFF'FFF9, 0, 0xFFFF'FFF9}, Binary{"rem overflow", 1, 6, lowest, 0xFFFF'FFFF, 0},
        Binary{"remu", 1, 7, 0xFFFF'FFFF, 10, 5}, Binary{"remu by zero", 1, 7, 42, 0, 42}));

struct Immediate {
  const char* name;
  std::uint32_t bits;
  std::uint32_t a, expected;
};

class RegisterImmediate : public testing::TestWithParam<Immediate> {};

TEST_P(RegisterImmediate, GivesTheSpecifiedValue) {
  const Immediate& c = GetParam();
  EXPECT_EQ(result_of(c.bits, c.a, 0), c.expected) << c.name;
}

INSTANTIATE_TEST_SUITE_P(
    Isa, RegisterImmediate,
    testing::Values(Immediate{"addi lowest", addi(a0, a1, -2048), 0, 0xFFFF'F800},
                    Immediate{"addi highest", addi(a0, a1, 2047), 1, 2048},
                    Immediate{"slti", op_imm(2, a0, a1, -1), 0xFFFF'FFFE, 1},
                    Immediate{"sltiu extends the sign first", op_imm(3, a0, a1, -1), 5, 1},
                    Immediate{"sltiu as seqz", op_imm(3, a0, a1, 1), 0, 1},
                    Immediate{"xori as not", op_imm(4, a0, a1, -1), 0x1234'5678, 0xEDCB'A987},
                    Immediate{"ori", op_imm(6, a0, a1, 0x700), 0x0F, 0x70F},
                    Immediate{"andi extends the sign", op_imm(7, a0, a1, -16), 0xFFFF'FFFF, 0xFFFF'FFF0},
                    Immediate{"slli", op_imm(1, a0, a1, 31), 1, lowest},
                    Immediate{"srli", op_imm(5, a0, a1, 4), lowest, 0x0800'0000},
                    Immediate{"srai", op_imm(5, a0, a1, 0x400 | 4), lowest, 0xF800'0000},
                    Immediate{"lui", lui(a0, 0xF'FFFF), 0, 0xFFFF'F000}, Immediate{"auipc", auipc(a0, 0x80000), 0, 0},
                    Immediate{"auipc 1", auipc(a0, 1), 0, base + 0x1000}));

TEST(Isa, WritesToX0AreDropped) {
  Bench bench;
  Program p(base);
  p.words(addi(0, 0, 5), lui(0, 0x12345), add(0, a1, a1), jal(0, 4), auipc(0, 1), csrrs(0, 0x301, 0), lw(0, sp, 0));
  p.words(op(1, 4, 0, a1, a1), jal(0, 0));
  bench.load(p);
  bench.core.set_x(a1, 7);
  bench.core.set_x(sp, base);
  ASSERT_TRUE(bench.run_to(base + 32));
  EXPECT_EQ(bench.core.x(0), 0u);
}

struct BranchCase {
  std::uint32_t f3, a, b;
  bool taken;
};

class Branches : public testing::TestWithParam<BranchCase> {};

TEST_P(Branches, GoTheRightWayForwardAndBack) {
  const BranchCase& c = GetParam();
  for (const std::int32_t distance : {16, -16, 4092, -4096}) {
    Bench bench;
    Program p(base + 0x4000);
    p.word(b_type(distance, a2, a1, c.f3));
    bench.load(p);
    bench.core.set_x(a1, c.a);
    bench.core.set_x(a2, c.b);
    bench.steps(1);
    EXPECT_EQ(bench.core.pc(), c.taken ? base + 0x4000 + static_cast<std::uint32_t>(distance) : base + 0x4004);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Isa, Branches,
    testing::Values(BranchCase{0, 1, 1, true}, BranchCase{0, 1, 2, false}, BranchCase{1, 1, 2, true},
                    BranchCase{1, 3, 3, false}, BranchCase{4, lowest, 0, true}, BranchCase{4, 0, lowest, false},
                    BranchCase{4, 1, 1, false}, BranchCase{5, 0, lowest, true}, BranchCase{5, 1, 1, true},
                    BranchCase{5, lowest, 1, false}, BranchCase{6, 0, lowest, true}, BranchCase{6, lowest, 0, false},
                    BranchCase{7, lowest, 0, true}, BranchCase{7, 0, lowest, false}, BranchCase{7, 2, 2, true}));

TEST(Isa, JumpsLinkAndReachFar) {
  for (const std::int32_t distance : {8, -8, 0x7FFE, -0x8000}) {
    Bench bench;
    Program p(base + 0x8000);
    p.word(jal(ra, distance));
    bench.load(p).steps(1);
    EXPECT_EQ(bench.core.pc(), base + 0x8000 + static_cast<std::uint32_t>(distance));
    EXPECT_EQ(bench.core.x(ra), base + 0x8004);
  }
}

TEST(Isa, JalrClearsBitZeroAndReadsItsBaseBeforeLinking) {
  Bench bench;
  Program p(base);
  p.words(jalr(a1, a1, 3));
  bench.load(p);
  bench.core.set_x(a1, base + 0x100);
  bench.steps(1);
  EXPECT_EQ(bench.core.pc(), base + 0x102);
  EXPECT_EQ(bench.core.x(a1), base + 4);
}

TEST(Isa, LoadsExtendAndStoresCut) {
  Bench bench;
  Program p(base);
  p.words(lb(a0, sp, 1), lbu(a1, sp, 1), lh(a2, sp, 2), lhu(a3, sp, 2), lw(a4, sp, 0));
  p.words(sb(a4, sp, 4), sh(a4, sp, 6), sw(a4, sp, -4), jal(0, 0));
  bench.load(p);
  bench.core.set_x(sp, base + 0x800);
  const std::array<std::uint8_t, 4> bytes{0x11, 0x92, 0x33, 0xF4};
  bench.core.write_memory(base + 0x800, bytes);
  ASSERT_TRUE(bench.run_to(base + 32));
  EXPECT_EQ(bench.core.x(a0), 0xFFFF'FF92u);
  EXPECT_EQ(bench.core.x(a1), 0x92u);
  EXPECT_EQ(bench.core.x(a2), 0xFFFF'F433u);
  EXPECT_EQ(bench.core.x(a3), 0xF433u);
  EXPECT_EQ(bench.core.x(a4), 0xF433'9211u);
  EXPECT_EQ(bench.word(base + 0x804), 0x9211'0011u);
  EXPECT_EQ(bench.word(base + 0x7FC), 0xF433'9211u);
}

TEST(Isa, MisalignedAccessesWorkInMemoryAndAcrossTheBus) {
  for (const std::uint32_t area : {base + 0x800, RecordingPort::base}) {
    for (std::uint32_t offset = 0; offset < 4; ++offset) {
      Bench bench;
      Program p(base);
      p.words(sw(a1, sp, 0), lw(a0, sp, 0), lh(a2, sp, 1), lhu(a3, sp, 1), sh(a1, sp, 8), lhu(a4, sp, 8), jal(0, 0));
      bench.load(p);
      bench.core.set_x(sp, area + offset);
      bench.core.set_x(a1, 0x89AB'CDEF);
      ASSERT_TRUE(bench.run_to(base + 24));
      EXPECT_EQ(bench.core.x(a0), 0x89AB'CDEFu);
      EXPECT_EQ(bench.core.x(a2), 0xFFFF'ABCDu);
      EXPECT_EQ(bench.core.x(a3), 0xABCDu);
      EXPECT_EQ(bench.core.x(a4), 0xCDEFu);
      for (const auto& event : bench.port.events) {
        EXPECT_EQ(event.address % event.bytes, 0u) << "unaligned on the bus";
      }
    }
  }
}

struct AmoCase {
  std::uint32_t f5, memory, operand, expected;
};
class Atomics : public testing::TestWithParam<AmoCase> {};

TEST_P(Atomics, ReturnTheOldValueAndStoreTheNew) {
  const AmoCase& c = GetParam();
  for (const std::uint32_t address : {base + 0x100, RecordingPort::base + 4}) {
    Bench bench;
    Program p(base);
    p.words(sw(a3, a1, 0), amo(c.f5, a0, a1, a2), lw(a4, a1, 0), jal(0, 0));
    bench.load(p);
    bench.core.set_x(a1, address);
    bench.core.set_x(a2, c.operand);
    bench.core.set_x(a3, c.memory);
    ASSERT_TRUE(bench.run_to(base + 12));
    EXPECT_EQ(bench.core.x(a0), c.memory);
    EXPECT_EQ(bench.core.x(a4), c.expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Isa, Atomics,
                         testing::Values(AmoCase{0x01, 1, 2, 2}, AmoCase{0x00, 0xFFFF'FFFF, 2, 1},
                                         AmoCase{0x04, 0xFF, 0x0F, 0xF0}, AmoCase{0x0C, 0xFF, 0x0F, 0x0F},
                                         AmoCase{0x08, 0xF0, 0x0F, 0xFF}, AmoCase{0x10, lowest, 1, lowest},
                                         AmoCase{0x14, lowest, 1, 1}, AmoCase{0x18, lowest, 1, 1},
                                         AmoCase{0x1C, lowest, 1, lowest}));

TEST(Isa, StoreConditionalNeedsItsReservation) {
  Bench bench;
  Program p(base);
  p.words(amo(0x03, t0, a1, a2));                        // no reservation: fails
  p.words(amo(0x02, a0, a1, 0), amo(0x03, t1, a1, a2));  // succeeds
  p.words(amo(0x03, t2, a1, a2));                        // used up: fails
  p.words(amo(0x02, a0, a1, 0), amo(0x03, a4, a3, a2));  // another address: fails
  p.words(amo(0x03, a5, a1, a2), jal(0, 0));             // and the failure used it up
  bench.load(p);
  bench.core.set_x(a1, base + 0x100);
  bench.core.set_x(a3, base + 0x104);
  bench.core.set_x(a2, 77);
  ASSERT_TRUE(bench.run_to(base + 28));
  EXPECT_EQ(bench.core.x(t0), 1u);
  EXPECT_EQ(bench.core.x(t1), 0u);
  EXPECT_EQ(bench.core.x(t2), 1u);
  EXPECT_EQ(bench.core.x(a4), 1u);
  EXPECT_EQ(bench.core.x(a5), 1u);
  EXPECT_EQ(bench.word(base + 0x100), 77u);
  EXPECT_EQ(bench.word(base + 0x104), 0u);
}

struct CompressedCase {
  const char* name;
  std::uint32_t half, wide;  ///< the 16-bit instruction and what it expands to
};
class Compressed : public testing::TestWithParam<CompressedCase> {};

TEST_P(Compressed, DoesWhatItsExpansionDoes) {
  const CompressedCase& c = GetParam();
  const auto run = [](Program& p, std::uint32_t length) {
    Bench bench;
    bench.load(p);
    for (std::uint32_t r = 1; r < 32; ++r) {
      bench.core.set_x(r, 0x8000'1000 + 0x10 * r);
    }
    for (std::uint32_t a = 0; a < 0x800; a += 4) {
      const std::array<std::uint8_t, 4> bytes{static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(a >> 8), 3, 4};
      bench.core.write_memory(base + 0x1000 + a, bytes);
    }
    bench.steps(1);
    std::vector<std::uint32_t> state;
    for (std::uint32_t r = 0; r < 32; ++r) {
      const bool link = bench.core.x(r) == base + length;
      state.push_back(link ? 0x1111'1111 : bench.core.x(r));
    }
    state.push_back(bench.core.pc() == base + length ? 0 : bench.core.pc());
    for (std::uint32_t a = 0; a < 0x800; a += 4) {
      state.push_back(bench.word(base + 0x1000 + a));
    }
    return state;
  };
  Program narrow(base), wide(base);
  narrow.half(c.half);
  wide.word(c.wide);
  EXPECT_EQ(run(narrow, 2), run(wide, 4)) << c.name;
}

INSTANTIATE_TEST_SUITE_P(
    Isa, Compressed,
    testing::Values(
        CompressedCase{"c.addi4spn", c_addi4spn(10, 1020), addi(10, 2, 1020)},
        CompressedCase{"c.addi4spn 4", c_addi4spn(15, 4), addi(15, 2, 4)},
        CompressedCase{"c.lw", c_lw(9, 10, 124), lw(9, 10, 124)},
        CompressedCase{"c.lw 4", c_lw(8, 15, 4), lw(8, 15, 4)}, CompressedCase{"c.sw", c_sw(9, 10, 64), sw(9, 10, 64)},
        CompressedCase{"c.addi", c_addi(20, -32), addi(20, 20, -32)},
        CompressedCase{"c.addi 31", c_addi(1, 31), addi(1, 1, 31)}, CompressedCase{"c.jal", c_jal(2046), jal(1, 2046)},
        CompressedCase{"c.jal back", c_jal(-2048), jal(1, -2048)},
        CompressedCase{"c.li", c_li(31, -1), addi(31, 0, -1)},
        CompressedCase{"c.addi16sp", c_addi16sp(-512), addi(2, 2, -512)},
        CompressedCase{"c.addi16sp 496", c_addi16sp(496), addi(2, 2, 496)},
        CompressedCase{"c.lui", c_lui(7, -32), lui(7, 0xF'FFE0)}, CompressedCase{"c.lui 31", c_lui(7, 31), lui(7, 31)},
        CompressedCase{"c.srli", c_srli(8, 31), op_imm(5, 8, 8, 31)},
        CompressedCase{"c.srai", c_srai(9, 1), op_imm(5, 9, 9, 0x401)},
        CompressedCase{"c.andi", c_andi(10, -2), op_imm(7, 10, 10, -2)},
        CompressedCase{"c.sub", c_arith(0, 8, 15), op(0x20, 0, 8, 8, 15)},
        CompressedCase{"c.xor", c_arith(1, 9, 14), op(0, 4, 9, 9, 14)},
        CompressedCase{"c.or", c_arith(2, 10, 13), op(0, 6, 10, 10, 13)},
        CompressedCase{"c.and", c_arith(3, 11, 12), op(0, 7, 11, 11, 12)}, CompressedCase{"c.j", c_j(-2), jal(0, -2)},
        CompressedCase{"c.j far", c_j(1366), jal(0, 1366)}, CompressedCase{"c.beqz no", c_beqz(8, 254), beq(8, 0, 254)},
        CompressedCase{"c.bnez", c_bnez(15, -256), bne(15, 0, -256)},
        CompressedCase{"c.bnez 170", c_bnez(8, 170), bne(8, 0, 170)},
        CompressedCase{"c.slli", c_slli(30, 17), op_imm(1, 30, 30, 17)},
        CompressedCase{"c.lwsp", c_lwsp(28, 252), lw(28, 2, 252)},
        CompressedCase{"c.lwsp 8", c_lwsp(1, 8), lw(1, 2, 8)}, CompressedCase{"c.jr", c_jr(19), jalr(0, 19, 0)},
        CompressedCase{"c.jalr", c_jalr(19), jalr(1, 19, 0)}, CompressedCase{"c.mv", c_mv(5, 31), add(5, 0, 31)},
        CompressedCase{"c.add", c_add(5, 31), add(5, 5, 31)}, CompressedCase{"c.swsp", c_swsp(31, 252), sw(31, 2, 252)},
        CompressedCase{"c.nop", c_nop, nop}));

class IllegalPatterns : public testing::TestWithParam<std::uint32_t> {};

TEST_P(IllegalPatterns, TrapWithTheirBits) {
  Bench bench;
  Program p(base);
  p.word(GetParam());
  bench.load(p);
  bench.core.write_csr(csr::mtvec, base + 0x40);
  bench.steps(1);
  EXPECT_EQ(bench.core.pc(), base + 0x40);
  EXPECT_EQ(bench.csr(csr::mcause), 2u);
  EXPECT_EQ(bench.csr(csr::mepc), base);
  const bool wide = (GetParam() & 3u) == 3u;
  EXPECT_EQ(bench.csr(csr::mtval), wide ? GetParam() : GetParam() & 0xFFFFu);
  EXPECT_EQ(bench.core.instructions(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Isa, IllegalPatterns,
                         testing::Values(0x0000'0000u, 0xFFFF'FFFFu, op(0x20, 1, 1, 1, 1),  // sll with bit 30
                                         op(0x02, 0, 1, 1, 1), op(0x10, 2, 1, 1, 1),        // Zba, not there
                                         op_imm(1, 1, 1, 0x400), op_imm(5, 1, 1, 0x200), i_type(0, 1, 3, 1, 0x03),
                                         i_type(0, 1, 6, 1, 0x03), s_type(0, 1, 1, 3), b_type(0, 1, 1, 2),
                                         i_type(0, 1, 1, 1, 0x67), i_type(0, 0, 2, 0, 0x0F), amo(0x05, 1, 1, 1),
                                         amo(0x02, 1, 1, 5), 0x0010'302Fu, i_type(0, 1, 4, 1, 0x73),
                                         0x1020'0073u,                            // sret
                                         0x7B20'0073u,                            // dret
                                         0x1200'0073u,                            // sfence.vma
                                         0x0020'0073u,                            // uret
                                         i_type(0, 1, 2, 1, 0x07), 0x0000'0053u,  // flw, fadd.s
                                         0x2000u, 0x6000u, 0x8000u, 0xA000u,      // F and D loads and stores, reserved
                                         c_srli(8, 1) | 1u << 12, c_slli(5, 1) | 1u << 12,
                                         0x9C01u | 8u << 7,                   // shifts above 31, c.subw
                                         0x6101u & ~0x7Cu, 0x6081u & ~0x7Cu,  // c.addi16sp 0, c.lui 0
                                         0x4002u, 0x8002u));                  // c.lwsp x0, c.jr x0

}  // namespace
}  // namespace tessera::host
