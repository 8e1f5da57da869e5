/* SPDX-License-Identifier: Apache-2.0 */
#include "tsr_uart.h"

#include "tessera_registers.h"
#include "tsr_port.h"

#define EIGHT_BITS 3u

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
