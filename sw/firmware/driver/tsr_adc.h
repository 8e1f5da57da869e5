/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_adc.h
 * @brief Arithmetic of converter calibration: stimuli, regression, trims. Touches no machine and allocates nothing, so
 * that host programs get the same trims from the same measurements; tsr_calibration.h drives a tile with it.
 *
 * A converter gives code = (1 + g) x + o. Rows that are off (x = 0) show o. Rows driven in known patterns over cells of
 * known levels show g: x follows from the levels, and g is the slope of a regression of the codes over x, taken over
 * all column pairs that the converter serves.
 */
#ifndef TSR_ADC_H
#define TSR_ADC_H

#include <stdbool.h>
#include <stdint.h>

#include "sw/deployment/tessera_deployment.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TSR_ADC_PATTERNS 8u                      /* sets of rows that are on, four and their complements */
#define TSR_ADC_PRODUCTS (1u + TSR_ADC_PATTERNS) /* the first one is dark */
#define TSR_ADC_ROWS 64u                         /* rows of an area that are driven, at most */
#define TSR_ADC_PAIRS 128u                       /* column pairs that one job measures, at most */
#define TSR_ADC_GAINS 64u
#define TSR_ADC_LEAST_BITS 4u /* coarser converters show neither offset nor slope: they are left alone */
/* What programs with the deployed network as reference take: the runtime and host programs that do the same. */
#define TSR_ADC_REPEATS 16u
#define TSR_ADC_MOST_AREAS 64u       /* of a tile */
#define TSR_ADC_MOST_CONVERTERS 512u /* of a tile */
/** Event of the first product of a calibration: its noise is that of no inference. */
#define TSR_ADC_EVENT (UINT64_C(1) << 48)
/** Trim that changes nothing: gain 1, offset 0. */
#define TSR_ADC_NEUTRAL 0x80000000u

/** The converters of a tile, as its registers TRIM_* describe them. */
typedef struct tsr_adc_facts {
  uint32_t converters;
  uint32_t bits;
  bool cancels;         /* offsets cancel inside of a product */
  uint32_t pass_weight; /* codes that an LSB is worth after all passes */
  uint32_t lsb;         /* column sum of an accumulator unit, in 1/4096 */
  uint32_t gains;
  uint32_t gain_weight[TSR_ADC_GAINS]; /* accumulator units of a code */
} tsr_adc_facts;

/** Cells of known levels: the deployed network's, or rows that were programmed for this. Differential pairs. */
typedef struct tsr_adc_area {
  uint16_t row0, rows;
  uint16_t pair0, pairs;
  const uint8_t* levels; /* of cell (row0, 2 * pair0); row-major */
  uint32_t stride;       /* bytes from row to row */
} tsr_adc_area;

typedef enum tsr_adc_state {
  TSR_ADC_UNSEEN = 0,  /* none of its pairs was measured */
  TSR_ADC_OFFSET_ONLY, /* the levels of its pairs say too little about its gain */
  TSR_ADC_TRIMMED,
  TSR_ADC_BAD /* does not answer, or is too far off: its trim stays neutral */
} tsr_adc_state;

/** What was seen of one converter. Zero-initialise. x and y are codes in 1/256. */
typedef struct tsr_adc_sums {
  int64_t dark; /* sum of codes, rows off */
  int64_t x, xx, xy;
  uint32_t dark_count;
  uint16_t used;  /* samples in x, xx, xy */
  uint16_t state; /* tsr_adc_state */
} tsr_adc_sums;

/** What a job shall measure. */
typedef struct tsr_adc_stimulus {
  uint16_t row0, rows;
  uint16_t pair0, pairs;
  uint16_t gain_index;
  uint16_t repeats;    /* jobs, 1 .. 256 */
  const int8_t* codes; /* activations, TSR_ADC_PRODUCTS x rows */
} tsr_adc_stimulus;

/** Room for one job; the caller's memory. */
typedef struct tsr_adc_work {
  int64_t sums[TSR_ADC_PRODUCTS * TSR_ADC_PAIRS];
  int32_t levels[TSR_ADC_PATTERNS * TSR_ADC_PAIRS];
  int8_t codes[TSR_ADC_PRODUCTS * TSR_ADC_ROWS];
} tsr_adc_work;

/** Runs the stimulus `repeats` times. @param sums of accumulators over the repeats, product by pair @return false: stop
 */
typedef bool (*tsr_adc_measure)(void* context, const tsr_adc_stimulus* stimulus, int64_t* sums);

/** The job of a stimulus; codes at bus address `source`, int32 accumulators (product by pair) to `destination`. */
void tsr_adc_job(const tsr_adc_stimulus* stimulus, uint32_t source, uint32_t destination, td_tile_job* job);

/** Measures an area and adds to `sums` (facts->converters entries). @return false: the measurement was stopped */
bool tsr_adc_observe(const tsr_adc_facts* facts, const tsr_adc_area* area, uint16_t repeats, tsr_adc_measure measure,
                     void* context, tsr_adc_work* work, tsr_adc_sums* sums);

/** Root mean square errors of the converters that were measured and are not bad. */
typedef struct tsr_adc_errors {
  uint32_t offset;  /* in 1/256 LSB */
  uint32_t gain;    /* in 1e-6 of the gain; of converters whose gain shows */
  uint32_t offsets; /* converters behind `offset` */
  uint32_t gains;   /* converters behind `gain` */
} tsr_adc_errors;

/** Sets the state of every converter from its sums. Call it once, after measurements without trims. */
void tsr_adc_classify(const tsr_adc_facts* facts, tsr_adc_sums* sums);
/** ADC_TRIM of a classified converter. */
uint32_t tsr_adc_word(const tsr_adc_facts* facts, const tsr_adc_sums* sums);
void tsr_adc_judge(const tsr_adc_facts* facts, const tsr_adc_sums* sums, tsr_adc_errors* errors);
/** Forgets measurements, keeps states. */
void tsr_adc_clear(const tsr_adc_facts* facts, tsr_adc_sums* sums);

#ifdef __cplusplus
}
#endif
#endif
