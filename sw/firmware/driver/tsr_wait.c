/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_wait.h"

#include "tsr_clint.h"
#include "tsr_port.h"

tsr_status tsr_wait_until(bool (*condition)(void* context), void* context, uint64_t timeout, uint32_t period) {
  const bool enabled = tsr_interrupts_disable();
  if (condition(context)) { /* the usual case of polling costs no timer access */
    tsr_interrupts_restore(enabled);
    return TSR_OK;
  }
  const bool timed = timeout != TSR_FOREVER || period != 0;
  uint64_t now = timed ? tsr_time() : 0;
  const uint64_t deadline = timeout > TSR_FOREVER - now ? TSR_FOREVER : now + timeout;
  tsr_status status = TSR_OK;
  while (!condition(context)) {
    if (timed) {
      now = tsr_time();
      if (now >= deadline) {
        status = TSR_TIMEOUT;
        break;
      }
      const uint64_t next = period != 0 && period < deadline - now ? now + period : deadline;
      tsr_timer_set(next);
    }
    /* An interrupt between the condition and here keeps WFI from sleeping: it is pending, only not taken. */
    tsr_wait_for_interrupt();
    tsr_interrupts_enable();
    (void)tsr_interrupts_disable();
  }
  if (timed) {
    tsr_timer_set(TSR_FOREVER);
  }
  tsr_interrupts_restore(enabled);
  return status;
}
