// SPDX-License-Identifier: Apache-2.0
// The power driver against a register fake.
#include <gtest/gtest.h>

#include "tessera_registers.hpp"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_power.h"

namespace tessera::firmware_test {
namespace {

namespace reg = registers::power;

class PowerDriver : public ::testing::Test {
 protected:
  PowerDriver() {
    device_.base = reg::base_address;
    device_.source = reg::interrupt;
    device_.registers = {{reg::id, reg::id_reset}, {reg::tiles, 12}};
    device_.on_write = [this](std::uint32_t offset, std::uint32_t value) {
      if (offset == reg::tile_target) {
        targets_[device_.registers[reg::select]] = value;
        settles_ = chip_.now + 200;
      }
    };
    device_.on_read = [this](std::uint32_t offset, std::uint32_t value, std::uint32_t) -> std::uint32_t {
      const std::uint32_t tile = device_.registers[reg::select];
      if (offset == reg::tile_state) {
        const bool settled = chip_.now >= settles_;
        return (settled ? reg::tile_state_settled : 0) | (targets_[tile] == 0 ? 0 : settled ? 4 : 3);
      }
      if (offset == reg::residency_lo + 8 * 2) {
        return 0x100 + tile;
      }
      if (offset == reg::residency_hi + 8 * 2) {
        return 7;
      }
      return offset == reg::entries + 4 * 3 ? 40 + tile : value;
    };
    chip_.add(device_);
  }
  /// The chip refuses, sleeps, or does not because something is pending.
  void answer(std::uint32_t refused, bool sleeps, std::uint32_t cause = 0) {
    chip_.on_wfi = [this, refused, sleeps, cause] {
      armed_ = device_.registers[reg::sleep];
      device_.registers[reg::sleep_status] = refused;
      device_.registers[reg::wake_cause] = cause;
      device_.registers[reg::sleep_count] += sleeps ? 1 : 0;
      return true;
    };
  }

  ChipFake chip_{3, 4, 1};
  FakeDevice device_;
  std::map<std::uint32_t, std::uint32_t> targets_;
  std::uint64_t settles_ = 0;
  std::uint32_t armed_ = 0;
};

TEST_F(PowerDriver, InitLooksForTheControllerAndStopsTheTimer) {
  EXPECT_EQ(tsr_power_init(), TSR_OK);
  EXPECT_EQ(device_.registers[reg::wake_time_lo], UINT32_MAX);
  EXPECT_EQ(device_.registers[reg::wake_time_hi], UINT32_MAX);
  device_.registers[reg::id] = 0;
  EXPECT_EQ(tsr_power_init(), TSR_NO_DEVICE);
}

TEST_F(PowerDriver, SetSelectsTheTileFirst) {
  EXPECT_EQ(tsr_power_set(5, TSR_SUPPLY_STANDBY), TSR_OK);
  EXPECT_EQ(targets_, (std::map<std::uint32_t, std::uint32_t>{{5, reg::tile_target_supply_standby}}));
  EXPECT_EQ(tsr_power_set(12, TSR_SUPPLY_ON), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_power_set(0, static_cast<tsr_supply>(3)), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_power_set_all(static_cast<tsr_supply>(3)), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_power_set_all(TSR_SUPPLY_OFF), TSR_OK);
  EXPECT_EQ(device_.registers[reg::all_target], reg::tile_target_supply_off);
}

TEST_F(PowerDriver, WaitLastsUntilTheSupplyIsThereOrTheTimeIsOver) {
  (void)tsr_power_set(3, TSR_SUPPLY_ON);
  bool settled = true;
  EXPECT_EQ(tsr_power_get(3, &settled), TSR_POWER_WAKING);
  EXPECT_FALSE(settled);
  EXPECT_EQ(tsr_power_wait(3, 50), TSR_TIMEOUT);
  EXPECT_EQ(tsr_power_wait(3, 10'000), TSR_OK);
  EXPECT_LT(chip_.now, 300U);
  EXPECT_EQ(tsr_power_get(3, nullptr), TSR_POWER_IDLE);
  EXPECT_EQ(tsr_power_wait(99, 10), TSR_BAD_ARGUMENT);
}

TEST_F(PowerDriver, ResidencyIsReadInOnePieceOfTheTileAskedFor) {
  EXPECT_EQ(tsr_power_time(9, TSR_POWER_STANDBY), 0x700000109U);
  EXPECT_EQ(tsr_power_entries(2, TSR_POWER_WAKING), 42U);
  EXPECT_EQ(tsr_power_time(0, TSR_POWER_STATES), 0U);
  EXPECT_EQ(tsr_power_entries(0, TSR_POWER_STATES), 0U);
  EXPECT_STREQ(tsr_power_state_text(TSR_POWER_PROGRAM), "program");
  EXPECT_STREQ(tsr_power_state_text(TSR_POWER_STATES), "unknown state");
}

TEST_F(PowerDriver, WakeTimerWritesTheHighWordLast) {
  std::vector<std::uint32_t> order;
  device_.on_write = [&](std::uint32_t offset, std::uint32_t) { order.push_back(offset); };
  tsr_power_wake_at(0x500000007U);
  ASSERT_GE(order.size(), 2U);
  EXPECT_EQ(order[0], reg::wake_time_lo);
  EXPECT_EQ(order[1], reg::wake_time_hi);
  EXPECT_EQ(device_.registers[reg::wake_time_hi], 5U);
}

TEST_F(PowerDriver, SleepArmsSleepsAndDisarms) {
  answer(reg::sleep_status_refused_none, true, TSR_WAKE_GPIO);
  tsr_interrupts_enable();
  std::uint32_t cause = 0;
  EXPECT_EQ(tsr_power_sleep(TSR_WAKE_GPIO | TSR_WAKE_TIMER, TSR_SLEEP_RETAIN_SRAM, &cause), TSR_OK);
  EXPECT_EQ(cause, TSR_WAKE_GPIO);
  EXPECT_EQ(armed_, reg::sleep_arm | reg::sleep_retain_sram);
  EXPECT_EQ(device_.registers[reg::sleep] & reg::sleep_arm, 0U);
  EXPECT_EQ(device_.registers[reg::wake_enable], TSR_WAKE_GPIO | TSR_WAKE_TIMER);
  EXPECT_TRUE(tsr_interrupts_disable()) << "the caller's setting is restored";
}

TEST_F(PowerDriver, SleepSaysWhyItDidNot) {
  std::uint32_t cause = 9;
  answer(reg::sleep_status_refused_busy, false);
  EXPECT_EQ(tsr_power_sleep(TSR_WAKE_TIMER, 0, &cause), TSR_BUSY);
  answer(reg::sleep_status_refused_no_source, false);
  EXPECT_EQ(tsr_power_sleep(0, 0, nullptr), TSR_BAD_ARGUMENT);
  answer(reg::sleep_status_refused_pending, false);
  EXPECT_EQ(tsr_power_sleep(TSR_WAKE_TIMER, 0, &cause), TSR_OK);
  EXPECT_EQ(cause, 0U) << "it did not sleep";
}

}  // namespace
}  // namespace tessera::firmware_test
