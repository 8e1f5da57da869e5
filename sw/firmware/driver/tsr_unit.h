/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_unit.h
 * @brief Driver of the units that execute job descriptors: tiles, vector unit, DMA channels.
 *
 * A tsr_unit is the caller's memory; the driver allocates nothing. Polled use: tsr_unit_init, tsr_unit_submit,
 * tsr_unit_poll until it is not TSR_BUSY. By interrupt: also tsr_unit_attach, then tsr_unit_wait sleeps.
 * A unit belongs to one thread of control; its interrupt handler only collects flags.
 */
#ifndef TSR_UNIT_H
#define TSR_UNIT_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_clint.h" /* TSR_FOREVER */
#include "tsr_plic.h"
#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tsr_unit_kind { TSR_UNIT_TILE, TSR_UNIT_VECTOR, TSR_UNIT_DMA } tsr_unit_kind;

typedef struct tsr_unit {
  uint32_t base;             /* bus address of its registers */
  uint16_t kind;             /* tsr_unit_kind */
  uint16_t index;            /* tile: row * grid columns + column; DMA: channel; vector unit: 0 */
  uint32_t submitted;        /* value that DONE_COUNT reaches when every job so far is done */
  uint32_t irq_mask;         /* bits of IRQ_ENABLE that are set */
  volatile uint32_t signals; /* IRQ_STATUS bits that the interrupt handler collected since the last wait */
  tsr_plic_handler handler;  /* its place in the chain of its interrupt source */
} tsr_unit;

/** What went wrong first; codes are TSR_JOB_UNIT_ERROR_CODE_*. */
typedef struct tsr_unit_fault {
  uint32_t code;
  uint32_t tag;
} tsr_unit_fault;

/** 64-bit counters in the order of the registers. Cycles are cycles of the bus clock. */
typedef enum tsr_unit_counter {
  TSR_COUNTER_ACTIVE_CYCLES,
  TSR_COUNTER_PRODUCTS, /* products (tile), element operations (vector unit), bytes (DMA) */
  TSR_COUNTER_CONVERSIONS,
  TSR_COUNTER_CLIPPED,
  TSR_COUNTER_SATURATED,
  TSR_COUNTER_LOAD_STALL_CYCLES,
  TSR_COUNTER_STORE_STALL_CYCLES,
  TSR_COUNTER_CONVERTER_STALL_CYCLES,
  TSR_COUNTER_BUS_WAIT_CYCLES,
  TSR_COUNTER_BYTES_IN,
  TSR_COUNTER_BYTES_OUT,
  TSR_COUNTER_COUNT
} tsr_unit_counter;

/**
 * Takes a unit into use: checks that the chip has it and its ID, enables it and clears pending interrupts.
 * Jobs that somebody else started are not disturbed: try again later, or tsr_unit_cancel them first.
 * @return TSR_OK, TSR_BAD_ARGUMENT (the chip has no such index), TSR_NO_DEVICE (wrong ID), TSR_BUSY (jobs are running)
 */
tsr_status tsr_unit_init(tsr_unit* unit, tsr_unit_kind kind, uint32_t index);

/**
 * Routes the unit's interrupt (job done, error) through the PLIC to this driver: tsr_unit_wait sleeps from now on.
 * The unit must stay where it is in memory until tsr_unit_detach.
 */
tsr_status tsr_unit_attach(tsr_unit* unit);

/** Back to polled use. */
void tsr_unit_detach(tsr_unit* unit);

/**
 * Appends a descriptor to the unit's queue. The descriptor must stay unchanged until the job is done.
 * @param descriptor bus address, 4-byte aligned
 * @return TSR_OK, TSR_BUSY (queue full, nothing happened), TSR_BAD_ARGUMENT (unaligned), TSR_UNIT_ERROR
 */
tsr_status tsr_unit_submit(tsr_unit* unit, uint32_t descriptor);

/** TSR_OK: all submitted jobs are done. TSR_BUSY: not yet. TSR_UNIT_ERROR: see tsr_unit_get_fault. */
tsr_status tsr_unit_poll(const tsr_unit* unit);

/**
 * Waits until all submitted jobs are done. After tsr_unit_attach the hart sleeps; otherwise it polls.
 * @param timeout in ticks of the time base (100 ns); TSR_FOREVER waits for ever
 * @return TSR_OK, TSR_UNIT_ERROR, TSR_TIMEOUT
 */
tsr_status tsr_unit_wait(tsr_unit* unit, uint64_t timeout);

/**
 * Cancels everything: soft reset empties the queue and clears counters and errors; waits until the unit is idle.
 * Preset the event counter of a tile again afterwards.
 * @return TSR_OK, TSR_TIMEOUT (still busy after `timeout` ticks)
 */
tsr_status tsr_unit_cancel(tsr_unit* unit, uint64_t timeout);

/** Whether there is an error, and which. */
bool tsr_unit_get_fault(const tsr_unit* unit, tsr_unit_fault* fault);

/** Jobs done since reset, and the tag of the last one. */
uint32_t tsr_unit_done(const tsr_unit* unit);
uint32_t tsr_unit_last_tag(const tsr_unit* unit);

/** Reads one 64-bit counter; 0 for a counter that does not exist. */
uint64_t tsr_unit_counter_read(const tsr_unit* unit, tsr_unit_counter counter);

/** Tiles only: array passes begun since reset, which select the random numbers of read noise. Set while idle. */
uint64_t tsr_unit_event(const tsr_unit* unit);
void tsr_unit_set_event(const tsr_unit* unit, uint64_t event);

/** Name of the kind ("tile", "vector unit", "DMA channel") and of an error code ("bus error"). */
const char* tsr_unit_kind_text(const tsr_unit* unit);
const char* tsr_unit_error_text(uint32_t code);

#ifdef __cplusplus
}
#endif
#endif
