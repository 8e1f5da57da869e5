/* SPDX-License-Identifier: Apache-2.0 */
/* Timer interrupts at set times, sleeping in between; fails if one comes early or far too late. */
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_uart.h"
#include "tsr_wait.h"

#define PERIOD (1000u * TSR_TICKS_PER_MICROSECOND)
#define LATEST (1000u * PERIOD) /* generous: an emulator on a busy machine is late */
#define FIRINGS 5u

static volatile uint32_t firings;
static volatile uint64_t last_firing;
static uint64_t next;

static void on_timer(void) {
  last_firing = tsr_time();
  firings++;
  next += PERIOD;
  if (firings < FIRINGS) {
    tsr_timer_set(next);
  }
}

static bool all_fired(void* context) {
  (void)context;
  return firings == FIRINGS;
}

int main(void) {
  tsr_uart_init();
  const uint64_t begin = tsr_time();
  tsr_timer_on_expiry(on_timer);
  next = begin + PERIOD;
  tsr_timer_set(next);
  (void)tsr_wait_until(all_fired, 0, TSR_FOREVER, 0);
  const uint64_t due = begin + FIRINGS * PERIOD;
  tsr_printf("%u timer interrupts\n", (unsigned)firings);
  if (last_firing < due || last_firing > due + LATEST) {
    tsr_printf("the last one came %lld ticks after its time\n", (long long)(last_firing - due));
    return 1;
  }
  tsr_timer_on_expiry(0);
  const uint64_t before = tsr_time();
  tsr_sleep(PERIOD);
  if (tsr_time() - before < PERIOD) {
    tsr_printf("slept too short\n");
    return 2;
  }
  tsr_printf("timer works\n");
  return 0;
}
