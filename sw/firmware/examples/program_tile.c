/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs tile 0 with an image of its own and checks it. What it finds decides what it does: a tile that holds the
 * image is left alone, one that was left half programmed (power failed) is restored, any other is erased and
 * programmed: with a fixed number of pulses, or with PT_VERIFY until every cell is on target. Prints times and the
 * histogram of pulses; ends with FAIL when a cell is off.
 */
#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_tile.h"
#include "tsr_uart.h"

#include "sw/deployment/tessera_deployment.h"

#ifndef PT_VERIFY
#define PT_VERIFY 0
#endif
#define TOLERANCE 120u /* in 1/1000: fixed pulses leave some cells a little high */

static tsr_unit tile;

/* Level of a cell: all levels, no pattern along rows or columns. */
static uint32_t level_of(uint32_t row, uint32_t column, uint32_t most) {
  uint32_t x = row * 0x9E3779B1u + column * 0x85EBCA77u;
  x ^= x >> 15;
  x *= 0x2C1B3C6Du;
  x ^= x >> 12;
  return x % (most + 1u);
}

static void make_image(uint32_t image, uint32_t rows, uint32_t columns) {
  for (uint32_t row = 0; row < rows; ++row) {
    for (uint32_t column = 0; column < columns; column += 4) {
      uint32_t word = 0;
      for (uint32_t k = 0; k < 4; ++k) {
        word |= level_of(row, column + k, 15) << 8 * k;
      }
      tsr_write32(image + row * columns + column, word);
    }
  }
}

static uint32_t milliseconds(uint64_t ticks) {
  return (uint32_t)(ticks / (1000u * TSR_TICKS_PER_MICROSECOND));
}

/* Runs a command to its end. @return whether it ended well */
static bool finish(const char* what, tsr_status started) {
  const uint64_t begin = tsr_time();
  tsr_status status = started;
  if (status == TSR_OK) {
    status = tsr_tile_flash_wait(&tile, TSR_FOREVER);
  }
  tsr_tile_report report;
  tsr_tile_flash_report(&tile, &report);
  if (status != TSR_OK) {
    tsr_printf("%s: %s, %s\n", what, tsr_status_text(status), tsr_tile_flash_error_text(report.error));
    return false;
  }
  tsr_printf("%s: %u cells in %u ms\n", what, (unsigned)report.done_cells, (unsigned)milliseconds(tsr_time() - begin));
  return true;
}

static void print_histogram(void) {
  tsr_tile_report report;
  tsr_tile_flash_report(&tile, &report);
  for (uint32_t n = 0; n < TSR_TILE_FLASH_HISTOGRAM_COUNT; ++n) {
    const uint32_t cells = tsr_tile_histogram(&tile, n);
    if (cells != 0) {
      tsr_printf("pulses %u cells %u\n", (unsigned)n, (unsigned)cells);
    }
  }
  tsr_printf("unfinished %u overshot %u soft erases %u pulses %u\n", (unsigned)report.unfinished,
             (unsigned)report.overshot, (unsigned)report.soft_erases, (unsigned)report.pulses);
}

static uint32_t mismatches(const tsr_tile_area* all, uint32_t image) {
  if (!finish("verify", tsr_tile_verify(&tile, all, image, TOLERANCE, 0))) {
    return UINT32_MAX;
  }
  tsr_tile_report report;
  tsr_tile_flash_report(&tile, &report);
  tsr_printf("%u cells off target\n", (unsigned)report.mismatches);
  return report.mismatches;
}

int main(void) {
  tsr_uart_init();
  tsr_plic_init();
  if (tsr_unit_init(&tile, TSR_UNIT_TILE, 0) != TSR_OK || tsr_unit_attach(&tile) != TSR_OK) {
    tsr_printf("no tile 0\n");
    return 1;
  }
  tsr_interrupts_enable();
  const tsr_tile_area all = {0, tsr_read32(tile.base + TSR_TILE_ROWS), 0, tsr_read32(tile.base + TSR_TILE_COLUMNS)};
  const uint32_t image = TD_SRAM_BASE;
  const uint32_t scratch = image + all.rows * all.columns;
  make_image(image, all.rows, all.columns);

  const uint32_t off = mismatches(&all, image);
  if (off == 0) {
    tsr_printf("tile 0 holds the image, wear %u\n", (unsigned)tsr_tile_wear_most(&tile));
    return 0;
  }
  if (tsr_tile_wear_most(&tile) != 0) { /* somebody began before us */
    uint32_t erased = 0;
    const uint64_t begin = tsr_time();
    const tsr_status status = tsr_tile_restore(&tile, &all, image, TOLERANCE, scratch, &erased);
    tsr_printf("restored: %s, %u row pairs erased, %u ms\n", tsr_status_text(status), (unsigned)erased,
               (unsigned)milliseconds(tsr_time() - begin));
    print_histogram();
    return status == TSR_OK ? 0 : 2;
  }
  if (!finish("erase", tsr_tile_erase(&tile, 0, all.rows)) ||
      !finish("program", tsr_tile_program(&tile, &all, image, PT_VERIFY ? TSR_TILE_VERIFY : TSR_TILE_FIXED, 0))) {
    return 3;
  }
  print_histogram();
  /* Of a million cells with fixed pulses a few stay off by more than the tolerance. */
  const uint32_t left = mismatches(&all, image);
  tsr_printf("wear %u\n", (unsigned)tsr_tile_wear_most(&tile));
  return left > (PT_VERIFY ? 0u : all.rows * all.columns / 1000u) ? 4 : 0;
}
