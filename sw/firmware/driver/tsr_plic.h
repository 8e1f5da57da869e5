/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_plic.h
 * @brief Platform-level interrupt controller, machine mode of hart 0.
 *
 * Several handlers may share a source (DMA channels do). Handlers run with interrupts disabled, on the trap stack.
 */
#ifndef TSR_PLIC_H
#define TSR_PLIC_H

#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TSR_PLIC_SOURCES 1024u

/** The caller's memory; stays in place while it is attached. Fill call and context. */
typedef struct tsr_plic_handler {
  void (*call)(void* context);
  void* context;
  struct tsr_plic_handler* next; /* of the driver */
} tsr_plic_handler;

/** Disables all sources, lets all priorities through and unmasks external interrupts. Call once, before attaching. */
void tsr_plic_init(void);

/**
 * Adds a handler to a source and enables the source.
 * @param source 1..1023 @param priority 1..7
 * @return TSR_OK (also if it was attached already), TSR_BAD_ARGUMENT
 */
tsr_status tsr_plic_attach(uint32_t source, uint32_t priority, tsr_plic_handler* handler);

/** Takes a handler out; the source is disabled with its last one. */
void tsr_plic_detach(uint32_t source, tsr_plic_handler* handler);

/** Claims, serves and completes until nothing is pending. The trap handler calls it for external interrupts. */
void tsr_plic_dispatch(void);

/** Interrupts of sources without a handler since tsr_plic_init; such a source is disabled when it shows up. */
uint32_t tsr_plic_unserved(void);

#ifdef __cplusplus
}
#endif
#endif
