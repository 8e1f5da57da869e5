// SPDX-License-Identifier: Apache-2.0
// The vector unit in time: result in memory, operations and energy, closed-form compute time.
#include "models/vector/vector_unit.h"

#include <gtest/gtest.h>

#include <cstring>

#include "models/interconnect/shared_bus.h"
#include "models/memory/bus_memory.h"
#include "tessera_registers.hpp"
#include "tests/support/bus_rig.h"

namespace tessera::vector {
namespace {

namespace reg = registers::vector;
constexpr std::uint32_t base = reg::base_address;
constexpr std::uint32_t memory_base = TD_SRAM_BASE;
constexpr std::uint32_t descriptor = memory_base + 0x40000;
constexpr probe::Time cycle = 5000;

TEST(VectorUnit, PoolsATensorInTimeAndEnergy) {
  test::RecordingProbe probe;
  interconnect::SharedBus bus("bus", {}, probe);
  memory::BusMemory memory("sram", memory_base, {}, {}, true, probe);
  VectorUnit unit("vector", {}, base, 256, cycle, probe);
  test::Cpu cpu("cpu");
  bus.map(memory_base, memory.bytes().size(), "sram", memory.socket);
  bus.map(base, 0x100, "vector", unit.registers);
  cpu.socket.bind(bus.targets);
  unit.memory.bind(bus.targets);
  sc_core::sc_start(sc_core::SC_ZERO_TIME);

  td_vector_job job{};
  job.tag = 1;
  job.op = TD_VECTOR_MAX_POOL;
  job.src0 = memory_base;
  job.dst = memory_base + 0x1000;
  job.in_h = job.in_w = 28;
  job.in_c = job.out_c = 6;
  job.out_h = job.out_w = 14;
  job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = 2;
  job.dilation_h = job.dilation_w = 1;
  job.act_min = -128;
  job.act_max = 127;
  for (std::size_t i = 0; i < 28 * 28 * 6; ++i) {
    memory.bytes()[i] = static_cast<std::uint8_t>(i % 251);
  }
  std::memcpy(memory.bytes().data() + 0x40000, &job, sizeof(job));
  cpu.write(base + reg::queue, descriptor);
  sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_MS));

  ASSERT_EQ(probe.jobs.size(), 1u);
  const std::uint64_t operations = 14 * 14 * 6 * 4;
  EXPECT_EQ(cpu.read(base + reg::products_lo), operations);
  EXPECT_EQ(probe.jobs[0].compute, operations / 8 * cycle) << "8 operations a cycle, rows divide evenly";
  EXPECT_EQ(probe.energy_of("vector"), 14 * probe::to_attojoules(1.5e-12 * static_cast<double>(operations / 14)));
  for (std::size_t y = 0; y < 14; ++y) {
    for (std::size_t x = 0; x < 14; ++x) {
      for (std::size_t c = 0; c < 6; ++c) {
        int largest = -128;
        for (std::size_t k = 0; k < 4; ++k) {
          const std::size_t i = ((2 * y + k / 2) * 28 + 2 * x + k % 2) * 6 + c;
          largest = std::max<int>(largest, static_cast<std::int8_t>(i % 251));
        }
        ASSERT_EQ(static_cast<std::int8_t>(memory.bytes()[0x1000 + (y * 14 + x) * 6 + c]), largest);
      }
    }
  }
}

}  // namespace
}  // namespace tessera::vector
