// SPDX-License-Identifier: Apache-2.0
// Interrupt controller, time, sleeping, stream port, system control, exit.
#include <gtest/gtest.h>

#include "tessera_registers.h"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_status.h"
#include "tsr_stream.h"
#include "tsr_system.h"
#include "tsr_trap.h"
#include "tsr_wait.h"

namespace tessera::firmware_test {
namespace {

bool is_true(void* context) {
  return *static_cast<bool*>(context);
}
bool never(void*) {
  return false;
}

TEST(Wait, ATrueConditionCostsNeitherTimeNorSleep) {
  ChipFake chip(1, 1, 1);
  bool flag = true;
  EXPECT_EQ(tsr_wait_until(is_true, &flag, 100, 10), TSR_OK);
  EXPECT_EQ(chip.accesses, 0U);
  EXPECT_EQ(chip.sleeps, 0U);
}

TEST(Wait, TimeoutComesAtItsTimeAndStopsTheTimer) {
  ChipFake chip(1, 1, 1);
  EXPECT_EQ(tsr_wait_until(never, nullptr, 1000, 0), TSR_TIMEOUT);
  EXPECT_GE(chip.now, 1000U);
  EXPECT_LT(chip.now, 1010U);
  EXPECT_EQ(chip.sleeps, 1U);
  EXPECT_THROW(tsr_wait_for_interrupt(), Deadlock) << "the timer is off again";
}

TEST(Wait, PeriodLooksAgain) {
  ChipFake chip(1, 1, 1);
  EXPECT_EQ(tsr_wait_until(never, nullptr, 1000, 100), TSR_TIMEOUT);
  EXPECT_GE(chip.sleeps, 9U);
  EXPECT_LE(chip.sleeps, 11U);
}

TEST(Wait, KeepsTheCallersInterruptSetting) {
  ChipFake chip(1, 1, 1);
  tsr_interrupts_enable();
  (void)tsr_wait_until(never, nullptr, 10, 0);
  EXPECT_TRUE(tsr_interrupts_disable());
  (void)tsr_wait_until(never, nullptr, 10, 0);
  EXPECT_FALSE(tsr_interrupts_disable());
}

TEST(Clint, TheClockIsReadInOnePiece) {
  ChipFake chip(1, 1, 1);
  chip.now = 0xFFFFFFFFU;  // wraps between the reads of high and low word
  EXPECT_GE(tsr_time(), 0x100000000U);
  EXPECT_LT(tsr_time(), 0x100000010U);
}

TEST(Clint, SleepLastsAtLeastItsTime) {
  ChipFake chip(1, 1, 1);
  chip.now = 0xFFFFFFF0U;  // the low word of the clock wraps meanwhile
  const std::uint64_t before = tsr_time();
  tsr_sleep(100);
  EXPECT_GE(tsr_time() - before, 100U);
  EXPECT_LT(tsr_time() - before, 120U);
}

int expiries = 0;
TEST(Clint, TimerCallsItsFunctionOnce) {
  ChipFake chip(1, 1, 1);
  expiries = 0;
  tsr_timer_on_expiry([] { ++expiries; });
  tsr_timer_set(50);
  EXPECT_EQ(expiries, 0);
  tsr_wait_for_interrupt();
  tsr_interrupts_enable();
  EXPECT_EQ(expiries, 1);
  EXPECT_EQ(chip.now, 50U);
}

TEST(Plic, RefusesNonsense) {
  ChipFake chip(1, 1, 1);
  tsr_plic_init();
  tsr_plic_handler handler{[](void*) {}, nullptr, nullptr};
  EXPECT_EQ(tsr_plic_attach(0, 1, &handler), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_plic_attach(1024, 1, &handler), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_plic_attach(5, 0, &handler), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_plic_attach(5, 8, &handler), TSR_BAD_ARGUMENT);
  handler.call = nullptr;
  EXPECT_EQ(tsr_plic_attach(5, 1, &handler), TSR_BAD_ARGUMENT);
}

TEST(Plic, ASourceWithoutHandlerIsCountedAndSwitchedOff) {
  ChipFake chip(1, 1, 1);
  tsr_plic_init();
  // Enabled behind the driver's back.
  tsr_write32(TSR_PLIC_BASE + TSR_PLIC_PRIORITY + 4 * TSR_TILE_IRQ, 1);
  tsr_write32(TSR_PLIC_BASE + TSR_PLIC_ENABLE + 4, 1);
  chip.tile(0).irq_enable = 1;
  chip.tile(0).irq_status = 1;
  tsr_interrupts_enable();
  EXPECT_EQ(tsr_plic_unserved(), 1U);
  EXPECT_EQ(tsr_read32(TSR_PLIC_BASE + TSR_PLIC_ENABLE + 4), 0U);
}

TEST(Stream, FramesComeInOrderAndResultsGoOut) {
  ChipFake chip(1, 1, 1);
  chip.frames = {{1, 2, 3, 4, 5}, {6, 7, 8, 9, 10}};
  chip.frame_bytes = 5;
  tsr_plic_init();
  ASSERT_EQ(tsr_stream_init(3, true), TSR_OK);
  EXPECT_EQ(chip.result_bytes, 3U);
  EXPECT_EQ(tsr_stream_frame_bytes(), 5U);
  for (std::uint32_t i = 0; i < 2; ++i) {
    std::uint32_t index = 99;
    ASSERT_EQ(tsr_stream_wait(&index, TSR_FOREVER), TSR_OK);
    EXPECT_EQ(index, i);
    std::uint8_t bytes[5] = {};
    tsr_stream_read(bytes, 5);
    EXPECT_EQ(std::vector<std::uint8_t>(bytes, bytes + 5), chip.frames[i]);
    tsr_stream_write(bytes + 1, 3);
    tsr_stream_done();
  }
  std::uint32_t index = 0;
  EXPECT_EQ(tsr_stream_wait(&index, TSR_FOREVER), TSR_END);
  EXPECT_EQ(chip.results, (std::vector<std::vector<std::uint8_t>>{{2, 3, 4}, {7, 8, 9}}));
}

TEST(Stream, LongTransfersGoInWords) {
  ChipFake chip(1, 1, 1);
  chip.frames = {{1, 2, 3, 4, 5, 6, 7, 8, 9}};
  chip.frame_bytes = 9;
  std::uint8_t bytes[9] = {};
  const std::uint64_t before = chip.accesses;
  tsr_stream_read(bytes, 9);
  EXPECT_EQ(chip.accesses - before, 3U);
  tsr_stream_write(bytes, 9);
  EXPECT_EQ(chip.accesses - before, 6U);
  tsr_stream_done();
  EXPECT_EQ(chip.results.at(0), chip.frames.at(0));
}

TEST(Stream, WaitingSleepsUntilTheSensorDelivers) {
  ChipFake chip(1, 1, 1);
  chip.frames = {{1}, {2}};
  chip.frame_bytes = 1;
  chip.frame_interval = 3000;
  tsr_plic_init();
  ASSERT_EQ(tsr_stream_init(1, true), TSR_OK);
  std::uint32_t index = 0;
  ASSERT_EQ(tsr_stream_wait(&index, TSR_FOREVER), TSR_OK);
  tsr_stream_done();
  ASSERT_EQ(tsr_stream_wait(&index, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(index, 1U);
  EXPECT_GE(chip.now, 3000U);
  EXPECT_LT(chip.now, 3050U) << "woken by the frame, not by the millisecond";
  tsr_stream_done();
  EXPECT_EQ(tsr_stream_wait(&index, 100), TSR_END);
}

TEST(System, FactsAndMarkers) {
  ChipFake chip(3, 4, 5, false);
  EXPECT_TRUE(tsr_system_present());
  EXPECT_EQ(tsr_system_tiles(), 12U);
  EXPECT_EQ(tsr_system_dma_channels(), 5U);
  EXPECT_FALSE(tsr_system_vector_present());
  EXPECT_EQ(tsr_system_platform_hash(), 0x1122334455667788U);
  tsr_marker_begin(TSR_REGION_LAYER, 0x1000005);
  tsr_marker_end(TSR_REGION_INFERENCE, 7);
  tsr_marker_reset();
  tsr_marker_dump();
  EXPECT_EQ(chip.markers, (std::vector<std::pair<std::uint32_t, std::uint32_t>>{
                              {0x20, 0x02000005}, {0x24, 0x01000007}, {0x28, 1}, {0x2C, 1}}));
  chip.bus_counters[TSR_BUS_BYTES] = 0x500000001ULL;
  EXPECT_EQ(tsr_bus_counter_read(TSR_BUS_BYTES), 0x500000001ULL);
  EXPECT_EQ(tsr_bus_counter_read(TSR_BUS_COUNTERS), 0U);
}

std::uint32_t finisher_word(std::uint32_t code) {
  ChipFake chip(1, 1, 1);
  try {
    tsr_exit(code);
  } catch (const Finished& finished) {
    return finished.word;
  }
  return 0;
}

TEST(Exit, PassAndFail) {
  EXPECT_EQ(finisher_word(0), 0x5555U);
  EXPECT_EQ(finisher_word(0x11), 0x113333U);
  EXPECT_EQ(finisher_word(1), 0x13333U);
}

TEST(Trap, AnExceptionIsReportedAndFailsTheRun) {
  ChipFake chip(1, 1, 1);
  tsr_trap_frame frame{};
  frame.ra = 0x80001234;
  frame.sp = 0x8007FF00;
  frame.epc = 0x80000456;
  try {
    tsr_trap_handle(&frame, 5, 0xF0000000);
    FAIL() << "returned";
  } catch (const Finished& finished) {
    EXPECT_EQ(finished.word, 0x253333U);
  }
  EXPECT_EQ(chip.uart,
            "\ntessera: fatal trap: load access fault, cause 5, mepc 0x80000456, mtval 0xf0000000, ra 0x80001234, sp "
            "0x8007ff00\n");
  chip.uart.clear();
  EXPECT_THROW(tsr_trap_handle(&frame, 7, 0), Finished) << "a trap within the report";
  EXPECT_EQ(chip.uart, "");
}

}  // namespace
}  // namespace tessera::firmware_test
