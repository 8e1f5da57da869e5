// SPDX-License-Identifier: Apache-2.0
#include "executor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>

#include "softmax.h"
#include "tessera_registers.h"
#include "tests/firmware/chip_fake.h"
#include "tests/firmware/image_builder.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_stream.h"

namespace tessera::firmware_test {
namespace {

struct ExecutorTest : testing::Test {
  void make(std::uint32_t dma_channels = 2) {
    facts.dma_channels = dma_channels;
    chip = std::make_unique<ChipFake>(2, 2, dma_channels);
    network.apply();
    chip->rom = network.image.build();
    chip->frame_bytes = 16;
    for (std::uint32_t i = 0; i < 3; ++i) {
      std::vector<std::uint8_t> frame(16);
      std::iota(frame.begin(), frame.end(), static_cast<std::uint8_t>(i * 50));
      chip->frames.push_back(frame);
    }
    tsr_plic_init();
    ASSERT_EQ(tsr_stream_init(8, true), TSR_OK);
    rt_problem problem{};
    ASSERT_TRUE(rt_deployment_open(&deployment, TD_ROM_BASE, &facts, &problem)) << problem.what;
  }
  bool init() { return rt_executor_init(&executor, &deployment, &facts, memory.data(), 4 * memory_words()); }
  std::uint32_t memory_words() const { return static_cast<std::uint32_t>(memory.size()); }

  /// Runs the frames that are there, as the runtime's main does. @return frames that succeeded
  std::uint32_t run() {
    std::uint32_t good = 0;
    std::uint32_t frame = 0;
    while (tsr_stream_wait(&frame, TSR_FOREVER) == TSR_OK) {
      if (!rt_executor_run(&executor, frame)) {
        return good;
      }
      tsr_stream_done();
      ++good;
    }
    return good;
  }

  /// What the fake's jobs make of a frame, worked out in one line per job.
  static std::vector<std::uint8_t> expected(const std::vector<std::uint8_t>& frame) {
    std::vector<std::int8_t> logits(8);
    for (std::size_t i = 0; i < 8; ++i) {
      logits[i] = static_cast<std::int8_t>(frame[i] + 1 + 3 + 4);
    }
    std::vector<std::int8_t> out(8);
    tsr_softmax_int8(logits.data(), out.data(), 1, 8, 1 << 30, 23, -248);
    return {out.begin(), out.end()};
  }

  SmallNetwork network;
  std::unique_ptr<ChipFake> chip;
  rt_chip facts{0x1122334455667788, 4, 2, 16, true, 0};
  rt_deployment deployment{};
  rt_executor executor{};
  std::vector<std::uint32_t> memory = std::vector<std::uint32_t>(4096);
};

TEST_F(ExecutorTest, RunsAllFramesAndTheDataIsRight) {
  make();
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 3U);
  ASSERT_EQ(chip->results.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(chip->results[i], expected(chip->frames[i])) << "frame " << i;
  }
  EXPECT_EQ(chip->tile(1).tags, (std::vector<std::uint32_t>{1, 3, 1, 3, 1, 3}));
  EXPECT_EQ(chip->tile(3).tags, (std::vector<std::uint32_t>{2, 2, 2}));
  EXPECT_EQ(chip->dma(0).tags, (std::vector<std::uint32_t>{RT_TAG_INPUT, RT_TAG_OUTPUT, RT_TAG_INPUT, RT_TAG_OUTPUT,
                                                           RT_TAG_INPUT, RT_TAG_OUTPUT}));
  EXPECT_EQ(chip->tile(1).event, 3U * 13U);
  EXPECT_EQ(tsr_plic_unserved(), 0U);
}

TEST_F(ExecutorTest, UnitsOfOneBarrierRunAtTheSameTime) {
  make();
  ASSERT_TRUE(init());
  chip->frames.resize(1);
  chip->job_ticks = 1000;
  EXPECT_EQ(run(), 1U);
  // input, two tiles, tile again, vector and DMA, output: five job times one after the other
  EXPECT_GE(chip->now, 5000U);
  EXPECT_LT(chip->now, 5200U);
  EXPECT_LE(chip->sleeps, 8U) << "one for each job that wakes, not polling";
}

TEST_F(ExecutorTest, LayersAreMarked) {
  make();
  ASSERT_TRUE(init());
  chip->frames.resize(1);
  EXPECT_EQ(run(), 1U);
  EXPECT_EQ(chip->markers,
            (std::vector<std::pair<std::uint32_t, std::uint32_t>>{{0x20, 0x02000000}, {0x24, 0x02000000}}));
}

TEST_F(ExecutorTest, DescriptorsOfTheRuntimeLieBehindTheArena) {
  make();
  std::fill(chip->sram.begin(), chip->sram.end(), std::uint8_t{0xA5});
  ASSERT_TRUE(init());
  EXPECT_EQ(executor.input_job, SmallNetwork::scratch) << "arena end, rounded up to 16";
  const std::size_t scratch = SmallNetwork::scratch - TD_SRAM_BASE;
  for (std::size_t i = 0; i < chip->sram.size(); ++i) {
    if (i < scratch || i >= scratch + RT_SCRATCH_BYTES) {
      ASSERT_EQ(chip->sram[i], 0xA5) << "offset " << i;
    }
  }
}

TEST_F(ExecutorTest, WithoutDmaTheCpuMovesTheData) {
  network.commands.erase(network.commands.begin() + 8);  // the copy by DMA
  make(0);
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 3U);
  EXPECT_EQ(chip->results.at(2), expected(chip->frames.at(2)));
}

TEST_F(ExecutorTest, JobsWithoutInterruptAreWaitedFor) {
  for (td_tile_job& job : network.tile_jobs) {
    job.flags = 0;
  }
  network.vector_jobs[0].flags = 0;
  network.dma_jobs[0].flags = 0;
  make();
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 3U);
  EXPECT_EQ(chip->results.at(1), expected(chip->frames.at(1)));
  EXPECT_EQ(executor.silent_count, 0U);
}

TEST_F(ExecutorTest, MoreJobsThanTheQueueHolds) {
  network.commands = {};
  network.tile_jobs = {};
  for (std::uint32_t tag = 1; tag <= 40; ++tag) {
    td_tile_job job = SmallNetwork().tile_jobs[0];
    job.tag = tag;
    job.flags = tag % 3 == 0 ? TD_TILE_INTERRUPT : 0;
    job.product_count = 1;
    network.tile_jobs.push_back(job);
    network.commands.push_back({TD_OP_TILE, 0, 1, tag - 1, 0, 0, tag});
  }
  network.tiles = {{1, 40}};
  make();
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 3U);
  EXPECT_EQ(executor.silent_count, 0U);
  EXPECT_EQ(chip->tile(1).done, 120U);
  EXPECT_EQ(chip->tile(1).error_code, 0U);
}

TEST_F(ExecutorTest, EventsStartWhereTheFrameNumberSays) {
  make();
  ASSERT_TRUE(init());
  chip->tile(3).event = 0x77;  // left by somebody else
  EXPECT_EQ(run(), 3U);
  EXPECT_EQ(chip->tile(3).event, 60U);
}

TEST_F(ExecutorTest, EverySkippedJobIsDetected) {
  for (std::uint32_t tag = 1; tag <= 5; ++tag) {
    make();
    ASSERT_TRUE(init());
    executor.skip_tag = tag;
    EXPECT_EQ(run(), 0U) << "tag " << tag;
    EXPECT_EQ(executor.failure.kind, RT_JOBS_LOST) << "tag " << tag;
    EXPECT_EQ(executor.failure.found + 1, executor.failure.expected);
    const std::uint16_t kinds[] = {TSR_UNIT_TILE, TSR_UNIT_TILE, TSR_UNIT_TILE, TSR_UNIT_VECTOR, TSR_UNIT_DMA};
    EXPECT_EQ(executor.failure.unit.kind, kinds[tag - 1]);
    if (tag == 3) {
      EXPECT_EQ(executor.failure.tag, 3U) << "expected last tag";
      EXPECT_EQ(executor.failure.code, 1U) << "actual last tag";
      EXPECT_EQ(executor.failure.unit.index, 1U);
    }
  }
}

TEST_F(ExecutorTest, TooFewArrayPassesAreDetected) {
  network.tiles[0].passes_per_inference = 21;
  make();
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 0U);
  EXPECT_EQ(executor.failure.kind, RT_EVENTS_DIFFER);
  EXPECT_EQ(executor.failure.found, 20U);
  EXPECT_EQ(executor.failure.expected, 21U);
  EXPECT_EQ(executor.failure.unit.index, 3U);
}

TEST_F(ExecutorTest, UnitErrorsAreReportedForEveryJob) {
  for (const std::uint32_t tag : {1U, 2U, 3U, 4U, 5U, RT_TAG_INPUT, RT_TAG_OUTPUT}) {
    make();
    chip->failing_tags[tag] = TSR_JOB_UNIT_ERROR_CODE_BAD_DESCRIPTOR;
    ASSERT_TRUE(init());
    EXPECT_EQ(run(), 0U);
    EXPECT_EQ(executor.failure.kind, RT_UNIT_FAILED) << "tag " << tag;
    EXPECT_EQ(executor.failure.code, TSR_JOB_UNIT_ERROR_CODE_BAD_DESCRIPTOR);
    EXPECT_EQ(executor.failure.tag, tag);
  }
}

TEST_F(ExecutorTest, AnErrorEndsTheWaitForOtherUnits) {
  make();
  chip->failing_tags[2] = TSR_JOB_UNIT_ERROR_CODE_BUS_ERROR;
  chip->hanging_tag = 1;
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 0U);
  EXPECT_EQ(executor.failure.kind, RT_UNIT_FAILED);
  EXPECT_EQ(executor.failure.tag, 2U);
  EXPECT_LT(chip->now, 1000U) << "not after the time-out";
}

TEST_F(ExecutorTest, AStuckUnitIsReportedAfterTheTimeout) {
  make();
  chip->hanging_tag = 3;
  ASSERT_TRUE(init());
  EXPECT_EQ(run(), 0U);
  EXPECT_EQ(executor.failure.kind, RT_UNIT_STUCK);
  EXPECT_EQ(executor.failure.unit.index, 1U);
  EXPECT_EQ(executor.failure.tag, 3U);
  EXPECT_GE(chip->now, 100'000'000U) << "ten seconds";
}

TEST_F(ExecutorTest, TooLittleMemoryIsRefusedWithTheAmount) {
  make();
  memory.resize(50);
  EXPECT_FALSE(init());
  EXPECT_EQ(executor.failure.kind, RT_NO_MEMORY);
  EXPECT_EQ(executor.failure.found, 200U);
  const auto wanted = static_cast<std::size_t>(executor.failure.expected);
  memory.assign((wanted + 3) / 4, 0);
  EXPECT_TRUE(init()) << "the amount that it named is enough";
  EXPECT_EQ(run(), 3U);
}

TEST_F(ExecutorTest, AUnitThatIsNotWhatTheChipSaysIsRefused) {
  make();
  chip->tile(3).id = 0;
  EXPECT_FALSE(init());
  EXPECT_EQ(executor.failure.kind, RT_NO_UNIT);
  EXPECT_EQ(executor.failure.unit.index, 3U);
}

TEST_F(ExecutorTest, InterruptsAtAnyMomentLoseNoWakeUp) {
  // Time passes with every register access, so that jobs end at every possible point between check and WFI.
  for (std::uint64_t ticks = 1; ticks <= 60; ++ticks) {
    make();
    chip->access_ticks = 1;
    chip->job_ticks = ticks;
    ASSERT_TRUE(init());
    ASSERT_EQ(run(), 3U) << "job of " << ticks << " ticks";
    ASSERT_LT(chip->now, 10000U) << "job of " << ticks << " ticks: slept until the time-out";
  }
}

}  // namespace
}  // namespace tessera::firmware_test
