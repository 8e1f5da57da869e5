/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_tile.h"

#include "sw/deployment/tessera_deployment.h"
#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_wait.h"

/* Without an interrupt a flash command, which takes milliseconds to seconds, is looked at this often (1 ms). */
#define FLASH_POLL_TICKS 10000u

static uint32_t get(const tsr_unit* tile, uint32_t offset) {
  return tsr_read32(tile->base + offset);
}
static void set(const tsr_unit* tile, uint32_t offset, uint32_t value) {
  tsr_write32(tile->base + offset, value);
}

static bool flash_idle(void* context) {
  return (get((const tsr_unit*)context, TSR_TILE_FLASH_STATUS) & TSR_TILE_FLASH_STATUS_BUSY) == 0;
}

static tsr_status start(tsr_unit* tile, uint32_t command) {
  if (!flash_idle(tile)) {
    return TSR_BUSY;
  }
  if (tile->irq_mask != 0) { /* attached: the end of a command interrupts, too */
    tile->irq_mask |= TSR_JOB_UNIT_IRQ_ENABLE_FLASH;
    set(tile, TSR_JOB_UNIT_IRQ_ENABLE, tile->irq_mask);
  }
  tsr_fence(); /* the tile must see the image as we wrote it */
  set(tile, TSR_TILE_FLASH_COMMAND, command);
  switch (get(tile, TSR_TILE_FLASH_ERROR)) {
    case TSR_TILE_FLASH_ERROR_CODE_NONE:
      return TSR_OK;
    case TSR_TILE_FLASH_ERROR_CODE_BUSY:
      return TSR_BUSY;
    default:
      return TSR_UNIT_ERROR;
  }
}

static void set_area(const tsr_unit* tile, const tsr_tile_area* area, uint32_t image) {
  set(tile, TSR_TILE_FLASH_ROW0, area->row0);
  set(tile, TSR_TILE_FLASH_ROWS, area->rows);
  set(tile, TSR_TILE_FLASH_COLUMN0, area->column0);
  set(tile, TSR_TILE_FLASH_COLUMNS, area->columns);
  set(tile, TSR_TILE_FLASH_IMAGE, image);
}

tsr_status tsr_tile_erase(tsr_unit* tile, uint32_t row0, uint32_t rows) {
  if (!flash_idle(tile)) {
    return TSR_BUSY;
  }
  const tsr_tile_area area = {row0, rows, 0, 0};
  set_area(tile, &area, 0);
  return start(tile, TSR_TILE_FLASH_COMMAND_ERASE);
}

tsr_status tsr_tile_program(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, tsr_tile_method method,
                            uint32_t pulses) {
  if (pulses > 255) {
    return TSR_BAD_ARGUMENT;
  }
  if (!flash_idle(tile)) {
    return TSR_BUSY;
  }
  set_area(tile, area, image);
  set(tile, TSR_TILE_FLASH_METHOD,
      (method == TSR_TILE_VERIFY ? TSR_TILE_FLASH_METHOD_VERIFY : 0u) | pulses << TSR_TILE_FLASH_METHOD_PULSES_SHIFT);
  return start(tile, TSR_TILE_FLASH_COMMAND_PROGRAM);
}

tsr_status tsr_tile_verify(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, uint32_t permille,
                           uint32_t result) {
  if (!flash_idle(tile)) {
    return TSR_BUSY;
  }
  set_area(tile, area, image);
  set(tile, TSR_TILE_FLASH_TOLERANCE, permille);
  set(tile, TSR_TILE_FLASH_RESULT, result);
  return start(tile, TSR_TILE_FLASH_COMMAND_VERIFY);
}

tsr_status tsr_tile_flash_poll(const tsr_unit* tile) {
  const uint32_t status = get(tile, TSR_TILE_FLASH_STATUS);
  if ((status & TSR_TILE_FLASH_STATUS_BUSY) != 0) {
    return TSR_BUSY;
  }
  return (status & (TSR_TILE_FLASH_STATUS_ERROR | TSR_TILE_FLASH_STATUS_ABORTED)) != 0 ? TSR_UNIT_ERROR : TSR_OK;
}

tsr_status tsr_tile_flash_wait(tsr_unit* tile, uint64_t timeout) {
  const uint32_t period = (tile->irq_mask & TSR_JOB_UNIT_IRQ_ENABLE_FLASH) != 0 ? 0 : FLASH_POLL_TICKS;
  if (tsr_wait_until(flash_idle, tile, timeout, period) == TSR_TIMEOUT) {
    return TSR_TIMEOUT;
  }
  return tsr_tile_flash_poll(tile);
}

void tsr_tile_flash_abort(const tsr_unit* tile) {
  set(tile, TSR_TILE_FLASH_ABORT, 1);
}

void tsr_tile_flash_report(const tsr_unit* tile, tsr_tile_report* report) {
  report->error = get(tile, TSR_TILE_FLASH_ERROR);
  report->done_cells = get(tile, TSR_TILE_FLASH_DONE_CELLS);
  report->total_cells = get(tile, TSR_TILE_FLASH_TOTAL_CELLS);
  report->unfinished = get(tile, TSR_TILE_FLASH_UNFINISHED);
  report->overshot = get(tile, TSR_TILE_FLASH_OVERSHOT);
  report->soft_erases = get(tile, TSR_TILE_FLASH_SOFT_ERASES);
  report->pulses = get(tile, TSR_TILE_FLASH_PULSES);
  report->mismatches = get(tile, TSR_TILE_FLASH_MISMATCHES);
  report->first_bad = get(tile, TSR_TILE_FLASH_FIRST_BAD);
}

uint32_t tsr_tile_histogram(const tsr_unit* tile, uint32_t pulses) {
  if (pulses >= TSR_TILE_FLASH_HISTOGRAM_COUNT) {
    return 0;
  }
  return get(tile, TSR_TILE_FLASH_HISTOGRAM + pulses * TSR_TILE_FLASH_HISTOGRAM_STRIDE);
}

uint32_t tsr_tile_wear(const tsr_unit* tile, uint32_t row) {
  set(tile, TSR_TILE_FLASH_WEAR_ROW, row);
  return get(tile, TSR_TILE_FLASH_WEAR);
}
uint32_t tsr_tile_wear_most(const tsr_unit* tile) {
  return get(tile, TSR_TILE_FLASH_WEAR_MOST);
}

const char* tsr_tile_flash_error_text(uint32_t code) {
  static const char* const texts[] = {"no error",        "bad rectangle", "level too high",
                                      "bus error",       "tile busy",     "unknown method",
                                      "unknown command", "tile not on",   "no pulse model for these cells"};
  return code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : "unknown error";
}

/* Whether a cell of the row pair conducts less than it should: only an erase helps. */
static bool too_low(uint32_t scratch, uint32_t bytes, uint32_t permille) {
  const int32_t limit = -(int32_t)(permille / 10u);
  const int8_t* percent = (const int8_t*)tsr_memory(scratch, bytes);
  for (uint32_t i = 0; i < bytes; ++i) {
    if (percent[i] < limit) {
      return true;
    }
  }
  return false;
}

static tsr_status run(tsr_unit* tile, tsr_status started) {
  return started == TSR_OK ? tsr_tile_flash_wait(tile, TSR_FOREVER) : started;
}

static tsr_status erase_where_too_low(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, uint32_t permille,
                                      uint32_t scratch, uint32_t* erased) {
  for (uint32_t row = 0; row < area->rows; row += 2) {
    const uint32_t rows = area->rows - row < 2 ? 1u : 2u;
    const tsr_tile_area pair = {area->row0 + row, rows, 0, area->columns};
    tsr_status status = run(tile, tsr_tile_verify(tile, &pair, image + row * area->columns, permille, scratch));
    if (status != TSR_OK) {
      return status;
    }
    if (get(tile, TSR_TILE_FLASH_MISMATCHES) != 0 && too_low(scratch, rows * area->columns, permille)) {
      ++*erased;
      status = run(tile, tsr_tile_erase(tile, pair.row0, rows));
      if (status != TSR_OK) {
        return status;
      }
    }
  }
  return TSR_OK;
}

tsr_status tsr_tile_restore(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, uint32_t permille,
                            uint32_t scratch, uint32_t* erased) {
  uint32_t pairs = 0;
  if (area->row0 % 2 != 0 || area->column0 != 0 || area->columns != get(tile, TSR_TILE_COLUMNS) ||
      (area->rows % 2 != 0 && area->row0 + area->rows != get(tile, TSR_TILE_ROWS))) {
    return TSR_BAD_ARGUMENT;
  }
  tsr_status status = run(tile, tsr_tile_verify(tile, area, image, permille, 0));
  if (status == TSR_OK && get(tile, TSR_TILE_FLASH_MISMATCHES) != 0) {
    status = erase_where_too_low(tile, area, image, permille, scratch, &pairs);
    if (status == TSR_OK) {
      status = run(tile, tsr_tile_program(tile, area, image, TSR_TILE_VERIFY, 0));
    }
    if (status == TSR_OK) {
      status = run(tile, tsr_tile_verify(tile, area, image, permille, 0));
    }
    if (status == TSR_OK && get(tile, TSR_TILE_FLASH_MISMATCHES) != 0) {
      status = TSR_UNIT_ERROR;
    }
  }
  if (erased != 0) {
    *erased = pairs;
  }
  return status;
}

/* --- measurement: a product job in scratch memory: descriptor, input codes, accumulators */

#define INPUT_OFFSET ((uint32_t)(sizeof(td_tile_job) + 3u) & ~3u)

static uint32_t input_bytes(const tsr_tile_measurement* m) {
  return (m->rows + 3u) & ~3u;
}

uint32_t tsr_tile_measure_bytes(const tsr_tile_measurement* m) {
  return INPUT_OFFSET + input_bytes(m) + m->pairs * 4u;
}

tsr_status tsr_tile_measure(tsr_unit* tile, const tsr_tile_measurement* m, int32_t* mean) {
  if (m->rows == 0 || m->pairs == 0 || m->repeats == 0 || m->repeats > 256 || (m->scratch & 3u) != 0 ||
      m->rows > 0xFFFFu || m->pairs > 0xFFFFu) {
    return TSR_BAD_ARGUMENT;
  }
  const uint32_t input = m->scratch + INPUT_OFFSET;
  const uint32_t output = input + input_bytes(m);
  int8_t* codes = (int8_t*)tsr_memory(input, input_bytes(m));
  for (uint32_t i = 0; i < m->rows; ++i) {
    codes[i] = m->code;
  }
  td_tile_job* job = (td_tile_job*)tsr_memory(m->scratch, sizeof(td_tile_job));
  *job = (td_tile_job){0};
  job->layer = TD_LAYER_RUNTIME;
  job->flags = TD_TILE_STORE_PARTIAL;
  job->src = input;
  job->dst = output;
  job->in_h = job->in_w = job->out_w = 1;
  job->in_c = (uint16_t)m->rows;
  job->kernel_h = job->kernel_w = 1;
  job->stride_h = job->stride_w = 1;
  job->dilation_h = job->dilation_w = 1;
  job->product_count = 1;
  job->row0 = (uint16_t)m->row0;
  job->rows = (uint16_t)m->rows;
  job->pair0 = (uint16_t)m->pair0;
  job->outputs = (uint16_t)m->pairs;
  job->slices = 1;
  job->gain_index = m->gain_index;
  job->act_min = -128;
  job->act_max = 127;
  for (uint32_t j = 0; j < m->pairs; ++j) {
    mean[j] = 0;
  }
  for (uint32_t n = 0; n < m->repeats; ++n) {
    tsr_status status = tsr_unit_submit(tile, m->scratch);
    if (status == TSR_OK) {
      status = tsr_unit_wait(tile, TSR_FOREVER);
    }
    if (status != TSR_OK) {
      return status;
    }
    const int32_t* sums = (const int32_t*)tsr_memory(output, m->pairs * 4u);
    for (uint32_t j = 0; j < m->pairs; ++j) {
      mean[j] += sums[j];
    }
  }
  for (uint32_t j = 0; j < m->pairs; ++j) {
    mean[j] = mean[j] * 256 / (int32_t)m->repeats;
  }
  return TSR_OK;
}
