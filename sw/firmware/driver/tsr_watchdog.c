/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_watchdog.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_plic.h"
#include "tsr_port.h"

static void (*on_warning)(void);

static uint32_t read_register(uint32_t offset) {
  return tsr_read32(TSR_WATCHDOG_BASE + offset);
}
static void write_register(uint32_t offset, uint32_t value) {
  tsr_write32(TSR_WATCHDOG_BASE + offset, value);
}

static void on_interrupt(void* context) {
  (void)context;
  write_register(TSR_WATCHDOG_IRQ_STATUS, TSR_WATCHDOG_IRQ_STATUS_WARNING);
  if (on_warning != NULL) {
    on_warning();
  }
}
static tsr_plic_handler handler = {on_interrupt, 0, 0};

static bool locked(void) {
  return (read_register(TSR_WATCHDOG_CTRL) & TSR_WATCHDOG_CTRL_LOCK) != 0;
}

tsr_status tsr_watchdog_start(uint32_t timeout, uint32_t warning, uint32_t flags, void (*call)(void)) {
  if (read_register(TSR_WATCHDOG_ID) != TSR_WATCHDOG_ID_RESET) {
    return TSR_NO_DEVICE;
  }
  if (timeout == 0 || warning >= timeout) {
    return TSR_BAD_ARGUMENT;
  }
  if (locked()) {
    return TSR_BUSY;
  }
  write_register(TSR_WATCHDOG_CTRL, 0);
  write_register(TSR_WATCHDOG_IRQ_STATUS, TSR_WATCHDOG_IRQ_STATUS_WARNING);
  write_register(TSR_WATCHDOG_TIMEOUT, timeout);
  write_register(TSR_WATCHDOG_WARNING, warning);
  on_warning = call;
  if (warning != 0) {
    const tsr_status status = tsr_plic_attach(TSR_WATCHDOG_IRQ, 7, &handler);
    if (status != TSR_OK) {
      return status;
    }
  }
  write_register(TSR_WATCHDOG_CTRL, TSR_WATCHDOG_CTRL_ENABLE |
                                        ((flags & TSR_WATCHDOG_RESET) != 0 ? TSR_WATCHDOG_CTRL_RESET : 0) |
                                        ((flags & TSR_WATCHDOG_LOCK) != 0 ? TSR_WATCHDOG_CTRL_LOCK : 0));
  return TSR_OK;
}

void tsr_watchdog_kick(void) {
  write_register(TSR_WATCHDOG_KICK, TSR_WATCHDOG_KICK_KEY);
}

tsr_status tsr_watchdog_stop(void) {
  if (locked()) {
    return TSR_BUSY;
  }
  write_register(TSR_WATCHDOG_CTRL, 0);
  tsr_plic_detach(TSR_WATCHDOG_IRQ, &handler);
  return TSR_OK;
}

uint32_t tsr_watchdog_remaining(void) {
  return read_register(TSR_WATCHDOG_REMAINING);
}
uint32_t tsr_watchdog_resets(void) {
  return read_register(TSR_WATCHDOG_RESETS);
}
