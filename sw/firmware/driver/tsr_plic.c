/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_plic.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_port.h"

static tsr_plic_handler* handlers[TSR_PLIC_SOURCES];
static uint32_t unserved;

static void enable(uint32_t source, bool on) {
  const uint32_t address = TSR_PLIC_BASE + TSR_PLIC_ENABLE + source / 32u * TSR_PLIC_ENABLE_STRIDE;
  const uint32_t bit = 1u << source % 32u;
  const uint32_t word = tsr_read32(address);
  tsr_write32(address, on ? word | bit : word & ~bit);
}

void tsr_plic_init(void) {
  const bool enabled = tsr_interrupts_disable();
  for (uint32_t source = 0; source < TSR_PLIC_SOURCES; source++) {
    handlers[source] = NULL;
  }
  for (uint32_t word = 0; word < TSR_PLIC_ENABLE_COUNT; word++) {
    tsr_write32(TSR_PLIC_BASE + TSR_PLIC_ENABLE + word * TSR_PLIC_ENABLE_STRIDE, 0);
  }
  tsr_write32(TSR_PLIC_BASE + TSR_PLIC_THRESHOLD, 0);
  unserved = 0;
  tsr_interrupts_unmask(TSR_MIE_EXTERNAL);
  tsr_interrupts_restore(enabled);
}

tsr_status tsr_plic_attach(uint32_t source, uint32_t priority, tsr_plic_handler* handler) {
  if (source == 0 || source >= TSR_PLIC_SOURCES || priority == 0 || priority > 7u || handler->call == NULL) {
    return TSR_BAD_ARGUMENT;
  }
  const bool enabled = tsr_interrupts_disable();
  tsr_plic_handler** end = &handlers[source];
  while (*end != NULL && *end != handler) {
    end = &(*end)->next;
  }
  if (*end == NULL) {
    handler->next = NULL;
    *end = handler;
  }
  tsr_write32(TSR_PLIC_BASE + TSR_PLIC_PRIORITY + source * TSR_PLIC_PRIORITY_STRIDE, priority);
  enable(source, true);
  tsr_interrupts_restore(enabled);
  return TSR_OK;
}

void tsr_plic_detach(uint32_t source, tsr_plic_handler* handler) {
  if (source == 0 || source >= TSR_PLIC_SOURCES) {
    return;
  }
  const bool enabled = tsr_interrupts_disable();
  for (tsr_plic_handler** link = &handlers[source]; *link != NULL; link = &(*link)->next) {
    if (*link == handler) {
      *link = handler->next;
      break;
    }
  }
  if (handlers[source] == NULL) {
    enable(source, false);
  }
  tsr_interrupts_restore(enabled);
}

void tsr_plic_dispatch(void) {
  const uint32_t claim = TSR_PLIC_BASE + TSR_PLIC_CLAIM;
  for (uint32_t source = tsr_read32(claim); source != 0; source = tsr_read32(claim)) {
    if (source >= TSR_PLIC_SOURCES || handlers[source] == NULL) {
      unserved++;
      enable(source % TSR_PLIC_SOURCES, false); /* a level nobody lowers would come again for ever */
    } else {
      for (tsr_plic_handler* handler = handlers[source]; handler != NULL; handler = handler->next) {
        handler->call(handler->context);
      }
    }
    tsr_write32(claim, source);
  }
}

uint32_t tsr_plic_unserved(void) {
  return unserved;
}
