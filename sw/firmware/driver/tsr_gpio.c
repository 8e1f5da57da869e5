/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_gpio.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_plic.h"
#include "tsr_port.h"

static tsr_gpio_edge_function on_edge;
static void* edge_context;

static uint32_t read_register(uint32_t offset) {
  return tsr_read32(TSR_GPIO_BASE + offset);
}
static void write_register(uint32_t offset, uint32_t value) {
  tsr_write32(TSR_GPIO_BASE + offset, value);
}

static void on_interrupt(void* context) {
  (void)context;
  const uint32_t pins = tsr_gpio_edges();
  if (on_edge != NULL && pins != 0) {
    on_edge(pins, edge_context);
  }
}
static tsr_plic_handler handler = {on_interrupt, 0, 0};

tsr_status tsr_gpio_init(void) {
  if (read_register(TSR_GPIO_ID) != TSR_GPIO_ID_RESET) {
    return TSR_NO_DEVICE;
  }
  tsr_plic_detach(TSR_GPIO_IRQ, &handler);
  write_register(TSR_GPIO_RISE_ENABLE, 0);
  write_register(TSR_GPIO_FALL_ENABLE, 0);
  write_register(TSR_GPIO_DIRECTION, 0);
  write_register(TSR_GPIO_OUT, 0);
  write_register(TSR_GPIO_IRQ_STATUS, UINT32_MAX);
  on_edge = NULL;
  return TSR_OK;
}

void tsr_gpio_output(uint32_t pins, bool output) {
  const bool enabled = tsr_interrupts_disable();
  const uint32_t direction = read_register(TSR_GPIO_DIRECTION);
  write_register(TSR_GPIO_DIRECTION, output ? direction | pins : direction & ~pins);
  tsr_interrupts_restore(enabled);
}

uint32_t tsr_gpio_read(void) {
  return read_register(TSR_GPIO_IN);
}
void tsr_gpio_set(uint32_t pins) {
  write_register(TSR_GPIO_OUT_SET, pins);
}
void tsr_gpio_clear(uint32_t pins) {
  write_register(TSR_GPIO_OUT_CLEAR, pins);
}

tsr_status tsr_gpio_on_edge(uint32_t rising, uint32_t falling, tsr_gpio_edge_function call, void* context) {
  const bool enabled = tsr_interrupts_disable();
  write_register(TSR_GPIO_IRQ_STATUS, UINT32_MAX);
  write_register(TSR_GPIO_RISE_ENABLE, rising);
  write_register(TSR_GPIO_FALL_ENABLE, falling);
  on_edge = call;
  edge_context = context;
  tsr_status status = TSR_OK;
  if (call != NULL) {
    status = tsr_plic_attach(TSR_GPIO_IRQ, 1, &handler);
  } else {
    tsr_plic_detach(TSR_GPIO_IRQ, &handler);
  }
  tsr_interrupts_restore(enabled);
  return status;
}

uint32_t tsr_gpio_edges(void) {
  const uint32_t pins = read_register(TSR_GPIO_IRQ_STATUS);
  write_register(TSR_GPIO_IRQ_STATUS, pins);
  return pins;
}
