/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_unit.h"

#include "tessera_registers.h"
#include "tsr_clint.h"
#include "tsr_plic.h"
#include "tsr_port.h"
#include "tsr_system.h"
#include "tsr_wait.h"

/* A chip with more tiles than this shares PLIC sources between tiles. */
#define TILE_SOURCES 960u
/* A unit that does not interrupt is looked at this often (ticks of 100 ns). */
#define POLL_TICKS 50u

static uint32_t read_register(const tsr_unit* unit, uint32_t offset) {
  return tsr_read32(unit->base + offset);
}
static void write_register(const tsr_unit* unit, uint32_t offset, uint32_t value) {
  tsr_write32(unit->base + offset, value);
}

static bool place(tsr_unit* unit, tsr_unit_kind kind, uint32_t index, uint32_t* id) {
  switch (kind) {
    case TSR_UNIT_TILE:
      unit->base = TSR_TILE_BASE + index * TSR_TILE_STRIDE;
      *id = TSR_JOB_UNIT_ID_TILE;
      return index < tsr_system_tiles();
    case TSR_UNIT_VECTOR:
      unit->base = TSR_VECTOR_BASE;
      *id = TSR_JOB_UNIT_ID_VECTOR;
      return index == 0 && tsr_system_vector_present();
    case TSR_UNIT_DMA:
      unit->base = TSR_DMA_BASE + index * TSR_DMA_STRIDE;
      *id = TSR_JOB_UNIT_ID_DMA;
      return index < tsr_system_dma_channels();
  }
  return false;
}

tsr_status tsr_unit_init(tsr_unit* unit, tsr_unit_kind kind, uint32_t index) {
  uint32_t id = 0;
  if (!place(unit, kind, index, &id)) {
    return TSR_BAD_ARGUMENT;
  }
  unit->kind = (uint16_t)kind;
  unit->index = (uint16_t)index;
  unit->irq_mask = 0;
  unit->signals = 0;
  unit->handler = (tsr_plic_handler){0};
  if (read_register(unit, TSR_JOB_UNIT_ID) != id) {
    return TSR_NO_DEVICE;
  }
  unit->submitted = read_register(unit, TSR_JOB_UNIT_DONE_COUNT);
  if ((read_register(unit, TSR_JOB_UNIT_STATUS) & (TSR_JOB_UNIT_STATUS_BUSY | TSR_JOB_UNIT_STATUS_WAITING)) != 0) {
    return TSR_BUSY;
  }
  unit->submitted = read_register(unit, TSR_JOB_UNIT_DONE_COUNT); /* a job may have ended between the two reads */
  write_register(unit, TSR_JOB_UNIT_IRQ_ENABLE, 0);
  write_register(unit, TSR_JOB_UNIT_IRQ_STATUS, TSR_JOB_UNIT_IRQ_STATUS_DONE | TSR_JOB_UNIT_IRQ_STATUS_ERROR);
  write_register(unit, TSR_JOB_UNIT_CTRL, TSR_JOB_UNIT_CTRL_ENABLE);
  return TSR_OK;
}

/* Acknowledges before the work is looked at, so that a job that finishes meanwhile raises the line again. */
static void on_interrupt(void* context) {
  tsr_unit* unit = (tsr_unit*)context;
  const uint32_t pending = read_register(unit, TSR_JOB_UNIT_IRQ_STATUS);
  write_register(unit, TSR_JOB_UNIT_IRQ_STATUS, pending);
  unit->signals |= pending;
}

static uint32_t source_of(const tsr_unit* unit) {
  if (unit->kind == TSR_UNIT_TILE) {
    return TSR_TILE_IRQ + unit->index % TILE_SOURCES;
  }
  return unit->kind == TSR_UNIT_DMA ? TSR_DMA_IRQ : TSR_VECTOR_IRQ;
}

tsr_status tsr_unit_attach(tsr_unit* unit) {
  unit->handler.call = on_interrupt;
  unit->handler.context = unit;
  const tsr_status status = tsr_plic_attach(source_of(unit), 1, &unit->handler);
  if (status == TSR_OK) {
    unit->irq_mask = TSR_JOB_UNIT_IRQ_ENABLE_DONE | TSR_JOB_UNIT_IRQ_ENABLE_ERROR;
    write_register(unit, TSR_JOB_UNIT_IRQ_ENABLE, unit->irq_mask);
  }
  return status;
}

void tsr_unit_detach(tsr_unit* unit) {
  unit->irq_mask = 0;
  write_register(unit, TSR_JOB_UNIT_IRQ_ENABLE, 0);
  tsr_plic_detach(source_of(unit), &unit->handler);
}

tsr_status tsr_unit_submit(tsr_unit* unit, uint32_t descriptor) {
  if ((descriptor & 3u) != 0) {
    return TSR_BAD_ARGUMENT;
  }
  const uint32_t status = read_register(unit, TSR_JOB_UNIT_STATUS);
  if ((status & TSR_JOB_UNIT_STATUS_ERROR) != 0) {
    return TSR_UNIT_ERROR;
  }
  if ((status & TSR_JOB_UNIT_STATUS_FULL) != 0) {
    return TSR_BUSY;
  }
  tsr_fence(); /* the unit must see the descriptor as we wrote it */
  write_register(unit, TSR_JOB_UNIT_QUEUE, descriptor);
  unit->submitted++;
  return TSR_OK;
}

tsr_status tsr_unit_poll(const tsr_unit* unit) {
  if (read_register(unit, TSR_JOB_UNIT_DONE_COUNT) == unit->submitted) {
    return TSR_OK;
  }
  const uint32_t status = read_register(unit, TSR_JOB_UNIT_STATUS);
  return (status & TSR_JOB_UNIT_STATUS_ERROR) != 0 ? TSR_UNIT_ERROR : TSR_BUSY;
}

static bool finished(void* context) {
  return tsr_unit_poll((const tsr_unit*)context) != TSR_BUSY;
}

tsr_status tsr_unit_wait(tsr_unit* unit, uint64_t timeout) {
  /* Jobs need not have the interrupt flag: the poll period bounds how late their end is seen. */
  if (tsr_wait_until(finished, unit, timeout, POLL_TICKS) == TSR_TIMEOUT) {
    return TSR_TIMEOUT;
  }
  unit->signals = 0;
  return tsr_unit_poll(unit);
}

static bool idle(void* context) {
  const uint32_t status = read_register((const tsr_unit*)context, TSR_JOB_UNIT_STATUS);
  return (status & (TSR_JOB_UNIT_STATUS_BUSY | TSR_JOB_UNIT_STATUS_WAITING)) == 0;
}

tsr_status tsr_unit_cancel(tsr_unit* unit, uint64_t timeout) {
  write_register(unit, TSR_JOB_UNIT_CTRL, TSR_JOB_UNIT_CTRL_ENABLE | TSR_JOB_UNIT_CTRL_SOFT_RESET);
  const tsr_status status = tsr_wait_until(idle, unit, timeout, POLL_TICKS);
  write_register(unit, TSR_JOB_UNIT_IRQ_STATUS, TSR_JOB_UNIT_IRQ_STATUS_DONE | TSR_JOB_UNIT_IRQ_STATUS_ERROR);
  write_register(unit, TSR_JOB_UNIT_IRQ_ENABLE, unit->irq_mask);
  unit->signals = 0;
  unit->submitted = read_register(unit, TSR_JOB_UNIT_DONE_COUNT);
  return status;
}

bool tsr_unit_get_fault(const tsr_unit* unit, tsr_unit_fault* fault) {
  fault->code = read_register(unit, TSR_JOB_UNIT_ERROR_CODE);
  fault->tag = read_register(unit, TSR_JOB_UNIT_ERROR_TAG);
  return fault->code != TSR_JOB_UNIT_ERROR_CODE_NONE;
}

uint32_t tsr_unit_done(const tsr_unit* unit) {
  return read_register(unit, TSR_JOB_UNIT_DONE_COUNT);
}
uint32_t tsr_unit_last_tag(const tsr_unit* unit) {
  return read_register(unit, TSR_JOB_UNIT_LAST_TAG);
}

uint64_t tsr_unit_counter_read(const tsr_unit* unit, tsr_unit_counter counter) {
  if ((uint32_t)counter >= TSR_JOB_UNIT_COUNTER_LO_COUNT) {
    return 0;
  }
  const uint32_t step = (uint32_t)counter * TSR_JOB_UNIT_COUNTER_LO_STRIDE;
  const uint32_t low = read_register(unit, TSR_JOB_UNIT_COUNTER_LO + step); /* latches the high word */
  return (uint64_t)read_register(unit, TSR_JOB_UNIT_COUNTER_HI + step) << 32 | low;
}

uint64_t tsr_unit_event(const tsr_unit* unit) {
  const uint32_t low = read_register(unit, TSR_TILE_EVENT_LO); /* latches the high word */
  return (uint64_t)read_register(unit, TSR_TILE_EVENT_HI) << 32 | low;
}

void tsr_unit_set_event(const tsr_unit* unit, uint64_t event) {
  write_register(unit, TSR_TILE_EVENT_LO, (uint32_t)event);
  write_register(unit, TSR_TILE_EVENT_HI, (uint32_t)(event >> 32));
}

const char* tsr_unit_kind_text(const tsr_unit* unit) {
  switch ((tsr_unit_kind)unit->kind) {
    case TSR_UNIT_TILE:
      return "tile";
    case TSR_UNIT_VECTOR:
      return "vector unit";
    case TSR_UNIT_DMA:
      return "DMA channel";
  }
  return "unknown unit";
}

const char* tsr_unit_error_text(uint32_t code) {
  switch (code) {
    case TSR_JOB_UNIT_ERROR_CODE_NONE:
      return "no error";
    case TSR_JOB_UNIT_ERROR_CODE_QUEUE_OVERFLOW:
      return "queue overflow";
    case TSR_JOB_UNIT_ERROR_CODE_BAD_DESCRIPTOR:
      return "bad descriptor";
    case TSR_JOB_UNIT_ERROR_CODE_BUS_ERROR:
      return "bus error";
    case TSR_JOB_UNIT_ERROR_CODE_DISABLED:
      return "unit disabled";
    case TSR_JOB_UNIT_ERROR_CODE_PROGRAMMING:
      return "flash being programmed";
    default:
      return "unknown error";
  }
}
