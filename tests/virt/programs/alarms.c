/* SPDX-License-Identifier: Apache-2.0 */
/* Alarms at odd instants, awake and asleep: prints how many cycles late each handler began, and where it interrupted.
 */
#include "virt.h"

#define CYCLES_PER_TICK 20u /* 200 MHz, 10 MHz */

static volatile uint32_t begun, interrupted, rang;

uint32_t trap(uint32_t cause, uint32_t epc, uint32_t value) {
  (void)value;
  begun = READ_CSR(mcycle);
  interrupted = epc;
  rang = cause == (INTERRUPT | 7u);
  alarm_at(~(uint64_t)0);
  return epc;
}

int main(void) {
  uint32_t random = 1;
  SET_CSR(mie, MIE_TIMER);
  for (uint32_t i = 0; i < 40; i++) {
    random = random * 1664525u + 1013904223u;
    const uint64_t when = now() + 20 + (random >> 20);
    rang = 0;
    alarm_at(when);
    SET_CSR(mstatus, 8u);
    while (!rang) {
      if (i % 2 != 0) {
        __asm__ volatile("wfi");
      } else {
        random = random / 3u * 7u + (uint32_t)i; /* long instructions */
      }
    }
    CLEAR_CSR(mstatus, 8u);
    print_hex("late", begun - (uint32_t)when * CYCLES_PER_TICK);
    print_hex("at", interrupted);
  }
  return 0;
}
