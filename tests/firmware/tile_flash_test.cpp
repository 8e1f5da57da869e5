// SPDX-License-Identifier: Apache-2.0
// tsr_tile against the tile's own register logic; only time and the bus are fakes.
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "models/tile/flash_unit.h"
#include "tessera_registers.h"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_tile.h"

namespace tessera::firmware_test {
namespace {

using tile::FlashUnit;
constexpr std::uint32_t kRows = 16, kColumns = 32;
constexpr std::uint32_t kImage = TD_SRAM_BASE, kScratch = TD_SRAM_BASE + 0x800;

struct TileFlash : testing::Test {
  ChipFake chip{1, 1, 1};
  tile::TileParameters parameters;
  std::unique_ptr<analog::Array> array;
  std::unique_ptr<FlashUnit> flash;
  FakeDevice device;
  tsr_unit unit{};
  tsr_tile_area all{0, kRows, 0, kColumns};
  int commands = 0;
  std::uint32_t cut_after_rows = ~0U;  ///< power fails in a program command

  void SetUp() override {
    parameters.array.rows = chip.tile(0).rows = kRows;
    parameters.array.columns = chip.tile(0).columns = kColumns;
    array = std::make_unique<analog::Array>(parameters.array, 1, 0);
    flash = std::make_unique<FlashUnit>(parameters, *array);
    device.base = TD_TILE_BASE + 0x100;
    device.on_read = [this](std::uint32_t offset, std::uint32_t, std::uint32_t) { return flash->read(offset + 0x100); };
    device.on_write = [this](std::uint32_t offset, std::uint32_t value) {
      if (flash->write(offset + 0x100, value, FlashUnit::Error::none)) {
        device.next = chip.now + 1000;
        ++commands;
      }
    };
    device.on_time = [this] {
      device.next = UINT64_MAX;
      execute();
      chip.tile(0).irq_status |= TSR_JOB_UNIT_IRQ_STATUS_FLASH;
    };
    chip.add(device);
    tsr_plic_init();
    ASSERT_EQ(tsr_unit_init(&unit, TSR_UNIT_TILE, 0), TSR_OK);
    for (std::uint32_t i = 0; i < kRows * kColumns; ++i) {
      image()[i] = static_cast<std::uint8_t>(i * 11 % 16);
    }
  }
  std::uint8_t* image() { return static_cast<std::uint8_t*>(chip.memory(kImage, kRows * kColumns)); }

  void execute() {
    const std::uint32_t last = flash->row0() + flash->rows();
    std::string problem;
    if (flash->command() == FlashUnit::Command::erase) {
      for (std::uint32_t pair = flash->row0() / 2; pair < (last + 1) / 2; ++pair) {
        flash->erase(pair, false);
        flash->erase(pair, true);
      }
    } else {
      for (std::uint32_t row = flash->row0(); row < last && problem.empty(); ++row) {
        const auto* levels = static_cast<const std::uint8_t*>(chip.memory(flash->image_address(row), flash->columns()));
        const std::span<const std::uint8_t> line(levels, flash->columns());
        problem = flash->check_levels(row, line);
        if (!problem.empty()) {
          break;
        }
        if (flash->command() == FlashUnit::Command::program) {
          if (cut_after_rows == 0) {
            break;
          }
          --cut_after_rows;
          double time = 0, energy = 0;
          flash->commit_program(row, 0, flash->program(row, 0, line, time, energy));
        } else {
          const std::vector<std::int8_t> percent = flash->verify(row, line);
          if (flash->result_address(row) != 0) {
            std::memcpy(chip.memory(flash->result_address(row), flash->columns()), percent.data(), percent.size());
          }
        }
      }
    }
    flash->finish(problem.empty() ? FlashUnit::Error::none : FlashUnit::Error::level, problem);
  }
  tsr_status finish(tsr_status started) {
    return started == TSR_OK ? tsr_tile_flash_wait(&unit, TSR_FOREVER) : started;
  }
};

TEST_F(TileFlash, ErasesProgramsVerifiesPolled) {
  EXPECT_EQ(tsr_tile_erase(&unit, 0, kRows), TSR_OK);
  EXPECT_EQ(tsr_tile_flash_poll(&unit), TSR_BUSY);
  EXPECT_EQ(tsr_tile_program(&unit, &all, kImage, TSR_TILE_FIXED, 0), TSR_BUSY) << "one command at a time";
  EXPECT_EQ(tsr_tile_flash_wait(&unit, TSR_FOREVER), TSR_OK);
  EXPECT_EQ(tsr_tile_wear(&unit, 3), 1U);
  EXPECT_EQ(finish(tsr_tile_program(&unit, &all, kImage, TSR_TILE_VERIFY, 0)), TSR_OK);
  tsr_tile_report report;
  tsr_tile_flash_report(&unit, &report);
  EXPECT_EQ(report.done_cells, kRows * kColumns);
  EXPECT_EQ(report.unfinished, 0U);
  std::uint32_t cells = 0;
  for (std::uint32_t n = 0; n < 64; ++n) {
    cells += tsr_tile_histogram(&unit, n);
  }
  EXPECT_EQ(cells, kRows * kColumns);
  EXPECT_EQ(tsr_tile_histogram(&unit, 64), 0U);
  EXPECT_EQ(finish(tsr_tile_verify(&unit, &all, kImage, 60, 0)), TSR_OK);
  tsr_tile_flash_report(&unit, &report);
  EXPECT_EQ(report.mismatches, 0U);
}

TEST_F(TileFlash, SleepsUntilTheInterrupt) {
  ASSERT_EQ(tsr_unit_attach(&unit), TSR_OK);
  tsr_interrupts_enable();
  const std::uint64_t before = chip.sleeps;
  EXPECT_EQ(finish(tsr_tile_erase(&unit, 0, kRows)), TSR_OK);
  EXPECT_LE(chip.sleeps - before, 2U) << "sleeps until the end instead of looking again and again";
  EXPECT_GT(chip.sleeps, before);
}

TEST_F(TileFlash, RefusalsAreAnswered) {
  EXPECT_EQ(tsr_tile_erase(&unit, 1, 2), TSR_UNIT_ERROR);
  tsr_tile_report report;
  tsr_tile_flash_report(&unit, &report);
  EXPECT_STREQ(tsr_tile_flash_error_text(report.error), "bad rectangle");
  EXPECT_EQ(tsr_tile_program(&unit, &all, kImage, TSR_TILE_FIXED, 256), TSR_BAD_ARGUMENT);
  image()[5] = 99;
  EXPECT_EQ(finish(tsr_tile_program(&unit, &all, kImage, TSR_TILE_FIXED, 0)), TSR_UNIT_ERROR);
  tsr_tile_flash_report(&unit, &report);
  EXPECT_STREQ(tsr_tile_flash_error_text(report.error), "level too high");
}

TEST_F(TileFlash, RestoreFinishesWhatAPowerCutLeft) {
  std::uint32_t erased = 99;
  ASSERT_EQ(finish(tsr_tile_erase(&unit, 0, kRows)), TSR_OK);
  cut_after_rows = 5;
  ASSERT_EQ(finish(tsr_tile_program(&unit, &all, kImage, TSR_TILE_VERIFY, 0)), TSR_OK);
  cut_after_rows = ~0U;
  EXPECT_EQ(tsr_tile_restore(&unit, &all, kImage, 60, kScratch, &erased), TSR_OK);
  EXPECT_EQ(erased, 0U) << "the rest was erased already";
  EXPECT_EQ(tsr_tile_wear_most(&unit), 1U);
  const int before = commands;
  EXPECT_EQ(tsr_tile_restore(&unit, &all, kImage, 60, kScratch, &erased), TSR_OK);
  EXPECT_EQ(commands - before, 1) << "a look is enough when all is well";
  // Another image: every row pair has cells that conduct too little for it.
  for (std::uint32_t i = 0; i < kRows * kColumns; ++i) {
    image()[i] = static_cast<std::uint8_t>((i * 7 + 3) % 16);
  }
  EXPECT_EQ(tsr_tile_restore(&unit, &all, kImage, 60, kScratch, &erased), TSR_OK);
  EXPECT_EQ(erased, kRows / 2);
  tsr_tile_area part = {0, 3, 0, kColumns};
  EXPECT_EQ(tsr_tile_restore(&unit, &part, kImage, 60, kScratch, nullptr), TSR_BAD_ARGUMENT);
}

TEST_F(TileFlash, MeasureWritesAJobAndAverages) {
  tsr_tile_measurement m = {0, 8, 2, 4, 0, 1, 3, kScratch};
  std::int32_t mean[4] = {1, 2, 3, 4};
  EXPECT_EQ(tsr_tile_measure(&unit, &m, mean), TSR_OK);
  EXPECT_EQ(chip.tile(0).done, 3U);
  td_tile_job job;
  std::memcpy(&job, chip.memory(kScratch, sizeof(job)), sizeof(job));
  EXPECT_EQ(job.rows, 8);
  EXPECT_EQ(job.outputs, 4);
  EXPECT_EQ(job.in_c, 8);
  EXPECT_EQ(*static_cast<std::uint8_t*>(chip.memory(job.src, 1)), 0);
  for (const std::int32_t m256 : mean) {
    EXPECT_EQ(m256, 0) << "the fake stores the input";
  }
  m.repeats = 0;
  EXPECT_EQ(tsr_tile_measure(&unit, &m, mean), TSR_BAD_ARGUMENT);
  EXPECT_LE(tsr_tile_measure_bytes(&m), 96U + 8U + 16U);
}

}  // namespace
}  // namespace tessera::firmware_test
