/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_clint.h
 * @brief Time and the machine timer. One tick is 100 ns (10 MHz time base).
 */
#ifndef TSR_CLINT_H
#define TSR_CLINT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TSR_TICKS_PER_MICROSECOND 10u
#define TSR_TICKS_PER_SECOND 10000000u
#define TSR_FOREVER UINT64_MAX

/** Ticks since reset. */
uint64_t tsr_time(void);

/**
 * Raises the machine timer interrupt at `ticks` (at once if that has passed), and unmasks it; TSR_FOREVER stops it.
 * tsr_wait_until and the functions that wait use the timer, too: own timers are for programs that wait without
 * time-out.
 */
void tsr_timer_set(uint64_t ticks);

/** Function that the trap handler calls when the timer fires, after stopping it. NULL: only wakes the hart. */
void tsr_timer_on_expiry(void (*call)(void));

/** The trap handler calls it for timer interrupts. */
void tsr_timer_dispatch(void);

/** Sleeps for at least `ticks`. Interrupts are served meanwhile if they are enabled. */
void tsr_sleep(uint64_t ticks);

#ifdef __cplusplus
}
#endif
#endif
