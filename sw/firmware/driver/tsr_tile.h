/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_tile.h
 * @brief Flash cells of a tile: erase, program, verify, wear, measurement of columns.
 *
 * A command runs in the tile by itself: start it, then tsr_tile_flash_wait (which sleeps after tsr_unit_attach) or
 * tsr_tile_flash_poll. The tile must be on and without jobs, and takes none until the command has ended.
 * The power may fail at any instant: tsr_tile_restore finds out what is left and finishes.
 */
#ifndef TSR_TILE_H
#define TSR_TILE_H

#include <stdint.h>

#include "tsr_status.h"
#include "tsr_unit.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A rectangle of physical cells. Column pair p is columns 2p and 2p + 1. */
typedef struct tsr_tile_area {
  uint32_t row0, rows;
  uint32_t column0, columns;
} tsr_tile_area;

typedef enum tsr_tile_method {
  TSR_TILE_FIXED = 0, /* so many pulses for every cell; time is known beforehand */
  TSR_TILE_VERIFY = 1 /* until every cell is on target; what overshoots is erased softly and programmed again */
} tsr_tile_method;

/** What the last command left; see the registers FLASH_*. */
typedef struct tsr_tile_report {
  uint32_t error;      /* TSR_TILE_FLASH_ERROR_CODE_* */
  uint32_t done_cells; /* of the command */
  uint32_t total_cells;
  uint32_t unfinished; /* last program: cells above target */
  uint32_t overshot;   /* cells below */
  uint32_t soft_erases;
  uint32_t pulses;
  uint32_t mismatches; /* last verify */
  uint32_t first_bad;  /* row << 16 | column, or 0xFFFFFFFF */
} tsr_tile_report;

/**
 * Erases rows row0 .. row0 + rows - 1, all columns: whole row pairs. 10 ms a pair by default.
 * @return TSR_OK (it runs), TSR_BUSY (jobs or another command), TSR_UNIT_ERROR (refused: tsr_tile_flash_report)
 */
tsr_status tsr_tile_erase(tsr_unit* tile, uint32_t row0, uint32_t rows);

/**
 * Programs an area that has been erased, or one that was programmed in part.
 * @param image  bus address of the levels, a byte a cell, row-major; must stay as it is meanwhile
 * @param pulses a cell (fixed) or at most (verify); 0: as the platform says
 */
tsr_status tsr_tile_program(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, tsr_tile_method method,
                            uint32_t pulses);

/**
 * Reads an area and compares with the image.
 * @param permille tolerated deviation of a current
 * @param result   bus address for the deviations in percent (int8, row-major), or 0
 */
tsr_status tsr_tile_verify(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, uint32_t permille,
                           uint32_t result);

/** TSR_OK: no command runs, the last one ended well. TSR_BUSY. TSR_UNIT_ERROR: refused, failed or aborted. */
tsr_status tsr_tile_flash_poll(const tsr_unit* tile);
/** @param timeout in ticks of 100 ns; TSR_FOREVER. @return as poll, or TSR_TIMEOUT */
tsr_status tsr_tile_flash_wait(tsr_unit* tile, uint64_t timeout);
/** Ends the command at its next commit point; wait for it. */
void tsr_tile_flash_abort(const tsr_unit* tile);

void tsr_tile_flash_report(const tsr_unit* tile, tsr_tile_report* report);
/** Cells that took `pulses` pulses in the last program; 63: as many or more. */
uint32_t tsr_tile_histogram(const tsr_unit* tile, uint32_t pulses);
/** Erase cycles of a row; of the most worn row. */
uint32_t tsr_tile_wear(const tsr_unit* tile, uint32_t row);
uint32_t tsr_tile_wear_most(const tsr_unit* tile);
const char* tsr_tile_flash_error_text(uint32_t code);

/**
 * Makes an area hold the image, whatever it holds now: nothing happens when it does already; row pairs with a cell that
 * conducts too little are erased; then everything is programmed with verify, which passes over cells on target.
 * Areas must take whole row pairs and all columns: an erase takes them anyway.
 * @param scratch bus address of 2 * columns bytes
 * @param erased  row pairs that had to be erased; may be null
 * @return TSR_OK (verified), TSR_UNIT_ERROR (cells stay off target, or a command failed), TSR_BAD_ARGUMENT
 */
tsr_status tsr_tile_restore(tsr_unit* tile, const tsr_tile_area* area, uint32_t image, uint32_t permille,
                            uint32_t scratch, uint32_t* erased);

/** Products with one and the same code on some rows: for offset (code 0), leakage and gain of columns. */
typedef struct tsr_tile_measurement {
  uint32_t row0, rows;
  uint32_t pair0, pairs;
  int8_t code; /* activation: -128 switches the rows off */
  uint8_t gain_index;
  uint16_t repeats; /* averaged; 1 .. 256 */
  uint32_t scratch; /* bus address, 4-byte aligned, of tsr_tile_measure_bytes() bytes */
} tsr_tile_measurement;

uint32_t tsr_tile_measure_bytes(const tsr_tile_measurement* measurement);
/**
 * Measures columns with a product job of its own.
 * @param mean a number a pair: 256 times the mean accumulator (code times largest gain / gain)
 */
tsr_status tsr_tile_measure(tsr_unit* tile, const tsr_tile_measurement* measurement, int32_t* mean);

#ifdef __cplusplus
}
#endif
#endif
