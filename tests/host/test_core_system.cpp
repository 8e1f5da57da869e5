// SPDX-License-Identifier: Apache-2.0
// CSRs, counters, traps, interrupts, and what is remembered about faults.
#include <gtest/gtest.h>

#include "tests/host/assembler_compressed.h"
#include "tests/host/core_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace)

constexpr std::uint32_t base = 0x8000'0000;
constexpr std::uint32_t handler = base + 0x400;

struct Machine : Bench {
  explicit Machine(const Program& p) {
    load(p);
    core.write_csr(csr::mtvec, handler);
  }
};

TEST(Csr, ResetValuesAndIdentity) {
  Machine m{Program(base)};
  EXPECT_EQ(m.csr(csr::misa), 0x4000'1105u);  // RV32, I, M, A, C
  EXPECT_EQ(m.csr(csr::mstatus), 0x1800u);    // MPP reads machine mode
  for (const std::uint32_t number : {0xF11u, 0xF12u, 0xF13u, 0xF14u, 0xF15u, 0x310u, 0x304u, 0x344u, 0x320u, 0x341u}) {
    EXPECT_EQ(m.csr(number), 0u) << std::hex << number;
  }
}

TEST(Csr, WriteMasks) {
  struct Case {
    std::uint32_t number, written, read;
  };
  for (const Case& c :
       {Case{csr::mstatus, 0xFFFF'FFFF, 0x1888}, Case{csr::mstatus, 0, 0x1800}, Case{csr::mie, 0xFFFF'FFFF, 0x888},
        Case{csr::mip, 0xFFFF'FFFF, 0}, Case{csr::misa, 0, 0x4000'1105}, Case{csr::mtvec, 0xFFFF'FFFF, 0xFFFF'FFFD},
        Case{csr::mtvec, 0x8000'0002, 0x8000'0000}, Case{csr::mepc, 0xFFFF'FFFF, 0xFFFF'FFFE},
        Case{csr::mscratch, 0xA5A5'5A5A, 0xA5A5'5A5A}, Case{csr::mcause, 0x8000'000B, 0x8000'000B},
        Case{csr::mtval, 0x1234'5678, 0x1234'5678}, Case{csr::mcountinhibit, 0xFFFF'FFFF, 5},
        Case{csr::mstatush, 0xFFFF'FFFF, 0}, Case{csr::mhpmcounter3, 7, 0}, Case{csr::mhpmevent31, 7, 0}}) {
    Program p(base);
    p.words(csrrw(a0, c.number, a1), csrrs(a2, c.number, 0));
    Machine m(p);
    m.core.set_x(a1, c.written);
    m.steps(2);
    EXPECT_EQ(m.core.x(a2), c.read) << std::hex << c.number;
    EXPECT_EQ(m.core.counts().exceptions, 0u) << std::hex << c.number;
  }
}

TEST(Csr, SetClearAndImmediateForms) {
  Program p(base);
  p.words(csrrw(a0, 0x340, a1), csrrs(a2, 0x340, a3), csrrc(a4, 0x340, a5), csrrs(a6, 0x340, 0));
  p.words(csrrwi(t0, 0x340, 31), csrrsi(t1, 0x340, 0), csrrci(t2, 0x340, 3), csrrs(a7, 0x340, 0));
  Machine m(p);
  m.core.set_x(a1, 0xF0);
  m.core.set_x(a3, 0x0F);
  m.core.set_x(a5, 0x81);
  m.steps(8);
  EXPECT_EQ(m.core.x(a0), 0u);
  EXPECT_EQ(m.core.x(a2), 0xF0u);
  EXPECT_EQ(m.core.x(a4), 0xFFu);
  EXPECT_EQ(m.core.x(a6), 0x7Eu);
  EXPECT_EQ(m.core.x(t0), 0x7Eu);
  EXPECT_EQ(m.core.x(t1), 31u);
  EXPECT_EQ(m.core.x(t2), 31u);
  EXPECT_EQ(m.core.x(a7), 28u);
}

TEST(Csr, SourceAndDestinationMayBeTheSameRegister) {
  Program p(base);
  p.words(csrrw(a1, 0x340, a1), csrrw(a1, 0x340, a1));
  Machine m(p);
  m.core.set_x(a1, 99);
  m.steps(1);
  EXPECT_EQ(m.core.x(a1), 0u);
  m.steps(1);
  EXPECT_EQ(m.core.x(a1), 99u);
}

TEST(Csr, AbsentAndReadOnlyOnesTrap) {
  struct Case {
    std::uint32_t bits;
    bool legal;
  };
  for (const Case& c :
       {Case{csrrs(a0, 0x100, 0), false},  // sstatus
        Case{csrrs(a0, 0x302, 0), false}, Case{csrrs(a0, 0x303, 0), false}, Case{csrrs(a0, 0x306, 0), false},
        Case{csrrs(a0, 0x3A0, 0), false}, Case{csrrs(a0, 0x7A4, 0), false}, Case{csrrs(a0, 0x7C0, 0), false},
        Case{csrrs(a0, 0x001, 0), false}, Case{csrrs(a0, 0xC03, 0), false}, Case{csrrs(a0, 0xB01, 0), false},
        Case{csrrw(a0, 0xF14, 0), false}, Case{csrrs(a0, 0xF14, a1), false}, Case{csrrsi(a0, 0xC00, 1), false},
        Case{csrrs(a0, 0xF14, 0), true}, Case{csrrsi(a0, 0xC00, 0), true}, Case{csrrci(a0, 0xC82, 0), true},
        Case{csrrw(0, 0x340, a1), true}, Case{csrrw(0, 0x7A0, a1), true}}) {
    Program p(base);
    p.word(c.bits);
    Machine m(p);
    m.core.set_x(a0, 1234);
    m.steps(1);
    EXPECT_EQ(m.core.counts().exceptions, c.legal ? 0u : 1u) << std::hex << c.bits;
    if (!c.legal) {
      EXPECT_EQ(m.csr(csr::mcause), 2u);
      EXPECT_EQ(m.csr(csr::mtval), c.bits);
      EXPECT_EQ(m.core.x(a0), 1234u) << "a trapping CSR access must not write its destination";
    }
  }
}

TEST(Counters, InstretCountsWhatRetired) {
  Program p(base);
  p.words(csrrs(a0, 0xB02, 0), nop, nop, ecall);
  Machine m(p);
  Program h(handler);
  h.words(csrrs(a1, 0xB02, 0), csrrs(a2, 0xC02, 0));
  m.core.write_memory(handler, h.bytes());
  m.steps(6);
  EXPECT_EQ(m.core.x(a0), 0u);
  EXPECT_EQ(m.core.x(a1), 3u) << "ecall does not retire";
  EXPECT_EQ(m.core.x(a2), 4u);
}

TEST(Counters, InstretIsExactInTheMiddleOfBlocksAndLoops) {
  Program p(base);
  p.words(addi(a1, 0, 100), addi(a1, a1, -1), bne(a1, 0, -4), csrrs(a0, 0xB02, 0), jal(0, 0));
  Machine m(p);
  ASSERT_TRUE(m.run_to(base + 16));
  EXPECT_EQ(m.core.x(a0), 201u);
}

TEST(Counters, AWriteReplacesTheOwnIncrement) {
  Program p(base);
  p.words(csrrw(0, 0xB02, a1), csrrs(a0, 0xB02, 0), csrrs(a2, 0xB02, 0));
  Machine m(p);
  m.core.set_x(a1, 1000);
  m.steps(3);
  EXPECT_EQ(m.core.x(a0), 1000u);
  EXPECT_EQ(m.core.x(a2), 1001u);
}

TEST(Counters, CyclesCarryIntoTheirUpperHalf) {
  Program p(base);
  p.words(csrrw(0, 0xB80, 0), csrrw(0, 0xB00, a1), csrrs(a0, 0xB00, 0), csrrs(a2, 0xB80, 0), csrrs(a3, 0xC80, 0));
  Machine m(p);
  m.core.set_x(a1, 0xFFFF'FFFF);
  m.steps(5);
  EXPECT_EQ(m.core.x(a0), 0xFFFF'FFFFu);
  EXPECT_EQ(m.core.x(a2), 1u);
  EXPECT_EQ(m.core.x(a3), 1u);
}

TEST(Counters, InhibitStopsEachAlone) {
  Program p(base);
  p.words(csrrwi(0, 0x320, 4), csrrs(a0, 0xB02, 0), nop, csrrs(a1, 0xB02, 0));  // instret stands
  p.words(csrrs(a2, 0xB00, 0), csrrs(a3, 0xB00, 0), csrrwi(0, 0x320, 1), csrrs(a4, 0xB00, 0), nop, csrrs(a5, 0xB00, 0));
  p.words(csrrw(0, 0xB00, t0), csrrs(a6, 0xB00, 0), csrrwi(0, 0x320, 0), csrrs(a7, 0xB00, 0));
  Machine m(p);
  m.core.set_x(t0, 50);
  m.steps(14);
  EXPECT_EQ(m.core.x(a0), m.core.x(a1));
  EXPECT_EQ(m.core.x(a3), m.core.x(a2) + 1);
  EXPECT_EQ(m.core.x(a4), m.core.x(a5));
  EXPECT_EQ(m.core.x(a6), 50u) << "an inhibited counter can be written";
  EXPECT_EQ(m.core.x(a7), 50u);
}

TEST(Counters, TimeComesFromThePlatform) {
  Program p(base);
  p.words(csrrs(a0, 0xC01, 0), csrrs(a1, 0xC81, 0));
  Machine m(p);
  m.port.now = 0x1'2345'6789;
  m.steps(2);
  EXPECT_EQ(m.core.x(a0), 0x2345'6789u);
  EXPECT_EQ(m.core.x(a1), 1u);
}

TEST(Traps, SaveAndRestoreState) {
  Program p(base);
  p.words(csrrsi(0, 0x300, 8), ecall);
  Machine m(p);
  Program h(handler);
  h.words(csrrs(a0, 0x300, 0), csrrs(a1, 0x341, 0), addi(a1, a1, 4), csrrw(0, 0x341, a1), mret);
  m.core.write_memory(handler, h.bytes());
  m.steps(2);
  EXPECT_EQ(m.core.pc(), handler);
  EXPECT_EQ(m.csr(csr::mcause), 11u);
  EXPECT_EQ(m.csr(csr::mepc), base + 4);
  EXPECT_EQ(m.csr(csr::mtval), 0u);
  m.steps(5);
  EXPECT_EQ(m.core.x(a0), 0x1880u) << "MPIE holds the old MIE, MIE is off";
  EXPECT_EQ(m.core.pc(), base + 8);
  EXPECT_EQ(m.csr(csr::mstatus), 0x1888u) << "MIE restored, MPIE set, MPP reads 3";
}

TEST(Traps, MretWithInterruptsOffBefore) {
  Program p(base);
  p.words(mret);
  Machine m(p);
  m.core.write_csr(csr::mepc, base + 0x20);
  m.steps(1);
  EXPECT_EQ(m.core.pc(), base + 0x20);
  EXPECT_EQ(m.csr(csr::mstatus), 0x1880u);
}

TEST(Traps, BreakpointsGiveTheirPc) {
  Program p(base);
  p.half(c_nop).half(c_ebreak).word(ebreak);
  Machine m(p);
  m.steps(2);
  EXPECT_EQ(m.csr(csr::mcause), 3u);
  EXPECT_EQ(m.csr(csr::mtval), base + 2);
  EXPECT_EQ(m.csr(csr::mepc), base + 2);
  m.core.set_pc(base + 4);
  m.steps(1);
  EXPECT_EQ(m.csr(csr::mtval), base + 4);
}

TEST(Traps, AccessFaultsGiveTheAddressAndChangeNothing) {
  struct Case {
    std::uint32_t bits, cause;
  };
  for (const Case& c : {Case{lw(a0, sp, 0), 5}, Case{lbu(a0, sp, 0), 5}, Case{sw(a0, sp, 0), 7}, Case{sb(a0, sp, 0), 7},
                        Case{amo(0x02, a0, sp, 0), 5}, Case{amo(0, a0, sp, a1), 7}}) {
    Program p(base);
    p.word(c.bits);
    Machine m(p);
    m.core.set_x(sp, 0xFFFF'FFF0);
    m.core.set_x(a0, 1234);
    m.steps(1);
    EXPECT_EQ(m.csr(csr::mcause), c.cause);
    EXPECT_EQ(m.csr(csr::mtval), 0xFFFF'FFF0u);
    EXPECT_EQ(m.core.x(a0), 1234u);
    EXPECT_EQ(m.core.instructions(), 0u);
  }
}

TEST(Traps, FetchFaultsAtTheTargetNotAtTheJump) {
  Program p(base);
  p.word(jalr(0, a0, 0));
  Machine m(p);
  m.core.set_x(a0, 0x4000'0002);
  m.steps(2);
  EXPECT_EQ(m.csr(csr::mcause), 1u);
  EXPECT_EQ(m.csr(csr::mepc), 0x4000'0002u);
  EXPECT_EQ(m.csr(csr::mtval), 0x4000'0002u);
}

TEST(Traps, AnInstructionAcrossTheEndOfMemoryFaultsInItsSecondHalf) {
  const std::uint32_t end = base + (64u << 10);
  Program p(end - 2);
  p.half(addi(a0, a0, 1) & 0xFFFFu);
  Machine m(p);
  m.steps(1);
  EXPECT_EQ(m.csr(csr::mcause), 1u);
  EXPECT_EQ(m.csr(csr::mepc), end - 2);
  EXPECT_EQ(m.csr(csr::mtval), end);
}

TEST(Traps, AccessesAcrossTheEndOfMemoryFaultBehindIt) {
  const std::uint32_t end = base + (64u << 10);
  Program p(base);
  p.words(lw(a0, sp, 0));
  Machine m(p);
  m.core.set_x(sp, end - 2);
  m.steps(1);
  EXPECT_EQ(m.csr(csr::mcause), 5u);
  EXPECT_EQ(m.csr(csr::mtval), end);
  EXPECT_EQ(m.core.x(a0), 0u);
}

TEST(Traps, LastBytesOfMemoryAreReachable) {
  const std::uint32_t end = base + (64u << 10);
  Program p(base);
  p.words(sb(a1, sp, -1), lbu(a0, sp, -1), sh(a1, sp, -2), lhu(a2, sp, -2), sw(a1, sp, -4), lw(a3, sp, -4));
  Machine m(p);
  m.core.set_x(sp, end);
  m.core.set_x(a1, 0xABCD);
  m.steps(6);
  EXPECT_EQ(m.core.x(a0), 0xCDu);
  EXPECT_EQ(m.core.x(a2), 0xABCDu);
  EXPECT_EQ(m.core.x(a3), 0xABCDu);
  EXPECT_EQ(m.core.counts().exceptions, 0u);
}

TEST(Traps, MisalignedAtomicsTrap) {
  struct Case {
    std::uint32_t bits, cause;
  };
  for (const Case& c :
       {Case{amo(0x02, a0, a1, 0), 4}, Case{amo(0x03, a0, a1, a2), 6}, Case{amo(0x00, a0, a1, a2), 6}}) {
    Program p(base);
    p.word(c.bits);
    Machine m(p);
    m.core.set_x(a1, base + 0x102);
    m.steps(1);
    EXPECT_EQ(m.csr(csr::mcause), c.cause);
    EXPECT_EQ(m.csr(csr::mtval), base + 0x102);
  }
}

TEST(Traps, AreVectoredForInterruptsOnly) {
  Program p(base);
  p.words(csrrsi(0, 0x300, 8), nop, nop);
  Machine m(p);
  m.core.write_csr(csr::mtvec, handler | 1);
  m.core.write_csr(csr::mie, 0x888);
  m.core.set_interrupt_line(mip_mtip, true);
  m.steps(2);
  EXPECT_EQ(m.core.pc(), handler + 4 * 7);
  EXPECT_EQ(m.csr(csr::mcause), 0x8000'0007u);
  EXPECT_EQ(m.csr(csr::mepc), base + 4);
  m.core.set_pc(base + 0x200);  // zeros: illegal
  m.steps(1);
  EXPECT_EQ(m.core.pc(), handler) << "exceptions go to the base";
}

TEST(Interrupts, PriorityIsExternalSoftwareTimer) {
  Program p(base);
  p.words(csrrsi(0, 0x300, 8), nop, nop);
  struct Case {
    std::uint32_t lines, cause;
  };
  for (const Case& c : {Case{mip_meip | mip_msip | mip_mtip, 11}, Case{mip_msip | mip_mtip, 3}, Case{mip_mtip, 7}}) {
    Machine m(p);
    m.core.write_csr(csr::mie, 0x888);
    for (const std::uint32_t bit : {mip_meip, mip_msip, mip_mtip}) {
      m.core.set_interrupt_line(bit, (c.lines & bit) != 0);
    }
    m.steps(2);
    EXPECT_EQ(m.csr(csr::mcause), interrupt_flag | c.cause);
  }
}

TEST(Interrupts, NeedBothEnables) {
  for (const bool global : {false, true}) {
    for (const bool own : {false, true}) {
      Program p(base);
      p.words(nop, nop, nop, jal(0, 0));
      Machine m(p);
      m.core.write_csr(csr::mstatus, global ? 8 : 0);
      m.core.write_csr(csr::mie, own ? mip_meip : mip_mtip);
      m.core.set_interrupt_line(mip_meip, true);
      m.steps(2);
      EXPECT_EQ(m.core.counts().interrupts, global && own ? 1u : 0u);
      EXPECT_EQ(m.csr(csr::mip), mip_meip);
    }
  }
}

TEST(Interrupts, WfiStopsUnlessSomethingIsPending) {
  Program p(base);
  p.words(wfi, nop);
  Machine m(p);
  m.core.write_csr(csr::mie, mip_mtip);
  m.steps(1);
  EXPECT_EQ(m.last, Stop::wfi);
  EXPECT_EQ(m.core.pc(), base + 4) << "wfi has retired; waking goes on behind it";
  m.core.set_pc(base);
  m.core.set_interrupt_line(mip_mtip, true);
  m.steps(1);
  EXPECT_NE(m.last, Stop::wfi) << "also with interrupts globally off";
}

TEST(Faults, TheFirstOfAChainIsKept) {
  Program p(base);
  p.words(addi(a0, 0, 1), lw(a1, 0, 0x100));
  Machine m(p);
  Program h(handler);
  h.words(sw(a1, 0, 0x200));
  m.core.write_memory(handler, h.bytes());
  m.steps(4);
  const FaultRecord& fault = m.core.last_fault();
  ASSERT_TRUE(fault.valid);
  EXPECT_EQ(fault.cause, 5u);
  EXPECT_EQ(fault.pc, base + 4);
  EXPECT_EQ(fault.value, 0x100u);
  EXPECT_EQ(fault.x[a0], 1u);
  EXPECT_EQ(fault.nested, 2u);
  EXPECT_EQ(fault.nested_cause, 7u);
  EXPECT_EQ(fault.nested_pc, handler);
}

TEST(Faults, TrapLoopsAreFound) {
  // An unmapped handler; a handler that faults itself; a handler that returns without moving mepc.
  for (int kind = 0; kind < 3; ++kind) {
    Program p(base);
    p.words(lw(a1, 0, 0x100));
    Machine m(p);
    Program h(handler);
    if (kind == 0) {
      m.core.write_csr(csr::mtvec, 0x4000'0000);
    }
    if (kind == 1) {
      h.words(addi(sp, sp, -16), sw(ra, sp, 0));
    }
    if (kind == 2) {
      h.words(csrrs(a0, 0x342, 0), mret);
    }
    m.core.write_memory(handler, h.bytes());
    int runs = 0;
    do {
      m.last = m.core.run(m.core.cycles() + 1000, true);
    } while (m.last != Stop::trap_loop && ++runs < 100'000);
    EXPECT_EQ(m.last, Stop::trap_loop) << kind;
    EXPECT_EQ(m.core.last_fault().pc, base) << kind;
  }
}

TEST(Faults, HandledExceptionsAreNoLoop) {
  Program p(base);
  p.words(addi(a2, 0, 2000), lw(a1, 0, 0x100), addi(a2, a2, -1), bne(a2, 0, -8), jal(0, 0));
  Machine m(p);
  Program h(handler);
  h.words(csrrs(a0, 0x341, 0), addi(a0, a0, 4), csrrw(0, 0x341, a0), mret);
  m.core.write_memory(handler, h.bytes());
  EXPECT_TRUE(m.run_to(base + 16));
  EXPECT_EQ(m.core.counts().exceptions, 2000u);
}

TEST(Faults, BranchRingHoldsTheLatestJumps) {
  Program p(base);
  p.words(addi(a1, 0, 50), addi(a1, a1, -1), bne(a1, 0, -4), jal(0, 8), nop, lw(a0, 0, 0));
  Machine m(p);
  while (m.core.counts().exceptions == 0) {
    m.last = m.core.run(m.core.cycles() + 1000, true);
  }
  const BranchRing& ring = m.core.last_fault().branches;
  ASSERT_EQ(ring.kept(), 32u);
  EXPECT_EQ(ring.back(0), (TakenBranch{base + 12, base + 20}));
  for (std::uint32_t age = 1; age < 32; ++age) {
    EXPECT_EQ(ring.back(age), (TakenBranch{base + 8, base + 4}));
  }
  EXPECT_EQ(ring.count, 50u);
}

TEST(Faults, EndlessLoopsWithoutInterruptsAreFound) {
  Program p(base);
  p.words(nop, jal(0, 0));
  Machine m(p);
  m.last = m.core.run(1000, true);
  EXPECT_EQ(m.last, Stop::endless_loop);
  Machine waiting(p);
  waiting.core.write_csr(csr::mstatus, 8);
  waiting.core.write_csr(csr::mie, mip_mtip);
  waiting.last = waiting.core.run(1000, true);
  EXPECT_EQ(waiting.last, Stop::spin);
  waiting.core.spin_until(1000);
  EXPECT_EQ(waiting.core.cycles(), 1001u) << "one nop, then jumps of two cycles";
  EXPECT_EQ(waiting.core.instructions(), 501u);
}

}  // namespace
}  // namespace tessera::host
