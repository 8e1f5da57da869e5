// SPDX-License-Identifier: Apache-2.0
// Input vectors delivered to several tiles at once: against closed forms, in bytes, in joules, and when somebody is
// missing. A memory access takes one cycle, the latency of the bus four.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "models/memory/bus_memory.h"
#include "tessera_registers.hpp"
#include "tests/support/bus_rig.h"
#include "tests/support/tile_on_bus.h"

namespace tessera::tile {
namespace {

using job_unit::Counter;
using probe::Time;
using test::RecordingProbe;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Timing = interconnect::BusParameters::Timing;
constexpr Time cycle = 5000;
constexpr std::uint32_t source = TD_SRAM_BASE + 0x1000, destination = TD_SRAM_BASE + 0x20000;
constexpr std::uint32_t table = TD_SRAM_BASE + 0x10000, descriptors = TD_SRAM_BASE + 0x30000;
constexpr std::uint32_t outputs = 8;

TileParameters tile_parameters(bool fast) {
  TileParameters made;
  made.array.effects = analog::NonIdealities::none();
  if (fast) {  // ten cycles a product
    made.timing = {0, 0, 0, 50.0e-9, 0};
  }
  return made;
}

class Rig {
 public:
  Rig(Timing timing, std::uint32_t tiles, bool multicast, bool fast = false)
      : timing_(timing), parameters_(tile_parameters(fast)) {
    interconnect::BusParameters bus;
    bus.timing = timing;
    bus.check_protocol = true;
    bus_ = test::made_bus(bus, probe_);
    memory_ = std::make_unique<memory::BusMemory>("sram", TD_SRAM_BASE, memory::SramParameters{}, bus, true, probe_);
    bus_->map(TD_SRAM_BASE, memory_->bytes().size(), "sram", memory_->socket);
    for (std::uint32_t i = 0; i < tiles; ++i) {
      add(i, multicast);
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    for (std::uint32_t i = 0; i < 0x8000; ++i) {
      at(source)[i] = static_cast<std::uint8_t>(i * 13 + i / 251);
    }
    const std::vector<td_channel> channels(outputs, td_channel{0, 1 << 30, -3});
    std::memcpy(at(table), channels.data(), channels.size() * sizeof(td_channel));
  }

  std::uint8_t* at(std::uint32_t address) { return memory_->bytes().data() + (address - TD_SRAM_BASE); }
  tile::Tile& tile(std::size_t i) { return tiles_.at(i)->tile; }

  /// `products` products of `rows` rows, as a 1x1 convolution over a row of pixels.
  static td_tile_job job(std::uint32_t rows, std::uint32_t products, std::uint16_t members) {
    td_tile_job job{};
    job.flags = members > 0 ? TD_TILE_MULTICAST : 0;
    job.multicast_group = 3;
    job.multicast_members = members;
    job.src = source;
    job.dst = destination;
    job.channels = table;
    job.in_h = 1;
    job.in_w = job.out_w = static_cast<std::uint16_t>(products);
    job.in_c = job.rows = static_cast<std::uint16_t>(rows);
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = products;
    job.outputs = outputs;
    job.dst_stride = outputs;
    job.slices = 1;
    job.act_min = -128;
    job.act_max = 127;
    return job;
  }
  void submit(std::size_t tile_index, td_tile_job job, Time at_time = 0) {
    job.tag = static_cast<std::uint32_t>(tile_index) + 1;
    job.dst += static_cast<std::uint32_t>(tile_index) * 0x2000;
    const std::uint32_t address = descriptors + static_cast<std::uint32_t>(tile_index) * 0x100;
    std::memcpy(at(address), &job, sizeof(job));
    ASSERT_TRUE(tile(tile_index).request(address, sc_core::sc_time_stamp().value() + at_time));
  }
  void run() {
    sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_MS));
    EXPECT_EQ(bus_->violations(), 0u);
  }
  /// All tiles, the same job.
  void run_all(const td_tile_job& job) {
    for (std::size_t i = 0; i < tiles_.size(); ++i) {
      submit(i, job);
    }
    run();
    EXPECT_THAT(errors, IsEmpty());
    EXPECT_THAT(probe().jobs, SizeIs(tiles_.size()));
  }
  [[nodiscard]] std::vector<std::uint8_t> results(std::size_t tile_index, std::uint32_t products) {
    const std::uint8_t* from = at(destination + static_cast<std::uint32_t>(tile_index) * 0x2000);
    return {from, from + std::size_t{products} * outputs};
  }
  [[nodiscard]] Time end() const {
    Time last = 0;
    for (const probe::JobRecord& one : probe_.jobs) {
      last = std::max(last, one.end);
    }
    return last;
  }
  RecordingProbe& probe() { return probe_; }
  [[nodiscard]] interconnect::BusFabric& bus() { return *bus_; }
  [[nodiscard]] std::uint64_t moved(interconnect::Traffic what) const {
    return bus_->counters().bytes_for[static_cast<std::size_t>(what)];
  }
  job_unit::Rendezvous groups{"multicast group"};
  std::vector<std::string> errors;

 private:
  void add(std::uint32_t i, bool multicast) {
    auto one = std::make_unique<test::TileOnBus>(i, parameters_, *bus_, timing_, probe_);
    one->tile.report_error = [this](std::string_view what) { errors.emplace_back(what); };
    if (multicast) {
      one->tile.multicast_in(groups);
    }
    const std::vector<std::uint8_t> cells(std::size_t{1024} * 2 * outputs, static_cast<std::uint8_t>(i + 1));
    std::vector<std::uint8_t> signs = cells;
    for (std::size_t k = 0; k < signs.size(); k += 2) {
      signs[k + (k / 2) % 2] = 0;
    }
    one->array.program(0, 0, 1024, 2 * outputs, signs);
    tiles_.push_back(std::move(one));
  }

  Timing timing_;
  TileParameters parameters_;
  RecordingProbe probe_;
  std::unique_ptr<interconnect::BusFabric> bus_;
  std::unique_ptr<memory::BusMemory> memory_;
  std::vector<std::unique_ptr<test::TileOnBus>> tiles_;
};

struct Multicast : ::testing::TestWithParam<Timing> {};

// 1 us a product against 4 beats a load: after the first load, which begins when the last tile has its tables, no array
// ever waits. All tiles end together.
TEST_P(Multicast, ComputeBoundEqualsItsClosedForm) {
  Rig rig(GetParam(), 3, true);
  rig.run_all(Rig::job(64, 20, 3));
  const Time product = 50'000 + 400'000 + 62'500 + 50'000;
  Time tables = 0;
  for (const probe::JobRecord& job : rig.probe().jobs) {
    tables = std::max(tables, job.begin + job.fetch);
  }
  const Time first_load = (4 + 4 + 1) * cycle;
  for (const probe::JobRecord& job : rig.probe().jobs) {
    const Time results_at = tables + first_load + 20 * product;
    EXPECT_GE(job.end, results_at + (1 + 4 + 1) * cycle);
    EXPECT_LE(job.end, results_at + (3 + 4 + 1 + 1) * cycle) << "three results of a beat wait for each other";
    EXPECT_EQ(job.compute, 20 * product);
    EXPECT_EQ(job.load_stall, results_at - 20 * product - job.begin - job.fetch);
  }
}

/// Cycles of 40 products in the middle of a run whose products are shorter than their loads.
std::uint64_t forty_products(Timing timing, std::uint16_t members, std::uint32_t beats) {
  std::vector<Time> ends;
  Rig rig(timing, members, true, true);
  for (const std::uint32_t products : {20u, 60u}) {
    rig.probe().jobs.clear();
    const Time begin = sc_core::sc_time_stamp().value();
    rig.run_all(Rig::job(16 * beats, products, members));
    ends.push_back(rig.end() - begin);
  }
  return (ends[1] - ends[0]) / cycle;
}

// Load n + 1 begins when product n does, which is when load n has arrived: beats, latency and memory are a product's
// time. The results, a beat each, move in the cycles in between.
TEST_P(Multicast, LatencyBoundEqualsItsClosedForm) {
  EXPECT_EQ(forty_products(GetParam(), 3, 16), 40u * (16 + 4 + 1));
}

// More results than those cycles hold: the data path never idles, 16 beats for all and one for each.
TEST_P(Multicast, TransferBoundEqualsItsClosedForm) {
  EXPECT_EQ(forty_products(GetParam(), 12, 16), 40u * (16 + 12));
}

TEST_P(Multicast, MovesBytesAndJoulesOnceForTheSameResults) {
  const std::uint32_t rows = 256, products = 10;
  Rig rig(GetParam(), 3, true);
  rig.run_all(Rig::job(rows, products, 0));
  const std::uint64_t alone = rig.moved(interconnect::Traffic::input);
  EXPECT_EQ(alone, 3u * rows * products);
  const auto bus_energy = rig.probe().energy_of("bus"), sram_energy = rig.probe().energy_of("sram");
  std::vector<std::vector<std::uint8_t>> expected;
  for (std::size_t i = 0; i < 3; ++i) {
    expected.push_back(rig.results(i, products));
    EXPECT_NE(expected[i], std::vector<std::uint8_t>(products * outputs));
    std::memset(rig.at(destination + static_cast<std::uint32_t>(i) * 0x2000), 0, products * outputs);
  }
  const std::uint64_t bytes = rig.bus().counters().bytes, beats = rig.bus().counters().beats;
  rig.probe().jobs.clear();
  rig.run_all(Rig::job(rows, products, 3));
  EXPECT_EQ(rig.moved(interconnect::Traffic::input) - alone, std::uint64_t{rows} * products);
  const std::uint64_t saved = 2u * rows * products;
  EXPECT_EQ(rig.bus().counters().bytes - bytes, bytes - saved);
  EXPECT_EQ(rig.bus().counters().beats - beats, beats - saved / 16);
  EXPECT_EQ(rig.probe().energy_of("bus") - bus_energy,
            bus_energy - static_cast<probe::Energy>(saved) * 8 * 400'000);  // 0.4 pJ a bit
  EXPECT_LT(rig.probe().energy_of("sram") - sram_energy, sram_energy);
  std::uint64_t counted = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(rig.results(i, products), expected[i]) << "tile " << i;
    EXPECT_EQ(rig.probe().jobs[i].bytes_in, 96 + outputs * 12 + std::uint64_t{rows} * products) << "what it received";
    counted += rig.tile(i).saved().multicast;
  }
  EXPECT_EQ(counted, saved);
}

TEST_P(Multicast, WindowsAreReusedInAGroup) {
  Rig rig(GetParam(), 2, true);
  td_tile_job job = Rig::job(64, 12, 2);
  job.in_w = 14;
  job.in_c = 8;
  job.kernel_w = 3;
  job.rows = 24;
  job.flags |= TD_TILE_WINDOW_REUSE;
  rig.run_all(job);
  EXPECT_EQ(rig.moved(interconnect::Traffic::input), 24u + 11 * 8u);
  EXPECT_EQ(rig.tile(0).saved().window + rig.tile(1).saved().window, 2u * 11 * 16);
  EXPECT_EQ(rig.tile(0).saved().multicast + rig.tile(1).saved().multicast, 24u + 11 * 8u);
}

TEST_P(Multicast, ALateMemberHoldsTheOthersBack) {
  Rig rig(GetParam(), 2, true);
  const td_tile_job job = Rig::job(64, 4, 2);
  rig.submit(1, job);
  rig.submit(0, job, 7'000'000);
  rig.run();
  EXPECT_THAT(rig.errors, IsEmpty());
  ASSERT_THAT(rig.probe().jobs, SizeIs(2));
  EXPECT_GT(rig.probe().jobs[0].load_stall + rig.probe().jobs[1].load_stall, 6'900'000u);
  EXPECT_GT(rig.probe().jobs[0].end, 7'000'000u);
}

TEST_P(Multicast, WithoutItTheJobIsRefusedByName) {
  Rig rig(GetParam(), 2, false);
  rig.submit(0, Rig::job(64, 4, 2));
  rig.run();
  EXPECT_THAT(rig.errors, ElementsAre(HasSubstr("asks for multicast group 3, and the bus has no multicast")));
}

TEST_P(Multicast, WhoNeverComesIsNamedAndASoftResetEndsTheWaiting) {
  Rig rig(GetParam(), 3, true);
  rig.submit(0, Rig::job(64, 4, 3));
  rig.submit(2, Rig::job(64, 4, 3));
  rig.run();
  EXPECT_THAT(rig.probe().jobs, IsEmpty());
  EXPECT_THAT(rig.groups.waiting(),
              ::testing::UnorderedElementsAre(
                  "tile0 job 1 waits for multicast group 3 at product 0, 1 of 3 jobs have not begun",
                  "tile2 job 3 waits for multicast group 3 at product 0, 1 of 3 jobs have not begun"));
  rig.tile(0).restart();
  rig.run();
  EXPECT_THAT(rig.errors, ElementsAre(HasSubstr("did not meet at product 0: tile0 job 1 has left the group before")))
      << "the tile that was reset says nothing, the other one is told";
  EXPECT_THAT(rig.groups.waiting(), IsEmpty());
  rig.tile(2).restart();
  rig.errors.clear();
  rig.probe().jobs.clear();
  rig.run_all(Rig::job(64, 4, 3));
}

TEST_P(Multicast, AMemberThatFailsTakesTheOthersAlong) {
  Rig rig(GetParam(), 2, true);
  td_tile_job broken = Rig::job(64, 4, 2);
  broken.channels = 0x1230;
  rig.submit(0, broken);
  rig.submit(1, Rig::job(64, 4, 2));
  rig.run();
  EXPECT_THAT(rig.errors, SizeIs(2));
  EXPECT_THAT(rig.errors, ::testing::Contains(HasSubstr("did not meet at product 0: tile0 job 1 has left")));
}

TEST_P(Multicast, MembersMustWantTheSameVectors) {
  Rig rig(GetParam(), 2, true);
  td_tile_job other = Rig::job(64, 4, 2);
  other.src += 16;
  rig.submit(0, Rig::job(64, 4, 2));
  rig.submit(1, other);
  rig.run();
  EXPECT_THAT(rig.errors, ElementsAre(HasSubstr("on what they do together")));
}

// Results go into the tile's own buffer and are found there: neither crosses the bus.
TEST_P(Multicast, KeptResultsDoNotMove) {
  Rig rig(GetParam(), 2, false);
  td_tile_job first = Rig::job(64, 4, 0);
  rig.submit(0, first);
  rig.run();
  const std::vector<std::uint8_t> expected = rig.results(0, 4);
  const std::uint64_t outputs_moved = rig.moved(interconnect::Traffic::output);
  EXPECT_EQ(outputs_moved, 4u * outputs);
  first.dst = TD_TILE_BASE + TD_TILE_INPUT_BUFFER_OFFSET + 1024;
  rig.submit(0, first);
  rig.run();
  EXPECT_EQ(rig.moved(interconnect::Traffic::output), outputs_moved);
  td_tile_job second = Rig::job(4 * outputs, 1, 0);
  second.src = first.dst;
  const std::uint64_t inputs_moved = rig.moved(interconnect::Traffic::input);
  rig.submit(0, second);
  rig.run();
  EXPECT_EQ(rig.moved(interconnect::Traffic::input), inputs_moved);
  EXPECT_EQ(rig.tile(0).saved().kept, 2u * 4 * outputs);
  const std::vector<std::uint8_t> kept_path = rig.results(0, 1);
  std::memcpy(rig.at(source), expected.data(), expected.size());
  second.src = source;
  rig.submit(0, second);
  rig.run();
  EXPECT_EQ(rig.results(0, 1), kept_path);
  EXPECT_THAT(rig.errors, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Timings, Multicast, ::testing::Values(Timing::lt, Timing::at),
                         [](const auto& of) { return of.param == Timing::lt ? "LT" : "AT"; });

}  // namespace
}  // namespace tessera::tile
