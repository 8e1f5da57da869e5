// SPDX-License-Identifier: Apache-2.0
// Run control of the debug port: breakpoints, watchpoints, steps, exceptions; and that a debugger changes nothing.
#include <gtest/gtest.h>

#include "tests/host/stub_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace): an assembler reads badly with prefixes

constexpr std::uint32_t base = 0x8000'0000;

std::string pc_of(const StubBench& bench) {
  return StubBench::fmt_hex("", bench.core.pc());
}

TEST(Breakpoint, StopsBeforeItsInstructionWhereverInTheBlock) {
  StubBench bench;
  Program p(base);
  p.words(addi(a0, a0, 1), addi(a1, a1, 1), addi(a2, a2, 1), jal(0, -12));
  bench.load(p);
  bench.ask("qSupported:swbreak+;hwbreak+");
  EXPECT_EQ(bench.go("c", 1000), "(none)") << "the loop is decoded and chained";
  bench.bytes("\x03");
  EXPECT_EQ(bench.ask("Z0,80000004,4"), "OK");
  EXPECT_EQ(bench.go("c"), "T05swbreak:;20:04000080;thread:1;");
  EXPECT_EQ(bench.core.x(a0), bench.core.x(a1) + 1);
  const std::uint32_t rounds = bench.core.x(a0);
  EXPECT_EQ(bench.go("c").substr(0, 3), "T05") << "once round";
  EXPECT_EQ(bench.core.x(a0), rounds + 1);
  EXPECT_EQ(bench.ask("z0,80000004,4"), "OK");
  EXPECT_EQ(bench.go("c", 1000), "(none)");
}

TEST(Breakpoint, OfKind2OnACompressedInstruction) {
  StubBench bench;
  Program p(base);
  p.half(c_nop).half(c_nop).word(addi(a0, a0, 1)).half(c_nop).word(jal(0, 0));
  bench.load(p);
  EXPECT_EQ(bench.ask("Z0,80000002,2"), "OK");
  EXPECT_EQ(bench.go("c").substr(0, 3), "T05");
  EXPECT_EQ(bench.core.pc(), base + 2);
  EXPECT_EQ(bench.core.instructions(), 1u);
}

TEST(Breakpoint, WinsOverEbreakAndSemihosting) {
  StubBench bench;
  Program p(base);
  p.words(ebreak, nop, jal(0, 0));
  bench.load(p);
  bench.core.write_csr(csr::mtvec, base + 0x100);
  EXPECT_EQ(bench.ask("Z0,80000000,4"), "OK");
  // The breakpoint at the very pc that the debugger knows is not news; from elsewhere it is.
  Program q(base + 0x20);
  q.word(jal(0, -0x20));
  bench.core.write_memory(q.base(), q.bytes());
  bench.core.set_pc(base + 0x20);
  EXPECT_EQ(bench.go("c").substr(0, 3), "T05");
  EXPECT_EQ(bench.core.pc(), base);
  EXPECT_EQ(bench.csr(csr::mcause), 0u) << "no trap was taken";
}

TEST(Breakpoint, InCodeOutsideOfThePrivateMemory) {
  StubBench bench;
  Program p(RecordingPort::base);
  p.words(addi(a0, a0, 1), addi(a0, a0, 1), addi(a0, a0, 1), jal(0, 0));
  for (std::size_t i = 0; i < p.bytes().size(); ++i) {
    bench.port.memory[RecordingPort::base + static_cast<std::uint32_t>(i)] = p.bytes()[i];
  }
  bench.core.set_pc(RecordingPort::base);
  EXPECT_EQ(bench.ask("Z0,90000008,4"), "OK");
  EXPECT_EQ(bench.go("c").substr(0, 3), "T05");
  EXPECT_EQ(bench.core.pc(), RecordingPort::base + 8);
  EXPECT_EQ(bench.core.x(a0), 2u);
}

TEST(Breakpoint, HardwareOnesSayWhoTheyAreAndSurviveNewCode) {
  StubBench bench;
  Program p(base);
  p.words(nop, nop, nop, jal(0, -12));
  bench.load(p);
  bench.ask("qSupported:swbreak+;hwbreak+");
  EXPECT_EQ(bench.ask("Z1,80000008,4"), "OK");
  EXPECT_EQ(bench.go("c"), "T05hwbreak:;20:08000080;thread:1;");
  EXPECT_EQ(bench.ask("M80000008,4:13051500"), "OK");  // addi a0,a0,1
  EXPECT_EQ(bench.go("c"), "T05hwbreak:;20:08000080;thread:1;");
  EXPECT_EQ(bench.core.x(a0), 1u);
}

TEST(Breakpoint, OnAJumpToItselfStopsEveryRound) {
  StubBench bench;
  Program p(base);
  p.words(csrrsi(0, csr::mstatus, 8), jal(0, 0));
  bench.load(p);
  bench.core.write_csr(csr::mie, 0x80);
  EXPECT_EQ(bench.ask("Z0,80000004,4"), "OK");
  EXPECT_EQ(bench.go("c").substr(0, 3), "T05");
  const std::uint64_t before = bench.core.instructions();
  EXPECT_EQ(bench.go("c").substr(0, 3), "T05");
  EXPECT_EQ(bench.core.instructions(), before + 1);
}

TEST(Breakpoint, ThereIsAnEndToThem) {
  StubBench bench;
  for (std::uint32_t i = 0; i < DebugPort::most_points; ++i) {
    ASSERT_EQ(bench.ask(StubBench::fmt_hex("Z0,", base + 2 * i) + ",2"), "OK");
  }
  EXPECT_EQ(bench.ask("Z0,8000f000,2").front(), 'E');
  EXPECT_EQ(bench.ask("Z0,80000000,2"), "OK") << "twice is once";
}

// --- steps

TEST(Step, IsOneInstructionOfAnyKind) {
  StubBench bench;
  Program p(base);
  p.words(addi(a0, a0, 1), beq(0, 0, 8), nop, ecall, nop);
  bench.load(p);
  bench.core.write_csr(csr::mtvec, base + 0x100);
  EXPECT_EQ(bench.go("vCont;s:1").substr(0, 3), "T05");
  EXPECT_EQ(pc_of(bench), "80000004");
  EXPECT_EQ(bench.go("s").substr(0, 3), "T05");
  EXPECT_EQ(pc_of(bench), "8000000c");
  EXPECT_EQ(bench.go("vCont;s").substr(0, 3), "T05");
  EXPECT_EQ(pc_of(bench), "80000100") << "a step into a trap ends at the handler's first instruction";
  EXPECT_EQ(bench.core.instructions(), 2u);
}

TEST(Step, OverWfiEndsBehindIt) {
  StubBench bench;
  Program p(base);
  p.words(wfi, nop, jal(0, 0));
  bench.load(p);
  bench.core.write_csr(csr::mie, 0x80);
  int naps = 0;
  bench.on_sleep = [&] {
    ++naps;
    bench.core.set_interrupt_line(mip_mtip, true);
  };
  EXPECT_EQ(bench.go("vCont;s").substr(0, 3), "T05");
  EXPECT_EQ(naps, 1);
  EXPECT_EQ(pc_of(bench), "80000004");
}

/// A loop with interrupts on; the handler counts in s1.
struct Interrupted : StubBench {
  Interrupted() {
    Program p(base);
    p.words(addi(a0, a0, 1), addi(a1, a1, 1), jal(0, -8));
    load(p);
    Program h(base + 0x100);
    h.words(addi(s1, s1, 1)).li(t0, RecordingPort::base).words(sw(0, t0, 0), mret);
    core.write_memory(h.base(), h.bytes());
    core.write_csr(csr::mtvec, base + 0x100);
    core.write_csr(csr::mie, 0x80);
    core.write_csr(csr::mstatus, 8);
  }
  void raise() { core.set_interrupt_line(mip_mtip, true); }
};

TEST(Step, LetsAPendingInterruptRunThroughFirst) {
  Interrupted bench;
  bench.ask("?");
  EXPECT_EQ(bench.go("vCont;s").substr(0, 3), "T05");
  EXPECT_EQ(pc_of(bench), "80000004");
  bench.raise();
  bench.quantum = 4;
  bench.bytes(rsp_frame("vCont;s"));
  bench.run(16);
  EXPECT_EQ(bench.core.x(s1), 1u) << "in the handler";
  EXPECT_EQ(bench.stub.state(), GdbStub::State::running);
  bench.core.set_interrupt_line(mip_mtip, false);
  bench.run(1000);
  EXPECT_EQ(bench.stub.state(), GdbStub::State::halted);
  EXPECT_EQ(pc_of(bench), "80000008");
  EXPECT_EQ(bench.core.x(s1), 1u);
  EXPECT_EQ(bench.core.x(a1), 1u) << "the one instruction was executed once";
  EXPECT_EQ(bench.ask("?").substr(0, 3), "T05");
  EXPECT_EQ(bench.go("c", 500), "(none)") << "no breakpoint is left behind";
}

TEST(Step, ABreakpointInTheHandlerEndsIt) {
  Interrupted bench;
  EXPECT_EQ(bench.ask("Z0,80000100,4"), "OK");
  bench.raise();
  EXPECT_EQ(bench.go("vCont;s").substr(0, 3), "T05");
  EXPECT_EQ(pc_of(bench), "80000100");
}

TEST(Step, OverARangeOfAddresses) {
  StubBench bench;
  Program p(base);
  p.words(addi(a0, 0, 10), addi(a0, a0, -1), bne(a0, 0, -4), nop, jal(0, 0));
  bench.load(p);
  EXPECT_EQ(bench.go("vCont;r80000000,8000000c:1").substr(0, 3), "T05");
  EXPECT_EQ(pc_of(bench), "8000000c");
  EXPECT_EQ(bench.core.x(a0), 0u);
  EXPECT_EQ(bench.core.instructions(), 21u);
}

// --- watchpoints

struct Watch : testing::Test {
  /// Stores and loads of all kinds around 0x80000800 and 0x90000100.
  Watch() {
    Program p(base);
    p.li(s0, 0x8000'0800).li(s1, 0x9000'0100).words(addi(a0, 0, 7));
    for (const std::uint32_t address : {std::uint32_t{s0}, std::uint32_t{s1}}) {
      p.words(lw(a1, address, 0), sw(a0, address, 0), lbu(a1, address, 3), sb(a0, address, 3));
      p.words(sw(a0, address, 4), sw(a0, address, -4), lw(a1, address, 4));
    }
    p.words(amo(0, a2, s0, a0), amo(2, a2, s0, 0), amo(3, a3, s0, a0), jal(0, 0));
    bench.load(p);
    bench.ask("?");
  }
  static constexpr std::uint32_t first = base + 20, second = first + 28, atomics = second + 28;
  void expect(const char* reply, std::uint32_t pc) {
    const std::string answer = bench.go("c");
    EXPECT_EQ(answer.substr(0, answer.find(";20:")), reply);
    EXPECT_EQ(bench.core.pc(), pc) << std::hex << bench.core.pc();
  }
  StubBench bench;
};

TEST_F(Watch, WritesStopBeforeTheStore) {
  bench.ask("Z2,80000800,4");
  expect("T05watch:80000800", first + 4);
  EXPECT_EQ(bench.word(0x8000'0800), 0u) << "nothing is written yet";
  expect("T05watch:80000803", first + 12);
  EXPECT_EQ(bench.word(0x8000'0800), 7u);
  expect("T05watch:80000800", atomics);
  expect("T05watch:80000800", atomics + 8);
  EXPECT_EQ(bench.go("c", 200).substr(0, 3), "T11") << "the end: a jump to itself with interrupts off";
}

TEST_F(Watch, ReadsStopBeforeTheLoad) {
  bench.ask("Z3,80000800,4");
  expect("T05rwatch:80000800", first);
  expect("T05rwatch:80000803", first + 8);
  expect("T05rwatch:80000800", atomics);
  expect("T05rwatch:80000800", atomics + 4);
  EXPECT_EQ(bench.go("c", 200).substr(0, 3), "T11");
}

TEST_F(Watch, AccessesAreBoth) {
  bench.ask("Z4,80000803,1");
  expect("T05awatch:80000803", first);
  expect("T05awatch:80000803", first + 4);
  expect("T05awatch:80000803", first + 8);
  expect("T05awatch:80000803", first + 12);
  expect("T05awatch:80000803", atomics);
}

TEST_F(Watch, OutsideOfThePrivateMemory) {
  bench.ask("Z2,90000100,4");
  expect("T05watch:90000100", second + 4);
  expect("T05watch:90000103", second + 12);
  bench.ask("z2,90000100,4");
  bench.ask("Z3,90000104,4");
  expect("T05rwatch:90000104", second + 24);
  EXPECT_EQ(bench.port.memory[0x9000'0103], 7u);
}

TEST_F(Watch, ALargeRangeAndItsEdges) {
  bench.ask("Z2,0,80000800");  // ends where the word begins
  expect("T05watch:800007fc", first + 20);
  bench.ask("z2,0,80000800");
  bench.ask("Z2,80000804,7ffff7fc");
  expect("T05watch:90000100", second + 4);
}

TEST_F(Watch, RemovedOnesAreGone) {
  for (const char* kind : {"2", "3", "4"}) {
    bench.ask(std::string("Z") + kind + ",80000800,4");
  }
  for (const char* kind : {"2", "3", "4"}) {
    bench.ask(std::string("z") + kind + ",80000800,4");
  }
  EXPECT_EQ(bench.go("c", 200).substr(0, 3), "T11");
}

TEST_F(Watch, AMisalignedStoreIsSeenByItsLastByte) {
  Program p(base + 0x400);
  p.words(sw(a0, s0, -3), jal(0, 0));
  bench.core.write_memory(p.base(), p.bytes());
  bench.core.set_pc(p.base());
  bench.core.set_x(s0, 0x8000'0840);  // begins in the granule before the watched byte
  bench.ask("Z2,80000840,1");
  expect("T05watch:80000840", base + 0x400);
}

// --- exceptions

struct ExceptionCase {
  const char* name;
  std::uint32_t bits;
  const char* reply;
  std::uint32_t cause;
};
class CaughtCause : public testing::TestWithParam<ExceptionCase> {};

TEST_P(CaughtCause, StopsAtTheInstructionWithASignal) {
  const ExceptionCase& c = GetParam();
  StubBench bench;
  Program p(base);
  p.words(addi(a0, a0, 1), c.bits, nop, jal(0, 0));
  bench.load(p);
  bench.core.set_x(s0, 0x4000'0001);
  bench.core.write_csr(csr::mtvec, base + 0x100);
  Program h(base + 0x100);
  h.words(addi(s1, s1, 1), csrrs(t0, csr::mepc, 0), addi(t0, t0, 4), csrrw(0, csr::mepc, t0), mret);
  bench.core.write_memory(h.base(), h.bytes());
  const std::string first = bench.go("c");
  EXPECT_EQ(first.substr(0, 3), c.reply);
  EXPECT_EQ(bench.core.pc(), base + 4);
  EXPECT_EQ(bench.csr(csr::mcause), 0u) << "not taken yet";
  if (c.cause != cause_breakpoint) {
    EXPECT_EQ(bench.go("vCont;c"), first) << "without a signal it is tried again";
    EXPECT_EQ(bench.core.counts().exceptions, 0u);
  }
  EXPECT_EQ(bench.go(std::string("vCont;C") + (c.reply + 1)).substr(0, 3), "T11") << "with one the handler sees it";
  EXPECT_EQ(bench.core.x(s1), 1u);
  EXPECT_EQ(bench.csr(csr::mcause), c.cause);
  EXPECT_EQ(bench.core.counts().exceptions, 1u);
}

INSTANTIATE_TEST_SUITE_P(Causes, CaughtCause,
                         testing::Values(ExceptionCase{"illegal", 0xFFFF'FFFF, "T04", 2},
                                         ExceptionCase{"absent CSR", csrrs(a0, 0x180, 0), "T04", 2},
                                         ExceptionCase{"load", lw(a1, s0, 0), "T0b", 5},
                                         ExceptionCase{"store", sw(a1, s0, 0), "T0b", 7},
                                         ExceptionCase{"misaligned atomic", amo(0, a1, s0, a2), "T0a", 6},
                                         ExceptionCase{"ebreak", ebreak, "T05", 3}));

TEST(Caught, AFetchThatFailsStopsAtItsAddress) {
  StubBench bench;
  Program p(base);
  p.words(lui(t0, 0x40000), jalr(ra, t0, 0));
  bench.load(p);
  EXPECT_EQ(bench.go("c").substr(0, 3), "T0b");
  EXPECT_EQ(bench.core.pc(), 0x4000'0000u);
  EXPECT_EQ(bench.core.x(ra), base + 8) << "so that a backtrace finds the caller";
}

TEST(Caught, EcallsBelongToTheProgram) {
  StubBench bench;
  Program p(base);
  p.words(ecall, nop);
  bench.load(p);
  bench.core.write_csr(csr::mtvec, base + 0x100);
  Program h(base + 0x100);
  h.words(addi(s1, s1, 1), jal(0, 0));
  bench.core.write_memory(h.base(), h.bytes());
  EXPECT_EQ(bench.go("c").substr(0, 3), "T11");
  EXPECT_EQ(bench.core.x(s1), 1u);
}

TEST(Caught, SignalsThatTheDebuggerPassesDoNotStop) {
  StubBench bench;
  Program p(base);
  p.words(0xFFFF'FFFF, nop);
  bench.load(p);
  bench.core.write_csr(csr::mtvec, base + 0x100);
  Program h(base + 0x100);
  h.words(addi(s1, s1, 1), jal(0, 0));
  bench.core.write_memory(h.base(), h.bytes());
  EXPECT_EQ(bench.ask("QPassSignals:4;e;10"), "OK");
  EXPECT_EQ(bench.go("c").substr(0, 3), "T11");
  EXPECT_EQ(bench.core.x(s1), 1u);
}

// --- a debugger changes nothing

/// Arithmetic, memory, calls, atomics, a timer that interrupts every 97 cycles.
Program busy() {
  Program p(base);
  p.li(s0, 0x8000'0800).li(t2, 40);
  p.words(addi(a0, a0, 3), sw(a0, s0, 0), op(1, 4, a1, a0, t2), lw(a2, s0, 0), amo(0, a3, s0, a1));
  p.words(add(a4, a4, a2), sb(a4, s0, 9), lhu(a5, s0, 8), addi(t2, t2, -1), bne(t2, 0, -36), jal(0, 0));
  return p;
}

struct Ticking : StubBench {
  Ticking() {
    load(busy());
    Program h(base + 0x100);
    h.words(addi(s1, s1, 1), csrrs(a6, csr::mcycle, 0), mret);
    core.write_memory(h.base(), h.bytes());
    core.write_csr(csr::mtvec, base + 0x100);
    core.write_csr(csr::mie, 0x80);
    core.write_csr(csr::mstatus, 8);
  }
  /// Runs like run(), with an interrupt at every multiple of 97 cycles that lasts until it is taken.
  void tick(std::uint64_t until) {
    while (core.cycles() < until) {
      const std::uint64_t taken = core.counts().interrupts;
      const std::uint64_t next = (core.cycles() / 97 + 1) * 97;
      core.set_interrupt_line(mip_mtip, core.cycles() / 97 > taken);
      const bool up = core.cycles() / 97 > taken;
      last = debug.run(up ? core.cycles() + 1 : std::min(next, until), true);
      if (const auto halt = debug.halt_of(last)) {
        stub.halted(*halt);
        ++halts;
        if (on_halt) {
          on_halt();
        }
      }
    }
  }
  std::function<void()> on_halt;
  int halts = 0;
};

TEST(Undisturbed, BySteppingByBreakpointsAndByWatchpoints) {
  Ticking plain;
  plain.tick(3000);
  const std::uint64_t energy = plain.core.take_energy();
  ASSERT_GT(plain.core.counts().interrupts, 20u);
  for (const char* how : {"vCont;s", "Z0,8000001c,4", "Z0,80000104,4", "Z2,80000800,10", "Z4,80000800,10", "next"}) {
    Ticking bench;
    const bool stepping = how[0] == 'v';
    const bool next = how[0] == 'n';
    bench.ask("?");
    if (!stepping && !next) {
      ASSERT_EQ(bench.ask(how), "OK");
    }
    std::uint32_t temporary = 0;
    bench.on_halt = [&] {
      if (next) {
        // As GDB does it: a breakpoint behind the present instruction, and on.
        bench.ask(StubBench::fmt_hex("z0,", temporary) + ",4");
        temporary = bench.core.pc() + 4;
        bench.ask(StubBench::fmt_hex("Z0,", temporary) + ",4");
      }
      bench.bytes(rsp_frame(stepping ? "vCont;s" : "vCont;c"));
      static_cast<void>(bench.stub.take_output());
    };
    if (next) {
      temporary = base + 4;
      bench.ask("Z0,80000004,4");
    }
    bench.bytes(rsp_frame(stepping ? "vCont;s" : "vCont;c"));
    bench.tick(3000);
    EXPECT_GT(bench.halts, 3) << how;
    EXPECT_EQ(bench.core.cycles(), plain.core.cycles()) << how;
    EXPECT_EQ(bench.core.instructions(), plain.core.instructions()) << how;
    EXPECT_EQ(bench.core.pc(), plain.core.pc()) << how;
    EXPECT_EQ(bench.core.counts().interrupts, plain.core.counts().interrupts) << how;
    EXPECT_EQ(bench.core.take_energy(), energy) << how;
    for (std::uint32_t i = 0; i < 32; ++i) {
      EXPECT_EQ(bench.core.x(i), plain.core.x(i)) << how << " x" << i;
    }
  }
}

}  // namespace
}  // namespace tessera::host
