// SPDX-License-Identifier: Apache-2.0
// Clients that are broken or mean no good, against the real server: the run survives them, and they get nothing but the
// target's memory. Afterwards an honest client finds everything in order.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "tests/debug/debugged_program.h"

namespace tessera::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

bool is_stop(const std::string& answer) {
  return !answer.empty() && answer.front() == 'T';
}

/// A connection that is lost is a detach: the program runs to its end as if nobody had been there.
void expect_unharmed(DebuggedProgram& program) {
  EXPECT_EQ(program.finish(), 0) << program.output();
  EXPECT_THAT(program.output(), HasSubstr("hello from Tessera"));
}

TEST(Hostile, NobodyElseStartsTheProgram) {
  DebuggedProgram program("hello");
  Client(program.port()).close();
  Client http(program.port());
  http.send("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n$k#6b$vKill;1#6e");
  EXPECT_EQ(http.receive(), "") << "hung up on";
  Client half(program.port());
  half.send("$vCont;c#a");
  half.close();
  Client honest(program.port());
  EXPECT_THAT(honest.ask("?"), StartsWith("T05"));
  EXPECT_EQ(honest.ask("p20"), "00000080") << "nothing has been executed";
  ASSERT_TRUE(honest.packet("vCont;c"));
  EXPECT_THAT(honest.receive(), HasSubstr("W00"));
  expect_unharmed(program);
}

TEST(Hostile, HugeLengthsAndAddressesOfTheHost) {
  DebuggedProgram program("hello");
  {
    Client client(program.port());
    for (const char* packet :
         {"m0,4", "m7fffffffe000,1000", "m555555554000,1000", "mffffffffffffffff,1", "m100000000,10",
          "M7fffffffe000,1:00", "X555555554000,1:a", "Z0,7fffffffe000,4", "Z2,0,ffffffffffffffff",
          "mdeadbeef,ffffffffffffffff", "pffffffffffffffff", "P7fffffff=00000000"}) {
      EXPECT_THAT(client.ask(packet), StartsWith("E")) << packet;
    }
    EXPECT_LE(client.ask("m80000000,ffffffffffffffff").size(), 0x4000u);
  }
  expect_unharmed(program);
}

TEST(Hostile, MegabytesWithoutAnEnd) {
  DebuggedProgram program("hello");
  {
    Client client(program.port());
    EXPECT_THAT(client.ask("?"), StartsWith("T05"));
    client.send("$m8" + std::string(8u << 20, '0'));
  }
  expect_unharmed(program);
}

TEST(Hostile, AnswersThatNobodyFetches) {
  DebuggedProgram program("hello");
  {
    Client client(program.port());
    bool open = true;
    for (int i = 0; i < 1'000'000 && open; ++i) {
      open = client.packet("m80000000,2000");
    }
    EXPECT_FALSE(open) << "the server hung up instead of keeping hundreds of megabytes";
  }
  expect_unharmed(program);
}

TEST(Hostile, ASecondClientIsTurnedAway) {
  DebuggedProgram program("hello");
  {
    Client first(program.port());
    EXPECT_THAT(first.ask("?"), StartsWith("T05"));
    Client second(program.port());
    second.packet("k");
    EXPECT_EQ(second.receive(), "");
    EXPECT_THAT(first.ask("?"), StartsWith("T05"));
    EXPECT_EQ(first.ask("D"), "OK");
  }
  EXPECT_EQ(program.finish(), 0) << program.output();
}

TEST(Hostile, GarbageAndDisconnectsAtAnyInstant) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  DebuggedProgram program("timer");
  {
    // An endless loop, so that the program is there whatever happens: addi a0,a0,1; j -4
    Client client(program.port());
    EXPECT_EQ(client.ask("M80000000,8:130515006ff0dfff"), "OK");
    EXPECT_EQ(client.ask("P20=00000080"), "OK");
    EXPECT_EQ(client.ask("D"), "OK");
  }
  const std::string session =
      "+$qSupported:swbreak+;hwbreak+#00$?#3f$g#67$m80000000,40#e9$Z0,80000004,4#9f$c#63\x03$s#73$z0,80000004,4#bf$D#"
      "44";
  for (int round = 0; round < 60; ++round) {
    Client client(program.port());
    std::string bytes = session;
    for (std::size_t change = random() % 6; change > 0; --change) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(random() % (bytes.size() + 1));
    // Nothing may kill or let go what the last check needs.
    for (const char letter : {'k', 'K', 'G', 'M', 'P', 'X'}) {
      std::replace(bytes.begin(), bytes.end(), letter, '?');
    }
    client.send(bytes);
    if (random() % 2 == 0) {
      static_cast<void>(client.send("\x03"));
    }
  }
  ASSERT_TRUE(program.running()) << program.output();
  // In such a crowd an honest client may be turned away; it comes again.
  int tries = 0;
  for (; tries < 50 && !is_stop(Client(program.port()).ask("?")); ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  ASSERT_LT(tries, 50);
  Client client(program.port());
  EXPECT_THAT(client.ask("?"), StartsWith("T"));
  EXPECT_THAT(client.ask("p20"), testing::AnyOf("00000080", "04000080"));
  EXPECT_EQ(client.ask("vKill;1"), "OK");
  EXPECT_EQ(program.finish(), 1);
}

TEST(Hostile, APortThatIsTakenIsExitCode4) {
  DebuggedProgram program("hello");
  const Finished other = tessera(fmt::format("boot {}/hello.elf --gdb={} -o {}", TESSERA_FIRMWARE_DIR, program.port(),
                                             (program.folder() / "other").string()));
  EXPECT_EQ(other.exit_code, 4) << other.output;
  EXPECT_THAT(other.output, HasSubstr("choose another port"));
  for (const char* bad : {"--gdb=x", "--gdb=99999", "--gdb=1.2.3.4:", "--gdb=:::1"}) {
    EXPECT_EQ(tessera(fmt::format("boot {}/hello.elf {}", TESSERA_FIRMWARE_DIR, bad)).exit_code, 2) << bad;
  }
}

}  // namespace
}  // namespace tessera::test
