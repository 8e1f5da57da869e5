// SPDX-License-Identifier: Apache-2.0
// The drivers of pins, watchdog and serial port against register fakes.
#include <gtest/gtest.h>

#include "tessera_registers.hpp"
#include "tests/firmware/chip_fake.h"
#include "tsr_clint.h"
#include "tsr_gpio.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_uart.h"
#include "tsr_watchdog.h"

namespace tessera::firmware_test {
namespace {

std::uint32_t seen = 0;
void see(std::uint32_t pins, void* context) {
  seen |= pins;
  ++*static_cast<int*>(context);
}

class PinDriver : public ::testing::Test {
 protected:
  PinDriver() {
    namespace reg = registers::gpio;
    gpio_.base = reg::base_address;
    gpio_.source = reg::interrupt;
    gpio_.registers = {{reg::id, reg::id_reset}};
    gpio_.on_write = [this](std::uint32_t offset, std::uint32_t value) {
      if (offset == reg::irq_status) {
        edges_ &= ~value;
      }
    };
    gpio_.on_read = [this](std::uint32_t offset, std::uint32_t value, std::uint32_t) {
      return offset == reg::irq_status ? edges_ : value;
    };
    gpio_.line = [this] { return edges_ != 0; };
    chip_.add(gpio_);
    tsr_plic_init();
    seen = 0;
  }
  ChipFake chip_{1, 1, 1};
  FakeDevice gpio_;
  std::uint32_t edges_ = 0;
};

TEST_F(PinDriver, InitMakesAllPinsQuietInputs) {
  namespace reg = registers::gpio;
  gpio_.registers[reg::direction] = 5;
  edges_ = 3;
  EXPECT_EQ(tsr_gpio_init(), TSR_OK);
  EXPECT_EQ(gpio_.registers[reg::direction], 0U);
  EXPECT_EQ(edges_, 0U);
  gpio_.registers[reg::id] = 1;
  EXPECT_EQ(tsr_gpio_init(), TSR_NO_DEVICE);
}

TEST_F(PinDriver, OutputsAreChangedOneByOne) {
  namespace reg = registers::gpio;
  (void)tsr_gpio_init();
  tsr_gpio_output(0x6, true);
  tsr_gpio_output(0x2, false);
  EXPECT_EQ(gpio_.registers[reg::direction], 4U);
  tsr_gpio_set(4);
  EXPECT_EQ(gpio_.registers[reg::out_set], 4U);
  tsr_gpio_clear(4);
  EXPECT_EQ(gpio_.registers[reg::out_clear], 4U);
  gpio_.registers[reg::in] = 9;
  EXPECT_EQ(tsr_gpio_read(), 9U);
}

TEST_F(PinDriver, EdgesCallTheFunctionOnceEach) {
  namespace reg = registers::gpio;
  (void)tsr_gpio_init();
  int calls = 0;
  ASSERT_EQ(tsr_gpio_on_edge(0x10, 0x20, see, &calls), TSR_OK);
  EXPECT_EQ(gpio_.registers[reg::rise_enable], 0x10U);
  EXPECT_EQ(gpio_.registers[reg::fall_enable], 0x20U);
  edges_ = 0x30;
  tsr_interrupts_enable();
  EXPECT_EQ(seen, 0x30U);
  EXPECT_EQ(calls, 1);
  (void)tsr_interrupts_disable();
  ASSERT_EQ(tsr_gpio_on_edge(0x10, 0, nullptr, nullptr), TSR_OK);
  edges_ = 0x10;
  tsr_interrupts_enable();
  EXPECT_EQ(calls, 1) << "nobody is called";
  EXPECT_EQ(tsr_gpio_edges(), 0x10U);
  EXPECT_EQ(tsr_gpio_edges(), 0U);
}

int warnings = 0;

TEST(WatchdogDriver, StartsKicksStopsAndRespectsTheLock) {
  namespace reg = registers::watchdog;
  ChipFake chip(1, 1, 1);
  FakeDevice dog;
  dog.base = reg::base_address;
  dog.source = reg::interrupt;
  dog.registers = {{reg::id, reg::id_reset}, {reg::resets, 2}};
  bool warning = false;
  dog.line = [&] { return warning; };
  dog.on_write = [&](std::uint32_t offset, std::uint32_t) { warning = warning && offset != reg::irq_status; };
  chip.add(dog);
  tsr_plic_init();
  EXPECT_EQ(tsr_watchdog_start(0, 0, 0, nullptr), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_watchdog_start(10, 10, 0, nullptr), TSR_BAD_ARGUMENT);
  EXPECT_EQ(tsr_watchdog_start(1000, 100, TSR_WATCHDOG_RESET, [] { ++warnings; }), TSR_OK);
  EXPECT_EQ(dog.registers[reg::timeout], 1000U);
  EXPECT_EQ(dog.registers[reg::warning], 100U);
  EXPECT_EQ(dog.registers[reg::ctrl], reg::ctrl_enable | reg::ctrl_reset);
  warning = true;
  warnings = 0;
  tsr_interrupts_enable();
  EXPECT_EQ(warnings, 1);
  tsr_watchdog_kick();
  EXPECT_EQ(dog.registers[reg::kick], reg::kick_key);
  EXPECT_EQ(tsr_watchdog_stop(), TSR_OK);
  EXPECT_EQ(dog.registers[reg::ctrl], 0U);
  EXPECT_EQ(tsr_watchdog_start(1000, 0, TSR_WATCHDOG_LOCK, nullptr), TSR_OK);
  EXPECT_EQ(tsr_watchdog_stop(), TSR_BUSY);
  EXPECT_EQ(tsr_watchdog_start(5, 0, 0, nullptr), TSR_BUSY);
  EXPECT_EQ(tsr_watchdog_resets(), 2U);
  dog.registers[reg::id] = 0;
  EXPECT_EQ(tsr_watchdog_start(5, 0, 0, nullptr), TSR_NO_DEVICE);
}

TEST(SerialPort, ReceivesByInterruptUntilToldOtherwise) {
  ChipFake chip(1, 1, 1);
  tsr_plic_init();
  tsr_uart_init();
  std::string got;
  const auto take = [](std::uint8_t byte, void* context) {
    static_cast<std::string*>(context)->push_back(static_cast<char>(byte));
  };
  EXPECT_EQ(tsr_uart_on_receive(take, &got), TSR_OK);
  tsr_interrupts_enable();
  chip.uart_input = "hello";
  (void)tsr_interrupts_disable();
  EXPECT_EQ(got, "") << "nothing happened that would take an interrupt";
  tsr_interrupts_enable();
  EXPECT_EQ(got, "hello");
  EXPECT_EQ(tsr_uart_on_receive(nullptr, nullptr), TSR_OK);
  chip.uart_input = "x";
  tsr_interrupts_enable();
  EXPECT_EQ(got, "hello");
  EXPECT_EQ(tsr_uart_get(), 'x') << "polling works again";
  EXPECT_EQ(tsr_uart_get(), -1);
}

}  // namespace
}  // namespace tessera::firmware_test
