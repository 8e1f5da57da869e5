/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_system.h
 * @brief System control: what the chip consists of, trace markers, counters of the shared bus.
 */
#ifndef TSR_SYSTEM_H
#define TSR_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Whether this is a Tessera chip at all: the block's ID. */
bool tsr_system_present(void);
uint32_t tsr_system_grid_rows(void);
uint32_t tsr_system_grid_columns(void);
/** Number of tiles. */
uint32_t tsr_system_tiles(void);
bool tsr_system_vector_present(void);
uint32_t tsr_system_dma_channels(void);
/** Bytes of external DRAM at TD_DRAM_BASE; 0 if there is none. */
uint32_t tsr_system_dram_bytes(void);
/** Hash of the platform keys that a deployment depends on. */
uint64_t tsr_system_platform_hash(void);

/** Kinds of marked regions: bits 31..24 of a region. */
typedef enum tsr_region_kind {
  TSR_REGION_USER = 0,
  TSR_REGION_INFERENCE = 1,
  TSR_REGION_LAYER = 2,
  TSR_REGION_CALIBRATION = 3 /* of a tile's converters; its energy is a row of its own */
} tsr_region_kind;

/** Marks begin and end of a region in the trace; regions may nest and overlap. @param number bits 23..0 count */
void tsr_marker_begin(tsr_region_kind kind, uint32_t number);
void tsr_marker_end(tsr_region_kind kind, uint32_t number);
/** Counters of all blocks restart in the trace / are written to the trace. */
void tsr_marker_reset(void);
void tsr_marker_dump(void);

/** Counters of the shared bus. */
typedef enum tsr_bus_counter {
  TSR_BUS_BUSY_CYCLES,
  TSR_BUS_BEATS,
  TSR_BUS_BURSTS,
  TSR_BUS_WAIT_CYCLES,
  TSR_BUS_BYTES,
  TSR_BUS_COUNTERS
} tsr_bus_counter;
/** 0 for a counter that does not exist. */
uint64_t tsr_bus_counter_read(tsr_bus_counter counter);

#ifdef __cplusplus
}
#endif
#endif
