/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_calibration.h"

#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_system.h"

#define SOURCE_OFFSET 128u /* behind the descriptor */
#define RESULT_OFFSET (SOURCE_OFFSET + TSR_ADC_PRODUCTS * TSR_ADC_ROWS)

static uint32_t get(const tsr_unit* tile, uint32_t offset) {
  return tsr_read32(tile->base + offset);
}
static void set(const tsr_unit* tile, uint32_t offset, uint32_t value) {
  tsr_write32(tile->base + offset, value);
}

uint32_t tsr_tile_converters(const tsr_unit* tile) {
  return get(tile, TSR_TILE_TRIM_COUNT);
}

bool tsr_tile_trims_enabled(const tsr_unit* tile) {
  return (get(tile, TSR_TILE_TRIM_CTRL) & TSR_TILE_TRIM_CTRL_ENABLE) != 0;
}

tsr_status tsr_tile_trims_write(const tsr_unit* tile, const uint32_t* words, uint32_t count) {
  if (count > tsr_tile_converters(tile)) {
    return TSR_BAD_ARGUMENT;
  }
  for (uint32_t k = 0; k < count; k++) {
    set(tile, TSR_TILE_ADC_TRIM + k * TSR_TILE_ADC_TRIM_STRIDE, words[k]);
  }
  set(tile, TSR_TILE_TRIM_CTRL, count > 0 ? TSR_TILE_TRIM_CTRL_ENABLE : 0u);
  return TSR_OK;
}

static void read_facts(const tsr_unit* tile, tsr_adc_facts* facts) {
  const uint32_t adc = get(tile, TSR_TILE_TRIM_ADC);
  facts->converters = tsr_tile_converters(tile);
  facts->bits = (adc & TSR_TILE_TRIM_ADC_BITS) >> TSR_TILE_TRIM_ADC_BITS_SHIFT;
  facts->cancels = (adc & TSR_TILE_TRIM_ADC_CANCELS) != 0;
  facts->pass_weight = get(tile, TSR_TILE_TRIM_PASS_WEIGHT);
  facts->lsb = get(tile, TSR_TILE_TRIM_LSB);
  facts->gains = (adc & TSR_TILE_TRIM_ADC_GAINS) >> TSR_TILE_TRIM_ADC_GAINS_SHIFT;
  for (uint32_t i = 0; i < facts->gains && i < TSR_ADC_GAINS; i++) {
    facts->gain_weight[i] = get(tile, TSR_TILE_TRIM_GAIN_WEIGHT + i * TSR_TILE_TRIM_GAIN_WEIGHT_STRIDE);
  }
}

/* --- one measurement */

typedef struct measurement {
  tsr_unit* tile;
  const tsr_calibration* how;
  tsr_status status;
} measurement;

static bool measure(void* context, const tsr_adc_stimulus* stimulus, int64_t* sums) {
  measurement* m = (measurement*)context;
  const uint32_t source = m->how->scratch + SOURCE_OFFSET;
  const uint32_t result = m->how->scratch + RESULT_OFFSET;
  const uint32_t codes = TSR_ADC_PRODUCTS * stimulus->rows;
  const uint32_t values = TSR_ADC_PRODUCTS * stimulus->pairs;
  int8_t* to = (int8_t*)tsr_memory(source, codes);
  for (uint32_t i = 0; i < codes; i++) {
    to[i] = stimulus->codes[i];
  }
  tsr_adc_job(stimulus, source, result, (td_tile_job*)tsr_memory(m->how->scratch, sizeof(td_tile_job)));
  for (uint32_t i = 0; i < values; i++) {
    sums[i] = 0;
  }
  for (uint32_t n = 0; n < stimulus->repeats; n++) {
    m->status = tsr_unit_submit(m->tile, m->how->scratch);
    if (m->status == TSR_OK) {
      m->status = tsr_unit_wait(m->tile, m->how->timeout);
    }
    if (m->status != TSR_OK) {
      return false;
    }
    const int32_t* accumulators = (const int32_t*)tsr_memory(result, values * 4u);
    for (uint32_t i = 0; i < values; i++) {
      sums[i] += accumulators[i];
    }
  }
  return true;
}

static tsr_status observe(const tsr_adc_facts* facts, tsr_unit* tile, const tsr_calibration* how) {
  measurement m = {tile, how, TSR_OK};
  for (uint32_t i = 0; i < how->area_count; i++) {
    if (!tsr_adc_observe(facts, &how->areas[i], how->repeats, measure, &m, how->work, how->sums)) {
      return m.status;
    }
  }
  return TSR_OK;
}

/* --- the whole */

static bool reasonable(const tsr_unit* tile, const tsr_calibration* how) {
  const uint32_t rows = get(tile, TSR_TILE_ROWS);
  const uint32_t pairs = get(tile, TSR_TILE_COLUMNS) / 2u;
  for (uint32_t i = 0; i < how->area_count; i++) {
    const tsr_adc_area* area = &how->areas[i];
    if (area->rows == 0 || area->pairs == 0 || (uint32_t)area->row0 + area->rows > rows ||
        (uint32_t)area->pair0 + area->pairs > pairs || area->stride < 2u * area->pairs) {
      return false;
    }
  }
  return how->repeats >= 1 && how->repeats <= 256 && (how->scratch & 3u) == 0;
}

static void take_trims(const tsr_adc_facts* facts, const tsr_unit* tile, const tsr_calibration* how,
                       tsr_calibration_report* report) {
  for (uint32_t k = 0; k < facts->converters; k++) {
    const tsr_adc_sums* of = &how->sums[k];
    const uint32_t word = tsr_adc_word(facts, of);
    set(tile, TSR_TILE_ADC_TRIM + k * TSR_TILE_ADC_TRIM_STRIDE, word);
    if (how->words != 0) {
      how->words[k] = word;
    }
    report->trimmed += of->state == TSR_ADC_TRIMMED ? 1u : 0u;
    report->offset_only += of->state == TSR_ADC_OFFSET_ONLY ? 1u : 0u;
    if (of->state == TSR_ADC_BAD) {
      report->first_bad = report->bad == 0 ? k : report->first_bad;
      report->bad++;
    }
  }
}

tsr_status tsr_tile_calibrate(tsr_unit* tile, const tsr_calibration* how, tsr_calibration_report* report) {
  tsr_adc_facts facts;
  read_facts(tile, &facts);
  *report = (tsr_calibration_report){.converters = facts.converters, .first_bad = UINT32_MAX};
  if (facts.converters == 0 || facts.bits < TSR_ADC_LEAST_BITS || facts.lsb == 0 || facts.gains == 0 ||
      facts.gains > TSR_ADC_GAINS) {
    return TSR_NO_DEVICE;
  }
  if (how->room < facts.converters || !reasonable(tile, how)) {
    return TSR_BAD_ARGUMENT;
  }
  const uint64_t begin = tsr_time();
  const uint64_t event = tsr_unit_event(tile);
  tsr_marker_begin(TSR_REGION_CALIBRATION, tile->index);
  tsr_unit_set_event(tile, TSR_ADC_EVENT);
  set(tile, TSR_TILE_TRIM_CTRL, 0);
  for (uint32_t k = 0; k < facts.converters; k++) {
    how->sums[k] = (tsr_adc_sums){0};
  }
  tsr_status status = observe(&facts, tile, how);
  if (status == TSR_OK) {
    tsr_adc_classify(&facts, how->sums);
    tsr_adc_judge(&facts, how->sums, &report->before);
    take_trims(&facts, tile, how, report);
    set(tile, TSR_TILE_TRIM_CTRL, TSR_TILE_TRIM_CTRL_ENABLE);
    tsr_adc_clear(&facts, how->sums);
    status = observe(&facts, tile, how);
    tsr_adc_judge(&facts, how->sums, &report->after);
  }
  if (status != TSR_OK) {
    set(tile, TSR_TILE_TRIM_CTRL, 0);
  }
  tsr_unit_set_event(tile, event);
  tsr_marker_end(TSR_REGION_CALIBRATION, tile->index);
  report->ticks = tsr_time() - begin;
  return status;
}
