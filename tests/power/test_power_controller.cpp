// SPDX-License-Identifier: Apache-2.0
// Power controller and tile on a bus: states, latencies, jobs to a tile that is not on, wake timer, deep sleep.
#include "models/peripherals/power/power_controller.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <vector>

#include "models/interconnect/shared_bus.h"
#include "models/memory/bus_memory.h"
#include "models/tile/tile.h"
#include "tessera_registers.hpp"
#include "tests/support/bus_rig.h"
#include "traces/recorder.h"

namespace tessera::peripherals {
namespace {

namespace reg = registers::power;
namespace unit = registers::job_unit;
using probe::PowerState;
using probe::Time;
constexpr Time us = 1'000'000;
constexpr Time cycle = 5000;
constexpr std::uint32_t base = reg::base_address, tile_base = TD_TILE_BASE;
constexpr std::uint32_t source = TD_SRAM_BASE + 0x1000, destination = TD_SRAM_BASE + 0x8000;
constexpr std::uint32_t table = TD_SRAM_BASE + 0x10000, descriptor = TD_SRAM_BASE + 0x20000;
constexpr std::uint32_t rows = 64, outputs = 8;

class PowerControllerTest : public ::testing::Test {
 protected:
  PowerControllerTest()
      : array_(parameters_.array, 1, 0),
        tile_("tile", parameters_, tile_base, 16, cycle, array_, dacs_, adcs_, recorder_),
        power_("power", base, 100 * us, {&tile_},
               {[this] { return tile_.quiescent(); },
                [this](Time at, bool retain) {
                  retained_ = retain;
                  slept_at_ = at;
                  tile_.sleep(at);
                },
                [this](Time at) { supplied_at_ = at; },
                [this](Time at) {
                  awake_at_ = at;
                  tile_.wake_up(at);
                }}) {
    bus_.map(TD_SRAM_BASE, memory_.bytes().size(), "sram", memory_.socket);
    bus_.map(tile_base, TD_TILE_STRIDE, "tile", tile_.registers);
    bus_.map(base, 0x1000, "power", power_.socket);
    cpu_.socket.bind(bus_.targets);
    tile_.memory.bind(bus_.targets);
    tile_.power_changed = [this] { power_.tile_changed(0); };
    power_.interrupt = [this](bool level) { line_ = level; };
    tile_.report_error = [this](std::string_view what) { error_ = what; };
    std::vector<std::uint8_t> cells(rows * 2 * outputs);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      cells[i] = static_cast<std::uint8_t>((i * 7) % 16);
    }
    array_.program(0, 0, rows, 2 * outputs, cells);
    for (std::uint32_t i = 0; i < rows; ++i) {
      *at(source + i) = static_cast<std::uint8_t>(i * 3);
    }
    td_tile_job job{};
    job.tag = 5;
    job.src = source;
    job.dst = destination;
    job.channels = table;
    job.in_h = job.in_w = job.out_w = 1;
    job.in_c = job.rows = rows;
    job.kernel_h = job.kernel_w = job.stride_h = job.stride_w = job.dilation_h = job.dilation_w = 1;
    job.product_count = 1;
    job.outputs = outputs;
    job.dst_stride = outputs;
    job.slices = 1;
    job.gain_index = 0;
    job.act_min = -128;
    job.act_max = 127;
    const std::vector<td_channel> channels(outputs, td_channel{0, 1 << 30, -3});
    std::memcpy(at(table), channels.data(), channels.size() * sizeof(td_channel));
    std::memcpy(at(descriptor), &job, sizeof job);
    run(0);
  }

  std::uint8_t* at(std::uint32_t address) { return memory_.bytes().data() + (address - TD_SRAM_BASE); }
  /// What is due at the very end of `time` has happened.
  static void run(Time time) { sc_core::sc_start(sc_core::sc_time::from_value(time + 1)); }
  static Time now() { return sc_core::sc_time_stamp().value(); }
  std::uint32_t state() { return cpu_.read(base + reg::tile_state); }
  void target(std::uint32_t value) { cpu_.write(base + reg::tile_target, value); }
  /// Outputs of one job whose noise is that of array pass `event`.
  std::vector<std::uint8_t> answer(std::uint32_t event, Time patience = 1000 * us) {
    std::memset(at(destination), 0, outputs);
    cpu_.write(tile_base + registers::tile::event_lo, event);
    cpu_.write(tile_base + registers::tile::event_hi, 0);
    cpu_.write(tile_base + unit::queue, descriptor);
    run(patience);
    return {at(destination), at(destination) + outputs};
  }
  static std::uint32_t settled(PowerState state) { return static_cast<std::uint32_t>(state) | reg::tile_state_settled; }
  /// Ticks of 100 ns that the tile has been in a state.
  std::uint32_t ticks(PowerState state) {
    return cpu_.read(base + reg::residency_lo + 8 * static_cast<std::uint32_t>(state));
  }

  traces::Recorder recorder_;
  tile::TileParameters parameters_;
  analog::Array array_;
  interconnect::SharedBus bus_{"bus", {}, recorder_};
  memory::BusMemory memory_{"sram", TD_SRAM_BASE, {}, {}, true, recorder_};
  converter::ConverterBank dacs_{"tile_dac", converter::ConverterBank::Kind::dac, recorder_};
  converter::ConverterBank adcs_{"tile_adc", converter::ConverterBank::Kind::adc, recorder_};
  tile::Tile tile_;
  PowerController power_;
  test::Cpu cpu_{"cpu"};
  bool line_ = false, retained_ = false;
  Time slept_at_ = 0, supplied_at_ = 0, awake_at_ = 0;
  std::string error_;
};

TEST_F(PowerControllerTest, AfterResetTheTileIsOn) {
  EXPECT_EQ(cpu_.read(base + reg::id), reg::id_reset);
  EXPECT_EQ(cpu_.read(base + reg::tiles), 1u);
  EXPECT_EQ(state(), reg::tile_state_reset);
  EXPECT_EQ(cpu_.read(base + reg::tile_target), reg::tile_target_reset);
  cpu_.write(base + reg::select, 1);
  EXPECT_EQ(state(), 0u) << "there is no tile 1";
  target(0);
  cpu_.write(base + reg::select, 0);
  EXPECT_EQ(cpu_.read(base + reg::tile_target), 2u);
}

TEST_F(PowerControllerTest, AJobWakesATileInStandbyAndItGoesBack) {
  const auto reference = answer(0);
  const Time plain = recorder_.ledger().total() > 0 ? tile_.counter(job_unit::Counter::active) : 0;
  target(reg::tile_target_supply_standby);
  EXPECT_EQ(state() & reg::tile_state_settled, 0u) << "not yet";
  run(us / 2);
  EXPECT_EQ(state(), settled(PowerState::standby));
  cpu_.write(tile_base + unit::queue, descriptor);
  run(us);
  EXPECT_EQ(state(), static_cast<std::uint32_t>(PowerState::waking));
  EXPECT_EQ(cpu_.read(tile_base + unit::status) & unit::status_busy, unit::status_busy);
  run(9 * us + us / 2);
  EXPECT_EQ(state() & reg::tile_state_state, static_cast<std::uint32_t>(PowerState::active)) << "10 us later";
  run(100 * us);
  EXPECT_EQ(state(), settled(PowerState::standby));
  EXPECT_EQ(tile_.counter(job_unit::Counter::active), 2 * plain) << "waking is no part of the job";
  EXPECT_EQ(ticks(PowerState::waking), 100u);
  tile_.book(now());
  power::Amount woken = 0;
  recorder_.ledger().for_each([&](probe::ScopeId scope, probe::ComponentId, probe::Cause cause, power::Amount amount) {
    if (cause == probe::Cause::wake) {
      EXPECT_EQ(recorder_.ledger().scopes()[scope].job, 5u);
      EXPECT_EQ(recorder_.ledger().scopes()[scope].layer, 0);
      woken += amount;
    }
  });
  EXPECT_EQ(woken, 10 * 3'000'000'000) << "10 us of 3 mW: the job that woke the tile pays";
  EXPECT_EQ(cpu_.read(base + reg::standby_entries), 2u);
  EXPECT_EQ(answer(0), reference);
}

TEST_F(PowerControllerTest, ATileThatIsOffRefusesJobsAndKeepsItsWeightsAndRegisters) {
  const auto reference = answer(0);
  const auto other = answer(77);
  ASSERT_NE(reference, other) << "noise depends on the event: the test can see which one was used";
  std::uint32_t word = 0x12345678;
  EXPECT_EQ(cpu_.access(true, tile_base + TD_TILE_INPUT_BUFFER_OFFSET, &word, 4), tlm::TLM_OK_RESPONSE);
  target(reg::tile_target_supply_off);
  run(us / 2);
  EXPECT_EQ(state(), settled(PowerState::off));
  // Registers answer; the input buffer does not; a job is refused with an error.
  EXPECT_EQ(cpu_.read(tile_base + unit::id), unit::id_tile);
  EXPECT_EQ(cpu_.read(tile_base + unit::done_count), 2u);
  EXPECT_EQ(cpu_.read(tile_base + registers::tile::event_lo), 78u);
  EXPECT_EQ(cpu_.access(false, tile_base + TD_TILE_INPUT_BUFFER_OFFSET, &word, 4), tlm::TLM_ADDRESS_ERROR_RESPONSE);
  cpu_.write(tile_base + unit::queue, descriptor);
  EXPECT_EQ(cpu_.read(tile_base + unit::error_code), unit::error_code_disabled);
  EXPECT_NE(error_.find("off"), std::string::npos) << error_;
  cpu_.write(tile_base + unit::ctrl, unit::ctrl_enable | unit::ctrl_soft_reset);
  run(3600 * Time{1'000'000} * us);  // an hour without power

  target(reg::tile_target_supply_on);
  const Time begin = now();
  run(20 * us - us / 10);
  EXPECT_EQ(state(), static_cast<std::uint32_t>(PowerState::waking));
  run(us / 2);
  EXPECT_EQ(state(), settled(PowerState::idle)) << "20 us after " << begin;
  EXPECT_EQ(cpu_.access(false, tile_base + TD_TILE_INPUT_BUFFER_OFFSET, &word, 4), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(word, 0u) << "the buffer has lost its contents";
  EXPECT_EQ(answer(0), reference);
  EXPECT_EQ(answer(77), other);
}

TEST_F(PowerControllerTest, WhatIsInTheQueueIsDoneBeforeTheSupplyGoes) {
  cpu_.write(tile_base + unit::queue, descriptor);
  cpu_.write(tile_base + unit::queue, descriptor);
  target(reg::tile_target_supply_off);
  run(1000 * us);
  EXPECT_EQ(cpu_.read(tile_base + unit::done_count), 2u);
  EXPECT_EQ(state(), settled(PowerState::off));
}

TEST_F(PowerControllerTest, ATargetThatIsTakenBackWhileTheTileWakes) {
  target(reg::tile_target_supply_off);
  run(us);
  target(reg::tile_target_supply_on);
  run(5 * us);
  target(reg::tile_target_supply_off);
  run(100 * us);
  EXPECT_EQ(state(), settled(PowerState::off));
  target(reg::tile_target_supply_standby);
  run(10 * us - us / 10);
  EXPECT_EQ(state() & reg::tile_state_state, static_cast<std::uint32_t>(PowerState::waking)) << "supply ramp";
  run(us);
  EXPECT_EQ(state(), settled(PowerState::standby));
}

TEST_F(PowerControllerTest, TheInterruptSaysThatATileIsThere) {
  cpu_.write(base + reg::irq_enable, reg::irq_enable_tile);
  cpu_.write(base + reg::all_target, reg::tile_target_supply_off);
  EXPECT_FALSE(line_);
  run(us);
  EXPECT_TRUE(line_);
  EXPECT_EQ(cpu_.read(base + reg::irq_status), reg::irq_status_tile);
  cpu_.write(base + reg::irq_status, reg::irq_status_tile);
  EXPECT_FALSE(line_);
}

TEST_F(PowerControllerTest, TheWakeTimerFiresAtItsTickAndAgainAtAnother) {
  cpu_.write(base + reg::irq_enable, reg::irq_enable_timer);
  cpu_.write(base + reg::wake_time_lo, 1000);  // 100 us
  cpu_.write(base + reg::wake_time_hi, 0);
  run(100 * us - now() - 10);
  EXPECT_FALSE(line_);
  run(us / 2);
  EXPECT_TRUE(line_);
  cpu_.write(base + reg::irq_status, reg::irq_status_timer);
  cpu_.write(base + reg::wake_time_lo, 500);  // has passed: at once
  cpu_.write(base + reg::wake_time_hi, 0);
  run(us / 2);
  EXPECT_TRUE(line_);
  cpu_.write(base + reg::wake_time_lo, ~0u);
  cpu_.write(base + reg::wake_time_hi, ~0u);
  cpu_.write(base + reg::irq_status, reg::irq_status_timer);
  run(1000 * us);
  EXPECT_FALSE(line_);
}

TEST_F(PowerControllerTest, DeepSleepIsRefusedWithAReason) {
  EXPECT_EQ(power_.enter_sleep(now()), PowerController::SleepAnswer::not_armed);
  const auto refused = [this] {
    cpu_.write(base + reg::sleep, reg::sleep_arm);
    EXPECT_EQ(power_.enter_sleep(now()), PowerController::SleepAnswer::refused);
    EXPECT_EQ(cpu_.read(base + reg::sleep) & reg::sleep_arm, 0u);
    return cpu_.read(base + reg::sleep_status);
  };
  EXPECT_EQ(refused(), reg::sleep_status_refused_no_source);
  cpu_.write(base + reg::wake_enable, reg::wake_enable_sensor);
  power_.line_changed(0, true, now());
  EXPECT_EQ(refused(), reg::sleep_status_refused_pending);
  power_.line_changed(0, false, now());
  cpu_.write(tile_base + unit::queue, descriptor);
  EXPECT_EQ(refused(), reg::sleep_status_refused_busy);
  EXPECT_EQ(cpu_.read(base + reg::sleep_count), 0u);
}

TEST_F(PowerControllerTest, DeepSleepEndsTheWakeLatencyAfterItsSource) {
  const auto reference = answer(3);
  target(reg::tile_target_supply_standby);
  run(us);
  cpu_.write(base + reg::wake_enable, reg::wake_enable_timer | reg::wake_enable_gpio);
  cpu_.write(base + reg::wake_time_lo, 50'000);  // 5 ms
  cpu_.write(base + reg::wake_time_hi, 0);
  cpu_.write(base + reg::sleep, reg::sleep_arm | reg::sleep_retain_sram);
  const Time begin = now();
  ASSERT_EQ(power_.enter_sleep(begin), PowerController::SleepAnswer::asleep);
  EXPECT_TRUE(retained_);
  EXPECT_EQ(state() & reg::tile_state_state, static_cast<std::uint32_t>(PowerState::sleep));
  power_.line_changed(0, true, now());  // the sensor is not enabled
  run(20'000 * us);
  EXPECT_EQ(slept_at_, begin);
  EXPECT_EQ(supplied_at_, 5000 * us);
  EXPECT_EQ(awake_at_, 5100 * us);
  EXPECT_EQ(cpu_.read(base + reg::wake_cause), reg::wake_cause_timer);
  EXPECT_EQ(cpu_.read(base + reg::sleep_count), 1u);
  EXPECT_EQ(cpu_.read(base + reg::sleep_ticks_lo), (5000 * us - begin) / 100'000);
  EXPECT_EQ(cpu_.read(base + reg::irq_status) & reg::irq_status_wake, reg::irq_status_wake);
  EXPECT_EQ(state(), settled(PowerState::standby));
  EXPECT_EQ(answer(3), reference);
}

TEST_F(PowerControllerTest, AnEdgeEndsTheSleepBeforeTheTimer) {
  cpu_.write(base + reg::wake_enable, reg::wake_enable_timer | reg::wake_enable_gpio);
  cpu_.write(base + reg::wake_time_lo, 50'000);
  cpu_.write(base + reg::wake_time_hi, 0);
  cpu_.write(base + reg::sleep, reg::sleep_arm);
  ASSERT_EQ(power_.enter_sleep(now()), PowerController::SleepAnswer::asleep);
  run(1000 * us);
  const Time edge = now();
  power_.line_changed(1, true, edge);
  run(200 * us);
  EXPECT_EQ(awake_at_, edge + 100 * us);
  EXPECT_EQ(cpu_.read(base + reg::wake_cause), reg::wake_cause_gpio);
}

// Firmware may write anything anywhere.
TEST_F(PowerControllerTest, RandomAccessesDoNoHarm) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    const auto offset = static_cast<std::uint32_t>(random() % 0x110) & ~3u;
    if (random() % 2 == 0) {
      cpu_.write(base + offset,
                 random() % 2 == 0 ? static_cast<std::uint32_t>(random() % 4) : static_cast<std::uint32_t>(random()));
    } else {
      cpu_.read(base + offset);
    }
    if (random() % 16 == 0) {
      run(random() % (30 * us));
    }
    if (random() % 32 == 0) {
      cpu_.write(tile_base + unit::queue, descriptor);
    }
    if (!power_.asleep() && random() % 32 == 0) {
      (void)power_.enter_sleep(now());
    }
  }
}

}  // namespace
}  // namespace tessera::peripherals
