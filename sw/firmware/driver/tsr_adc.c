/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_adc.h"

#define FULL_SCALE 255     /* activation 127 above activation -128 */
#define MOST_SAMPLES 4096u /* of a converter: keeps its sums far inside of 64 bits */

static int64_t magnitude(int64_t value) {
  return value < 0 ? -value : value;
}

/* Division rounded to nearest, half away from zero; divisor > 0. */
static int64_t divide(int64_t value, int64_t divisor) {
  return (value < 0 ? value - divisor / 2 : value + divisor / 2) / divisor;
}

static int64_t range(const tsr_adc_facts* facts) { /* codes in 1/256 */
  return (int64_t)256 << (facts->bits - 1u);
}

/* Which of the first four patterns a row is on in: murmur3's finaliser, so that neighbouring rows are unlike. */
static uint32_t patterns_of(uint32_t row) {
  uint32_t x = (row + 1u) * 0x9E3779B9u;
  x = (x ^ (x >> 16)) * 0x85EBCA6Bu;
  return (x ^ (x >> 13)) & 15u;
}

static bool is_on(uint32_t row, uint32_t pattern) {
  const bool on = (patterns_of(row) >> (pattern % 4u) & 1u) != 0;
  return pattern < 4u ? on : !on;
}

void tsr_adc_job(const tsr_adc_stimulus* stimulus, uint32_t source, uint32_t destination, td_tile_job* job) {
  *job = (td_tile_job){0};
  job->tag = 1;
  job->layer = TD_LAYER_CALIBRATION;
  job->flags = TD_TILE_STORE_PARTIAL | TD_TILE_INTERRUPT;
  job->src = source;
  job->dst = destination;
  job->in_h = TSR_ADC_PRODUCTS;
  job->in_w = job->out_w = 1;
  job->in_c = stimulus->rows;
  job->kernel_h = job->kernel_w = 1;
  job->stride_h = job->stride_w = 1;
  job->dilation_h = job->dilation_w = 1;
  job->product_count = TSR_ADC_PRODUCTS;
  job->row0 = stimulus->row0;
  job->rows = stimulus->rows;
  job->pair0 = stimulus->pair0;
  job->outputs = stimulus->pairs;
  job->slices = 1;
  job->gain_index = (uint8_t)stimulus->gain_index;
  job->pad_value = -128; /* two phases: the negative one is dark */
  job->act_min = -128;
  job->act_max = 127;
}

/* Signed sums of levels, pattern by pair. @return the largest magnitude */
static int32_t sum_levels(const tsr_adc_area* area, uint32_t first, const tsr_adc_stimulus* s, tsr_adc_work* work) {
  for (uint32_t i = 0; i < TSR_ADC_PATTERNS * s->pairs; i++) {
    work->levels[i] = 0;
  }
  for (uint32_t row = 0; row < s->rows; row++) {
    const uint8_t* cell = area->levels + row * area->stride + 2u * first;
    const uint32_t on = patterns_of(row);
    for (uint32_t pair = 0; pair < s->pairs; pair++) {
      const int32_t level = (int32_t)cell[2u * pair] - (int32_t)cell[2u * pair + 1u];
      for (uint32_t pattern = 0; pattern < 4u; pattern++) {
        const uint32_t lit = (on >> pattern & 1u) != 0 ? pattern : pattern + 4u;
        work->levels[lit * s->pairs + pair] += level;
      }
    }
  }
  int64_t largest = 0;
  for (uint32_t i = 0; i < TSR_ADC_PATTERNS * s->pairs; i++) {
    largest = magnitude(work->levels[i]) > largest ? magnitude(work->levels[i]) : largest;
  }
  return (int32_t)largest;
}

/* What the converter should give for a sum of levels, in 1/256 of a code. */
static int64_t expected(const tsr_adc_facts* facts, int32_t levels, uint32_t weight) {
  const int64_t units = (int64_t)levels * FULL_SCALE * 4096; /* of column sum, in 1/4096 */
  return divide(units * 256, (int64_t)facts->lsb * weight);
}

/* The largest gain that keeps the largest sum inside 13/16 of the range; the smallest one if none does. */
static uint32_t choose_gain(const tsr_adc_facts* facts, int32_t largest) {
  uint32_t best = 0;
  for (uint32_t i = 1; i < facts->gains; i++) {
    const uint32_t weight = facts->gain_weight[i];
    const bool fits = expected(facts, largest, weight * facts->pass_weight) <= range(facts) * 13 / 16;
    best = fits && weight < facts->gain_weight[best] ? i : best;
  }
  return best;
}

/* Sums of a converter from one pair. */
static void add_pair(const tsr_adc_facts* facts, const tsr_adc_stimulus* s, uint32_t pair, const tsr_adc_work* work,
                     tsr_adc_sums* of) {
  const uint32_t weight = facts->gain_weight[s->gain_index] * facts->pass_weight;
  const int64_t divisor = (int64_t)s->repeats * weight;
  of->dark += divide(work->sums[pair] * 256, divisor);
  of->dark_count++;
  for (uint32_t pattern = 0; pattern < TSR_ADC_PATTERNS; pattern++) {
    const int64_t x = expected(facts, work->levels[pattern * s->pairs + pair], weight);
    if (magnitude(x) > range(facts) * 13 / 16 || of->used >= MOST_SAMPLES) {
      continue; /* offset, noise and a gain above 1 need room, too */
    }
    const int64_t y = divide(work->sums[(1u + pattern) * s->pairs + pair] * 256, divisor);
    of->x += x;
    of->xx += x * x;
    of->xy += x * y;
    of->used++;
  }
}

bool tsr_adc_observe(const tsr_adc_facts* facts, const tsr_adc_area* area, uint16_t repeats, tsr_adc_measure measure,
                     void* context, tsr_adc_work* work, tsr_adc_sums* sums) {
  tsr_adc_stimulus s = {.row0 = area->row0, .repeats = repeats, .codes = work->codes};
  s.rows = (uint16_t)(area->rows < TSR_ADC_ROWS ? area->rows : TSR_ADC_ROWS);
  for (uint32_t row = 0; row < s.rows; row++) {
    work->codes[row] = -128;
    for (uint32_t pattern = 0; pattern < TSR_ADC_PATTERNS; pattern++) {
      work->codes[(1u + pattern) * s.rows + row] = is_on(row, pattern) ? 127 : -128;
    }
  }
  for (uint32_t first = 0; first < area->pairs; first += TSR_ADC_PAIRS) {
    const uint32_t left = area->pairs - first;
    s.pair0 = (uint16_t)(area->pair0 + first);
    s.pairs = (uint16_t)(left < TSR_ADC_PAIRS ? left : TSR_ADC_PAIRS);
    s.gain_index = (uint16_t)choose_gain(facts, sum_levels(area, first, &s, work));
    if (!measure(context, &s, work->sums)) {
      return false;
    }
    for (uint32_t pair = 0; pair < s.pairs; pair++) {
      add_pair(facts, &s, pair, work, &sums[(s.pair0 + pair) % facts->converters]);
    }
  }
  return true;
}

static int64_t offset_of(const tsr_adc_sums* of) { /* in 1/256 LSB */
  return of->dark_count == 0 ? 0 : divide(of->dark, of->dark_count);
}

/* Regression through the dark point: sum of x (y - offset), equal to xx for a gain of 1. */
static int64_t slope_sum(const tsr_adc_facts* facts, const tsr_adc_sums* of) {
  return facts->cancels ? of->xy : of->xy - offset_of(of) * of->x;
}

/* Four samples of an eighth of the range: with noise below an LSB the slope is then good to about half a percent. */
static bool shows_gain(const tsr_adc_facts* facts, const tsr_adc_sums* of) {
  const int64_t eighth = range(facts) / 8;
  return of->xx >= 4 * eighth * eighth;
}

void tsr_adc_classify(const tsr_adc_facts* facts, tsr_adc_sums* sums) {
  for (uint32_t k = 0; k < facts->converters; k++) {
    tsr_adc_sums* of = &sums[k];
    const int64_t offset = magnitude(offset_of(of));
    const int64_t slope = slope_sum(facts, of);
    of->state = TSR_ADC_UNSEEN;
    if (of->dark_count == 0) {
      continue;
    }
    const bool shows = shows_gain(facts, of);
    const bool far = offset > range(facts) / 2 || offset / 4 > INT16_MAX;
    const bool answers = !shows || (2 * slope > of->xx && slope < 2 * of->xx);
    of->state = far || !answers ? TSR_ADC_BAD : shows ? TSR_ADC_TRIMMED : TSR_ADC_OFFSET_ONLY;
  }
}

uint32_t tsr_adc_word(const tsr_adc_facts* facts, const tsr_adc_sums* of) {
  if (of->state == TSR_ADC_UNSEEN || of->state == TSR_ADC_BAD) {
    return TSR_ADC_NEUTRAL;
  }
  const int64_t offset = facts->cancels ? 0 : divide(offset_of(of), 4);
  int64_t gain = 0x8000;
  if (of->state == TSR_ADC_TRIMMED) {
    gain = divide(of->xx * 1024, slope_sum(facts, of) / 32); /* 32768 * xx / slope */
  }
  return (uint32_t)(gain > 0xFFFF ? 0xFFFF : gain) << 16 | ((uint32_t)offset & 0xFFFFu);
}

static uint32_t square_root(uint64_t value) {
  uint64_t root = 0;
  for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1) {
    root = (root | bit) * (root | bit) <= value ? root | bit : root;
  }
  return (uint32_t)root;
}

void tsr_adc_judge(const tsr_adc_facts* facts, const tsr_adc_sums* sums, tsr_adc_errors* errors) {
  uint64_t offsets = 0;
  uint64_t gains = 0;
  *errors = (tsr_adc_errors){0};
  for (uint32_t k = 0; k < facts->converters; k++) {
    const tsr_adc_sums* of = &sums[k];
    if (of->state == TSR_ADC_UNSEEN || of->state == TSR_ADC_BAD) {
      continue;
    }
    const int64_t offset = offset_of(of);
    offsets += (uint64_t)(offset * offset);
    errors->offsets++;
    if (of->state == TSR_ADC_TRIMMED && of->xx >= 256) {
      const int64_t error = (slope_sum(facts, of) - of->xx) * 4096 / (of->xx / 256); /* in 2^-20 */
      gains += (uint64_t)(error * error);
      errors->gains++;
    }
  }
  if (errors->offsets != 0) {
    errors->offset = square_root(offsets / errors->offsets);
  }
  if (errors->gains != 0) {
    errors->gain = (uint32_t)((uint64_t)square_root(gains / errors->gains) * 1000000u >> 20);
  }
}

void tsr_adc_clear(const tsr_adc_facts* facts, tsr_adc_sums* sums) {
  for (uint32_t k = 0; k < facts->converters; k++) {
    const uint16_t state = sums[k].state;
    sums[k] = (tsr_adc_sums){0};
    sums[k].state = state;
  }
}
