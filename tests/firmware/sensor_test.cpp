// SPDX-License-Identifier: Apache-2.0
// The sensor driver against a register fake.
#include <gtest/gtest.h>

#include "tessera_registers.hpp"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_sensor.h"

namespace tessera::firmware_test {
namespace {

namespace reg = registers::sensor;

/// One sample every ten ticks while the clock runs.
class SensorDriver : public ::testing::Test {
 protected:
  SensorDriver() {
    device_.base = reg::base_address;
    device_.source = reg::interrupt;
    device_.registers = {{reg::id, reg::id_reset},
                         {reg::status, reg::status_present},
                         {reg::format, 2 | 3 << reg::format_channels_shift | reg::format_signed},
                         {reg::fifo_samples, 64},
                         {reg::watermark, 1},
                         {reg::rate, 1'000'000},
                         {reg::window_samples, 16}};
    device_.on_write = [this](std::uint32_t offset, std::uint32_t value) {
      if (offset == reg::ctrl && (value & reg::ctrl_enable) != 0) {
        started_ = chip_.now;
        device_.next = started_ + 10 * device_.registers[reg::watermark];
      }
    };
    device_.on_read = [this](std::uint32_t offset, std::uint32_t value, std::uint32_t bytes) -> std::uint32_t {
      if (offset >= reg::data) {
        std::uint32_t word = 0;
        for (std::uint32_t i = 0; i < bytes; ++i) {
          word |= std::uint32_t{byte_++} << 8 * i;
        }
        return word;
      }
      if (offset == reg::status) {
        return value | (watermark() ? reg::status_watermark : 0) | (end_ ? reg::status_end : 0);
      }
      return value;
    };
    device_.line = [this] { return watermark() && (device_.registers[reg::irq_enable] & 1) != 0; };
    device_.on_time = [] {};
    chip_.add(device_);
    tsr_plic_init();
    (void)tsr_sensor_init(nullptr);
  }
  [[nodiscard]] bool watermark() const {
    return started_ != UINT64_MAX && chip_.now >= started_ + 10 * device_.registers.at(reg::watermark);
  }

  ChipFake chip_{1, 1, 1};
  FakeDevice device_;
  std::uint64_t started_ = UINT64_MAX;
  std::uint8_t byte_ = 1;
  bool end_ = false;
};

TEST_F(SensorDriver, InitTellsWhatTheSensorDelivers) {
  tsr_sensor_format format;
  EXPECT_EQ(tsr_sensor_init(&format), TSR_OK);
  EXPECT_EQ(format.value_bytes, 2U);
  EXPECT_EQ(format.channels, 3U);
  EXPECT_TRUE(format.is_signed);
  EXPECT_EQ(format.window_samples, 16U);
  EXPECT_EQ(format.fifo_samples, 64U);
  EXPECT_EQ(format.rate_mHz, 1'000'000U);
  EXPECT_EQ(device_.registers[reg::ctrl], reg::ctrl_flush);
  device_.registers[reg::status] = 0;
  EXPECT_EQ(tsr_sensor_init(&format), TSR_NO_DEVICE);
}

TEST_F(SensorDriver, AWatermarkMustFitIntoTheFifo) {
  EXPECT_EQ(tsr_sensor_start(0, 0, false), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_sensor_start(65, 0, false), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_sensor_start(64, 5000, false), TSR_OK);
  EXPECT_EQ(device_.registers[reg::rate], 5000U);
  EXPECT_EQ(device_.registers[reg::ctrl], reg::ctrl_enable);
}

TEST_F(SensorDriver, PolledOrByInterruptTheWindowIsSeen) {
  ASSERT_EQ(tsr_sensor_start(16, 0, false), TSR_OK);
  EXPECT_EQ(tsr_sensor_poll(), TSR_BUSY);
  EXPECT_EQ(tsr_sensor_wait(10), TSR_TIMEOUT);
  EXPECT_EQ(tsr_sensor_wait(TSR_FOREVER), TSR_OK);
  EXPECT_LT(chip_.now, 2000U);
  started_ = UINT64_MAX;
  tsr_interrupts_enable();
  ASSERT_EQ(tsr_sensor_start(16, 0, true), TSR_OK);
  const std::uint64_t begin = chip_.now;
  chip_.sleeps = 0;
  EXPECT_EQ(tsr_sensor_wait(TSR_FOREVER), TSR_OK);
  EXPECT_LT(chip_.now - begin, 200U);
  EXPECT_EQ(chip_.sleeps, 1U) << "asleep until the interrupt";
  EXPECT_EQ(device_.registers[reg::irq_enable], 0U) << "the handler lowered the line";
  tsr_sensor_arm();
  EXPECT_NE(device_.registers[reg::irq_enable], 0U);
}

TEST_F(SensorDriver, TheEndIsAnAnswer) {
  end_ = true;
  EXPECT_EQ(tsr_sensor_wait(TSR_FOREVER), TSR_END);
}

TEST_F(SensorDriver, ReadsWordsThenBytes) {
  std::uint8_t bytes[7] = {};
  tsr_sensor_read(bytes, 7);
  for (std::uint8_t i = 0; i < 7; ++i) {
    EXPECT_EQ(bytes[i], i + 1);
  }
  EXPECT_EQ(tsr_sensor_data(), reg::base_address + reg::data);
}

TEST_F(SensorDriver, DmaTakesTheDescriptorsAndKeepsTheClock) {
  ASSERT_EQ(tsr_sensor_start(16, 0, false), TSR_OK);
  EXPECT_EQ(tsr_sensor_dma(2, 0x90000001, 0), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_sensor_dma(2, 0, 0), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_sensor_dma(2, 0x90000000, 0x90000040), TSR_OK);
  EXPECT_EQ(device_.registers[reg::dma_channel], 2U);
  EXPECT_EQ(device_.registers[reg::dma_descriptor + 4], 0x90000040U);
  EXPECT_EQ(device_.registers[reg::ctrl], reg::ctrl_enable | reg::ctrl_dma);
  tsr_sensor_stop();
  EXPECT_EQ(device_.registers[reg::ctrl], 0U);
}

TEST_F(SensorDriver, Counters) {
  device_.registers[reg::level] = 3;
  device_.registers[reg::overruns] = 4;
  device_.registers[reg::underruns] = 5;
  device_.registers[reg::samples_lo] = 6;
  device_.registers[reg::samples_hi] = 1;
  EXPECT_EQ(tsr_sensor_level(), 3U);
  EXPECT_EQ(tsr_sensor_overruns(), 4U);
  EXPECT_EQ(tsr_sensor_underruns(), 5U);
  EXPECT_EQ(tsr_sensor_samples(), 0x100000006U);
}

}  // namespace
}  // namespace tessera::firmware_test
