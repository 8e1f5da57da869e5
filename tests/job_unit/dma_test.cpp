// SPDX-License-Identifier: Apache-2.0
// DMA: three-dimensional copies against plain loops, throughput against its closed form, errors.
#include "models/dma/dma_channel.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "models/interconnect/shared_bus.h"
#include "models/memory/bus_memory.h"
#include "tessera_registers.hpp"
#include "tests/support/bus_rig.h"

namespace tessera::dma {
namespace {

namespace reg = registers::dma;
constexpr std::uint32_t base = reg::base_address;
constexpr std::uint32_t memory_base = TD_SRAM_BASE;
constexpr std::uint32_t descriptor = memory_base + 0x40000;
constexpr probe::Time cycle = 5000;

class DmaTest : public ::testing::Test {
 protected:
  DmaTest() {
    bus_.map(memory_base, memory_.bytes().size(), "sram", memory_.socket);
    bus_.map(base, 0x100, "dma", dma_.registers);
    cpu_.socket.bind(bus_.targets);
    dma_.memory.bind(bus_.targets);
    dma_.report_error = [this](std::string_view what) { error_ = what; };
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  void submit(const td_dma_job& job) {
    std::memcpy(memory_.bytes().data() + (descriptor - memory_base), &job, sizeof(job));
    cpu_.write(base + reg::queue, descriptor);
    sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_MS));
  }
  test::RecordingProbe probe_;
  interconnect::SharedBus bus_{"bus", {}, probe_};
  memory::BusMemory memory_{"sram", memory_base, {}, {}, true, probe_};
  DmaChannel dma_{"dma", {}, base, {}, probe_};
  test::Cpu cpu_{"cpu"};
  std::string error_;
};

TEST_F(DmaTest, CopiesBlocks) {
  std::mt19937 random(11);
  for (int i = 0; i < 0x40000; ++i) {
    memory_.bytes()[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(random());
  }
  td_dma_job job{};
  job.tag = 3;
  job.src = memory_base + 5;
  job.dst = memory_base + 0x20000;
  job.count[0] = 37;
  job.count[1] = 6;
  job.count[2] = 4;
  job.src_stride[0] = 100;
  job.src_stride[1] = 1000;
  job.dst_stride[0] = 37;
  job.dst_stride[1] = 37 * 6;
  std::vector<std::uint8_t> expected;
  for (std::size_t z = 0; z < 4; ++z) {
    for (std::size_t y = 0; y < 6; ++y) {
      const auto from = memory_.bytes().begin() + static_cast<std::ptrdiff_t>(5 + y * 100 + z * 1000);
      expected.insert(expected.end(), from, from + 37);
    }
  }
  submit(job);
  ASSERT_EQ(error_, "");
  EXPECT_EQ(std::memcmp(expected.data(), memory_.bytes().data() + 0x20000, expected.size()), 0);
  EXPECT_EQ(cpu_.read(base + reg::products_lo), 37u * 6 * 4);
  EXPECT_EQ(cpu_.read(base + reg::done_count), 1u);
}

// Reads and writes share the data path: 2 * 16 cycles a burst of 256 bytes once the pipeline is full.
TEST_F(DmaTest, LongCopyRunsAtHalfTheBusRate) {
  td_dma_job job{};
  job.src = memory_base;
  job.dst = memory_base + 0x20000;
  job.count[0] = 0x10000;
  job.count[1] = job.count[2] = 1;
  submit(job);
  ASSERT_EQ(probe_.jobs.size(), 1u);
  const auto cycles = (probe_.jobs[0].end - probe_.jobs[0].begin) / cycle;
  const std::uint64_t data = 2 * 0x10000 / 16;
  EXPECT_GE(cycles, data);
  EXPECT_LE(cycles, data + data / 20 + 50);
}

TEST_F(DmaTest, RefusesAndReports) {
  td_dma_job job{};
  job.tag = 9;
  job.src = 0x100;
  job.dst = memory_base;
  job.count[0] = 4;
  job.count[1] = job.count[2] = 1;
  submit(job);
  EXPECT_EQ(cpu_.read(base + reg::error_code), 3u);
  EXPECT_EQ(cpu_.read(base + reg::error_tag), 9u);
  EXPECT_NE(error_.find("0x00000100"), std::string::npos) << error_;
  cpu_.write(base + reg::ctrl, 3);
  job.count[1] = 0;
  submit(job);
  EXPECT_EQ(cpu_.read(base + reg::error_code), 2u);
}

}  // namespace
}  // namespace tessera::dma
