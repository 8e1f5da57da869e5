/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_watchdog.h
 * @brief Watchdog: a program that does not report in time is reset, or its run ends as failed.
 */
#ifndef TSR_WATCHDOG_H
#define TSR_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Flags of tsr_watchdog_start. */
#define TSR_WATCHDOG_RESET 0x01u /* time-out resets the chip; otherwise it ends the run as failed */
#define TSR_WATCHDOG_LOCK 0x02u  /* it cannot be stopped or changed any more until reset */

/**
 * Starts the watchdog.
 * @param timeout  ticks of 100 ns, 1 .. 2^32 - 1
 * @param warning  ticks before the end at which `call` runs (from the trap handler); 0: no warning
 * @param call     may be NULL
 * @return TSR_OK, TSR_NO_DEVICE, TSR_BAD_ARGUMENT (no time, or warning not below timeout), TSR_BUSY (locked)
 */
tsr_status tsr_watchdog_start(uint32_t timeout, uint32_t warning, uint32_t flags, void (*call)(void));
/** Starts the time anew. */
void tsr_watchdog_kick(void);
/** @return TSR_OK, TSR_BUSY (locked: it goes on) */
tsr_status tsr_watchdog_stop(void);
/** Ticks to the end; 0 while it does not run. */
uint32_t tsr_watchdog_remaining(void);
/** Resets by the watchdog since power-on. */
uint32_t tsr_watchdog_resets(void);

#ifdef __cplusplus
}
#endif
#endif
