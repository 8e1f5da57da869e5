/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_calibration.h
 * @brief Calibration of a tile's converters: measures offset and gain of each one and writes its trim (ADC_TRIM).
 *
 * Jobs of the tile measure, so the tile must be on and idle, and polled and interrupt-driven use both work
 * (tsr_unit_attach). A job is nine products: one with all rows off, eight with known rows on. Cost, for an area of R
 * rows and P pairs and n repeats: 2 n ceil(P / 128) jobs of 9 products of min(R, 64) rows (two passes: measure, then
 * look again with the trims), and some 18,000 instructions a pair. Time and energy appear as layer (calibration).
 *
 * Errors that stay: of an offset, sqrt((s^2 + 1/12) / N) LSB for converters with noise s LSB and N = n times the pairs
 * that a converter serves, plus rounding of a corrected code to an accumulator unit (1/12 LSB^2 at the largest gain);
 * of a gain, the same noise over the root of the sum of x^2, and the cells' programming error over the root of the
 * cells.
 *
 * Power off and deep sleep lose the trims; standby keeps them. tsr_tile_trims_write puts them back.
 */
#ifndef TSR_CALIBRATION_H
#define TSR_CALIBRATION_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_adc.h"
#include "tsr_status.h"
#include "tsr_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Bytes of bus memory that a calibration needs: descriptor, activations, accumulators. */
#define TSR_CALIBRATION_BYTES (128u + TSR_ADC_PRODUCTS * TSR_ADC_ROWS + TSR_ADC_PRODUCTS * TSR_ADC_PAIRS * 4u)

typedef struct tsr_calibration {
  const tsr_adc_area* areas; /* cells of known levels, all of this tile */
  uint32_t area_count;
  uint16_t repeats;   /* of each measurement, averaged; 1 .. 256 */
  uint32_t scratch;   /* bus address, 4-byte aligned, of TSR_CALIBRATION_BYTES bytes that the tile reaches */
  uint64_t timeout;   /* of one job, in ticks of 100 ns; TSR_FOREVER */
  tsr_adc_work* work; /* memory of the caller, as the next two */
  tsr_adc_sums* sums; /* what was seen; state of every converter afterwards */
  uint32_t* words;    /* the trims, for tsr_tile_trims_write; may be null */
  uint32_t room;      /* entries of sums and words; at least tsr_tile_converters() */
} tsr_calibration;

typedef struct tsr_calibration_report {
  uint32_t converters;  /* of the tile */
  uint32_t trimmed;     /* offset and gain */
  uint32_t offset_only; /* gain stays 1: the levels of its pairs say too little */
  uint32_t bad;         /* stuck or too far off; trim stays neutral */
  uint32_t first_bad;   /* its number, or 0xFFFFFFFF */
  tsr_adc_errors before, after;
  uint64_t ticks; /* of 100 ns */
} tsr_calibration_report;

/** Converters that have a trim; 0: exact converters, digital tile. */
uint32_t tsr_tile_converters(const tsr_unit* tile);

/**
 * Measures, writes trims, enables them, measures again. The event counter is as before afterwards.
 * @return TSR_OK (converters may still be bad: see the report), TSR_NO_DEVICE (no converter to trim, or of fewer than
 * four bits), TSR_BAD_ARGUMENT, TSR_UNIT_ERROR or TSR_TIMEOUT (a job failed: trims are off)
 */
tsr_status tsr_tile_calibrate(tsr_unit* tile, const tsr_calibration* how, tsr_calibration_report* report);

/** Whether trims are in use: false after reset, power off and deep sleep. */
bool tsr_tile_trims_enabled(const tsr_unit* tile);
/** Writes trims and enables them, or (count 0) switches them off. @return TSR_OK, TSR_BAD_ARGUMENT (too many) */
tsr_status tsr_tile_trims_write(const tsr_unit* tile, const uint32_t* words, uint32_t count);

#ifdef __cplusplus
}
#endif
#endif
