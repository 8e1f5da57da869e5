/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tile self-test: does the chip still hold the deployed network? Every row of every region is driven alone, and what
 * the columns answer is compared with the levels that the deployment lists. Says what is broken and where:
 *
 *   tile 3: stuck_cell row 17 column 4 level 15, expected 3
 *   tile 3: stuck_column column 9 level 0
 *   tile 0: dead_row row 100
 *   tile 5: adc_offset pair 3 lsb 20
 *   tile 5: adc_stuck pair 3 code 127
 *
 * Ends with 0 (healthy) or with FAULTS + the kinds that were found. Cells that are off by one level count as healthy:
 * the noise of one converter hardly tells them apart. Cells outside of the regions are not looked at.
 */
#include <stddef.h>

#include "deployment.h"
#include "executor.h"
#include "report.h"
#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_system.h"
#include "tsr_uart.h"
#include "tsr_unit.h"

#define FAULTS 0x40u /* exit code, plus: */
#define FAULT_CELL 0x01u
#define FAULT_COLUMN 0x02u
#define FAULT_ROW 0x04u
#define FAULT_ADC 0x08u

#define ROWS 1024u
#define PAIRS 512u
#define LEVELS 16
#define NOISE_CODES 2 /* what noise and bend may make of a code */
#define AVERAGED 4    /* measurements of an offset, and of a row that looks wrong */
#define DEVIATIONS 8192u
#define JOB_TICKS (TSR_TICKS_PER_SECOND)

/* Scratch in the shared SRAM: no inference runs meanwhile. */
#define ONE_HOT TD_SRAM_BASE       /* 2 * ROWS bytes of code 0 with one of full scale in the middle */
#define DARK (ONE_HOT + 2u * ROWS) /* ROWS bytes of code 0 */
#define DESCRIPTOR (DARK + ROWS)   /* td_tile_job */
#define ANSWER (DESCRIPTOR + 256u) /* int32_t[PAIRS] */

typedef struct deviation {
  uint16_t row, pair;      /* of the region */
  int16_t found, expected; /* in eighths of a level, in levels */
} deviation;

static rt_chip chip;
static rt_deployment deployment;
static const uint8_t* cells;
static tsr_unit tile;
static const td_region* region;
static uint8_t gain_index;
static int32_t offset[PAIRS]; /* code of a column pair in the dark */
static bool skip[PAIRS];      /* its converter is broken */
static int32_t answer[PAIRS]; /* of the row that is driven, without offset */
static int32_t scale;         /* code of one level, in 256ths */
static deviation deviations[DEVIATIONS];
static uint32_t deviation_count;
static bool row_dead[ROWS];
static uint32_t found_kinds;

static uint32_t pairs(void) {
  return region->columns / 2u;
}
static int32_t level_of(uint32_t row, uint32_t column) {
  return cells[region->cells_offset + row * region->columns + column];
}
static int32_t expected_of(uint32_t row, uint32_t pair) {
  return level_of(row, 2u * pair) - level_of(row, 2u * pair + 1u);
}
static int32_t magnitude(int32_t value) {
  return value < 0 ? -value : value;
}

/* One product of the region's rows with the bytes at `source`; the sums go to `answer`. */
static tsr_status drive(uint32_t source) {
  td_tile_job* job = (td_tile_job*)tsr_memory(DESCRIPTOR, sizeof(td_tile_job));
  *job = (td_tile_job){.tag = 1,
                       .layer = TD_LAYER_RUNTIME,
                       .flags = TD_TILE_STORE_PARTIAL | TD_TILE_INTERRUPT,
                       .src = source,
                       .dst = ANSWER,
                       .in_h = 1,
                       .in_w = 1,
                       .in_c = region->rows,
                       .out_w = 1,
                       .kernel_h = 1,
                       .kernel_w = 1,
                       .stride_h = 1,
                       .stride_w = 1,
                       .dilation_h = 1,
                       .dilation_w = 1,
                       .product_count = 1,
                       .dst_stride = 4u * pairs(),
                       .row0 = region->row0,
                       .rows = region->rows,
                       .pair0 = (uint16_t)(region->column0 / 2u),
                       .outputs = (uint16_t)pairs(),
                       .slices = 1,
                       .gain_index = gain_index,
                       .pad_value = -128,
                       .act_min = -128,
                       .act_max = 127};
  tsr_status status = tsr_unit_submit(&tile, DESCRIPTOR);
  if (status == TSR_OK) {
    status = tsr_unit_wait(&tile, JOB_TICKS);
  }
  const int32_t* sums = (const int32_t*)tsr_memory(ANSWER, 4u * pairs());
  for (uint32_t p = 0; p < pairs(); p++) {
    answer[p] = sums[p];
  }
  return status;
}

/* The largest gain that the tile has tells levels apart best. */
static tsr_status choose_gain(void) {
  for (gain_index = 4; drive(DARK) != TSR_OK; gain_index--) {
    tsr_unit_fault fault;
    const bool refused = tsr_unit_get_fault(&tile, &fault) && fault.code == TSR_JOB_UNIT_ERROR_CODE_BAD_DESCRIPTOR;
    if (!refused || gain_index == 0) {
      return TSR_UNIT_ERROR;
    }
    (void)tsr_unit_cancel(&tile, JOB_TICKS);
  }
  return TSR_OK;
}

static tsr_status drive_row(uint32_t row) {
  const tsr_status status = drive(ONE_HOT + ROWS - row);
  for (uint32_t p = 0; p < pairs(); p++) {
    answer[p] -= offset[p];
  }
  return status;
}

static tsr_status drive_row_averaged(uint32_t row) {
  static int32_t sum[PAIRS];
  for (uint32_t p = 0; p < pairs(); p++) {
    sum[p] = 0;
  }
  for (int i = 0; i < AVERAGED; i++) {
    if (drive_row(row) != TSR_OK) {
      return TSR_UNIT_ERROR;
    }
    for (uint32_t p = 0; p < pairs(); p++) {
      sum[p] += answer[p];
    }
  }
  for (uint32_t p = 0; p < pairs(); p++) {
    answer[p] = sum[p] / AVERAGED;
  }
  return TSR_OK;
}

/* --- converters: in the dark they say nothing but their offset */

static tsr_status look_at_converters(void) {
  for (uint32_t p = 0; p < PAIRS; p++) {
    offset[p] = 0;
    skip[p] = false;
  }
  for (int i = 0; i < AVERAGED; i++) {
    if (drive(DARK) != TSR_OK) {
      return TSR_UNIT_ERROR;
    }
    for (uint32_t p = 0; p < pairs(); p++) {
      offset[p] += answer[p];
    }
  }
  for (uint32_t p = 0; p < pairs(); p++) {
    offset[p] /= AVERAGED;
  }
  return TSR_OK;
}

/* The code of one level x 256, as the median pair has it: broken columns do not bend the measure of the others. */
static int32_t median_scale(const int32_t* codes, const int32_t* levels) {
  enum { FEWEST_LEVELS = 24 }; /* below, the noise of the codes counts for too much */
  static int32_t scales[PAIRS];
  uint32_t count = 0;
  for (uint32_t p = 0; p < pairs(); p++) {
    if (skip[p] || levels[p] < FEWEST_LEVELS) {
      continue;
    }
    const int32_t value = codes[p] * 256 / levels[p];
    uint32_t at = count++;
    for (; at > 0 && scales[at - 1] > value; at--) {
      scales[at] = scales[at - 1];
    }
    scales[at] = value;
  }
  return count > 0 ? scales[count / 2] : 0;
}

/* Which pairs answer at all, and the code of one level. */
static tsr_status look_at_scale(void) {
  static uint32_t informative[PAIRS];
  static uint32_t silent[PAIRS];
  static int32_t codes[PAIRS];
  static int32_t levels[PAIRS];
  for (uint32_t p = 0; p < pairs(); p++) {
    informative[p] = silent[p] = 0;
    codes[p] = levels[p] = 0;
  }
  for (uint32_t row = 0; row < region->rows; row++) {
    if (drive_row(row) != TSR_OK) {
      return TSR_UNIT_ERROR;
    }
    for (uint32_t p = 0; p < pairs(); p++) {
      const int32_t expected = expected_of(row, p);
      if (magnitude(expected) >= 6) {
        informative[p]++;
        silent[p] += answer[p] == 0 ? 1u : 0u; /* a living converter has noise, or a signal */
        codes[p] += expected > 0 ? answer[p] : -answer[p];
        levels[p] += magnitude(expected);
      }
    }
  }
  for (uint32_t p = 0; p < pairs(); p++) {
    const bool stuck = informative[p] >= 3u && silent[p] == informative[p];
    if (stuck || magnitude(offset[p]) > 2 * NOISE_CODES) {
      tsr_printf("tile %u: %s pair %u %s %d\n", (unsigned)region->tile, stuck ? "adc_stuck" : "adc_offset",
                 (unsigned)(region->column0 / 2u + p), stuck ? "code" : "lsb", (int)offset[p]);
      found_kinds |= FAULT_ADC;
      skip[p] = stuck;
    }
  }
  scale = median_scale(codes, levels);
  return TSR_OK;
}

/* --- cells */

static bool wrong(int32_t code, int32_t expected, int32_t allowed_codes) {
  return magnitude(code * 256 - expected * scale) > scale + scale / 2 + allowed_codes * 256;
}

static tsr_status look_at_row(uint32_t row) {
  if (drive_row(row) != TSR_OK) {
    return TSR_UNIT_ERROR;
  }
  bool suspicious = false;
  for (uint32_t p = 0; p < pairs(); p++) {
    suspicious = suspicious || (!skip[p] && wrong(answer[p], expected_of(row, p), 0));
  }
  row_dead[row] = false;
  if (!suspicious) {
    return TSR_OK;
  }
  if (drive_row_averaged(row) != TSR_OK) {
    return TSR_UNIT_ERROR;
  }
  uint32_t informative = 0;
  uint32_t dark = 0;
  for (uint32_t p = 0; p < pairs(); p++) {
    if (!skip[p] && magnitude(expected_of(row, p)) >= 3) {
      informative++;
      dark += magnitude(answer[p] * 256) < scale + 256 ? 1u : 0u;
    }
  }
  if (informative >= 2u && dark == informative) {
    row_dead[row] = true;
    tsr_printf("tile %u: dead_row row %u\n", (unsigned)region->tile, (unsigned)(region->row0 + row));
    found_kinds |= FAULT_ROW;
    return TSR_OK;
  }
  for (uint32_t p = 0; p < pairs(); p++) {
    const int32_t expected = expected_of(row, p);
    if (!skip[p] && wrong(answer[p], expected, 0) && deviation_count < DEVIATIONS) {
      deviations[deviation_count++] =
          (deviation){(uint16_t)row, (uint16_t)p, (int16_t)(answer[p] * 2048 / scale), (int16_t)expected};
    }
  }
  return TSR_OK;
}

/* Does "this column is stuck at this level" explain every row of the pair? */
static bool explains(uint32_t pair, uint32_t side, int32_t level) {
  static int16_t found[ROWS];
  for (uint32_t row = 0; row < region->rows; row++) {
    found[row] = INT16_MIN;
  }
  for (uint32_t i = 0; i < deviation_count; i++) {
    if (deviations[i].pair == pair) {
      found[deviations[i].row] = deviations[i].found;
    }
  }
  for (uint32_t row = 0; row < region->rows; row++) {
    const int32_t other = level_of(row, 2u * pair + (1u - side));
    const int32_t stuck = side == 0 ? level - other : other - level;
    const int32_t seen = found[row] != INT16_MIN ? found[row] : 8 * expected_of(row, pair);
    /* A row that was not noted is right to about two levels. */
    if (!row_dead[row] && magnitude(seen - 8 * stuck) > (found[row] != INT16_MIN ? 12 : 20)) {
      return false;
    }
  }
  return true;
}

static bool report_column(uint32_t pair) {
  int32_t best_level = -1;
  uint32_t best_side = 0;
  int32_t best_error = INT32_MAX;
  for (uint32_t side = 0; side < 2u; side++) {
    for (int32_t level = 0; level < LEVELS; level++) {
      if (!explains(pair, side, level)) {
        continue;
      }
      int32_t error = 0; /* several levels may pass: the nearest one is meant */
      for (uint32_t i = 0; i < deviation_count; i++) {
        if (deviations[i].pair == pair) {
          const int32_t other = level_of(deviations[i].row, 2u * pair + (1u - side));
          error += magnitude(deviations[i].found - 8 * (side == 0 ? level - other : other - level));
        }
      }
      if (error < best_error) {
        best_error = error;
        best_level = level;
        best_side = side;
      }
    }
  }
  if (best_level < 0) {
    return false;
  }
  tsr_printf("tile %u: stuck_column column %u level %d\n", (unsigned)region->tile,
             (unsigned)(region->column0 + 2u * pair + best_side), (int)best_level);
  found_kinds |= FAULT_COLUMN;
  return true;
}

/* One cell of the pair is wrong: the one whose change alone gives what was found, at a level that exists. */
static void report_cell(const deviation* d) {
  const int32_t plus = level_of(d->row, 2u * d->pair);
  const int32_t minus = level_of(d->row, 2u * d->pair + 1u);
  const int32_t seen = (d->found + (d->found < 0 ? -4 : 4)) / 8;
  const int32_t as_plus = seen + minus; /* level of the positive cell if the negative one is right */
  const int32_t as_minus = plus - seen;
  const bool positive = as_plus >= 0 && (as_minus < 0 || as_plus != 0 || plus != 0);
  const int32_t level = positive ? as_plus : as_minus;
  tsr_printf("tile %u: stuck_cell row %u column %u level %d, expected %d\n", (unsigned)region->tile,
             (unsigned)(region->row0 + d->row), (unsigned)(region->column0 + 2u * d->pair + (positive ? 0u : 1u)),
             (int)(level >= LEVELS ? LEVELS - 1 : level), (int)(positive ? plus : minus));
  found_kinds |= FAULT_CELL;
}

static void report_cells(void) {
  for (uint32_t p = 0; p < pairs(); p++) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < deviation_count; i++) {
      count += deviations[i].pair == p ? 1u : 0u;
    }
    const bool many = count > 4u && count > region->rows / 8u;
    if (count == 0 || (many && report_column(p))) {
      continue;
    }
    for (uint32_t i = 0; i < deviation_count; i++) {
      if (deviations[i].pair == p) {
        report_cell(&deviations[i]);
      }
    }
  }
}

/* --- a region */

static tsr_status look_at_region(void) {
  deviation_count = 0;
  if (tsr_unit_init(&tile, TSR_UNIT_TILE, region->tile) != TSR_OK || tsr_unit_attach(&tile) != TSR_OK) {
    return TSR_NO_DEVICE;
  }
  tsr_status status = choose_gain();
  status = status == TSR_OK ? look_at_converters() : status;
  status = status == TSR_OK ? look_at_scale() : status;
  for (uint32_t row = 0; status == TSR_OK && scale > 0 && row < region->rows; row++) {
    status = look_at_row(row);
  }
  if (status == TSR_OK && scale <= 0) {
    tsr_printf("tile %u: no cell of its region at row %u answers\n", (unsigned)region->tile, (unsigned)region->row0);
    found_kinds |= FAULT_ROW;
  } else if (status == TSR_OK) {
    report_cells();
  }
  tsr_unit_detach(&tile);
  return status;
}

static const uint8_t* find_cells(void) {
  const td_header* header = (const td_header*)tsr_memory(TD_ROM_BASE, sizeof(td_header));
  const td_section* table = (const td_section*)tsr_memory(TD_ROM_BASE + (uint32_t)sizeof(td_header),
                                                          header->section_count * (uint32_t)sizeof(td_section));
  for (uint32_t i = 0; i < header->section_count; i++) {
    if (table[i].kind == TD_SECTION_CELLS) {
      const uint8_t* bytes = (const uint8_t*)tsr_memory(TD_ROM_BASE + table[i].offset, table[i].bytes);
      return rt_crc32(0, bytes, table[i].bytes) == table[i].crc32 ? bytes : NULL;
    }
  }
  return NULL;
}

int main(void) {
  tsr_uart_init();
  tsr_plic_init();
  tsr_interrupts_enable();
  chip.platform_hash = tsr_system_platform_hash();
  chip.tiles = tsr_system_tiles();
  chip.dma_channels = tsr_system_dma_channels();
  chip.dram_bytes = tsr_system_dram_bytes();
  chip.vector_present = tsr_system_vector_present();
  rt_problem problem;
  if (!rt_deployment_open(&deployment, TD_ROM_BASE, &chip, &problem)) {
    rt_report_problem(&problem);
    return TSR_EXIT_REFUSED;
  }
  cells = find_cells();
  if (cells == NULL) {
    tsr_printf("selftest: the ROM does not hold the levels of the cells\n");
    return TSR_EXIT_REFUSED;
  }
  int8_t* stimulus = (int8_t*)tsr_memory(ONE_HOT, 3u * ROWS);
  for (uint32_t i = 0; i < 3u * ROWS; i++) {
    stimulus[i] = i == ROWS ? 127 : -128;
  }
  const rt_table* regions = &deployment.sections[TD_SECTION_REGIONS];
  uint32_t tested = 0;
  for (uint32_t i = 0; i < regions->count; i++) {
    region = (const td_region*)tsr_memory(regions->address + i * regions->entry_bytes, sizeof(td_region));
    if ((region->coding & (TD_CODING_ROW_PAIRS | TD_CODING_SINGLE_COLUMNS)) != 0) {
      tsr_printf("selftest: region %u has row pairs or single columns; this test drives single rows of column pairs\n",
                 (unsigned)i);
      return TSR_EXIT_REFUSED;
    }
    if (region->rows > ROWS || region->columns > 2u * PAIRS || region->columns % 2u != 0 || region->column0 % 2u != 0) {
      tsr_printf("selftest: region %u is larger than %u x %u or splits a column pair\n", (unsigned)i, ROWS, 2u * PAIRS);
      return TSR_EXIT_REFUSED;
    }
    const tsr_status status = look_at_region();
    if (status != TSR_OK) {
      tsr_unit_fault fault;
      (void)tsr_unit_get_fault(&tile, &fault);
      tsr_printf("selftest: tile %u: %s, %s\n", (unsigned)region->tile, tsr_status_text(status),
                 tsr_unit_error_text(fault.code));
      return TSR_EXIT_UNIT;
    }
    tested += (uint32_t)region->rows * region->columns;
  }
  tsr_printf("selftest: %u regions, %u cells: %s\n", (unsigned)regions->count, (unsigned)tested,
             found_kinds == 0 ? "healthy" : "FAULTS");
  return found_kinds == 0 ? 0 : (int)(FAULTS | found_kinds);
}
