/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_uart.h"

#include <stddef.h>

#include "tessera_registers.h"
#include "tsr_plic.h"
#include "tsr_port.h"

#define EIGHT_BITS 3u

static tsr_uart_function on_receive;
static void* receive_context;

static void on_interrupt(void* context) {
  (void)context;
  for (int byte; (byte = tsr_uart_get()) >= 0;) {
    if (on_receive != NULL) {
      on_receive((uint8_t)byte, receive_context);
    }
  }
}
static tsr_plic_handler handler = {on_interrupt, 0, 0};

void tsr_uart_init(void) {
  tsr_write8(TSR_UART_BASE + TSR_UART_IER, 0);
  tsr_write8(TSR_UART_BASE + TSR_UART_LCR, EIGHT_BITS);
  tsr_write8(TSR_UART_BASE + TSR_UART_FCR,
             (uint8_t)(TSR_UART_FCR_ENABLE | TSR_UART_FCR_CLEAR_RX | TSR_UART_FCR_CLEAR_TX));
}

void tsr_uart_put(char character) {
  while ((tsr_read8(TSR_UART_BASE + TSR_UART_LSR) & TSR_UART_LSR_TX_EMPTY) == 0) {
  }
  tsr_write8(TSR_UART_BASE + TSR_UART_THR, (uint8_t)character);
}

int tsr_uart_get(void) {
  if ((tsr_read8(TSR_UART_BASE + TSR_UART_LSR) & TSR_UART_LSR_RX_READY) == 0) {
    return -1;
  }
  return tsr_read8(TSR_UART_BASE + TSR_UART_RBR);
}

tsr_status tsr_uart_on_receive(tsr_uart_function call, void* context) {
  const bool enabled = tsr_interrupts_disable();
  tsr_status status = TSR_OK;
  on_receive = call;
  receive_context = context;
  if (call != NULL) {
    status = tsr_plic_attach(TSR_UART_IRQ, 1, &handler);
  } else {
    tsr_plic_detach(TSR_UART_IRQ, &handler);
  }
  tsr_write8(TSR_UART_BASE + TSR_UART_IER, (uint8_t)(call != NULL && status == TSR_OK ? TSR_UART_IER_RX : 0));
  tsr_interrupts_restore(enabled);
  return status;
}
