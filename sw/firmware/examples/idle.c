/* SPDX-License-Identifier: Apache-2.0 */
/* Does nothing for two simulated hours: one in WFI with tile 1 off and tile 2 in standby, one in deep sleep. */
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_power.h"
#include "tsr_uart.h"

#define HOUR ((uint64_t)3600u * TSR_TICKS_PER_SECOND)

int main(void) {
  tsr_uart_init();
  if (tsr_power_init() != TSR_OK) {
    return 1;
  }
  (void)tsr_power_set(1, TSR_SUPPLY_OFF);
  (void)tsr_power_set(2, TSR_SUPPLY_STANDBY);
  tsr_sleep(HOUR);
  uint32_t cause = 0;
  tsr_power_wake_at(tsr_time() + HOUR);
  if (tsr_power_sleep(TSR_WAKE_TIMER, 0, &cause) != TSR_OK || cause != TSR_WAKE_TIMER) {
    return 2;
  }
  tsr_printf("idle: %u s\n", (unsigned)(tsr_time() / TSR_TICKS_PER_SECOND));
  return 0;
}
