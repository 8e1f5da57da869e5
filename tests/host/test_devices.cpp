// SPDX-License-Identifier: Apache-2.0
// UART, PLIC, CLINT, finisher and clock without SystemC.
#include <gtest/gtest.h>

#include <string>

#include "models/host/clint.h"
#include "models/host/cycle_clock.h"
#include "models/host/plic.h"
#include "models/peripherals/finisher/finisher.h"
#include "models/peripherals/uart/uart.h"

namespace tessera::host {
namespace {

using peripherals::Finisher;
using peripherals::Uart;

struct Port : Uart {
  Port() {
    sink = [this](std::uint8_t byte) { text.push_back(static_cast<char>(byte)); };
    interrupt = [this](bool on) {
      line = on;
      ++edges;
    };
  }
  std::uint32_t get(std::uint32_t offset) {
    std::uint32_t value = 0;
    EXPECT_TRUE(read(offset, 1, value));
    return value;
  }
  void put(std::uint32_t offset, std::uint32_t value) { EXPECT_TRUE(write(offset, 1, value)); }
  std::string text;
  bool line = false;
  int edges = 0;
};

TEST(UartTest, TransmitsAtOnce) {
  Port uart;
  for (const char c : std::string("hello")) {
    uart.put(0, static_cast<std::uint8_t>(c));
  }
  EXPECT_EQ(uart.text, "hello");
  EXPECT_EQ(uart.get(5), 0x60u);
  EXPECT_EQ(uart.transmitted(), 5u);
}

TEST(UartTest, DivisorLatchHidesDataAndEnable) {
  Port uart;
  uart.put(3, 0x83);
  uart.put(0, 0x34);
  uart.put(1, 0x12);
  EXPECT_EQ(uart.get(0), 0x34u);
  EXPECT_EQ(uart.get(1), 0x12u);
  uart.put(3, 0x03);
  EXPECT_EQ(uart.text, "");
  EXPECT_EQ(uart.get(1), 0u);
  EXPECT_EQ(uart.get(3), 3u);
}

TEST(UartTest, ReceivesInOrderAndRaisesItsLine) {
  Port uart;
  uart.put(2, 1);
  uart.put(1, 1);
  EXPECT_FALSE(uart.line);
  uart.receive('a');
  uart.receive('b');
  EXPECT_TRUE(uart.line);
  EXPECT_EQ(uart.get(2), 0xC4u);
  EXPECT_EQ(uart.get(5), 0x61u);
  EXPECT_EQ(uart.get(0), 'a');
  EXPECT_TRUE(uart.line);
  EXPECT_EQ(uart.get(0), 'b');
  EXPECT_FALSE(uart.line);
  EXPECT_EQ(uart.get(2), 0xC1u);
  EXPECT_EQ(uart.get(0), 0u) << "empty";
}

TEST(UartTest, BelowTheTriggerLevelItIsATimeout) {
  Port uart;
  uart.put(2, 0x81);  // FIFO on, 8 bytes
  uart.put(1, 1);
  for (int i = 0; i < 7; ++i) {
    uart.receive('x');
  }
  EXPECT_EQ(uart.get(2), 0xCCu);
  uart.receive('x');
  EXPECT_EQ(uart.get(2), 0xC4u);
}

TEST(UartTest, OverrunLosesTheNewByteAndSaysSo) {
  Port uart;
  uart.put(2, 1);
  uart.put(1, 4);
  for (int i = 0; i < 17; ++i) {
    uart.receive(static_cast<std::uint8_t>('A' + i));
  }
  EXPECT_EQ(uart.overruns(), 1u);
  EXPECT_TRUE(uart.line);
  EXPECT_EQ(uart.get(2), 0xC6u);
  EXPECT_EQ(uart.get(5), 0x63u);
  EXPECT_FALSE(uart.line) << "reading the line status acknowledges";
  EXPECT_EQ(uart.get(5), 0x61u);
  for (int i = 0; i < 16; ++i) {
    EXPECT_EQ(uart.get(0), static_cast<std::uint32_t>('A' + i));
  }
  EXPECT_EQ(uart.get(5), 0x60u);
}

TEST(UartTest, WithoutFifosItHoldsOneByte) {
  Port uart;
  EXPECT_EQ(uart.room(), 1u);
  uart.receive('a');
  uart.receive('b');
  EXPECT_EQ(uart.overruns(), 1u);
  uart.put(2, 3);  // FIFO on, cleared
  EXPECT_EQ(uart.room(), 16u);
  EXPECT_EQ(uart.get(5) & 1u, 0u);
}

TEST(UartTest, TransmitterInterruptComesOnEnableAndAfterEachByte) {
  Port uart;
  uart.put(1, 2);
  EXPECT_TRUE(uart.line);
  EXPECT_EQ(uart.get(2), 2u);
  EXPECT_FALSE(uart.line) << "reading IIR acknowledges";
  EXPECT_EQ(uart.get(2), 1u);
  uart.put(0, 'x');
  EXPECT_TRUE(uart.line);
  uart.put(1, 0);
  EXPECT_FALSE(uart.line);
}

TEST(UartTest, LoopBackReturnsBytesAndModemLines) {
  Port uart;
  uart.put(2, 1);
  uart.put(4, 0x1A);
  uart.put(0, 'z');
  EXPECT_EQ(uart.text, "");
  EXPECT_EQ(uart.get(0), 'z');
  EXPECT_EQ(uart.get(6), 0x90u);
  uart.put(7, 0x5A);
  EXPECT_EQ(uart.get(7), 0x5Au);
}

TEST(UartTest, ReadingTwiceWithReceiveAndTransmitterPending) {
  Port uart;
  uart.put(1, 3);
  uart.receive('q');
  EXPECT_EQ(uart.get(2), 4u) << "received data come first";
  EXPECT_EQ(uart.get(0), 'q');
  EXPECT_EQ(uart.get(2), 2u) << "and do not acknowledge the transmitter";
}

struct Controller : Plic {
  std::uint32_t get(std::uint32_t offset) {
    std::uint32_t value = 0, claimed = 0;
    EXPECT_TRUE(read(offset, 4, value, claimed));
    last_claim = claimed;
    return value;
  }
  void put(std::uint32_t offset, std::uint32_t value) { EXPECT_TRUE(write(offset, 4, value)); }
  void enable(std::uint32_t source, std::uint32_t priority, std::uint32_t context = 0) {
    put(4 * source, priority);
    const std::uint32_t at = 0x2000 + 0x80 * context + source / 32 * 4;
    put(at, get(at) | 1u << (source % 32));
  }
  std::uint32_t claim(std::uint32_t context = 0) { return get(0x20'0004 + 0x1000 * context); }
  void complete(std::uint32_t source, std::uint32_t context = 0) { put(0x20'0004 + 0x1000 * context, source); }
  std::uint32_t last_claim = 0;
};

TEST(PlicTest, HighestPriorityFirstThenLowestNumber) {
  Controller plic;
  plic.enable(10, 3);
  plic.enable(33, 7);
  plic.enable(1023, 7);
  plic.enable(5, 7);
  for (const std::uint32_t source : {10u, 33u, 1023u, 5u}) {
    plic.set_level(source, true);
  }
  EXPECT_TRUE(plic.output(0));
  EXPECT_EQ(plic.claim(), 5u);
  EXPECT_EQ(plic.last_claim, 5u);
  EXPECT_EQ(plic.claim(), 33u);
  EXPECT_EQ(plic.claim(), 1023u);
  EXPECT_EQ(plic.claim(), 10u);
  EXPECT_EQ(plic.claim(), 0u);
  EXPECT_FALSE(plic.output(0));
}

TEST(PlicTest, LevelComesBackAfterCompletionUntilItFalls) {
  Controller plic;
  plic.enable(7, 1);
  plic.set_level(7, true);
  EXPECT_EQ(plic.claim(), 7u);
  EXPECT_FALSE(plic.output(0)) << "in service";
  plic.complete(7);
  EXPECT_TRUE(plic.output(0));
  EXPECT_EQ(plic.claim(), 7u);
  plic.set_level(7, false);
  plic.complete(7);
  EXPECT_FALSE(plic.output(0));
}

TEST(PlicTest, ARequestOnceSeenStaysPending) {
  Controller plic;
  plic.enable(7, 1);
  plic.set_level(7, true);
  plic.set_level(7, false);
  EXPECT_EQ(plic.get(0x1000), 1u << 7);
  EXPECT_EQ(plic.claim(), 7u);
  plic.complete(7);
  EXPECT_FALSE(plic.output(0));
}

TEST(PlicTest, ThresholdMasksTheOutputNotTheClaim) {
  Controller plic;
  plic.enable(4, 3);
  plic.put(0x20'0000, 3);
  plic.set_level(4, true);
  EXPECT_FALSE(plic.output(0));
  EXPECT_FALSE(plic.can_interrupt(0));
  plic.put(0x20'0000, 2);
  EXPECT_TRUE(plic.output(0));
  EXPECT_TRUE(plic.can_interrupt(0));
  plic.put(0x20'0000, 7);
  EXPECT_EQ(plic.claim(), 4u);
}

TEST(PlicTest, PriorityZeroAndDisabledSourcesNeverInterrupt) {
  Controller plic;
  plic.enable(4, 0);
  plic.put(4 * 6, 5);
  plic.set_level(4, true);
  plic.set_level(6, true);
  EXPECT_FALSE(plic.output(0));
  EXPECT_EQ(plic.claim(), 0u);
  EXPECT_EQ(plic.get(0x1000), 1u << 4 | 1u << 6);
}

TEST(PlicTest, CompletionOfOthersIsIgnored) {
  Controller plic;
  plic.enable(4, 1);
  plic.set_level(4, true);
  EXPECT_EQ(plic.claim(), 4u);
  plic.complete(5);
  plic.complete(0);
  plic.complete(5000);
  plic.complete(4, 1);  // context 1 has not enabled it
  EXPECT_FALSE(plic.output(0));
  plic.complete(4);
  EXPECT_TRUE(plic.output(0));
}

TEST(PlicTest, ContextsAreIndependentAndSourceZeroDoesNotExist) {
  Controller plic;
  plic.enable(4, 1, 1);
  plic.set_level(4, true);
  EXPECT_FALSE(plic.output(0));
  EXPECT_TRUE(plic.output(1));
  EXPECT_EQ(plic.claim(1), 4u);
  EXPECT_EQ(plic.last_claim, 0u) << "a claim by the other context is not the hart's";
  plic.put(0x2000, 0xFFFF'FFFF);
  EXPECT_EQ(plic.get(0x2000), 0xFFFF'FFFEu);
  plic.set_level(0, true);
  plic.set_level(5000, true);
  plic.put(0, 7);
  EXPECT_EQ(plic.get(0), 0u);
  plic.put(4, 0xFF);
  EXPECT_EQ(plic.get(4), 7u) << "three bits";
}

TEST(PlicTest, OnlyAlignedWords) {
  Plic plic;
  std::uint32_t value = 0, claimed = 0;
  EXPECT_FALSE(plic.read(4, 1, value, claimed));
  EXPECT_FALSE(plic.read(2, 4, value, claimed));
  EXPECT_FALSE(plic.write(4, 2, 1));
  EXPECT_FALSE(plic.read(Plic::size, 4, value, claimed));
}

TEST(ClintTest, TimeBaseFollowsTimeAndCanBeSet) {
  Clint clint;
  std::uint32_t value = 0;
  EXPECT_EQ(clint.mtime(99'999), 0u);
  EXPECT_EQ(clint.mtime(100'000), 1u);
  ASSERT_TRUE(clint.write(0xBFF8, 4, 250'000, 1000));
  EXPECT_EQ(clint.mtime(250'000), 1000u);
  EXPECT_EQ(clint.mtime(300'000), 1001u);
  ASSERT_TRUE(clint.write(0xBFFC, 4, 300'000, 2));
  ASSERT_TRUE(clint.read(0xBFFC, 4, 300'000, value));
  EXPECT_EQ(value, 2u);
}

TEST(ClintTest, TimerRisesExactlyAndFallsWithANewCompare) {
  Clint clint;
  EXPECT_FALSE(clint.timer_interrupt(Clint::never - 1)) << "not armed after reset";
  ASSERT_TRUE(clint.write(0x4004, 4, 0, 0));
  ASSERT_TRUE(clint.write(0x4000, 4, 0, 5));
  EXPECT_EQ(clint.timer_ps(), 500'000u);
  EXPECT_FALSE(clint.timer_interrupt(499'999));
  EXPECT_TRUE(clint.timer_interrupt(500'000));
  ASSERT_TRUE(clint.write(0x4000, 4, 600'000, 100));
  EXPECT_FALSE(clint.timer_interrupt(600'000));
  ASSERT_TRUE(clint.write(0xBFF8, 4, 600'000, 1000));
  EXPECT_TRUE(clint.timer_interrupt(600'000)) << "mtime jumped beyond the compare value";
  ASSERT_TRUE(clint.write(0xBFF8, 4, 600'000, 90));
  EXPECT_EQ(clint.timer_ps(), 1'600'000u);
}

TEST(ClintTest, FarAwayTimersDoNotOverflow) {
  Clint clint;
  ASSERT_TRUE(clint.write(0x4004, 4, 0, 0x7FFF'FFFF));
  EXPECT_EQ(clint.timer_ps(), Clint::never);
}

TEST(ClintTest, SoftwareInterruptAndHoles) {
  Clint clint;
  std::uint32_t value = 0;
  ASSERT_TRUE(clint.write(0, 4, 0, 0xFFFF'FFFF));
  ASSERT_TRUE(clint.read(0, 4, 0, value));
  EXPECT_EQ(value, 1u);
  EXPECT_TRUE(clint.software_interrupt());
  EXPECT_FALSE(clint.read(4, 4, 0, value));
  EXPECT_FALSE(clint.read(0x4008, 4, 0, value));
  EXPECT_FALSE(clint.read(0x4000, 2, 0, value));
  EXPECT_FALSE(clint.write(0x4001, 4, 0, 0));
}

TEST(FinisherTest, VerdictsAndCodes) {
  Finisher finisher;
  std::string seen;
  finisher.finished = [&seen](Finisher::Verdict verdict, std::uint32_t code) {
    seen += std::to_string(static_cast<int>(verdict)) + ":" + std::to_string(code) + " ";
  };
  EXPECT_TRUE(finisher.write(0, 4, 0x5555));
  EXPECT_TRUE(finisher.write(0, 2, 0x5555));
  EXPECT_TRUE(finisher.write(0, 4, 0x0007'3333));
  EXPECT_TRUE(finisher.write(0, 4, 0x7777));
  EXPECT_TRUE(finisher.write(0, 4, 0x1234));
  EXPECT_FALSE(finisher.write(0x1000, 4, 0x5555));
  EXPECT_EQ(seen, "0:0 0:0 1:7 2:0 ");
}

TEST(CycleClockTest, RoundTripsAtAnyFrequency) {
  for (const double hertz : {200e6, 333e6, 1e9, 32768.0, 1.0}) {
    const CycleClock clock(hertz);
    for (const std::uint64_t cycle : {0ull, 1ull, 2ull, 3ull, 999'983ull, 12'345'678ull}) {
      EXPECT_EQ(clock.cycle_at(clock.time(cycle)), cycle) << hertz;
      EXPECT_EQ(clock.cycle_at(clock.time(cycle) + 1), cycle + 1) << hertz;
    }
  }
  EXPECT_EQ(CycleClock(200e6).time(7), 35'000u);
  EXPECT_EQ(CycleClock(333e6).time(333'000'000), 1'000'000'000'000u) << "no drift";
}

}  // namespace
}  // namespace tessera::host
