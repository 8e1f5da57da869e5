/* SPDX-License-Identifier: Apache-2.0 */
/* The smallest program: prints and ends the run with PASS. */
#include "tsr_uart.h"

int main(void) {
  tsr_uart_init();
  tsr_printf("hello from Tessera\n");
  return 0;
}
