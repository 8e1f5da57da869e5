// SPDX-License-Identifier: Apache-2.0
// The host as a SystemC module: devices, interrupts, exact timer, ends of a run, ledger postings.
#include <gtest/gtest.h>

#include "tests/host/subsystem_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace): an assembler reads badly with prefixes

void append_exit(Program& p, std::uint32_t status) {
  p.li(t0, 0x0010'0000).li(t1, status).word(sw(t1, t0, 0));
  p.word(jal(zero, 0));
}

TEST(Subsystem, PrintsAndPasses) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x1000'0000).li(t1, 'T').word(sb(t1, t0, 0));
  append_exit(p, 0x5555);
  bench.load(p).run();
  EXPECT_EQ(bench.output, "T");
  EXPECT_EQ(bench.host.result().kind, RunEnd::finisher_pass);
  EXPECT_TRUE(bench.host.result().passed());
}

TEST(Subsystem, FailureCodeIsReported) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  append_exit(p, 0x002A'3333);
  bench.load(p).run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::finisher_fail);
  EXPECT_EQ(bench.host.result().exit_code, 0x2Au);
  EXPECT_FALSE(bench.host.result().passed());
}

// --- time

/// Arms the timer for `ticks`, sleeps or spins, and stores the cycle counter in the handler.
void timer_program(SubsystemBench& bench, std::uint32_t ticks, bool sleep) {
  Program p(0x8000'0000);
  p.li(t0, 0x8000'0100).word(csrrw(0, csr::mtvec, t0));
  p.li(t0, 0x0200'4000).li(t1, ticks).words(sw(0, t0, 4), sw(t1, t0, 0));
  p.words(addi(t1, 0, 0x80), csrrw(0, csr::mie, t1), csrrsi(0, csr::mstatus, 8));
  if (sleep) {
    p.words(wfi, jal(0, -4));
  } else {
    p.words(addi(a0, a0, 1), op(1, 4, a1, a0, a0), jal(0, -8));  // a division: instructions are long
  }
  bench.load(p);
  Program h(0x8000'0100);
  h.words(csrrs(s0, 0xB00, 0), csrrs(s1, 0xC01, 0));
  append_exit(h, 0x5555);
  bench.host.core().write_memory(h.base(), h.bytes());
}

TEST(Timer, FiresAtItsInstantOutOfWfi) {
  SubsystemBench bench;
  timer_program(bench, 1234, true);
  bench.run();
  EXPECT_TRUE(bench.host.result().passed());
  // 123.4 us are 24680 cycles of 5 ns; then the interrupt's latency.
  EXPECT_EQ(bench.host.core().x(s0), 24680u + 12u);
  EXPECT_EQ(bench.host.core().x(s1), 1234u);
  EXPECT_GT(bench.host.counters().wfi_cycles, 24000u);
}

class TimerAtQuantum : public testing::TestWithParam<double> {};

TEST_P(TimerAtQuantum, InterruptsTheSameInstruction) {
  CpuParameters parameters = SubsystemBench::small();
  parameters.quantum_s = GetParam();
  SubsystemBench bench(parameters);
  timer_program(bench, 100, false);
  bench.run();
  EXPECT_TRUE(bench.host.result().passed());
  // The same for every quantum: the first instruction boundary at or behind cycle 2000, plus the latency. The loop
  // starts at cycle 14 and takes 41; its 49th division ends at 14 + 48 * 41 + 1 + 38.
  EXPECT_EQ(bench.host.core().x(s0), 2021u + 12u);
  EXPECT_EQ(bench.host.core().x(a0), 49u);
}

INSTANTIATE_TEST_SUITE_P(Timer, TimerAtQuantum, testing::Values(5e-9, 40e-9, 1e-6, 10e-6, 1e-3, 1.0));

TEST(Timer, AnHourOfSleepTakesNoTime) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  // 3600 s = 36e9 ticks = 0x8'61C4'6800
  p.li(t0, 0x0200'4000).li(t1, 0x61C4'6800).words(addi(t2, 0, 8), sw(t2, t0, 4), sw(t1, t0, 0));
  p.words(addi(t1, 0, 0x80), csrrw(0, csr::mie, t1), wfi);
  append_exit(p, 0x5555);
  bench.load(p).run();
  EXPECT_TRUE(bench.host.result().passed());
  EXPECT_GE(bench.host.result().time_ps, 3'600'000'000'000'000u);
  EXPECT_LT(bench.host.result().time_ps, 3'600'000'001'000'000u);
}

/// Pulses an interrupt line at given instants.
SC_MODULE(Pulser) {
  HostSubsystem& host;
  std::vector<std::pair<sc_core::sc_time, bool>> plan;
  Pulser(const sc_core::sc_module_name& name, HostSubsystem& h) : sc_module(name), host(h) {
    SC_HAS_PROCESS(Pulser);
    SC_THREAD(run);
  }
  void run() {
    for (const auto& [at, level] : plan) {
      wait(at - sc_core::sc_time_stamp());
      host.set_interrupt(40, level);
    }
  }
};

void external_interrupt_program(SubsystemBench& bench, bool sleep) {
  Program p(0x8000'0000);
  p.li(t0, 0x8000'0200).word(csrrw(0, csr::mtvec, t0));
  p.li(t0, 0x0C00'0000).words(addi(t1, 0, 1), sw(t1, t0, 4 * 40));  // priority
  p.li(t0, 0x0C00'2004).words(addi(t1, 0, 1 << 8), sw(t1, t0, 0));  // source 40
  p.li(t1, 0x800).words(csrrw(0, csr::mie, t1), csrrsi(0, csr::mstatus, 8));
  if (sleep) {
    p.words(wfi, jal(0, -4));
  } else {
    p.words(addi(a0, a0, 1), lw(a1, 0x2, 0), jal(0, -8));
  }
  bench.load(p);
  bench.host.core().set_x(sp, 0x8000'0800);
  Program h(0x8000'0200);
  h.words(csrrs(s0, 0xB00, 0)).li(t0, 0x0C20'0004).words(lw(s1, t0, 0), sw(s1, t0, 0));
  append_exit(h, 0x5555);
  bench.host.core().write_memory(h.base(), h.bytes());
}

class ExternalInterrupt : public testing::TestWithParam<std::pair<double, bool>> {};

TEST_P(ExternalInterrupt, IsSeenAtItsInstant) {
  CpuParameters parameters = SubsystemBench::small();
  parameters.quantum_s = GetParam().first;
  SubsystemBench bench(parameters);
  external_interrupt_program(bench, GetParam().second);
  Pulser pulser("pulser", bench.host);
  pulser.plan = {{sc_core::sc_time(70'002, sc_core::SC_NS), true}};
  bench.run();
  EXPECT_TRUE(bench.host.result().passed());
  EXPECT_EQ(bench.host.core().x(s1), 40u);
  const std::uint32_t seen = bench.host.core().x(s0);
  // 70.002 us lie behind edge 14000; an instruction of at most two cycles may be under way, the latency is 12.
  EXPECT_GE(seen, 14001u + 12u);
  EXPECT_LE(seen, 14002u + 12u);
}

INSTANTIATE_TEST_SUITE_P(Subsystem, ExternalInterrupt,
                         testing::Values(std::pair{1e-6, false}, std::pair{10e-6, false}, std::pair{1e-3, false},
                                         std::pair{1e-6, true}, std::pair{1e-3, true}));

// --- accesses to the bus

TEST(Bus, CarriesContextAndTime) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, Target::base)
      .li(ra, 0x8000'1234)
      .words(csrrs(s0, 0xB00, 0), sw(ra, t0, 8), csrrs(s1, 0xB00, 0), lw(a0, t0, 8));
  p.words(lbu(a1, t0, 9), lh(a2, t0, 10));
  append_exit(p, 0x5555);
  bench.host.set_scope(7);
  sc_core::sc_time written;
  bench.target.on_write = [&written](std::uint32_t, std::uint32_t, sc_core::sc_time at) { written = at; };
  bench.load(p).run();
  EXPECT_EQ(bench.host.core().x(a0), 0x8000'1234u);
  EXPECT_EQ(bench.host.core().x(a1), 0x12u);
  EXPECT_EQ(bench.host.core().x(a2), 0xFFFF'8000u);
  EXPECT_EQ(bench.target.last_pc, 0x8000'0024u);
  EXPECT_EQ(bench.target.last_ra, 0x8000'1234u);
  EXPECT_EQ(bench.target.last_scope, 7u);
  EXPECT_FALSE(bench.target.preset_ok) << "the response has to be preset to incomplete";
  EXPECT_EQ(bench.host.core().x(s1) - bench.host.core().x(s0), 1u + 8u + 2u) << "csr, 40 ns of bus, store";
  EXPECT_EQ(written, sc_core::sc_time(5 * 5, sc_core::SC_NS)) << "five instructions before it";
}

struct FaultCase {
  std::uint32_t bits, cause;
};
class BusFault : public testing::TestWithParam<FaultCase> {};

TEST_P(BusFault, BecomesATrapWithItsAddress) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x8000'0100).word(csrrw(0, csr::mtvec, t0)).li(t0, 0x9000'2000).word(GetParam().bits);
  bench.load(p);
  Program h(0x8000'0100);
  h.words(csrrs(s0, csr::mcause, 0), csrrs(s1, csr::mtval, 0));
  append_exit(h, 0x0001'3333);
  bench.host.core().write_memory(h.base(), h.bytes());
  bench.run();
  EXPECT_EQ(bench.host.core().x(s0), GetParam().cause);
  EXPECT_EQ(bench.host.core().x(s1), 0x9000'2000u);
  const RunResult& result = bench.host.result();
  EXPECT_EQ(result.kind, RunEnd::finisher_fail);
  ASSERT_TRUE(result.report.record.valid);
  EXPECT_EQ(result.report.record.cause, GetParam().cause);
  EXPECT_EQ(result.report.record.value, 0x9000'2000u);
  EXPECT_NE(result.report.nearest.find("private memory 0x80000000..0x8000ffff"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Bus, BusFault,
                         testing::Values(FaultCase{lw(a0, t0, 0), 5}, FaultCase{sw(a0, t0, 0), 7},
                                         FaultCase{jalr(0, t0, 0), 1}));

TEST(Bus, ExecutesFromSharedMemory) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, Target::base + 0x100).word(jalr(0, t0, 0));
  bench.load(p);
  Program q(Target::base + 0x100);
  q.word(addi(a0, 0, 3));
  append_exit(q, 0x5555);
  std::copy(q.bytes().begin(), q.bytes().end(), bench.target.bytes.begin() + 0x100);
  bench.run();
  EXPECT_TRUE(bench.host.result().passed());
  EXPECT_EQ(bench.host.core().x(a0), 3u);
}

/// Writes into the target's memory at an instant; the CPU must read the old value before and the new one after.
SC_MODULE(Writer) {
  Target& target;
  sc_core::sc_time at;
  Writer(const sc_core::sc_module_name& name, Target& t) : sc_module(name), target(t) {
    SC_HAS_PROCESS(Writer);
    SC_THREAD(run);
  }
  void run() {
    wait(at);
    target.bytes[0] = 1;
  }
};

TEST(Bus, TheCpuIsNeverAheadOfOthersWhenItReads) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, Target::base).words(lbu(a0, t0, 0), beq(a0, 0, -4), csrrs(s0, 0xB00, 0));
  append_exit(p, 0x5555);
  Writer writer("writer", bench.target);
  writer.at = sc_core::sc_time(50, sc_core::SC_US);
  bench.load(p).run();
  EXPECT_GE(bench.host.core().x(s0), 10'000u);
  EXPECT_LE(bench.host.core().x(s0), 10'000u + 2 * (8 + 2 + 3));
}

// --- ends of a run

TEST(Ends, TrapLoopIsReportedWithItsFirstFault) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  // sp = 0 and a push; the handler pushes, too.
  p.li(t0, 0x8000'0100).words(csrrw(0, csr::mtvec, t0), addi(sp, 0, 0), addi(sp, sp, -16), sw(ra, sp, 12));
  bench.load(p);
  Program h(0x8000'0100);
  h.words(addi(sp, sp, -64), sw(ra, sp, 0), jal(0, 0));
  bench.host.core().write_memory(h.base(), h.bytes());
  bench.run();
  const RunResult& result = bench.host.result();
  EXPECT_EQ(result.kind, RunEnd::trap_loop);
  EXPECT_EQ(result.report.record.pc, 0x8000'0014u);
  EXPECT_EQ(result.report.record.value, 0xFFFF'FFFCu);
  EXPECT_NE(result.report.nested.find("0x80000104"), std::string::npos) << result.report.nested;
  EXPECT_NE(result.report.text().find("store/AMO access fault"), std::string::npos);
}

TEST(Ends, ParkedInALoopWithInterruptsOff) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.words(nop, jal(0, 0));
  bench.load(p).run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::endless_loop);
  EXPECT_FALSE(bench.host.result().passed());
}

TEST(Ends, WfiThatNothingCanWake) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t1, 0x888).words(csrrw(0, csr::mie, t1), wfi);
  bench.load(p).run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::wfi_forever);
}

TEST(Ends, WfiWhenTheRestOfTheChipFallsSilent) {
  SubsystemBench bench;
  external_interrupt_program(bench, true);
  Pulser pulser("pulser", bench.host);
  pulser.plan = {{sc_core::sc_time(20, sc_core::SC_US), false}};
  bench.run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::wfi_forever);
  EXPECT_EQ(bench.host.result().time_ps, 20'000'000u);
}

TEST(Ends, LimitsAreExact) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.words(addi(a0, a0, 1), jal(0, -4));
  RunLimits limits;
  limits.instructions = 1001;
  bench.host.set_limits(limits);
  bench.load(p).run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::instruction_limit);
  EXPECT_EQ(bench.host.counters().instructions, 1001u);
  EXPECT_EQ(bench.host.core().x(a0), 501u);
}

TEST(Ends, TimeLimitAlsoEndsASleep) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x0200'4000).words(sw(0, t0, 4)).li(t1, 0x80).words(csrrw(0, csr::mie, t1)).li(t1, 0x7FFF'FFFF);
  p.words(sw(t1, t0, 0), wfi, jal(0, -4));
  RunLimits limits;
  limits.time_ps = 3'000'000;
  bench.host.set_limits(limits);
  bench.load(p).run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::time_limit);
  EXPECT_EQ(bench.host.result().time_ps, 3'000'000u);
}

ElfImage image_with_tohost(const Program& p) {
  ElfImage image;
  image.entry = p.base();
  image.segments.push_back({p.base(), {p.bytes().begin(), p.bytes().end()}, 0});
  image.symbols = SymbolTable(
      {{0x8000'1000, 8, "tohost", false}, {0x8000'1040, 8, "fromhost", false}, {p.base(), 0, "_start", false}});
  return image;
}

std::string refusal(HostSubsystem& host, const ElfImage& image) {
  try {
    host.load(image, "app.elf");
  } catch (const ElfError& error) {
    return error.what();
  }
  return "";
}

TEST(Load, TheFilesOwnHeadersInFrontOfTheCodeAreLeftOut) {
  SubsystemBench bench;
  ElfImage image;
  image.entry = 0x8000'0000;
  Segment segment{0x7FFF'F000, std::vector<std::uint8_t>(0x1004), 4, 84};
  segment.bytes[0] = 0x7F;  // a header
  segment.bytes[0x1000] = 0x13;
  image.segments = {segment};
  EXPECT_EQ(refusal(bench.host, image), "");
  std::array<std::uint8_t, 1> first{};
  EXPECT_TRUE(bench.host.core().read_memory(0x8000'0000, first));
  EXPECT_EQ(first[0], 0x13);
  image.segments[0].bytes[0xFFF] = 1;  // something of the program's own down there
  EXPECT_NE(refusal(bench.host, image).find("link for it"), std::string::npos);
}

TEST(Load, OtherMemoriesTakeTheirSegments) {
  SubsystemBench bench;
  std::vector<std::pair<std::uint32_t, std::size_t>> loaded;
  bench.host.load_outside = [&loaded](std::uint32_t address, std::span<const std::uint8_t> bytes) {
    loaded.emplace_back(address, bytes.size());
    return address < 0xA000'0000;
  };
  ElfImage image;
  image.entry = 0x8000'0000;
  image.segments = {{0x8000'0000, {0x13, 0, 0, 0}, 0}, {0x9000'0000, {1, 2}, 30}};
  EXPECT_EQ(refusal(bench.host, image), "");
  EXPECT_EQ(loaded, (decltype(loaded){{0x9000'0000, 32}}));
  image.segments[1].address = 0xA000'0000;
  EXPECT_NE(refusal(bench.host, image).find("outside of memory"), std::string::npos);
}

TEST(Load, AnEntryOutsideOfTheProgramIsRefused) {
  SubsystemBench bench;
  ElfImage image;
  image.entry = 0x8000'0004;
  image.segments = {{0x8000'0000, {0x13, 0, 0, 0}, 0}};
  EXPECT_NE(refusal(bench.host, image).find("entry point 0x80000004"), std::string::npos);
}

TEST(Load, AReportNamesAStackInTheProgramAndAMissingFloatingPointUnit) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(2, 0x8000'0004).word(0);
  ElfImage image;
  image.entry = p.base();
  image.float_abi = "ilp32f";
  image.segments = {{p.base(), {p.bytes().begin(), p.bytes().end()}, 0}};
  bench.host.load(image, "app.elf");
  bench.run();
  const std::string text = bench.host.result().report.text();
  EXPECT_NE(text.find("hint: the program was compiled for a floating-point unit (-mabi=ilp32f)"), std::string::npos)
      << text;
  EXPECT_NE(text.find("hint: sp 0x80000004 lies in what was loaded"), std::string::npos) << text;
}

class ToHost : public testing::TestWithParam<std::pair<std::uint32_t, std::uint32_t>> {};

TEST_P(ToHost, EndsTheRun) {
  const auto [written, code] = GetParam();
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x8000'1000).li(t1, written).words(sw(t1, t0, 0), sw(0, t0, 4), jal(0, -8));
  bench.host.load(image_with_tohost(p), "test");
  bench.run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::tohost);
  EXPECT_EQ(bench.host.result().exit_code, code);
  EXPECT_EQ(bench.host.result().passed(), code == 0);
}

INSTANTIATE_TEST_SUITE_P(Ends, ToHost, testing::Values(std::pair{1u, 0u}, std::pair{5u, 2u}, std::pair{0x101u, 0x80u}));

TEST(Ends, ToHostByItsLowHalfAlone) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x8000'1000).words(addi(t1, 0, 7), sw(t1, t0, 0), addi(a0, a0, 1), jal(0, -4));
  bench.host.load(image_with_tohost(p), "test");
  bench.run();
  EXPECT_EQ(bench.host.result().kind, RunEnd::tohost);
  EXPECT_EQ(bench.host.result().exit_code, 3u);
}

TEST(Ends, ToHostConsolePrintsOddCharacters) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x8000'1000).li(t2, 0x0101'0000);
  for (const char c : std::string("ace")) {
    p.words(addi(t1, 0, c), sw(t1, t0, 0), sw(t2, t0, 4));
  }
  p.words(addi(t1, 0, 1), sw(0, t0, 4), sw(t1, t0, 0), sw(0, t0, 4), jal(0, 0));
  bench.host.load(image_with_tohost(p), "test");
  bench.run();
  EXPECT_EQ(bench.output, "ace");
  EXPECT_EQ(bench.host.result().kind, RunEnd::tohost);
}

Program semihosting(std::uint32_t operation, std::uint32_t parameter, Program p = Program(0x8000'0000)) {
  p.li(a0, operation).li(a1, parameter).words(op_imm(1, 0, 0, 0x1F), ebreak, op_imm(5, 0, 0, 0x407));
  return p;
}

TEST(Ends, SemihostingWritesAndExits) {
  SubsystemBench bench;
  Program p = semihosting(4, 0x8000'0200);  // SYS_WRITE0
  p = semihosting(3, 0x8000'0204, p);       // SYS_WRITEC
  p = semihosting(0x20, 0x8000'0208, p);    // SYS_EXIT_EXTENDED
  bench.load(p);
  Program data(0x8000'0200);
  data.word('h' | 'i' << 8).word('!').word(0x2'0026).word(9);
  bench.host.core().write_memory(data.base(), data.bytes());
  bench.run();
  EXPECT_EQ(bench.output, "hi!");
  EXPECT_EQ(bench.host.result().kind, RunEnd::semihosting_exit);
  EXPECT_EQ(bench.host.result().exit_code, 9u);
}

TEST(Ends, PlainExitBySemihosting) {
  SubsystemBench bench;
  bench.load(semihosting(0x18, 0x2'0026)).run();
  EXPECT_TRUE(bench.host.result().passed());
}

TEST(Ends, AnOrdinaryEbreakStillTraps) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.words(op_imm(1, 0, 0, 0x1F), ebreak, nop);
  bench.load(p).run();
  EXPECT_EQ(bench.host.counters().exceptions > 0, true);
  EXPECT_EQ(bench.host.result().report.record.cause, 3u);
}

TEST(Ends, SegmentsOutsideOfMemoryAreRefused) {
  SubsystemBench bench;
  ElfImage image;
  image.segments.push_back({0x8000'FFF0, {1, 2, 3}, 0x20});
  try {
    bench.host.load(image, "app.elf");
    FAIL() << "not refused";
  } catch (const ElfError& error) {
    EXPECT_NE(std::string(error.what()).find("0x8000fff0..0x80010012"), std::string::npos) << error.what();
  }
}

// --- energy and time

TEST(Ledger, DynamicEnergyFollowsScopesAndAddsUp) {
  CpuParameters parameters = SubsystemBench::small();
  SubsystemBench bench(parameters);
  Program p(0x8000'0000);
  p.li(t0, Target::base).words(add(a0, a0, a0), sw(a0, t0, 0), add(a0, a0, a0), add(a0, a0, a0), sw(a0, t0, 4));
  append_exit(p, 0x5555);
  bench.target.on_write = [&bench](std::uint32_t offset, std::uint32_t, sc_core::sc_time) {
    bench.host.set_scope(offset == 0 ? 5 : 6);
  };
  bench.load(p).run();
  // Scope 0: two of li, one add. Scope 5: the store that switched, two adds. Scope 6: its store, four of li, the exit.
  EXPECT_EQ(bench.probe.dynamic[0], 3 * 12'000'000);
  EXPECT_EQ(bench.probe.dynamic[5], (22 + 24) * 1'000'000);
  EXPECT_EQ(bench.probe.dynamic[6], (22 + 48 + 22) * 1'000'000);
  EXPECT_EQ(bench.probe.counters["cpu.instructions"], bench.host.counters().instructions);
}

TEST(Ledger, SleepIsIdleAndTheHandlerBelongsToItsJob) {
  SubsystemBench bench;
  external_interrupt_program(bench, true);
  Pulser pulser("pulser", bench.host);
  pulser.plan = {{sc_core::sc_time(70, sc_core::SC_US), true}};
  bench.host.set_scope(3);
  bench.host.handler_scope = [](std::uint32_t source) { return source == 40 ? 9u : 0u; };
  bench.run();
  EXPECT_TRUE(bench.host.result().passed());
  EXPECT_GT(bench.probe.dynamic[3], 0);
  // csrrs, li of two, the claim, sw, and the exit of four instructions and a store: from the first of the handler on.
  EXPECT_EQ(bench.probe.dynamic[9], (12 + 24 + 24 + 22 + 48 + 22) * 1'000'000ll);
  EXPECT_EQ(bench.probe.dynamic.count(0), 0u);
  double asleep = 0;
  probe::Time leakage = 0, handled = ~probe::Time{0};
  for (const auto& part : bench.probe.statics) {
    if (part.cause == probe::Cause::standby) {
      EXPECT_EQ(part.scope, probe::idle_scope);
      asleep += static_cast<double>(part.to - part.from) * part.watts;
    } else if (part.component == 1) {
      leakage += part.to - part.from;
      handled = part.scope == 9 ? std::min(handled, part.from) : handled;
    }
  }
  EXPECT_EQ(handled, 70'000'000u) << "the wake-up belongs to the job as well";
  EXPECT_EQ(leakage, bench.host.result().time_ps) << "leakage is booked for every instant, once";
  EXPECT_NEAR(asleep, static_cast<double>(bench.host.counters().wfi_cycles) * 5000 * 150e-6, 1e-6);
  ASSERT_GE(bench.probe.spans.size(), 3u);
  EXPECT_EQ(bench.probe.spans[0].name, "awake");
  EXPECT_EQ(bench.probe.spans[1].name, "asleep");
  EXPECT_EQ(bench.probe.spans[1].end, 70'000'000u);
  for (std::size_t i = 1; i < bench.probe.spans.size(); ++i) {
    EXPECT_EQ(bench.probe.spans[i].begin, bench.probe.spans[i - 1].end);
  }
}

TEST(Ledger, DoesNotDependOnTheQuantum) {
  // One process is one quantum, so the sums are compared with numbers worked out once more by single steps.
  CpuParameters parameters = SubsystemBench::small();
  parameters.quantum_s = 100e-9;
  SubsystemBench bench(parameters);
  Program p(0x8000'0000);
  p.words(addi(a1, 0, 500), op(1, 0, a0, a0, a1), addi(a1, a1, -1), bne(a1, 0, -8));
  append_exit(p, 0x5555);
  bench.load(p).run();
  EXPECT_EQ(bench.probe.dynamic[0], (12 + 500 * 32 + 499 * 20 + 12 + 4 * 12 + 22) * 1'000'000ll);
}

TEST(Subsystem, UartInterruptDeliversInput) {
  SubsystemBench bench;
  Program p(0x8000'0000);
  p.li(t0, 0x8000'0100).word(csrrw(0, csr::mtvec, t0));
  p.li(t0, 0x0C00'0000).words(addi(t1, 0, 1), sw(t1, t0, 40)).li(t0, 0x0C00'2000).li(t1, 1u << 10).word(sw(t1, t0, 0));
  p.li(t0, 0x1000'0000).words(addi(t1, 0, 1), sb(t1, t0, 1)).li(t1, 0x800).words(csrrw(0, csr::mie, t1));
  p.words(csrrsi(0, csr::mstatus, 8), wfi, jal(0, -4));
  bench.load(p);
  Program h(0x8000'0100);
  h.li(t0, 0x0C20'0004).words(lw(s0, t0, 0)).li(t1, 0x1000'0000).words(lbu(s1, t1, 0), sw(s0, t0, 0));
  append_exit(h, 0x5555);
  bench.host.core().write_memory(h.base(), h.bytes());
  bench.host.uart_receive('k');
  bench.run();
  EXPECT_EQ(bench.host.core().x(s0), 10u);
  EXPECT_EQ(bench.host.core().x(s1), 'k');
}

}  // namespace
}  // namespace tessera::host
