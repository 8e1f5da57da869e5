// SPDX-License-Identifier: Apache-2.0
// External DRAM behind both buses: closed-form times, bytes, energy off the chip, DMA to and from it, power states.
#include "models/memory/ext_dram.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "models/dma/dma_channel.h"
#include "models/interconnect/shared_bus.h"
#include "models/memory/bus_memory.h"
#include "tessera_registers.hpp"
#include "tests/support/at_rig.h"
#include "tests/support/bus_rig.h"

namespace tessera::memory {
namespace {

constexpr probe::Time cycle = 5000, ns = 1000;
constexpr std::uint32_t size = 1u << 20;
constexpr std::uint32_t dma_base = registers::dma::base_address;
constexpr std::uint32_t descriptor = TD_SRAM_BASE + 0x40000;
namespace reg = registers::dma;

DramParameters small() {
  DramParameters parameters;
  parameters.present = true;
  parameters.size_B = size;
  return parameters;
}

/// Adds up what is booked, by component and by category.
struct Books : test::RecordingProbe {
  std::vector<probe::Category> categories;
  double standby_J = 0;
  probe::ComponentId add_component(std::string_view path, probe::Category category) override {
    categories.push_back(category);
    return RecordingProbe::add_component(path, category);
  }
  void power(probe::ComponentId component, probe::Cause, probe::ScopeId, probe::Time from, probe::Time to,
             double watts) override {
    if (components[component] == "ext_dram.standby") {
      standby_J += static_cast<double>(to - from) * 1e-12 * watts;
    }
  }
};

class ExtDramTest : public ::testing::Test {
 protected:
  ExtDramTest() {
    bus_.map(TD_SRAM_BASE, sram_.bytes().size(), "sram", sram_.socket);
    bus_.map(TD_DRAM_BASE, size, "dram", dram_.socket);
    bus_.map(dma_base, 0x100, "dma", dma_.registers);
    cpu_.socket.bind(bus_.targets);
    other_.socket.bind(bus_.targets);
    dma_.memory.bind(bus_.targets);
    dma_.report_error = [this](std::string_view what) { error_ = what; };
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
  }
  /// @return picoseconds from now until the access is done; 0: an error
  static probe::Time access(test::Cpu& cpu, bool write, std::uint32_t address, std::vector<std::uint8_t>& data) {
    tlm::tlm_generic_payload payload;
    payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
    payload.set_address(address);
    payload.set_data_ptr(data.data());
    payload.set_data_length(static_cast<unsigned>(data.size()));
    payload.set_streaming_width(static_cast<unsigned>(data.size()));
    sc_core::sc_time delay;
    cpu.socket->b_transport(payload, delay);
    return payload.is_response_ok() ? delay.value() : 0;
  }
  void copy(std::uint32_t from, std::uint32_t to, std::uint32_t bytes) {
    td_dma_job job{};
    job.tag = 5;
    job.src = from;
    job.dst = to;
    job.count[0] = bytes;
    job.count[1] = job.count[2] = 1;
    std::memcpy(sram_.bytes().data() + (descriptor - TD_SRAM_BASE), &job, sizeof(job));
    cpu_.write(dma_base + reg::queue, descriptor);
    sc_core::sc_start(sc_core::sc_time(10, sc_core::SC_MS));
    ASSERT_EQ(error_, "");
  }

  Books probe_;
  interconnect::SharedBus bus_{"bus", {}, probe_};
  BusMemory sram_{"sram", TD_SRAM_BASE, {}, {}, true, probe_};
  ExtDram dram_{"ext_dram", TD_DRAM_BASE, small(), probe_};
  dma::DmaChannel dma_{"dma", {}, dma_base, {}, probe_};
  test::Cpu cpu_{"cpu"}, other_{"other"};
  std::string error_;
};

// Beats and latency of the bus, then latency and transfer of the DRAM.
TEST_F(ExtDramTest, OneAccessTakesWhatItsPartsTake) {
  std::vector<std::uint8_t> word(4), burst(256);
  EXPECT_EQ(access(cpu_, false, TD_DRAM_BASE, word), (1 + 4) * cycle + 100 * ns + 20 * ns);
  sc_core::sc_start(sc_core::sc_time(1, sc_core::SC_US));
  EXPECT_EQ(access(cpu_, true, TD_DRAM_BASE + 4096, burst), (16 + 4) * cycle + 100 * ns + 320 * ns);
  EXPECT_EQ(probe_.energy_of("ext_dram"), probe::to_attojoules((16 + 256) * 8 * 40.0e-12))
      << "a word moves a whole burst";
}

TEST_F(ExtDramTest, TwoAtOnceShareTheInterface) {
  std::vector<std::uint8_t> burst(256);
  EXPECT_EQ(access(cpu_, false, TD_DRAM_BASE, burst), 520 * ns);
  EXPECT_EQ(access(other_, false, TD_DRAM_BASE + 256, burst), 840 * ns);
}

TEST_F(ExtDramTest, DataArrivesAndEndsAreGuarded) {
  std::vector<std::uint8_t> data = {1, 2, 3, 4, 5}, back(5);
  EXPECT_NE(access(cpu_, true, TD_DRAM_BASE + size - 5, data), 0u);
  EXPECT_NE(access(other_, false, TD_DRAM_BASE + size - 5, back), 0u);
  EXPECT_EQ(back, data);
  EXPECT_EQ(access(cpu_, true, TD_DRAM_BASE + size - 4, data), 0u) << "straddles the end";
  EXPECT_EQ(dram_.bytes()[0], 0) << "zero at first";
}

// 16 cycles on the bus and 84 in the DRAM for each burst; the other side's transfers hide behind them.
TEST_F(ExtDramTest, DmaCopiesToItAndBack) {
  std::mt19937 random(11);
  for (std::size_t i = 0; i < 0x8000; ++i) {
    sram_.bytes()[i] = static_cast<std::uint8_t>(random());
  }
  copy(TD_SRAM_BASE, TD_DRAM_BASE + 0x1000, 0x8000);
  copy(TD_DRAM_BASE + 0x1000, TD_SRAM_BASE + 0x20000, 0x8000);
  EXPECT_EQ(std::memcmp(sram_.bytes().data(), sram_.bytes().data() + 0x20000, 0x8000), 0);
  ASSERT_EQ(probe_.jobs.size(), 2u);
  const auto cycles = (probe_.jobs[1].end - probe_.jobs[1].begin) / cycle;
  EXPECT_GE(cycles, 128u * 100);
  EXPECT_LE(cycles, 128u * 100 + 100);
  EXPECT_EQ(probe_.energy_of("ext_dram"), probe::to_attojoules(256 * 8 * 40.0e-12) * 256);
}

TEST_F(ExtDramTest, PaysForStandbyAndSelfRefreshOffTheChip) {
  const probe::Time second = 1'000'000'000'000;
  dram_.sleep(2 * second);
  dram_.wake_up(12 * second);
  dram_.book(13 * second);
  dram_.book(13 * second);
  EXPECT_NEAR(probe_.standby_J, 3 * 1.1e-3 + 10 * 0.9e-3, 1e-15);
  EXPECT_EQ(dram_.residency()[probe::PowerState::sleep].time, 10 * second);
  EXPECT_EQ(dram_.residency()[probe::PowerState::idle].time, 3 * second);
  for (std::size_t i = 0; i < probe_.components.size(); ++i) {
    EXPECT_EQ(probe_.categories[i] == probe::Category::off_chip, probe_.components[i].starts_with("ext_dram"))
        << probe_.components[i];
  }
}

// The same times on the approximately timed bus, with a protocol checker on every socket.
TEST(ExtDramApproximatelyTimed, TakesTheSameTime) {
  probe::NullProbe probe;
  test::AtRig rig{{}};
  ExtDram dram("ext_dram", TD_DRAM_BASE, small(), probe);
  rig.bus().map(TD_DRAM_BASE, size, "dram", dram.socket);
  const auto a = rig.add(interconnect::InitiatorClass::tile);
  const auto b = rig.add(interconnect::InitiatorClass::tile);
  test::AtRig::start();
  rig.port(a).read(TD_DRAM_BASE, 256, 0, {});
  rig.port(b).read(TD_DRAM_BASE + 256, 256, 0, {});
  rig.port(a).read(TD_DRAM_BASE, 4, 400 * cycle, {});
  rig.run();
  EXPECT_EQ(rig.ends(a), (std::vector<std::uint64_t>{104, 400 + 29}));
  EXPECT_EQ(rig.ends(b), (std::vector<std::uint64_t>{168}));
}

}  // namespace
}  // namespace tessera::memory
