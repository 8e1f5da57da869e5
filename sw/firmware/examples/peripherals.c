/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Power controller, sensor, pins and watchdog through their drivers; says what it sees and fails at the first surprise.
 * Wants no sensor, or one of at least 64 samples; pin 3 may be driven by a script (--gpio), pin 0 is its output.
 */
#include <stddef.h>

#include "tsr_clint.h"
#include "tsr_gpio.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_power.h"
#include "tsr_sensor.h"
#include "tsr_system.h"
#include "tsr_uart.h"
#include "tsr_wait.h"
#include "tsr_watchdog.h"

#define MILLISECOND (1000u * TSR_TICKS_PER_MICROSECOND)
#define CHECK(condition)                                              \
  do {                                                                \
    if (!(condition)) {                                               \
      tsr_printf("peripherals: line %d: " #condition "\n", __LINE__); \
      return 1;                                                       \
    }                                                                 \
  } while (0)

static volatile uint32_t edges;
static volatile uint32_t warnings;

static void on_edge(uint32_t pins, void* context) {
  (void)context;
  edges |= pins;
}
static void on_warning(void) {
  warnings++;
  tsr_watchdog_kick();
}
static bool warned(void* context) {
  (void)context;
  return warnings == 3u;
}

/* Tiles that wake keep the chip from sleeping. */
static tsr_status deep_sleep(uint32_t sources, uint32_t flags, uint32_t* cause) {
  tsr_status status = tsr_power_sleep(sources, flags, cause);
  while (status == TSR_BUSY) {
    tsr_sleep(TSR_TICKS_PER_MICROSECOND);
    status = tsr_power_sleep(sources, flags, cause);
  }
  return status;
}

static int power(void) {
  CHECK(tsr_power_init() == TSR_OK);
  const uint32_t tiles = tsr_power_tiles();
  CHECK(tiles == tsr_system_tiles());
  CHECK(tsr_power_set(tiles, TSR_SUPPLY_OFF) == TSR_BAD_ARGUMENT);
  CHECK(tsr_power_set(0, TSR_SUPPLY_OFF) == TSR_OK && tsr_power_wait(0, MILLISECOND) == TSR_OK);
  CHECK(tsr_power_get(0, NULL) == TSR_POWER_OFF && tsr_power_get(tiles - 1u, NULL) != TSR_POWER_OFF);
  const uint64_t before = tsr_time();
  CHECK(tsr_power_set(0, TSR_SUPPLY_ON) == TSR_OK && tsr_power_wait(0, MILLISECOND) == TSR_OK);
  const uint64_t wake = tsr_time() - before;
  CHECK(tsr_power_get(0, NULL) == TSR_POWER_IDLE && wake >= 20u * TSR_TICKS_PER_MICROSECOND);
  CHECK(tsr_power_entries(0, TSR_POWER_WAKING) == 1u);
  CHECK(tsr_power_time(0, TSR_POWER_WAKING) == 20u * TSR_TICKS_PER_MICROSECOND);
  tsr_printf("tile 0 woke in %u us\n", (unsigned)(wake / TSR_TICKS_PER_MICROSECOND));

  CHECK(tsr_power_sleep(0, 0, NULL) == TSR_BAD_ARGUMENT);
  uint32_t cause = 0;
  const uint64_t alarm = tsr_time() + 50u * MILLISECOND;
  tsr_power_wake_at(alarm);
  CHECK(deep_sleep(TSR_WAKE_TIMER, 0, &cause) == TSR_OK && cause == TSR_WAKE_TIMER);
  CHECK(tsr_time() >= alarm + 100u * TSR_TICKS_PER_MICROSECOND && tsr_power_sleeps() == 1u);
  tsr_printf("slept for %u us\n", (unsigned)(tsr_power_sleep_time() / TSR_TICKS_PER_MICROSECOND));
  CHECK(deep_sleep(TSR_WAKE_TIMER, 0, &cause) == TSR_OK && cause == 0); /* still active: no sleep */
  tsr_power_wake_at(TSR_FOREVER);
  return 0;
}

static int pins(void) {
  CHECK(tsr_gpio_init() == TSR_OK);
  tsr_gpio_output(1u << 0, true);
  tsr_gpio_set(1u << 0);
  CHECK((tsr_gpio_read() & 1u) == 1u);
  tsr_gpio_clear(1u << 0);
  CHECK((tsr_gpio_read() & 1u) == 0);
  CHECK(tsr_gpio_on_edge(1u << 3, 1u << 3, on_edge, NULL) == TSR_OK);
  uint32_t cause = 0; /* an edge of the script within a second, or the alarm */
  tsr_power_wake_at(tsr_time() + TSR_TICKS_PER_SECOND);
  CHECK(deep_sleep(TSR_WAKE_GPIO | TSR_WAKE_TIMER, TSR_SLEEP_RETAIN_SRAM, &cause) == TSR_OK);
  tsr_power_wake_at(TSR_FOREVER);
  tsr_printf("woken by %s, edges %x at %u us\n", cause == TSR_WAKE_GPIO ? "a pin" : "the alarm", (unsigned)edges,
             (unsigned)(tsr_time() / TSR_TICKS_PER_MICROSECOND));
  return 0;
}

static int sensor(void) {
  tsr_sensor_format format;
  if (tsr_sensor_init(&format) != TSR_OK) {
    tsr_printf("no sensor\n");
    return 0;
  }
  CHECK(tsr_sensor_start(0, 0, false) == TSR_BAD_ARGUMENT);
  CHECK(tsr_sensor_start(format.fifo_samples + 1u, 0, false) == TSR_BAD_ARGUMENT);
  const uint32_t bytes = format.value_bytes * format.channels;
  uint32_t sum = 0;
  for (uint32_t round = 0; round < 2u; round++) { /* polled, then by interrupt */
    CHECK(tsr_sensor_start(32, 0, round == 1u) == TSR_OK);
    CHECK(tsr_sensor_wait(TSR_FOREVER) == TSR_OK);
    for (uint32_t i = 0; i < 32u; i++) {
      uint8_t value[4 * 255] = {0};
      tsr_sensor_read(value, bytes < sizeof value ? bytes : (uint32_t)sizeof value);
      sum += value[0];
    }
    tsr_sensor_stop();
  }
  CHECK(tsr_sensor_overruns() == 0 && tsr_sensor_underruns() == 0);
  tsr_printf("64 samples, first bytes add up to %u\n", (unsigned)sum);
  return 0;
}

static int watchdog(void) {
  CHECK(tsr_watchdog_start(0, 0, 0, NULL) == TSR_BAD_ARGUMENT);
  CHECK(tsr_watchdog_start(MILLISECOND, MILLISECOND / 2u, 0, on_warning) == TSR_OK);
  CHECK(tsr_wait_until(warned, NULL, 10u * MILLISECOND, 0) == TSR_OK);
  CHECK(tsr_watchdog_stop() == TSR_OK && tsr_watchdog_remaining() == 0);
  tsr_printf("the watchdog warned %u times\n", (unsigned)warnings);
  return 0;
}

int main(void) {
  tsr_uart_init();
  tsr_plic_init();
  tsr_interrupts_enable();
  int failed = power();
  failed = failed != 0 ? failed : pins();
  failed = failed != 0 ? failed : sensor();
  failed = failed != 0 ? failed : watchdog();
  tsr_printf("%s\n", failed == 0 ? "peripherals work" : "peripherals FAILED");
  return failed;
}
