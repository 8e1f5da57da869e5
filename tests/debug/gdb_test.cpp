// SPDX-License-Identifier: Apache-2.0
// `tessera boot --gdb` under the real gdb-multiarch.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/debug/debugged_program.h"

namespace tessera::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class Gdb : public testing::Test {
 protected:
  void SetUp() override {
    if (!have_gdb()) {
      GTEST_SKIP() << no_gdb;
    }
  }
};

/// What an endless program is made of: count in a0, for ever, at the present pc.
const std::vector<std::string> go_round = {"set $a0 = 0", "set {unsigned int}$pc = 0x00150513",
                                           "set {unsigned int}($pc + 4) = 0xffdff06f"};

std::vector<std::string> operator+(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST_F(Gdb, BreakStepFinishAndTheEndOfTheProgram) {
  DebuggedProgram program("timer");
  const std::string said =
      program.gdb({"break main", "continue", "break on_timer", "continue", "backtrace", "finish", "delete",
                   "tbreak tsr_sleep", "continue", "backtrace", "stepi", "info symbol $pc", "continue"});
  EXPECT_THAT(said, HasSubstr("Breakpoint 1, main ()"));
  EXPECT_THAT(said, HasSubstr("Breakpoint 2, on_timer ()"));
  EXPECT_THAT(said, HasSubstr("#0  on_timer ()"));
  EXPECT_THAT(said, HasSubstr("Temporary breakpoint 3, tsr_sleep (ticks=10000)"));
  EXPECT_THAT(said, HasSubstr("in main ()"));
  EXPECT_THAT(said, HasSubstr("tsr_sleep + 2 in section"));
  EXPECT_THAT(said, HasSubstr("exited normally"));
  EXPECT_EQ(program.finish(), 0) << program.output();
  EXPECT_THAT(program.output(), HasSubstr("timer works"));
}

TEST_F(Gdb, StepsOverInterruptsAndWfi) {
  DebuggedProgram program("timer");
  // From the arming of the timer to its first interrupts line by line: never inside of the handler.
  std::vector<std::string> commands = {"break main", "continue", "delete"};
  for (int i = 0; i < 12; ++i) {
    commands.insert(commands.end(), {"next", "info symbol $pc", "printf \"fired %d\\n\", firings"});
  }
  const std::string said = program.gdb(commands + std::vector<std::string>{"continue"});
  EXPECT_THAT(said, HasSubstr("fired 5")) << "next over the wait let the interrupts happen";
  EXPECT_THAT(said, Not(HasSubstr("on_timer in section")));
  EXPECT_THAT(said, Not(HasSubstr("tsr_trap_entry in section")));
  EXPECT_EQ(program.finish(), 0) << said;
}

TEST_F(Gdb, WatchpointsOfAllKindsAndHardwareBreakpoints) {
  DebuggedProgram program("timer");
  const std::string said = program.gdb({"watch firings", "continue", "continue", "delete", "rwatch firings", "continue",
                                        "delete", "awatch last_firing", "continue", "delete", "hbreak tsr_sleep",
                                        "continue", "info breakpoints", "kill"});
  EXPECT_THAT(said, HasSubstr("Hardware watchpoint 1: firings\n\nOld value = 0\nNew value = 1\non_timer ()"));
  EXPECT_THAT(said, HasSubstr("Old value = 1\nNew value = 2"));
  EXPECT_THAT(said, HasSubstr("Hardware read watchpoint 2: firings\n\nValue = 2"));
  EXPECT_THAT(said, HasSubstr("Hardware access (read/write) watchpoint 3: last_firing"));
  EXPECT_THAT(said, HasSubstr("Breakpoint 4, tsr_sleep"));
  EXPECT_THAT(said, HasSubstr("hw breakpoint"));
  EXPECT_EQ(program.finish(), 1) << "killed";
  EXPECT_THAT(program.output(), HasSubstr("killed by the debugger"));
  EXPECT_FALSE(json(program.folder() / "result.json")["passed"]);
}

TEST_F(Gdb, RegistersAndCsrs) {
  DebuggedProgram program("timer");
  const std::string said =
      program.gdb({"break on_timer", "continue", "printf \"misa %x\\n\", $misa", "printf \"mcause %x\\n\", $mcause",
                   "set $mscratch = 0x1234", "printf \"mscratch %x\\n\", $mscratch", "info registers mepc mtvec",
                   "printf \"cycles %d\\n\", $mcycle > 200000", "x/2i $pc", "kill"});
  EXPECT_THAT(said, HasSubstr("misa 40001105"));
  EXPECT_THAT(said, HasSubstr("mcause 80000007"));
  EXPECT_THAT(said, HasSubstr("mscratch 1234"));
  EXPECT_THAT(said, HasSubstr("mepc "));
  EXPECT_THAT(said, HasSubstr("cycles 1")) << "a millisecond at 200 MHz";
  EXPECT_THAT(said, HasSubstr("=> 0x"));
}

TEST_F(Gdb, ACrashStopsAtTheInstructionWithABacktrace) {
  DebuggedProgram program("crash_load");
  const std::string said = program.gdb({"continue", "backtrace", "info registers pc", "x/1xw 0xf0000000", "continue"});
  EXPECT_THAT(said, HasSubstr("tessera: load access fault at touch"));
  EXPECT_THAT(said, HasSubstr("received signal SIGSEGV"));
  EXPECT_THAT(said, testing::ContainsRegex("touch .*\n#2 .* in main"));
  EXPECT_THAT(said, HasSubstr("Cannot access memory at address 0xf0000000"));
  EXPECT_THAT(said, HasSubstr("exited with code 045")) << "the program's own handler saw the trap after all";
  EXPECT_EQ(program.finish(), 1);
}

TEST_F(Gdb, ACrashCanBeRepaired) {
  DebuggedProgram program("crash_load");
  const std::string said = program.gdb(
      {"continue", "set $a5 = &__data_start", "set $a0 = &__data_start", "set $a2 = &__data_start", "signal 0"});
  EXPECT_THAT(said, HasSubstr("SIGSEGV"));
  EXPECT_THAT(said, HasSubstr("exited with code 01")) << said;
  EXPECT_EQ(program.finish(), 1);
  EXPECT_THAT(program.output(), HasSubstr("the access should have failed"));
}

TEST_F(Gdb, MonitorCommandsAndTimeThatStandsStill) {
  DebuggedProgram program("timer");
  const std::string said = program.gdb({"break on_timer",
                                        "continue",
                                        "monitor time",
                                        "monitor tiles",
                                        "monitor tile 3",
                                        "monitor bus",
                                        "monitor energy",
                                        "monitor irq",
                                        "monitor help",
                                        "monitor tile 99",
                                        "monitor nonsense",
                                        "monitor io read 0x40000000",
                                        "monitor io write 0x10000000 0x21 1",
                                        "monitor fault",
                                        "shell sleep 0.2",
                                        "monitor time",
                                        "monitor reset",
                                        "maintenance flush register-cache",
                                        "delete",
                                        "break main",
                                        "continue",
                                        "printf \"again %d\\n\", firings",
                                        "delete",
                                        "continue"});
  for (const char* text :
       {"[2,3]  idle", "tile 3 [0,3] at 0x40030000", "DONE_COUNT", "shared bus", "DC-DC losses", "average power",
        "threshold 0", "expected a number from 0 to 11", "unknown command 'nonsense'", "0x40000000: 0x454c4954",
        "no exception other than ecall", "reset: timer.elf", "Breakpoint 2, main", "again 0", "exited normally"}) {
    EXPECT_THAT(said, HasSubstr(text));
  }
  const std::size_t first = said.find("cycles  ");
  const std::size_t second = said.find("cycles  ", first + 1);
  ASSERT_NE(second, std::string::npos) << said;
  EXPECT_EQ(program.finish(), 0);
  EXPECT_THAT(program.output(), HasSubstr("!")) << "the UART was written by hand";
  // Looking at the time twice, a fifth of a second apart, gives the same but for the bus access in between.
  const auto cycles = [&](std::size_t at) { return std::atoll(said.c_str() + at + 7); };
  EXPECT_LT(cycles(second) - cycles(first), 100);
}

TEST_F(Gdb, DetachAndComeBack) {
  DebuggedProgram program("timer");
  const std::string first = program.gdb(std::vector<std::string>{"break main", "continue", "delete"} + go_round +
                                        std::vector<std::string>{"break *($pc + 4)", "detach"});
  EXPECT_THAT(first, HasSubstr("detached]"));
  EXPECT_TRUE(program.running()) << "no breakpoint is left behind";
  const std::string second = program.gdb({"info symbol $pc", "printf \"moving %d\\n\", $a0 > 0", "detach"});
  EXPECT_THAT(second, HasSubstr("main")) << second;
  EXPECT_THAT(second, HasSubstr("moving 1"));
  const std::string third = program.gdb({"info symbol $pc", "kill"});
  EXPECT_THAT(third, HasSubstr("killed")) << third;
  EXPECT_EQ(program.finish(), 1);
}

TEST_F(Gdb, CtrlCStopsARunningProgram) {
  DebuggedProgram program("timer");
  const std::string said =
      program.gdb(std::vector<std::string>{"break main", "continue", "delete"} + go_round +
                  std::vector<std::string>{"shell (sleep 0.5; kill -INT $PPID) &", "continue",
                                           "printf \"round %d\\n\", $a0 > 0", "info symbol $pc", "kill"});
  EXPECT_THAT(said, HasSubstr("Program received signal SIGINT"));
  EXPECT_THAT(said, HasSubstr("round 1"));
  EXPECT_THAT(said, HasSubstr("main"));
  EXPECT_EQ(program.finish(), 1) << said;
}

TEST_F(Gdb, ASignalEndsARunThatWaitsForADebugger) {
  DebuggedProgram program("timer");
  program.signal(SIGTERM);
  EXPECT_EQ(program.finish(), 1) << program.output();
  EXPECT_EQ(json(program.folder() / "result.json")["end"], "stopped");
}

TEST_F(Gdb, ASignalEndsARunThatADebuggerHasHalted) {
  DebuggedProgram program("timer");
  const std::string said = program.gdb({"break main", "continue", fmt::format("shell kill -TERM {}", program.process()),
                                        "shell sleep 1", "info registers pc"});
  EXPECT_EQ(program.finish(), 1) << said << program.output();
  EXPECT_EQ(json(program.folder() / "result.json")["end"], "stopped");
}

TEST_F(Gdb, AnExceptionThatIsNotTakenYetHasAReport) {
  DebuggedProgram program("crash_load");
  const std::string said = program.gdb({"continue", "monitor fault", "kill"});
  EXPECT_THAT(said, HasSubstr("not taken yet:"));
  EXPECT_THAT(said, HasSubstr("load access fault, loading from 0xf0000000"));
  EXPECT_THAT(said, HasSubstr("nearest mapped"));
  EXPECT_EQ(program.finish(), 1) << said;
}

TEST_F(Gdb, ABacktraceGoesThroughAnInterruptHandler) {
  DebuggedProgram program("timer");
  const std::string said = program.gdb({"break on_timer", "continue", "backtrace", "kill"});
  EXPECT_THAT(said, HasSubstr("<signal handler called>"));
  EXPECT_THAT(said, HasSubstr("main ()"));
  EXPECT_THAT(said, Not(HasSubstr("corrupt stack")));
  EXPECT_EQ(program.finish(), 1) << said;
}

TEST_F(Gdb, AnErrorThatWouldEndTheRunStopsFirst) {
  DebuggedProgram program("timer");
  const std::string said = program.gdb({"break main", "continue", "set {unsigned int}$pc = 0x0000006f",
                                        "set $mstatus = 0", "continue", "info symbol $pc", "continue"});
  EXPECT_THAT(said, HasSubstr("endless loop with interrupts off at main"));
  EXPECT_THAT(said, HasSubstr("SIGSTOP"));
  EXPECT_THAT(said, HasSubstr("Program terminated with signal SIGSTOP"));
  EXPECT_EQ(program.finish(), 1) << said;
}

TEST_F(Gdb, ALimitStopsThere) {
  DebuggedProgram program("timer", {"--limit", "2ms"});
  const std::string said = program.gdb({"continue", "monitor time", "continue"});
  EXPECT_THAT(said, HasSubstr("SIGXCPU"));
  EXPECT_THAT(said, HasSubstr("simulated time  2.00 ms"));
  EXPECT_THAT(said, HasSubstr("Program terminated with signal SIGXCPU"));
  EXPECT_EQ(program.finish(), 1) << said;
}

TEST_F(Gdb, LoadsAnotherProgram) {
  DebuggedProgram program("timer");
  const std::string said = program.gdb({fmt::format("file {}/hello.elf", TESSERA_FIRMWARE_DIR), "load", "continue"});
  EXPECT_THAT(said, HasSubstr("Transfer rate"));
  EXPECT_THAT(said, HasSubstr("exited normally"));
  EXPECT_EQ(program.finish(), 0) << said;
  EXPECT_THAT(program.output(), HasSubstr("hello from Tessera"));
}

TEST_F(Gdb, ADebuggerDoesNotChangeTheResult) {
  Scratch scratch;
  const Finished plain =
      tessera(fmt::format("boot {}/timer.elf -o {}", TESSERA_FIRMWARE_DIR, (scratch / "plain").string()));
  ASSERT_EQ(plain.exit_code, 0) << plain.output;
  DebuggedProgram program("timer");
  const std::string said = program.gdb({"break on_timer", "continue", "stepi", "stepi", "finish", "watch firings",
                                        "continue", "continue", "delete", "next", "next", "continue"});
  EXPECT_EQ(program.finish(), 0) << said;
  auto expected = json(scratch / "plain" / "result.json");
  auto found = json(program.folder() / "result.json");
  expected.erase("wall_clock");
  found.erase("wall_clock");
  EXPECT_EQ(expected, found) << "time, energy, instructions";
}

}  // namespace
}  // namespace tessera::test
