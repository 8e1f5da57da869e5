// SPDX-License-Identifier: Apache-2.0
// Tiles of a column that add on analog lanes, in time: the closed form of a group, few lanes, two groups that share
// them, energy, errors; loosely and approximately timed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <vector>

#include "models/lanes/analog_lanes.h"
#include "models/memory/bus_memory.h"
#include "tests/support/bus_rig.h"
#include "tests/support/tile_on_bus.h"

namespace tessera::tile {
namespace {

using probe::Time;
using Timing = interconnect::BusParameters::Timing;
constexpr Time cycle = 5000;
constexpr Time settle = 50'000, integrate = 400'000, lane = 50'000, convert = 62'500, post = 50'000;
constexpr std::uint32_t source = TD_SRAM_BASE + 0x1000, destination = TD_SRAM_BASE + 0x8000;
constexpr std::uint32_t table = TD_SRAM_BASE + 0x10000, descriptors = TD_SRAM_BASE + 0x20000;
constexpr std::uint32_t rows = 64, outputs = 8;

struct SpanProbe : test::RecordingProbe {
  struct Span {
    Time begin, end;
  };
  std::vector<std::string> lanes;
  std::vector<Span> sums, conversions;
  std::vector<std::uint32_t> sum_tags;
  [[nodiscard]] bool full() const override { return true; }
  void span(probe::LaneId, std::string_view what, probe::ScopeId, Time begin, Time end) override {
    if (what == "sum") {
      sums.push_back({begin, end});
    } else if (what == "convert") {
      conversions.push_back({begin, end});
    }
  }
};

struct Options {
  Timing timing = Timing::lt;
  std::uint32_t tiles = 3;
  std::uint32_t lanes = 512;
  bool plane = true;
  bool shared_adc = false;
};

/// Tiles of one grid column with their bus, memory and lanes.
class Column {
 public:
  explicit Column(const Options& options) : options_(options), lanes_("lanes", options.lanes, probe_) {
    parameters_.array.effects = analog::NonIdealities::none();
    parameters_.array.adc.bits = 0;
    interconnect::BusParameters bus;
    bus.timing = options.timing;
    bus.check_protocol = true;
    bus_ = test::made_bus(bus, probe_);
    memory_ = std::make_unique<memory::BusMemory>("sram", TD_SRAM_BASE, memory::SramParameters{}, bus, true, probe_);
    bus_->map(TD_SRAM_BASE, memory_->bytes().size(), "sram", memory_->socket);
    for (std::uint32_t i = 0; i < options.tiles; ++i) {
      tiles_.push_back(std::make_unique<test::TileOnBus>(i, parameters_, *bus_, options.timing, probe_,
                                                         options.shared_adc && i > 0 ? &tiles_[0]->adcs : nullptr));
      if (options.plane) {
        tile(i).sum_on(lanes_);
      }
      tile(i).report_error = [this](std::string_view what) { errors.emplace_back(what); };
    }
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    std::vector<td_channel> channels(outputs, td_channel{0, 1 << 30, 0});  // q = accumulator / 2
    std::memcpy(at(table), channels.data(), channels.size() * sizeof(td_channel));
  }

  Tile& tile(std::size_t i) { return tiles_.at(i)->tile; }
  std::uint8_t* at(std::uint32_t address) { return memory_->bytes().data() + (address - TD_SRAM_BASE); }

  /// Job of a tile in a group: elements tile * rows .. of a dense layer, `products` times.
  [[nodiscard]] td_tile_job job(std::uint32_t tile, bool collects, std::uint32_t members,
                                std::uint32_t products) const {
    td_tile_job job{};
    job.tag = tile + 1;
    job.flags = static_cast<std::uint16_t>(TD_TILE_INTERRUPT | (collects ? TD_TILE_LANE_COLLECT : TD_TILE_LANE_DRIVE));
    job.lane_group = 7;
    job.lane_members = static_cast<std::uint16_t>(members);
    job.src = source;
    job.dst = destination;
    job.channels = table;
    job.in_h = 1;
    job.in_w = static_cast<std::uint16_t>(products);
    job.in_c = static_cast<std::uint16_t>(rows * options_.tiles);
    job.k_first = static_cast<std::uint16_t>(rows * tile);
    job.out_w = job.in_w;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = products;
    job.rows = rows;
    job.outputs = outputs;
    job.dst_stride = outputs;
    job.slices = 1;
    job.act_min = -128;
    job.act_max = 127;
    return job;
  }

  void submit(std::uint32_t tile, const td_tile_job& job) {
    const std::uint32_t address = descriptors + tile * 0x100;
    std::memcpy(at(address), &job, sizeof(job));
    EXPECT_TRUE(tiles_[tile]->tile.request(address, sc_core::sc_time_stamp().value()));
  }
  static void run(double microseconds = 100'000) { sc_core::sc_start(sc_core::sc_time(microseconds, sc_core::SC_US)); }
  [[nodiscard]] const probe::JobRecord& record(std::size_t i) const { return probe_.jobs.at(i); }

  std::vector<std::string> errors;
  SpanProbe probe_;
  TileParameters parameters_;
  Options options_;
  lanes::AnalogLanes lanes_;
  std::unique_ptr<interconnect::BusFabric> bus_;
  std::unique_ptr<memory::BusMemory> memory_;
  std::vector<std::unique_ptr<test::TileOnBus>> tiles_;
};

class LaneJobs : public ::testing::TestWithParam<Timing> {
 protected:
  static void fill(Column& column, std::uint32_t products) {
    for (std::size_t i = 0; i < column.tiles_.size(); ++i) {
      std::vector<std::uint8_t> cells(rows * 2 * outputs);
      for (std::size_t c = 0; c < cells.size(); ++c) {
        cells[c] = c % 2 == 0 ? static_cast<std::uint8_t>((c * (i + 3)) % 16) : std::uint8_t{0};
      }
      column.tiles_[i]->array.program(0, 0, rows, 2 * outputs, cells);
    }
    for (std::size_t i = 0; i < std::size_t{rows} * column.tiles_.size() * products; ++i) {
      column.at(source)[i] = static_cast<std::uint8_t>(i * 37 + i / 64);
    }
  }
};

// The driving tiles have integrated and wait; then the collecting tile alone is on the bus and sets the pace.
TEST_P(LaneJobs, AGroupOfThreeEqualsItsClosedForm) {
  constexpr std::uint32_t products = 20;
  Column column({.timing = GetParam()});
  fill(column, products);
  column.submit(0, column.job(0, false, 2, products));
  column.submit(1, column.job(1, false, 2, products));
  Column::run(10);
  EXPECT_TRUE(column.probe_.sums.empty()) << "nobody collects yet";
  column.submit(2, column.job(2, true, 2, products));
  Column::run();
  ASSERT_TRUE(column.errors.empty()) << column.errors.front();
  ASSERT_EQ(column.probe_.jobs.size(), 3u);
  const probe::JobRecord* collecting = nullptr;
  for (const probe::JobRecord& one : column.probe_.jobs) {
    collecting = one.conversions != 0 ? &one : collecting;
  }
  ASSERT_NE(collecting, nullptr);
  constexpr Time product = settle + integrate + lane + convert + post;
  constexpr Time first_load = (4 + 4 + 1) * cycle;  // beats, latency, memory
  constexpr Time last_store = (1 + 4 + 1) * cycle;
  EXPECT_EQ(collecting->period, product);
  EXPECT_EQ(collecting->conversions, products * outputs);
  const Time first = collecting->begin + collecting->fetch + first_load + settle + integrate;
  ASSERT_EQ(column.probe_.sums.size(), products);
  ASSERT_EQ(column.probe_.conversions.size(), products);
  for (std::size_t n = 0; n < products; ++n) {
    EXPECT_EQ(column.probe_.sums[n].begin, first + n * product) << n;
    EXPECT_EQ(column.probe_.sums[n].end, first + n * product + lane) << n;
    EXPECT_EQ(column.probe_.conversions[n].begin, first + n * product + lane) << n;
    EXPECT_EQ(column.probe_.conversions[n].end, first + n * product + lane + convert) << n;
  }
  EXPECT_EQ(collecting->end - collecting->begin, collecting->fetch + first_load + products * product + last_store);
  for (const probe::JobRecord& one : column.probe_.jobs) {
    if (&one != collecting) {  // free as soon as the last sum is sampled
      EXPECT_EQ(one.end, first + (products - 1) * product + lane);
      EXPECT_EQ(one.bytes_out, 0u);
      EXPECT_EQ(one.conversions, 0u);
      EXPECT_EQ(one.converter_stall % cycle, (one.end - one.begin - one.fetch) % cycle);
      EXPECT_GT(one.converter_stall, 8'000'000u) << "it waited for the collecting tile";
    }
  }
  EXPECT_EQ(column.lanes_.sums(), products);
  EXPECT_EQ(column.lanes_.waited(), 0u);
  EXPECT_EQ(column.tile(0).event(), products);
}

TEST_P(LaneJobs, StoresWhatDigitalPartialSumsStore) {
  constexpr std::uint32_t products = 5;
  Column column({.timing = GetParam()});
  fill(column, products);
  for (std::uint32_t i = 0; i < 3; ++i) {
    column.submit(i, column.job(i, i == 2, 2, products));
  }
  Column::run();
  ASSERT_TRUE(column.errors.empty()) << column.errors.front();
  const std::vector<std::uint8_t> summed(column.at(destination), column.at(destination) + products * outputs);
  EXPECT_EQ(column.bus_->violations(), 0u);
  std::memset(column.at(destination), 0, summed.size());
  for (std::uint32_t i = 0; i < 3; ++i) {
    td_tile_job job = column.job(i, false, 2, products);
    job.flags = static_cast<std::uint16_t>((i > 0 ? TD_TILE_ADD_PARTIAL : 0) | (i < 2 ? TD_TILE_STORE_PARTIAL : 0));
    job.partial_src = destination + 0x1000;
    job.dst = i < 2 ? destination + 0x1000 : destination;
    column.submit(i, job);
    Column::run();
  }
  ASSERT_TRUE(column.errors.empty()) << column.errors.front();
  EXPECT_EQ(std::vector<std::uint8_t>(column.at(destination), column.at(destination) + summed.size()), summed);
  EXPECT_GT(*std::max_element(summed.begin(), summed.end()), 0);
}

TEST_P(LaneJobs, FewLanesSettleSeveralTimes) {
  Column column({.timing = GetParam(), .lanes = 3});
  fill(column, 2);
  for (std::uint32_t i = 0; i < 3; ++i) {
    column.submit(i, column.job(i, i == 0, 2, 2));
  }
  Column::run();
  ASSERT_EQ(column.probe_.sums.size(), 2u);
  EXPECT_EQ(column.probe_.sums[0].end - column.probe_.sums[0].begin, 3 * lane) << "8 pairs over 3 lanes";
  EXPECT_EQ(column.probe_.sums[1].begin - column.probe_.sums[0].begin, settle + integrate + 3 * lane + convert + post);
}

/// Two groups of two tiles, each with eight pairs.
void two_groups(Column& column, std::uint32_t products) {
  for (std::uint32_t i = 0; i < 4; ++i) {
    td_tile_job job = column.job(i, i % 2 == 1, 1, products);
    job.lane_group = static_cast<std::uint16_t>(1 + i / 2);
    column.submit(i, job);
  }
  Column::run();
  ASSERT_TRUE(column.errors.empty()) << column.errors.front();
  ASSERT_EQ(column.probe_.sums.size(), 2 * products);
  std::sort(column.probe_.sums.begin(), column.probe_.sums.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
}

TEST_P(LaneJobs, GroupsWaitForFreeLanes) {
  Column column({.timing = GetParam(), .tiles = 4, .lanes = 15});
  fill(column, 6);
  two_groups(column, 6);
  for (std::size_t i = 1; i < column.probe_.sums.size(); ++i) {
    EXPECT_GE(column.probe_.sums[i].begin, column.probe_.sums[i - 1].end) << "16 pairs do not fit on 15 lanes";
  }
  EXPECT_GT(column.lanes_.waited(), 0u);
}

TEST_P(LaneJobs, GroupsShareTheLanesWhereThereAreEnough) {
  Column column({.timing = GetParam(), .tiles = 4, .lanes = 16});
  fill(column, 6);
  two_groups(column, 6);
  EXPECT_LT(column.probe_.sums[1].begin, column.probe_.sums[0].end);
  EXPECT_EQ(column.lanes_.waited(), 0u);
}

// One converter bank for the column: the sums of two groups are converted one after the other.
TEST_P(LaneJobs, TheBankMayBeShared) {
  Column column({.timing = GetParam(), .tiles = 4, .shared_adc = true});
  fill(column, 6);
  two_groups(column, 6);
  auto& conversions = column.probe_.conversions;
  std::sort(conversions.begin(), conversions.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  ASSERT_EQ(conversions.size(), 12u);
  for (std::size_t i = 1; i < conversions.size(); ++i) {
    EXPECT_GE(conversions[i].begin, conversions[i - 1].end);
  }
}

TEST_P(LaneJobs, EnergyIsBookedOnce) {
  constexpr std::uint32_t products = 4;
  Column column({.timing = GetParam()});
  fill(column, products);
  for (std::uint32_t i = 0; i < 3; ++i) {
    column.submit(i, column.job(i, i == 2, 2, products));
  }
  Column::run();
  const TileEnergy& energy = column.parameters_.energy;
  EXPECT_EQ(column.probe_.energy_of("lanes"), 2 * products * probe::to_attojoules(outputs * energy.lane_J));
  EXPECT_EQ(column.probe_.energy_of("tile0_adc"), 0);
  EXPECT_EQ(column.probe_.energy_of("tile2_adc"), products * probe::to_attojoules(outputs * energy.adc_conversion_J));
  const probe::Energy driving = column.probe_.energy_of("tile0.digital");
  const probe::Energy collecting = column.probe_.energy_of("tile2.digital");
  EXPECT_EQ(collecting - driving,
            products * probe::to_attojoules(outputs * (energy.post_output_J + energy.buffer_out_J_per_B)))
      << "post stage and output buffer";
}

TEST_P(LaneJobs, ContradictionsAndMissingLanesAreErrors) {
  Column column({.timing = GetParam()});
  fill(column, 3);
  column.submit(0, column.job(0, false, 2, 3));
  Column::run(10);
  column.submit(1, column.job(1, false, 2, 2));  // another number of products
  Column::run(10);
  ASSERT_EQ(column.errors.size(), 2u) << "both jobs end";
  EXPECT_NE(column.errors[0].find("3 products of 8 column pairs"), std::string::npos) << column.errors[0];
  column.submit(0, column.job(0, false, 2, 3));
  Column::run(10);
  column.tile(1).restart();
  td_tile_job broken = column.job(1, false, 2, 3);
  broken.src = 0x1000;
  column.submit(1, broken);
  Column::run(10);
  EXPECT_EQ(column.errors.size(), 3u) << "no source: the group goes on waiting for its second driving job";
  EXPECT_FALSE(column.tile(0).quiescent()) << "it waits";
  ASSERT_EQ(column.lanes_.waiting().size(), 1u);
  EXPECT_EQ(column.lanes_.waiting()[0],
            "lanes: group 7 waits in product 0 of 3: 1 of 2 driving jobs are there (tiles 0), no job collects");
  column.tile(0).restart();
  Column::run(10);
  EXPECT_TRUE(column.tile(0).quiescent()) << "a reset ends the waiting";
  EXPECT_EQ(column.errors.size(), 3u) << "a cancelled job is no error";
  for (std::uint32_t i = 0; i < 3; ++i) {  // and the number of the group is free again
    column.submit(i, column.job(i, i == 2, 2, 3));
  }
  Column::run();
  EXPECT_EQ(column.errors.size(), 3u);
  EXPECT_EQ(column.lanes_.sums(), 3u);
  EXPECT_TRUE(column.lanes_.waiting().empty());
}

TEST_P(LaneJobs, AChipWithoutLanesRefuses) {
  Column column({.timing = GetParam(), .plane = false});
  fill(column, 1);
  column.submit(0, column.job(0, false, 2, 1));
  Column::run(10);
  ASSERT_EQ(column.errors.size(), 1u);
  EXPECT_NE(column.errors[0].find("analog_plane.column_sum"), std::string::npos) << column.errors[0];
}

INSTANTIATE_TEST_SUITE_P(Timings, LaneJobs, ::testing::Values(Timing::lt, Timing::at),
                         [](const auto& one) { return one.param == Timing::lt ? "LT" : "AT"; });

}  // namespace
}  // namespace tessera::tile
