// SPDX-License-Identifier: Apache-2.0
// The tile in time: nominal product, pipeline against its closed form, registers, errors, dependence of outputs.
#include "models/tile/tile.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "tessera_registers.hpp"
#include "tests/tile/one_tile.h"

namespace tessera::tile {
namespace {

namespace reg = registers::tile;
using probe::Time;
constexpr std::uint32_t source = TD_SRAM_BASE + 0x1000, destination = TD_SRAM_BASE + 0x8000;
constexpr std::uint32_t table = TD_SRAM_BASE + 0x10000, descriptor = TD_SRAM_BASE + 0x20000;

class TileTest : public testing::OneTile<> {
 protected:
  using OneTile::OneTile;

  /// A dense job of `rows` inputs and `outputs` outputs, `products` times (as 1x1 convolution over a row of pixels).
  td_tile_job dense(std::uint32_t rows, std::uint32_t outputs, std::uint32_t products = 1) {
    td_tile_job job{};
    job.tag = 5;
    job.layer = 2;
    job.flags = TD_TILE_INTERRUPT;
    job.src = source;
    job.dst = destination;
    job.channels = table;
    job.in_h = 1;
    job.in_w = static_cast<std::uint16_t>(products);
    job.in_c = static_cast<std::uint16_t>(rows);
    job.out_w = job.in_w;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = products;
    job.rows = static_cast<std::uint16_t>(rows);
    job.outputs = static_cast<std::uint16_t>(outputs);
    job.dst_stride = outputs;
    job.slices = 1;
    job.act_min = -128;
    job.act_max = 127;
    std::vector<td_channel> channels(outputs, td_channel{0, 1 << 30, 0});  // q = accumulator / 2
    std::memcpy(at(table), channels.data(), channels.size() * sizeof(td_channel));
    return job;
  }

  void submit(const td_tile_job& job) {
    std::memcpy(at(descriptor), &job, sizeof(job));
    cpu_.write(tile_base + reg::irq_enable, 3);
    cpu_.write(tile_base + reg::queue, descriptor);
    sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_MS));
  }
};

// All rows and pairs selected, no zero codes, mean cell current 0.4 nA: level 4 in one cell of each pair, code 51.
TEST_F(TileTest, FullProductTakesOneMicrosecondAnd21Nanojoules) {
  std::vector<std::uint8_t> cells(1024 * 1024);
  for (std::size_t i = 0; i < cells.size(); i += 2) {
    cells[i + ((i / 2) % 2)] = 4;
  }
  array_.program(0, 0, 1024, 1024, cells);
  std::memset(at(source), 51 - 128, 1024);
  submit(dense(1024, 512));
  ASSERT_EQ(error_, "");
  ASSERT_EQ(probe_.jobs.size(), 1u);
  EXPECT_EQ(probe_.jobs[0].compute, 1'000'000u);
  EXPECT_EQ(probe_.jobs[0].conversions, 512u);
  const double nanojoules = static_cast<double>(probe_.energy_of("tile")) * 1e-9;
  fmt::print("full product in the tile: {} us, {:.3f} nJ; source: 1.000 us, 21.66 nJ\n",
             static_cast<double>(probe_.jobs[0].compute) * 1e-6, nanojoules);
  EXPECT_NEAR(nanojoules, 21.66, 0.2166);
}

// Loads of 64 bytes take 4 beats: far shorter than a product, so after the first load the array never waits.
TEST_F(TileTest, ComputeBoundPipelineEqualsItsClosedForm) {
  std::vector<std::uint8_t> cells(64 * 2 * 8, 3);
  array_.program(0, 0, 64, 16, cells);
  submit(dense(64, 8, 50));
  const auto& job = probe_.jobs.at(0);
  const Time product = 50'000 + 400'000 + 62'500 + 50'000;
  const Time first_load = (4 + 4 + 1) * cycle;  // beats, latency, memory
  const Time last_store = (1 + 4 + 1) * cycle;
  EXPECT_EQ(job.period, product);
  EXPECT_EQ(job.end - job.begin, job.fetch + first_load + 50 * product + last_store);
  EXPECT_EQ(job.load_stall, first_load);
  EXPECT_EQ(job.store_stall, 0u);
  EXPECT_EQ(cpu_.read(tile_base + reg::products_lo), 50u);
  EXPECT_EQ(cpu_.read(tile_base + reg::active_cycles_lo), (job.end - job.begin) / cycle);
  EXPECT_EQ(cpu_.read(tile_base + reg::event_lo), 50u);
  EXPECT_EQ(cpu_.read(tile_base + reg::done_count), 1u);
  EXPECT_EQ(cpu_.read(tile_base + reg::last_tag), 5u);
  EXPECT_TRUE(line_);
  cpu_.write(tile_base + reg::irq_status, 1);
  EXPECT_FALSE(line_) << "the line is level and follows its cause";
}

TEST_F(TileTest, EveryByteAndFieldMatters) {
  std::vector<std::uint8_t> cells(32 * 2 * 4);
  for (std::size_t k = 0; k < 32; ++k) {
    for (std::size_t j = 0; j < 4; ++j) {
      cells[(k * 4 + j) * 2] = static_cast<std::uint8_t>((k + j) % 7 + 1);
    }
  }
  array_.program(0, 0, 32, 8, cells);
  for (std::uint32_t i = 0; i < 32 * 3; ++i) {
    at(source)[i] = static_cast<std::uint8_t>(i * 7);
  }
  td_tile_job job = dense(32, 4, 3);
  job.gain_index = 3;  // about 57 of 127 codes: nothing clips
  const auto run = [&] {
    cpu_.write(tile_base + reg::event_lo, 0);
    submit(job);
    return std::vector<std::uint8_t>(at(destination), at(destination) + 12);
  };
  const auto reference = run();

  EXPECT_EQ(run(), reference) << "same event numbers, same noise";

  at(source)[32 + 3] ^= 0x80;  // an input of product 1
  auto changed = run();
  at(source)[32 + 3] ^= 0x80;
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(changed[i] != reference[i], i / 4 == 1) << "output " << i;
  }
  job.pair0 = 1;  // one descriptor field: every output reads other columns
  changed = run();
  EXPECT_NE(changed, reference);
  job.pair0 = 0;
  const std::uint8_t level = 15;
  array_.program(9, 2 * 2 + 1, 1, 1, std::span(&level, 1));  // one cell of output 2
  changed = run();
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(changed[i] != reference[i], i % 4 == 2) << "output " << i;
  }
}

TEST_F(TileTest, ErrorsAreReportedNotFatal) {
  td_tile_job job = dense(64, 8);
  job.src = 0x1234;  // no memory there
  submit(job);
  EXPECT_NE(error_.find("0x00001234"), std::string::npos) << error_;
  EXPECT_EQ(cpu_.read(tile_base + reg::error_code), 3u);
  EXPECT_EQ(cpu_.read(tile_base + reg::error_tag), 5u);
  EXPECT_EQ(cpu_.read(tile_base + reg::done_count), 0u);
  EXPECT_TRUE(line_);
  cpu_.write(tile_base + reg::ctrl, 3);
  EXPECT_FALSE(line_);
  job = dense(64, 8);
  job.row0 = 1000;
  submit(job);
  EXPECT_EQ(cpu_.read(tile_base + reg::error_code), 2u);
  EXPECT_NE(error_.find("1024 rows"), std::string::npos) << error_;
  cpu_.write(tile_base + reg::ctrl, 3);
  for (int i = 0; i < 20; ++i) {
    cpu_.write(tile_base + reg::queue, descriptor);
  }
  EXPECT_EQ(cpu_.read(tile_base + reg::error_code), 1u);
  std::uint16_t half = 0;
  EXPECT_NE(cpu_.access(false, tile_base + reg::status, &half, 2), tlm::TLM_OK_RESPONSE);
  std::uint32_t word = 0;
  EXPECT_NE(cpu_.access(false, tile_base + 0x8000 + 2046, &word, 4), tlm::TLM_OK_RESPONSE) << "beyond the input buffer";
}

TEST_F(TileTest, AJobMayStoreToATilesInputBuffer) {
  const std::vector<std::uint8_t> cells(64 * 2 * 8, 3);
  array_.program(0, 0, 64, 16, cells);
  std::memset(at(source), 40, 64);
  td_tile_job job = dense(64, 8);
  submit(job);
  const std::vector<std::uint8_t> expected(at(destination), at(destination) + 8);
  cpu_.write(tile_base + reg::event_lo, 0);
  job.dst = tile_base + TD_TILE_INPUT_BUFFER_OFFSET + 32;
  submit(job);
  ASSERT_EQ(error_, "");
  std::vector<std::uint8_t> stored(8);
  cpu_.access(false, job.dst, stored.data(), 8);
  EXPECT_EQ(stored, expected);
}

TEST_F(TileTest, WindowReuseMovesFewerBytesForTheSameOutputs) {
  const std::vector<std::uint8_t> cells(9 * 4 * 2 * 4, 5);
  array_.program(0, 0, 36, 8, cells);
  for (std::uint32_t i = 0; i < 12 * 12 * 4; ++i) {
    at(source)[i] = static_cast<std::uint8_t>(i * 13);
  }
  td_tile_job job = dense(36, 4);
  job.in_h = job.in_w = 12;
  job.in_c = 4;
  job.kernel_h = job.kernel_w = 3;
  job.out_w = 10;
  job.product_count = 100;
  submit(job);
  ASSERT_EQ(error_, "");
  const std::vector<std::uint8_t> expected(at(destination), at(destination) + 400);
  const std::uint64_t all = probe_.jobs.at(0).bytes_in;
  cpu_.write(tile_base + reg::event_lo, 0);
  job.flags |= TD_TILE_WINDOW_REUSE;
  submit(job);
  const std::uint64_t fresh = probe_.jobs.at(1).bytes_in;
  EXPECT_EQ(std::vector<std::uint8_t>(at(destination), at(destination) + 400), expected);
  // Without reuse 100 windows of 36 bytes; with it the first of each row whole, then one column of 12 bytes.
  EXPECT_EQ(all - fresh, 100 * 36 - 10 * (36 + 9 * 12));
}

TEST_F(TileTest, SourceMayBeTheOwnInputBuffer) {
  std::vector<std::uint8_t> cells(64 * 2 * 8, 3);
  array_.program(0, 0, 64, 16, cells);
  std::vector<std::uint8_t> data(64, 17);
  cpu_.access(true, tile_base + TD_TILE_INPUT_BUFFER_OFFSET, data.data(), 64);
  td_tile_job job = dense(64, 8);
  job.src = tile_base + TD_TILE_INPUT_BUFFER_OFFSET;
  const std::uint64_t before = bus_.counters().bytes;
  submit(job);
  ASSERT_EQ(error_, "");
  EXPECT_EQ(bus_.counters().bytes - before, 4 + 4 + 96u + 8 * 12u + 8u) << "no input bytes over the bus";
}

}  // namespace
}  // namespace tessera::tile
