/* SPDX-License-Identifier: Apache-2.0 */
/* Prints the time every millisecond, sleeping in between, and ends. */
#include "tsr_clint.h"
#include "tsr_uart.h"

static _Thread_local int count = 1; /* start-up sets the thread pointer, so this works */

int main(void) {
  tsr_uart_init();
  for (; count <= 3; count++) {
    tsr_sleep(1000 * TSR_TICKS_PER_MICROSECOND);
    tsr_printf("blink %d at %s ms\n", count, tsr_time() >= (uint64_t)count * 10000u ? "the right" : "a wrong");
  }
  return 0;
}
