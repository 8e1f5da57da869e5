/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_power.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_port.h"
#include "tsr_wait.h"

/* A supply that changes is looked at this often. */
#define POLL_TICKS 20u

static uint32_t read_register(uint32_t offset) {
  return tsr_read32(TSR_POWER_BASE + offset);
}
static void write_register(uint32_t offset, uint32_t value) {
  tsr_write32(TSR_POWER_BASE + offset, value);
}

tsr_status tsr_power_init(void) {
  if (read_register(TSR_POWER_ID) != TSR_POWER_ID_RESET) {
    return TSR_NO_DEVICE;
  }
  write_register(TSR_POWER_IRQ_ENABLE, 0);
  write_register(TSR_POWER_SLEEP, 0);
  tsr_power_wake_at(TSR_FOREVER);
  return TSR_OK;
}

uint32_t tsr_power_tiles(void) {
  return read_register(TSR_POWER_TILES);
}

tsr_status tsr_power_set(uint32_t tile, tsr_supply supply) {
  if (tile >= tsr_power_tiles() || (uint32_t)supply > (uint32_t)TSR_SUPPLY_ON) {
    return TSR_BAD_ARGUMENT;
  }
  const bool enabled = tsr_interrupts_disable(); /* a handler may select another tile */
  write_register(TSR_POWER_SELECT, tile);
  write_register(TSR_POWER_TILE_TARGET, (uint32_t)supply);
  tsr_interrupts_restore(enabled);
  return TSR_OK;
}

tsr_status tsr_power_set_all(tsr_supply supply) {
  if ((uint32_t)supply > (uint32_t)TSR_SUPPLY_ON) {
    return TSR_BAD_ARGUMENT;
  }
  write_register(TSR_POWER_ALL_TARGET, (uint32_t)supply);
  return TSR_OK;
}

static uint32_t read_of_tile(uint32_t tile, uint32_t offset) {
  const bool enabled = tsr_interrupts_disable();
  write_register(TSR_POWER_SELECT, tile);
  const uint32_t value = read_register(offset);
  tsr_interrupts_restore(enabled);
  return value;
}

tsr_power_state tsr_power_get(uint32_t tile, bool* settled) {
  const uint32_t word = read_of_tile(tile, TSR_POWER_TILE_STATE);
  if (settled != NULL) {
    *settled = (word & TSR_POWER_TILE_STATE_SETTLED) != 0;
  }
  return (tsr_power_state)(word & TSR_POWER_TILE_STATE_STATE);
}

static bool is_settled(void* context) {
  bool settled = false;
  (void)tsr_power_get(*(const uint32_t*)context, &settled);
  return settled;
}

tsr_status tsr_power_wait(uint32_t tile, uint64_t timeout) {
  if (tile >= tsr_power_tiles()) {
    return TSR_BAD_ARGUMENT;
  }
  return tsr_wait_until(is_settled, &tile, timeout, POLL_TICKS);
}

uint64_t tsr_power_time(uint32_t tile, tsr_power_state state) {
  if ((uint32_t)state >= TSR_POWER_RESIDENCY_LO_COUNT) {
    return 0;
  }
  const uint32_t step = (uint32_t)state * TSR_POWER_RESIDENCY_LO_STRIDE;
  const bool enabled = tsr_interrupts_disable();
  write_register(TSR_POWER_SELECT, tile);
  const uint32_t low = read_register(TSR_POWER_RESIDENCY_LO + step); /* latches the high word */
  const uint32_t high = read_register(TSR_POWER_RESIDENCY_HI + step);
  tsr_interrupts_restore(enabled);
  return (uint64_t)high << 32 | low;
}

uint32_t tsr_power_entries(uint32_t tile, tsr_power_state state) {
  if ((uint32_t)state >= TSR_POWER_ENTRIES_COUNT) {
    return 0;
  }
  return read_of_tile(tile, TSR_POWER_ENTRIES + (uint32_t)state * TSR_POWER_ENTRIES_STRIDE);
}

void tsr_power_wake_at(uint64_t ticks) {
  write_register(TSR_POWER_WAKE_TIME_LO, (uint32_t)ticks);
  write_register(TSR_POWER_WAKE_TIME_HI, (uint32_t)(ticks >> 32)); /* takes both over */
  write_register(TSR_POWER_IRQ_STATUS, TSR_POWER_IRQ_STATUS_TIMER | TSR_POWER_IRQ_STATUS_WAKE |
                                           TSR_POWER_IRQ_STATUS_TILE); /* of the time before */
}

tsr_status tsr_power_sleep(uint32_t sources, uint32_t flags, uint32_t* cause) {
  const bool enabled = tsr_interrupts_disable();
  const uint32_t sleeps = read_register(TSR_POWER_SLEEP_COUNT);
  const uint32_t retain = (flags & TSR_SLEEP_RETAIN_SRAM) != 0 ? TSR_POWER_SLEEP_RETAIN_SRAM : 0;
  write_register(TSR_POWER_WAKE_ENABLE, sources);
  write_register(TSR_POWER_SLEEP, TSR_POWER_SLEEP_ARM | retain);
  tsr_wait_for_interrupt();
  write_register(TSR_POWER_SLEEP, retain); /* a WFI that had nothing to wait for leaves it armed */
  const bool slept = read_register(TSR_POWER_SLEEP_COUNT) != sleeps;
  const uint32_t refused = slept ? TSR_POWER_SLEEP_STATUS_REFUSED_NONE : read_register(TSR_POWER_SLEEP_STATUS);
  if (cause != NULL) {
    *cause = slept ? read_register(TSR_POWER_WAKE_CAUSE) : 0;
  }
  tsr_interrupts_restore(enabled);
  switch (refused) {
    case TSR_POWER_SLEEP_STATUS_REFUSED_BUSY:
      return TSR_BUSY;
    case TSR_POWER_SLEEP_STATUS_REFUSED_NO_SOURCE:
      return TSR_BAD_ARGUMENT;
    default:
      return TSR_OK;
  }
}

uint32_t tsr_power_sleeps(void) {
  return read_register(TSR_POWER_SLEEP_COUNT);
}

uint64_t tsr_power_sleep_time(void) {
  const bool enabled = tsr_interrupts_disable();
  const uint32_t low = read_register(TSR_POWER_SLEEP_TICKS_LO); /* latches the high word */
  const uint32_t high = read_register(TSR_POWER_SLEEP_TICKS_HI);
  tsr_interrupts_restore(enabled);
  return (uint64_t)high << 32 | low;
}

const char* tsr_power_state_text(tsr_power_state state) {
  static const char* const texts[] = {"off", "sleep", "standby", "waking", "idle", "active", "program"};
  return (uint32_t)state < TSR_POWER_STATES ? texts[state] : "unknown state";
}
