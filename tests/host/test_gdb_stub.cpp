// SPDX-License-Identifier: Apache-2.0
// The debugger's stub, packet by packet, on a real core: registers, memory, malformed packets, the end of a run.
#include <gtest/gtest.h>

#include "tests/host/stub_bench.h"

namespace tessera::host {
namespace {

using namespace rv;  // NOLINT(google-build-using-namespace): an assembler reads badly with prefixes

constexpr std::uint32_t base = 0x8000'0000;

/// Counts in a0, stores it at 0x80000800, for ever.
Program counting() {
  Program p(base);
  p.li(s0, 0x8000'0800).words(addi(a0, a0, 1), sw(a0, s0, 0), lw(a1, s0, 0), jal(0, -12));
  return p;
}

TEST(Stub, RegistersAllAtOnce) {
  StubBench bench;
  for (std::uint32_t i = 1; i < 32; ++i) {
    bench.core.set_x(i, 0x0101'0101u * i);
  }
  bench.core.set_pc(0x8000'0124);
  const std::string all = bench.ask("g");
  ASSERT_EQ(all.size(), 33u * 8);
  EXPECT_EQ(all.substr(0, 8), "00000000");
  EXPECT_EQ(all.substr(8 * 31, 8), "1f1f1f1f");
  EXPECT_EQ(all.substr(8 * 32), "24010080");
  const std::string changed = std::string(8, 'f') + "78563412" + all.substr(16, 8 * 30) + "10000080";
  EXPECT_EQ(bench.ask("G" + changed), "OK");
  EXPECT_EQ(bench.core.x(0), 0u) << "x0 stays 0";
  EXPECT_EQ(bench.core.x(1), 0x1234'5678u);
  EXPECT_EQ(bench.core.x(31), 0x1F1F'1F1Fu);
  EXPECT_EQ(bench.core.pc(), 0x8000'0010u);
}

TEST(Stub, SingleRegistersAndCsrs) {
  StubBench bench;
  EXPECT_EQ(bench.ask("P2=00080080"), "OK");
  EXPECT_EQ(bench.core.x(2), 0x8000'0800u);
  EXPECT_EQ(bench.ask("p2"), "00080080");
  EXPECT_EQ(bench.ask("P20=01010080"), "OK");
  EXPECT_EQ(bench.core.pc(), 0x8000'0100u) << "bit 0 of the pc is 0";
  EXPECT_EQ(bench.reg(65 + csr::misa), to_hex_word(CsrFile::misa_value));
  EXPECT_EQ(bench.ask(StubBench::fmt_hex("P", 65 + csr::mscratch) + "=44332211"), "OK");
  EXPECT_EQ(bench.csr(csr::mscratch), 0x1122'3344u);
  EXPECT_EQ(bench.ask(StubBench::fmt_hex("P", 65 + csr::mhartid) + "=00000000").front(), 'E') << "read-only";
  EXPECT_EQ(bench.reg(65 + 0x180).front(), 'E') << "satp does not exist here";
  EXPECT_EQ(bench.reg(33).front(), 'E');
  EXPECT_EQ(bench.reg(65 + 4096).front(), 'E');
}

TEST(Stub, MemoryInsideAndOutside) {
  StubBench bench;
  EXPECT_EQ(bench.ask("M80000100,4:deadbeef"), "OK");
  EXPECT_EQ(bench.word(0x8000'0100), 0xEFBE'ADDEu);
  EXPECT_EQ(bench.ask("m80000101,2"), "adbe");
  EXPECT_EQ(bench.ask(std::string("X80000100,3:") + std::string{'\x00', '#', '}'}), "OK");
  EXPECT_EQ(bench.ask("m80000100,4"), "00237def");
  EXPECT_EQ(bench.ask("X80000100,0:"), "OK") << "the probe for binary writes";
  EXPECT_EQ(bench.ask("M90000010,2:abcd"), "OK");
  EXPECT_EQ(bench.ask("m90000010,2"), "abcd");
  EXPECT_TRUE(bench.port.events.empty()) << "debug accesses are no bus accesses";
}

TEST(Stub, UnmappedMemoryIsAnErrorAndAnEdgeAShortAnswer) {
  StubBench bench;
  EXPECT_EQ(bench.ask("m0,4"), "E0e");
  EXPECT_EQ(bench.ask("mffffffff,8"), "E0e");
  EXPECT_EQ(bench.ask("m100000000,4"), "E0e") << "no second gigabytes";
  EXPECT_EQ(bench.ask("mffffffffffffffff,ffffffffffffffff"), "E0e");
  EXPECT_EQ(bench.ask("m8000fffc,8").size(), 8u) << "64 KiB end here";
  EXPECT_EQ(bench.ask("M8000fffe,4:00000000"), "E0e");
  EXPECT_EQ(bench.ask("m80000000,ffffffffffffffff").size(), GdbStub::packet_limit) << "never more than a packet";
  EXPECT_EQ(bench.ask("m80000000,0"), "");
}

TEST(Stub, AnswersWhatGdbAsksFirst) {
  StubBench bench;
  const std::string features = bench.ask("qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386");
  for (const char* word : {"PacketSize=4000", "QStartNoAckMode+", "qXfer:features:read+", "vContSupported+"}) {
    EXPECT_NE(features.find(word), std::string::npos) << word;
  }
  EXPECT_EQ(bench.ask("vMustReplyEmpty"), "");
  EXPECT_EQ(bench.ask("Hg0"), "OK");
  EXPECT_EQ(bench.ask("Hc-1"), "OK");
  EXPECT_EQ(bench.ask("qC"), "QC1");
  EXPECT_EQ(bench.ask("qfThreadInfo"), "m1");
  EXPECT_EQ(bench.ask("qsThreadInfo"), "l");
  EXPECT_EQ(bench.ask("qAttached"), "1");
  EXPECT_EQ(bench.ask("vCont?"), "vCont;c;C;s;S;r");
  EXPECT_EQ(bench.ask("?").substr(0, 3), "T05");
  EXPECT_EQ(bench.ask("qOffsets"), "") << "unknown to this stub";
  EXPECT_EQ(bench.ask("_"), "");
}

TEST(Stub, AcknowledgesUntilToldNotTo) {
  StubBench bench;
  bench.bytes("$?#3f");
  std::string wire = bench.stub.take_output();
  EXPECT_EQ(wire.substr(0, 5), "+$T05");
  bench.bytes("-");
  EXPECT_EQ(bench.stub.take_output(), wire.substr(1)) << "the same again";
  bench.bytes("$?#00");
  EXPECT_EQ(bench.stub.take_output(), "-");
  bench.bytes(rsp_frame("QStartNoAckMode"));
  EXPECT_EQ(bench.stub.take_output(), "+$OK#9a");
  bench.bytes("$?#00");
  EXPECT_EQ(bench.stub.take_output(), "");
  bench.bytes("$?#3f");
  EXPECT_EQ(bench.stub.take_output().substr(0, 4), "$T05");
}

TEST(Stub, TheTargetDescriptionNamesEveryRegisterThatExists) {
  StubBench bench;
  std::string xml;
  for (;;) {
    const std::string piece = bench.ask(StubBench::fmt_hex("qXfer:features:read:target.xml:",  //
                                                           static_cast<std::uint32_t>(xml.size())) +
                                        ",100");
    ASSERT_FALSE(piece.empty());
    ASSERT_TRUE(piece.front() == 'm' || piece.front() == 'l') << piece;
    xml += piece.substr(1);
    if (piece.front() == 'l') {
      break;
    }
  }
  EXPECT_EQ(xml, target_xml(bench.core));
  for (const char* name :
       {"\"zero\"", "\"t6\"", "\"pc\"", "\"mstatus\"", "\"mepc\"", "\"mcycleh\"", "\"mhpmcounter31h\""}) {
    EXPECT_NE(xml.find(name), std::string::npos) << name;
  }
  EXPECT_EQ(xml.find("satp"), std::string::npos);
  EXPECT_EQ(bench.ask("qXfer:features:read:other.xml:0,100").front(), 'E');
  EXPECT_EQ(bench.ask("qXfer:features:read:target.xml:ffffff,100").front(), 'E');
  EXPECT_EQ(bench.ask("qXfer:features:read:target.xml:0").front(), 'E');
  EXPECT_EQ(bench.ask("qXfer:memory-map:read::0,100").front(), 'E') << "none was given";
}

TEST(Stub, TheMemoryMapIsInOrderAndMarksRom) {
  const MemoryRegion regions[] = {{"private memory", 0x8000'0000, 0x8000'FFFF},
                                  {"a <b> ROM", 0x2000'0000, 0x2000'0FFF}};
  const std::string xml = memory_map_xml(regions);
  const auto rom = xml.find("<memory type=\"rom\" start=\"0x20000000\" length=\"0x1000\"/>");
  const auto ram = xml.find("<memory type=\"ram\" start=\"0x80000000\" length=\"0x10000\"/>");
  ASSERT_NE(rom, std::string::npos) << xml;
  ASSERT_NE(ram, std::string::npos) << xml;
  EXPECT_LT(rom, ram);
  EXPECT_NE(xml.find("a &lt;b&gt; ROM"), std::string::npos);
}

class Malformed : public testing::TestWithParam<const char*> {};

TEST_P(Malformed, IsAnErrorAndChangesNothing) {
  StubBench bench;
  bench.load(counting());
  bench.ask("?");
  const std::string before = bench.ask("g");
  const std::string answer = bench.ask(GetParam());
  EXPECT_TRUE(answer.empty() || answer.front() == 'E') << answer;
  EXPECT_EQ(bench.stub.state(), GdbStub::State::halted);
  EXPECT_EQ(bench.ask("g"), before);
  EXPECT_EQ(bench.go("vCont;c:1"), "(none)") << "it still runs, and no breakpoint was set";
  bench.bytes("\x03");
  EXPECT_EQ(StubBench::packets(bench.stub.take_output()).back().substr(0, 3), "T02");
}

INSTANTIATE_TEST_SUITE_P(Packets, Malformed,
                         testing::Values("", "m", "m,", "m80000000", "m80000000,", "m80000000,zz", "mzz,4",
                                         "m80000000,4,4", "M80000000,4:00", "M80000000,4", "M80000000,2:0g0g",
                                         "M80000000,ffffffffffffffff:00", "X80000000,4:ab", "X,,:", "p", "pzz",
                                         "pffffffffffffffff", "P", "P1", "P1=", "P1=00", "P1=000000000", "P1=zzzzzzzz",
                                         "Pffffffff=00000000", "G", "Gzz", "G00", "Z", "Z0", "Z0,", "Z0,80000000",
                                         "Z0,80000000,3", "Z0,80000000,0", "Z0,80000000,4;X1,00", "Z9,80000000,4",
                                         "Z2,80000000,0", "Z2,80000000,ffffffffffffffff", "Z2,ffffffff,2",
                                         "Z4,100000000,4", "z0,100000000,4", "vCont;", "vCont;x", "vCont;C", "vCont;r",
                                         "vCont;r1", "vCont;r1,ffffffffffffffff", "vCont", "v", "C", "S", "Cg", "czz",
                                         "c100000000", "qRcmd,0", "qRcmd,zz", "qXfer:", "qXfer:features:write:x:0,1",
                                         "QPassSignals:x", "Q", "q", "\xff\xfe", "vRun;", "vAttach;1",
                                         "vFile:open:2f"));

TEST(Stub, AnIntruderIsKnownByTheFirstByte) {
  StubBench bench;
  bench.bytes("GET / HTTP/1.1\r\n\r\n$k#6b");
  EXPECT_TRUE(bench.stub.intruder());
  EXPECT_FALSE(bench.killed);
  EXPECT_EQ(bench.stub.state(), GdbStub::State::detached);
  bench.stub.disconnected();
  EXPECT_FALSE(bench.stub.intruder());
}

TEST(Stub, NothingButStopIsHeardWhileTheProgramRuns) {
  StubBench bench;
  bench.load(counting());
  bench.ask("?");
  EXPECT_EQ(bench.go("vCont;c:-1"), "(none)");
  EXPECT_EQ(bench.ask("g"), "(none)");
  EXPECT_EQ(bench.ask("Z0,80000008,4"), "(none)");
  EXPECT_EQ(bench.stub.state(), GdbStub::State::running);
  bench.bytes("\x03");
  EXPECT_EQ(bench.stub.state(), GdbStub::State::halted);
  EXPECT_GT(bench.core.x(a0), 100u);
}

TEST(Stub, DetachLeavesNothingBehind) {
  StubBench bench;
  bench.load(counting());
  EXPECT_EQ(bench.ask("Z0,8000000c,4"), "OK");
  EXPECT_EQ(bench.ask("Z4,80000800,4"), "OK");
  EXPECT_EQ(bench.ask("D"), "OK");
  EXPECT_EQ(bench.stub.state(), GdbStub::State::detached);
  EXPECT_EQ(bench.debug.run(bench.core.cycles() + 1000, true), Stop::limit);
  EXPECT_GT(bench.core.x(a0), 50u);
  EXPECT_EQ(bench.ask("?").substr(0, 3), "T05") << "and it may come back";
  EXPECT_EQ(bench.stub.state(), GdbStub::State::halted);
}

TEST(Stub, ALostConnectionIsADetach) {
  StubBench bench;
  bench.load(counting());
  EXPECT_EQ(bench.ask("Z0,8000000c,4"), "OK");
  bench.bytes("$m8000");
  bench.stub.disconnected();
  EXPECT_EQ(bench.stub.state(), GdbStub::State::detached);
  EXPECT_EQ(bench.debug.run(bench.core.cycles() + 1000, true), Stop::limit);
  EXPECT_EQ(bench.ask("?").substr(0, 3), "T05");
}

TEST(Stub, KillReachesTheOwner) {
  for (const char* packet : {"k", "vKill;1"}) {
    StubBench bench;
    bench.load(counting());
    bench.ask("?");
    EXPECT_EQ(bench.ask(packet), packet[0] == 'k' ? "(none)" : "OK");
    EXPECT_TRUE(bench.killed) << packet;
  }
}

TEST(Stub, TellsHowTheRunEnded) {
  StubBench bench;
  bench.load(counting());
  bench.ask("?");
  bench.go("vCont;c");
  bench.stub.ended(0x2A, Signal::none);
  EXPECT_EQ(StubBench::packets(bench.stub.take_output()).back(), "W2a");
  EXPECT_EQ(bench.ask("?"), "W2a");
  EXPECT_EQ(bench.ask("g").front(), 'E');
  StubBench other;
  other.load(counting());
  other.ask("?");
  other.go("c");
  other.stub.ended(0, Signal::cpu_time);
  EXPECT_EQ(StubBench::packets(other.stub.take_output()).back(), "X18");
}

TEST(Stub, MonitorOutputComesInPieces) {
  StubBench bench;
  std::string asked;
  bench.stub.monitor = [&](std::string_view command) {
    asked = command;
    return std::string(10'000, 'x') + "\n";
  };
  bench.bytes(rsp_frame("qRcmd," + to_hex(std::string_view("tile 3"))));
  std::string text;
  const std::vector<std::string> answers = StubBench::packets(bench.stub.take_output());
  ASSERT_GT(answers.size(), 2u);
  for (std::size_t i = 0; i + 1 < answers.size(); ++i) {
    EXPECT_EQ(answers[i].front(), 'O');
    EXPECT_LE(answers[i].size(), GdbStub::packet_limit);
    text += *from_hex(std::string_view(answers[i]).substr(1));
  }
  EXPECT_EQ(answers.back(), "OK");
  EXPECT_EQ(text, std::string(10'000, 'x') + "\n");
  EXPECT_EQ(asked, "tile 3");
}

}  // namespace
}  // namespace tessera::host
