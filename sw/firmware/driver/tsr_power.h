/* SPDX-License-Identifier: Apache-2.0 */
/**
 * @file tsr_power.h
 * @brief Power controller: supplies of the tiles, wake timer, deep sleep of the chip.
 *
 * A tile that is off keeps its weights and its registers but for the trims of its converters (tsr_calibration.h); it
 * refuses jobs, and its input buffer loses its contents. A tile in standby wakes for a job by itself and goes back
 * afterwards. Times are ticks of 100 ns.
 */
#ifndef TSR_POWER_H
#define TSR_POWER_H

#include <stdbool.h>
#include <stdint.h>

#include "tsr_status.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Supply that a tile shall have. */
typedef enum tsr_supply { TSR_SUPPLY_OFF, TSR_SUPPLY_STANDBY, TSR_SUPPLY_ON } tsr_supply;

/** State that a tile is in. */
typedef enum tsr_power_state {
  TSR_POWER_OFF,
  TSR_POWER_SLEEP, /* the chip is in deep sleep */
  TSR_POWER_STANDBY,
  TSR_POWER_WAKING,
  TSR_POWER_IDLE,
  TSR_POWER_ACTIVE,
  TSR_POWER_PROGRAM,
  TSR_POWER_STATES
} tsr_power_state;

/** What can end a deep sleep; bits of WAKE_ENABLE and WAKE_CAUSE. */
#define TSR_WAKE_TIMER 0x01u
#define TSR_WAKE_SENSOR 0x02u /* the sensor's interrupt line, by what its driver enabled */
#define TSR_WAKE_GPIO 0x04u
#define TSR_WAKE_UART 0x08u
#define TSR_WAKE_WATCHDOG 0x10u

/** Flags of tsr_power_sleep. */
#define TSR_SLEEP_RETAIN_SRAM 0x01u /* the shared SRAM keeps its contents, at retention power */

/**
 * Takes the controller into use: stops the wake timer, disables its interrupts, clears what is pending. Supplies stay
 * as they are. @return TSR_OK, TSR_NO_DEVICE
 */
tsr_status tsr_power_init(void);

/** Number of tiles that have a supply of their own. */
uint32_t tsr_power_tiles(void);

/**
 * Asks for a supply. Jobs in the tile's queue are done first; use tsr_power_wait to know when it is there.
 * @return TSR_OK, TSR_BAD_ARGUMENT (no such tile or supply)
 */
tsr_status tsr_power_set(uint32_t tile, tsr_supply supply);
/** The same for all tiles. @return TSR_OK, TSR_BAD_ARGUMENT */
tsr_status tsr_power_set_all(tsr_supply supply);

/** State of a tile; `settled`, if not NULL: it has the supply that was asked for. TSR_POWER_OFF for no tile. */
tsr_power_state tsr_power_get(uint32_t tile, bool* settled);

/** Waits until a tile has the supply that was asked for. @return TSR_OK, TSR_TIMEOUT, TSR_BAD_ARGUMENT */
tsr_status tsr_power_wait(uint32_t tile, uint64_t timeout);

/** Time since reset that a tile has been in a state, and how often it came there. 0 for what does not exist. */
uint64_t tsr_power_time(uint32_t tile, tsr_power_state state);
uint32_t tsr_power_entries(uint32_t tile, tsr_power_state state);

/** Sets the wake timer to a time of tsr_time(); TSR_FOREVER stops it. */
void tsr_power_wake_at(uint64_t ticks);

/**
 * Deep sleep until one of `sources` (TSR_WAKE_*) is active; with TSR_WAKE_TIMER set the timer first. Core registers and
 * private memory are kept, so the call returns where it was made, after the wake latency. The chip's machine timer does
 * not wake it. Units must have no work. Handlers of what is pending run before the call returns if interrupts were
 * enabled.
 * @param cause  if not NULL: the sources that ended the sleep; 0 if one was active already and the chip did not sleep
 * @return TSR_OK, TSR_BUSY (a unit had work or a supply was changing: nothing happened), TSR_BAD_ARGUMENT (no source)
 */
tsr_status tsr_power_sleep(uint32_t sources, uint32_t flags, uint32_t* cause);

/** Deep sleeps since reset, and their time together. */
uint32_t tsr_power_sleeps(void);
uint64_t tsr_power_sleep_time(void);

/** "standby" and so on. */
const char* tsr_power_state_text(tsr_power_state state);

#ifdef __cplusplus
}
#endif
#endif
