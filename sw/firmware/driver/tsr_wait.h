/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_wait.h
 * @brief Sleeping until something is true, without lost wake-ups.
 */
#ifndef TSR_WAIT_H
#define TSR_WAIT_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Sleeps (WFI) until condition(context) holds. The condition is looked at with interrupts disabled, after each
 * interrupt, and every `period` ticks if period is not 0 (for conditions that raise no interrupt). Handlers run even if
 * the caller had interrupts disabled; the caller's setting is restored.
 * @param timeout in ticks; TSR_FOREVER with period 0 leaves the timer alone
 * @return TSR_OK, or TSR_TIMEOUT with the condition still false
 */
tsr_status tsr_wait_until(bool (*condition)(void* context), void* context, uint64_t timeout, uint32_t period);

#ifdef __cplusplus
}
#endif
#endif
