/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_clint.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_port.h"
#include "tsr_wait.h"

static void (*on_expiry)(void);

uint64_t tsr_time(void) {
  uint32_t high;
  uint32_t low;
  do { /* again if the low word wrapped between the reads */
    high = tsr_read32(TSR_CLINT_BASE + TSR_CLINT_MTIME_HI);
    low = tsr_read32(TSR_CLINT_BASE + TSR_CLINT_MTIME_LO);
  } while (tsr_read32(TSR_CLINT_BASE + TSR_CLINT_MTIME_HI) != high);
  return (uint64_t)high << 32 | low;
}

void tsr_timer_set(uint64_t ticks) {
  if (ticks == TSR_FOREVER) {
    tsr_interrupts_mask(TSR_MIE_TIMER);
  }
  /* The low word is held beyond any time while the high word changes: no interrupt in between. */
  tsr_write32(TSR_CLINT_BASE + TSR_CLINT_MTIMECMP_LO, UINT32_MAX);
  tsr_write32(TSR_CLINT_BASE + TSR_CLINT_MTIMECMP_HI, (uint32_t)(ticks >> 32));
  tsr_write32(TSR_CLINT_BASE + TSR_CLINT_MTIMECMP_LO, (uint32_t)ticks);
  if (ticks != TSR_FOREVER) {
    tsr_interrupts_unmask(TSR_MIE_TIMER);
  }
}

void tsr_timer_on_expiry(void (*call)(void)) {
  on_expiry = call;
}

void tsr_timer_dispatch(void) {
  tsr_timer_set(TSR_FOREVER);
  if (on_expiry != NULL) {
    on_expiry();
  }
}

static bool never(void* context) {
  (void)context;
  return false;
}

void tsr_sleep(uint64_t ticks) {
  (void)tsr_wait_until(never, NULL, ticks, 0);
}
