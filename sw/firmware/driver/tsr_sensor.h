/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_sensor.h
 * @brief Streaming sensor: samples at the pace of a clock of its own, through a FIFO.
 *
 * The FIFO raises its watermark when a window of samples is there. Samples are fetched by the CPU (tsr_sensor_read), by
 * a DMA job whose source is tsr_sensor_data() with TD_DMA_FIXED_SRC, or by the hardware itself: with tsr_sensor_dma
 * each watermark writes a descriptor to a DMA channel. Samples that nobody fetches in time are lost and counted.
 */
#ifndef TSR_SENSOR_H
#define TSR_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tsr_sensor_format {
  uint32_t value_bytes;    /* 1, 2 or 4 */
  uint32_t channels;       /* values of one sample */
  bool is_signed;          /* values are signed */
  uint32_t window_samples; /* samples that belong together; 0: a continuous signal */
  uint32_t fifo_samples;   /* that the FIFO holds */
  uint32_t rate_mHz;       /* samples per second in millihertz */
} tsr_sensor_format;

/**
 * Takes the sensor into use: stopped, FIFO empty, counters 0. @return TSR_OK, TSR_NO_DEVICE (none is connected)
 * @param format  if not NULL: what it delivers
 */
tsr_status tsr_sensor_init(tsr_sensor_format* format);

/**
 * Starts the sample clock. The first sample comes one period later.
 * @param watermark     samples of a window, 1 .. fifo_samples
 * @param rate_mHz      0: the sensor's own rate
 * @param by_interrupt  tsr_sensor_wait sleeps until the watermark interrupt; otherwise it looks now and then
 * @return TSR_OK, TSR_BAD_ARGUMENT (the watermark does not fit into the FIFO)
 */
tsr_status tsr_sensor_start(uint32_t watermark, uint32_t rate_mHz, bool by_interrupt);
/** Stops the clock; what is in the FIFO stays. */
void tsr_sensor_stop(void);

/**
 * From now on each watermark writes a descriptor to a DMA channel: the two in turn, or always the first if the second
 * is 0. The jobs must fetch `watermark` samples each. Count them with tsr_unit_done or their interrupt.
 * @return TSR_OK, TSR_BAD_ARGUMENT (unaligned)
 */
tsr_status tsr_sensor_dma(uint32_t channel, uint32_t first, uint32_t second);

/** Waits until a window is in the FIFO. @return TSR_OK, TSR_END (fewer samples are left than a window), TSR_TIMEOUT */
tsr_status tsr_sensor_wait(uint64_t timeout);
/** The same without waiting: TSR_BUSY instead of TSR_TIMEOUT. */
tsr_status tsr_sensor_poll(void);

/**
 * Lets the watermark (and the end of the recording) raise the interrupt line again after it was served: before a deep
 * sleep that the sensor shall end. tsr_sensor_wait does it by itself.
 */
void tsr_sensor_arm(void);

/** Copies `bytes` bytes from the FIFO; what is not there reads 0 and is counted. */
void tsr_sensor_read(void* to, uint32_t bytes);
/** Bus address that reads the FIFO, for DMA jobs with TD_DMA_FIXED_SRC. */
uint32_t tsr_sensor_data(void);

/** Samples in the FIFO; lost so far; bytes read that were not there; since the start, lost ones included. */
uint32_t tsr_sensor_level(void);
uint32_t tsr_sensor_overruns(void);
uint32_t tsr_sensor_underruns(void);
uint64_t tsr_sensor_samples(void);

#ifdef __cplusplus
}
#endif
#endif
