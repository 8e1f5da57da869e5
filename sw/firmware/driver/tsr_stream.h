/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_stream.h
 * @brief Stream port: frames of a sensor come in, results go out.
 *
 * For each frame: tsr_stream_wait, take tsr_stream_frame_bytes() bytes (by CPU, or by DMA from TSR_STREAM_IN_ADDRESS
 * with TD_DMA_FIXED_SRC), give the result (by CPU, or by DMA to TSR_STREAM_OUT_ADDRESS with TD_DMA_FIXED_DST),
 * tsr_stream_done.
 */
#ifndef TSR_STREAM_H
#define TSR_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "tessera_registers.h"
#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TSR_STREAM_IN_ADDRESS (TSR_STREAM_BASE + TSR_STREAM_IN_DATA)
#define TSR_STREAM_OUT_ADDRESS (TSR_STREAM_BASE + TSR_STREAM_OUT_DATA)

/** Checks the block's ID, says how long a result is, and attaches the interrupt if by_interrupt. */
tsr_status tsr_stream_init(uint32_t result_bytes, bool by_interrupt);

/** Bytes of one frame. */
uint32_t tsr_stream_frame_bytes(void);

/**
 * Sleeps until a frame is ready or the stream is at its end.
 * @param index number of the ready frame
 * @return TSR_OK, TSR_END (no more frames will come), TSR_TIMEOUT
 */
tsr_status tsr_stream_wait(uint32_t* index, uint64_t timeout);

/** Takes the next bytes of the ready frame / appends bytes to its result, by CPU. */
void tsr_stream_read(void* bytes, uint32_t count);
void tsr_stream_write(const void* bytes, uint32_t count);

/** The frame is consumed and its result complete. */
void tsr_stream_done(void);

#ifdef __cplusplus
}
#endif
#endif
