/* SPDX-License-Identifier: Apache-2.0 */
/* Loads from an address where nothing is: the run must end with a report. */
#include "tsr_port.h"
#include "tsr_uart.h"

#define NOTHING_HERE 0xF0000000u

__attribute__((noinline)) static uint32_t touch(uint32_t address) {
  return tsr_read32(address);
}

int main(void) {
  tsr_uart_init();
  tsr_printf("loading from 0x%08x\n", NOTHING_HERE);
  const uint32_t value = touch(NOTHING_HERE);
  tsr_printf("got 0x%08x: the access should have failed\n", (unsigned)value);
  return 1;
}
