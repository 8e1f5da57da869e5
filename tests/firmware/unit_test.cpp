// SPDX-License-Identifier: Apache-2.0
#include "tsr_unit.h"

#include <gtest/gtest.h>

#include "tessera_registers.h"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_port.h"

namespace tessera::firmware_test {
namespace {

struct UnitTest : testing::Test {
  ChipFake chip{2, 2, 2};
  tsr_unit unit{};

  void SetUp() override { tsr_plic_init(); }

  /// A DMA descriptor in SRAM; @return its bus address.
  std::uint32_t job(std::uint32_t tag, bool interrupt = true) {
    td_dma_job descriptor{};
    descriptor.tag = tag;
    descriptor.flags = interrupt ? TD_TILE_INTERRUPT : 0;
    const std::uint32_t address = TD_SRAM_BASE + 0x1000 + tag * std::uint32_t{sizeof descriptor};
    *static_cast<td_dma_job*>(chip.memory(address, sizeof descriptor)) = descriptor;
    return address;
  }
};

TEST_F(UnitTest, InitFindsEveryUnitOfTheChip) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_TILE, i), TSR_OK);
    EXPECT_EQ(unit.base, 0x40000000U + i * 0x10000U);
  }
  EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_VECTOR, 0), TSR_OK);
  EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 1), TSR_OK);
  EXPECT_EQ(unit.base, 0x31000100U);
}

TEST_F(UnitTest, InitRefusesWhatTheChipDoesNotHave) {
  EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_TILE, 4), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_VECTOR, 1), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 2), TSR_BAD_ARGUMENT);
  chip.tile(0).id = 0x12345678;
  EXPECT_EQ(tsr_unit_init(&unit, TSR_UNIT_TILE, 0), TSR_NO_DEVICE);
}

TEST_F(UnitTest, InitLeavesRunningJobsAloneAndCancelTakesTheUnitOver) {
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1)), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(2)), TSR_OK);
  tsr_unit again{};
  EXPECT_EQ(tsr_unit_init(&again, TSR_UNIT_DMA, 0), TSR_BUSY);
  EXPECT_EQ(tsr_unit_cancel(&again, TSR_FOREVER), TSR_OK);
  ASSERT_EQ(tsr_unit_init(&again, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&again, job(3)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&again, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(tsr_unit_last_tag(&again), 3U);
}

TEST_F(UnitTest, PolledUseNeedsNoInterrupt) {
  chip.access_ticks = 1;
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(7, false)), TSR_OK);
  int looks = 0;
  while (tsr_unit_poll(&unit) == TSR_BUSY && looks < 100) {
    ++looks;
  }
  EXPECT_GT(looks, 0);
  EXPECT_LT(looks, 100);
  EXPECT_EQ(chip.sleeps, 0U);
  EXPECT_EQ(tsr_unit_last_tag(&unit), 7U);
}

TEST_F(UnitTest, WaitSleepsUntilTheInterrupt) {
  chip.job_ticks = 40;  // less than the driver's poll period: the interrupt must be what wakes
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(chip.sleeps, 1U);
  EXPECT_LT(chip.now, 50U);
  EXPECT_EQ(chip.dma(0).irq_status, 0U) << "acknowledged";
}

TEST_F(UnitTest, WaitSeesJobsWithoutInterruptToo) {
  chip.job_ticks = 1234;
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1, false)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_LT(chip.now, 1234U + 60U);
}

TEST_F(UnitTest, WaitTimesOut) {
  chip.job_ticks = 100000;
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&unit, 500), TSR_TIMEOUT);
  EXPECT_GE(chip.now, 500U);
  EXPECT_LT(chip.now, 600U);
}

TEST_F(UnitTest, AFullQueueRefusesAndNothingIsLost) {
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  std::uint32_t accepted = 0;
  while (tsr_unit_submit(&unit, job(1 + accepted)) == TSR_OK) {
    ++accepted;
    ASSERT_LT(accepted, 100U);
  }
  EXPECT_EQ(accepted, chip.dma(0).depth + 1) << "one runs, the queue holds the others";
  EXPECT_EQ(tsr_unit_submit(&unit, job(50)), TSR_BUSY);
  tsr_unit_fault fault{};
  EXPECT_FALSE(tsr_unit_get_fault(&unit, &fault));
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(chip.dma(0).done, accepted);
}

TEST_F(UnitTest, UnalignedDescriptorsAreRefused) {
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  EXPECT_EQ(tsr_unit_submit(&unit, job(1) + 2), TSR_BAD_ARGUMENT);
  EXPECT_EQ(unit.submitted, 0U);
}

TEST_F(UnitTest, ErrorsAreReportedWithCodeAndTag) {
  chip.failing_tags[2] = TSR_JOB_UNIT_ERROR_CODE_BUS_ERROR;
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1)), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(2)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_UNIT_ERROR);
  tsr_unit_fault fault{};
  ASSERT_TRUE(tsr_unit_get_fault(&unit, &fault));
  EXPECT_EQ(fault.code, TSR_JOB_UNIT_ERROR_CODE_BUS_ERROR);
  EXPECT_EQ(fault.tag, 2U);
  EXPECT_EQ(tsr_unit_submit(&unit, job(3)), TSR_UNIT_ERROR) << "a unit with an error takes no more jobs";
}

TEST_F(UnitTest, CancelEmptiesTheQueueAndTheUnitWorksAgain) {
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  chip.failing_tags[1] = TSR_JOB_UNIT_ERROR_CODE_BAD_DESCRIPTOR;
  for (std::uint32_t tag = 1; tag <= 3; ++tag) {
    ASSERT_EQ(tsr_unit_submit(&unit, job(tag)), TSR_OK);
  }
  ASSERT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_UNIT_ERROR);
  ASSERT_EQ(tsr_unit_cancel(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(tsr_unit_poll(&unit), TSR_OK) << "nothing is owed";
  EXPECT_EQ(chip.dma(0).irq_enable, 3U) << "still by interrupt";
  ASSERT_EQ(tsr_unit_submit(&unit, job(9)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(tsr_unit_last_tag(&unit), 9U);
}

TEST_F(UnitTest, ChannelsThatShareAnInterruptSourceBothWake) {
  tsr_unit other{};
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_init(&other, TSR_UNIT_DMA, 1), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&other), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1)), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&other, job(2)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&other, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_OK);
  tsr_unit_detach(&unit);
  ASSERT_EQ(tsr_unit_submit(&other, job(3)), TSR_OK);
  EXPECT_EQ(tsr_unit_wait(&other, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(tsr_plic_unserved(), 0U);
}

TEST_F(UnitTest, CountersAndEventsHave64Bits) {
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_TILE, 2), TSR_OK);
  for (std::uint32_t k = 0; k < TSR_COUNTER_COUNT; ++k) {
    chip.tile(2).counters[k] = 0x100000000ULL * (k + 1) + 7 * k;
  }
  for (std::uint32_t k = 0; k < TSR_COUNTER_COUNT; ++k) {
    EXPECT_EQ(tsr_unit_counter_read(&unit, static_cast<tsr_unit_counter>(k)), 0x100000000ULL * (k + 1) + 7 * k);
  }
  EXPECT_EQ(tsr_unit_counter_read(&unit, TSR_COUNTER_COUNT), 0U);
  tsr_unit_set_event(&unit, 0x123456789ABCDEFULL);
  EXPECT_EQ(chip.tile(2).event, 0x123456789ABCDEFULL);
  EXPECT_EQ(tsr_unit_event(&unit), 0x123456789ABCDEFULL);
}

TEST_F(UnitTest, DoneCountMayWrapAround) {
  chip.dma(0).done = 0xFFFFFFFFU;
  ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_DMA, 0), TSR_OK);
  ASSERT_EQ(tsr_unit_submit(&unit, job(1)), TSR_OK);
  EXPECT_EQ(tsr_unit_poll(&unit), TSR_BUSY);
  EXPECT_EQ(tsr_unit_wait(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(chip.dma(0).done, 0U);
}

TEST(UnitOfALargeChip, TilesBeyond960ShareSources) {
  ChipFake chip(31, 32, 0, false);
  tsr_plic_init();
  tsr_unit low{};
  tsr_unit high{};
  ASSERT_EQ(tsr_unit_init(&low, TSR_UNIT_TILE, 5), TSR_OK);
  ASSERT_EQ(tsr_unit_init(&high, TSR_UNIT_TILE, 965), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&low), TSR_OK);
  ASSERT_EQ(tsr_unit_attach(&high), TSR_OK);
  td_tile_job job{};
  job.tag = 1;
  job.flags = TD_TILE_INTERRUPT;
  *static_cast<td_tile_job*>(chip.memory(TD_SRAM_BASE, sizeof job)) = job;
  for (tsr_unit* unit : {&high, &low}) {
    ASSERT_EQ(tsr_unit_submit(unit, TD_SRAM_BASE), TSR_OK);
    EXPECT_EQ(tsr_unit_wait(unit, 1000), TSR_OK);
  }
  EXPECT_EQ(chip.tile(965).done, 1U);
}

}  // namespace
}  // namespace tessera::firmware_test
