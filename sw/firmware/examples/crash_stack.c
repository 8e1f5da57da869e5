/* SPDX-License-Identifier: Apache-2.0 */
/* Sets the stack pointer to 0 and pushes: the run must end with a report, not with an endless trap loop. */
#include "tsr_uart.h"

__attribute__((noinline)) static void push_at_zero(void) {
  __asm__ volatile(
      "li   sp, 0\n"
      "addi sp, sp, -16\n"
      "sw   ra, 12(sp)\n" ::
          : "memory");
}

int main(void) {
  tsr_uart_init();
  tsr_printf("pushing with sp = 0\n");
  push_at_zero();
  tsr_printf("the store should have failed\n");
  return 1;
}
