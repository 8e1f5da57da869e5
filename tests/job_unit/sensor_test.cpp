// SPDX-License-Identifier: Apache-2.0
// The sensor's clock and FIFO against closed forms, and its interrupt and DMA request; pins; watchdog.
#include "models/peripherals/sensor/sensor.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>
#include <vector>

#include "models/peripherals/gpio/gpio.h"
#include "models/peripherals/watchdog/watchdog.h"
#include "tessera_registers.hpp"
#include "tests/support/bus_rig.h"

namespace tessera::peripherals {
namespace {

using probe::Time;
__extension__ typedef unsigned __int128 Wide;
constexpr Time us = 1'000'000, ms = 1000 * us;

void run(Time time) {
  sc_core::sc_start(sc_core::sc_time::from_value(time));
}
Time now() {
  return sc_core::sc_time_stamp().value();
}

SensorData counting(std::size_t samples, std::uint64_t rate_mHz) {
  SensorData data;
  data.bytes.resize(samples);
  std::iota(data.bytes.begin(), data.bytes.end(), std::uint8_t{0});
  data.rate_mHz = rate_mHz;
  return data;
}

struct Bench {
  static constexpr std::uint32_t base = registers::sensor::base_address;
  Sensor sensor;
  test::Cpu cpu{"cpu"};
  bool line = false;
  Time risen = 0;
  std::vector<std::pair<std::uint32_t, Time>> requests;
  explicit Bench(SensorData data, std::uint32_t fifo = 16) : sensor("sensor", base, fifo, std::move(data)) {
    cpu.socket.bind(sensor.socket);
    sensor.interrupt = [this](bool level) {
      line = level;
      risen = level ? now() : risen;
    };
    sensor.request_dma = [this](std::uint32_t, std::uint32_t descriptor, Time at) {
      requests.emplace_back(descriptor, at);
      return true;
    };
    run(1000);
  }
  std::uint32_t read(std::uint32_t offset) { return cpu.read(base + offset); }
  void write(std::uint32_t offset, std::uint32_t value) { cpu.write(base + offset, value); }
};

namespace reg = registers::sensor;

TEST(Sensor, WithoutARecordingNoneIsPresent) {
  Bench bench{SensorData{}};
  EXPECT_EQ(bench.read(reg::status) & reg::status_present, 0u);
  bench.write(reg::ctrl, reg::ctrl_enable);
  EXPECT_EQ(bench.read(reg::ctrl), 0u) << "nothing to start";
}

// 44.1 kHz: no period is a whole number of picoseconds, and none is lost or late over many samples.
TEST(Sensor, SamplesComeAtTheirExactTimes) {
  Bench bench(counting(200'000, 44'100'000), 100'000);
  bench.write(reg::ctrl, reg::ctrl_enable);
  const Time start = now();
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200; ++i) {
    run(1 + random() % (10 * ms));
    const auto elapsed = static_cast<Wide>(now() - start);
    // Sample n comes at floor(n * 10^12 / 44100) ps: the largest n with that at or before now.
    auto expected = static_cast<std::uint64_t>(elapsed * 44'100 / 1'000'000'000'000);
    while (static_cast<Wide>(expected + 1) * 1'000'000'000'000 / 44'100 <= elapsed) {
      ++expected;
    }
    ASSERT_EQ(bench.read(reg::samples_lo), expected);
  }
  EXPECT_EQ(bench.read(reg::overruns), 0u);
}

TEST(Sensor, TheWatermarkComesWithItsSampleAndFollowsTheLevel) {
  Bench bench(counting(100, 1'000'000));  // 1 kHz
  bench.write(reg::watermark, 4);
  bench.write(reg::irq_enable, reg::irq_enable_watermark);
  bench.write(reg::ctrl, reg::ctrl_enable);
  const Time start = now();
  run(20 * ms);
  EXPECT_EQ(bench.risen, start + 4 * ms);
  EXPECT_TRUE(bench.line);
  EXPECT_EQ(bench.read(reg::level), 16u);
  EXPECT_EQ(bench.read(reg::status) & reg::status_full, reg::status_full);
  EXPECT_EQ(bench.read(reg::overruns), 4u) << "20 came, 16 fit";
  std::uint32_t word = 0;
  for (std::uint32_t i = 0; i < 3; ++i) {
    ASSERT_EQ(bench.cpu.access(false, Bench::base + reg::data, &word, 4), tlm::TLM_OK_RESPONSE);
    EXPECT_EQ(word, 0x03020100u + i * 0x04040404u) << "the oldest samples are kept, in order";
  }
  EXPECT_TRUE(bench.line) << "4 are left";
  std::uint8_t byte = 0;
  ASSERT_EQ(bench.cpu.access(false, Bench::base + reg::data, &byte, 1), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(byte, 12);
  EXPECT_FALSE(bench.line);
  run(ms + 1);
  EXPECT_TRUE(bench.line);
}

TEST(Sensor, LossAndUnderrunAreCountedAndRaiseTheirInterrupt) {
  Bench bench(counting(100, 1'000'000), 8);
  bench.write(reg::irq_enable, reg::irq_enable_overrun);
  bench.write(reg::ctrl, reg::ctrl_enable);
  const Time start = now();
  run(50 * ms + 1);
  EXPECT_EQ(bench.risen, start + 9 * ms);
  EXPECT_EQ(bench.read(reg::overruns), 42u);
  bench.write(reg::irq_status, reg::irq_status_overrun);
  EXPECT_FALSE(bench.line);
  std::vector<std::uint8_t> bytes(12);
  bench.write(reg::ctrl, 0);
  ASSERT_EQ(bench.cpu.access(false, Bench::base + reg::data, bytes.data(), 12), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench.read(reg::underruns), 4u);
  EXPECT_EQ(bytes[11], 0);
}

TEST(Sensor, TheEndOfTheRecordingIsAnInterruptAndNothingIsLostAfterIt) {
  Bench bench(counting(10, 1'000'000));
  bench.write(reg::watermark, 16);
  bench.write(reg::irq_enable, reg::irq_enable_end);
  bench.write(reg::ctrl, reg::ctrl_enable);
  const Time start = now();
  run(1000 * ms);
  EXPECT_EQ(bench.risen, start + 10 * ms);
  EXPECT_EQ(bench.read(reg::level), 10u);
  EXPECT_EQ(bench.read(reg::samples_lo), 10u);
  EXPECT_EQ(bench.read(reg::overruns), 0u);
}

TEST(Sensor, SeveralBytesAndChannelsAreOneSample) {
  SensorData data;
  data.value_bytes = 2;
  data.channels = 3;
  data.is_signed = true;
  data.rate_mHz = 1'000'000;
  data.window_samples = 5;
  for (std::uint8_t i = 0; i < 60; ++i) {
    data.bytes.push_back(i);
  }
  Bench bench(data);
  EXPECT_EQ(bench.read(reg::format), 2u | 3u << reg::format_channels_shift | reg::format_signed);
  EXPECT_EQ(bench.read(reg::window_samples), 5u);
  bench.write(reg::ctrl, reg::ctrl_enable);
  run(2 * ms + 1);
  EXPECT_EQ(bench.read(reg::level), 2u);
  std::uint32_t word = 0;
  ASSERT_EQ(bench.cpu.access(false, Bench::base + reg::data, &word, 4), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench.read(reg::level), 2u) << "a part of a sample is still a sample";
  ASSERT_EQ(bench.cpu.access(false, Bench::base + reg::data, &word, 4), tlm::TLM_OK_RESPONSE);
  EXPECT_EQ(bench.read(reg::level), 1u);
}

TEST(Sensor, EachWatermarkRequestsDmaOnceAndInTurn) {
  Bench bench(counting(100, 1'000'000));
  bench.write(reg::watermark, 4);
  bench.write(reg::dma_descriptor, 0x100);
  bench.write(reg::dma_descriptor + 4, 0x200);
  bench.write(reg::ctrl, reg::ctrl_enable | reg::ctrl_dma);
  const Time start = now();
  run(10 * ms);
  ASSERT_EQ(bench.requests.size(), 1u) << "nothing was fetched: no second request";
  EXPECT_EQ(bench.requests[0], (std::pair<std::uint32_t, Time>(0x100, start + 4 * ms)));
  std::uint32_t word = 0;
  bench.cpu.access(false, Bench::base + reg::data, &word, 4);
  ASSERT_EQ(bench.requests.size(), 2u) << "a window more was there already";
  EXPECT_EQ(bench.requests[1].first, 0x200u);
  bench.cpu.access(false, Bench::base + reg::data, &word, 4);
  run(10 * ms);
  ASSERT_EQ(bench.requests.size(), 3u);
  EXPECT_EQ(bench.requests[2].first, 0x100u);
  EXPECT_EQ(bench.read(reg::dma_requests), 3u);
}

TEST(Sensor, AnotherRateHoldsFromTheNextStart) {
  Bench bench(counting(100, 1'000'000));
  bench.write(reg::ctrl, reg::ctrl_enable);
  bench.write(reg::rate, 100'000);  // 100 Hz
  run(5 * ms);
  EXPECT_EQ(bench.read(reg::samples_lo), 5u);
  bench.write(reg::ctrl, 0);
  bench.write(reg::ctrl, reg::ctrl_enable);
  run(25 * ms);
  EXPECT_EQ(bench.read(reg::samples_lo), 2u);
  EXPECT_EQ(bench.read(reg::level), 7u);
}

// --- pins

TEST(Gpio, InputsFollowTheScriptAndEnabledEdgesInterrupt) {
  namespace pin = registers::gpio;
  test::RecordingProbe probe;
  Gpio gpio("gpio", pin::base_address, {{1 * ms, 3, true}, {1 * ms, 4, true}, {2 * ms, 3, false}}, probe);
  test::Cpu cpu("cpu");
  cpu.socket.bind(gpio.socket);
  bool line = false;
  gpio.interrupt = [&](bool level) { line = level; };
  run(1000);
  cpu.write(pin::base_address + pin::rise_enable, 1u << 3);
  run(ms);
  EXPECT_TRUE(line);
  EXPECT_EQ(cpu.read(pin::base_address + pin::in), 0x18u);
  EXPECT_EQ(cpu.read(pin::base_address + pin::irq_status), 0x08u) << "pin 4 was not enabled";
  cpu.write(pin::base_address + pin::irq_status, 0x08);
  EXPECT_FALSE(line);
  cpu.write(pin::base_address + pin::fall_enable, 1u << 3);
  run(ms);
  EXPECT_TRUE(line);
  EXPECT_EQ(cpu.read(pin::base_address + pin::in), 0x10u);
}

TEST(Gpio, OutputsAreSeenOnlyWhereThePinIsOne) {
  namespace pin = registers::gpio;
  test::RecordingProbe probe;
  Gpio gpio("gpio", pin::base_address, {}, probe);
  test::Cpu cpu("cpu");
  cpu.socket.bind(gpio.socket);
  std::vector<std::uint32_t> outputs;
  gpio.output = [&](std::uint32_t levels, Time) { outputs.push_back(levels); };
  run(1000);
  cpu.write(pin::base_address + pin::out_set, 0x3);
  EXPECT_TRUE(outputs.empty());
  cpu.write(pin::base_address + pin::direction, 0x1);
  cpu.write(pin::base_address + pin::out_set, 0x1);
  cpu.write(pin::base_address + pin::out_clear, 0x1);
  EXPECT_EQ(outputs, (std::vector<std::uint32_t>{1, 0}));
  EXPECT_EQ(cpu.read(pin::base_address + pin::out), 0x2u);
}

// --- watchdog

struct Dog {
  static constexpr std::uint32_t base = registers::watchdog::base_address;
  Watchdog dog{"watchdog", base};
  test::Cpu cpu{"cpu"};
  bool line = false;
  std::vector<std::pair<bool, Time>> expired;
  Dog() {
    cpu.socket.bind(dog.socket);
    dog.interrupt = [this](bool level) { line = level; };
    dog.expired = [this](bool reset, std::uint32_t) { expired.emplace_back(reset, now()); };
    run(1000);
  }
  void write(std::uint32_t offset, std::uint32_t value) { cpu.write(base + offset, value); }
};

TEST(Watchdog, ExpiresOnceAtItsTickUnlessKicked) {
  namespace reg = registers::watchdog;
  Dog bench;
  bench.write(reg::timeout, 10'000);  // 1 ms
  bench.write(reg::ctrl, reg::ctrl_enable);
  run(ms / 2);
  bench.write(reg::kick, 1);  // no key
  EXPECT_EQ(bench.cpu.read(Dog::base + reg::remaining), 5000u);
  bench.write(reg::kick, reg::kick_key);
  const Time kicked = now();
  run(10 * ms);
  ASSERT_EQ(bench.expired.size(), 1u);
  EXPECT_EQ(bench.expired[0], std::pair(false, kicked + ms));
  EXPECT_EQ(bench.cpu.read(Dog::base + reg::remaining), 0u);
}

TEST(Watchdog, WarnsBeforeTheEndAndKeepsItsLock) {
  namespace reg = registers::watchdog;
  Dog bench;
  bench.write(reg::timeout, 10'000);
  bench.write(reg::warning, 1000);
  bench.write(reg::ctrl, reg::ctrl_enable | reg::ctrl_reset | reg::ctrl_lock);
  bench.write(reg::ctrl, 0);
  bench.write(reg::timeout, 5);
  EXPECT_EQ(bench.cpu.read(Dog::base + reg::timeout), 10'000u);
  run(ms - 100 * us + 1);
  EXPECT_TRUE(bench.line);
  bench.write(reg::irq_status, reg::irq_status_warning);
  EXPECT_FALSE(bench.line);
  EXPECT_TRUE(bench.expired.empty());
  run(ms);
  ASSERT_EQ(bench.expired.size(), 1u);
  EXPECT_TRUE(bench.expired[0].first);
  EXPECT_EQ(bench.cpu.read(Dog::base + reg::resets), 1u);
  bench.dog.reset_registers();
  EXPECT_EQ(bench.cpu.read(Dog::base + reg::ctrl), 0u);
}

}  // namespace
}  // namespace tessera::peripherals
