/* SPDX-License-Identifier: Apache-2.0 */
/* Says good night, sleeps for an hour of its own time, says good morning. */
#include "virt.h"

#define HOUR 36000000000ull /* of 100 ns */

uint32_t trap(uint32_t cause, uint32_t epc, uint32_t value) {
  (void)cause;
  (void)value;
  alarm_at(~(uint64_t)0);
  return epc;
}

int main(void) {
  print("good night\n");
  const uint64_t until = now() + HOUR;
  alarm_at(until);
  SET_CSR(mie, MIE_TIMER);
  SET_CSR(mstatus, 8u);
  while (now() < until) {
    __asm__ volatile("wfi");
  }
  print("good morning\n");
  return 0;
}
