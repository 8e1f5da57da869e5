/* SPDX-License-Identifier: Apache-2.0 */
/* Echoes what arrives on the serial port, by interrupt, in capitals; transmits by interrupt, too. A full stop ends it.
 */
#include "virt.h"

static volatile char ring[256];
static volatile uint32_t head, tail, received, rx_interrupts, tx_interrupts;
static volatile int quit;

static void send(char c) {
  ring[head++ % sizeof ring] = c;
  UART(1) = 3; /* receiver and transmitter */
}

uint32_t trap(uint32_t cause, uint32_t epc, uint32_t value) {
  (void)value;
  if (cause != (INTERRUPT | 11u)) {
    finish(99);
  }
  const uint32_t source = PLIC_CLAIM(0);
  if (source == UART_SOURCE) {
    for (uint32_t id; ((id = UART(2)) & 1u) == 0;) {
      if ((id & 0xEu) == 2u) { /* transmitter empty */
        tx_interrupts++;
        for (uint32_t room = 16; room > 0 && tail != head; room--) {
          UART(0) = (uint8_t)ring[tail++ % sizeof ring];
        }
        if (tail == head) {
          UART(1) = 1;
        }
      } else { /* data available or time-out */
        rx_interrupts++;
        while ((UART(5) & 1u) != 0) {
          char c = (char)UART(0);
          received++;
          if (c == '.') {
            quit = 1;
          }
          send(c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
        }
      }
    }
  }
  PLIC_CLAIM(0) = source;
  return epc;
}

int main(void) {
  UART(2) = 0x07; /* FIFOs on and cleared, trigger level 1 */
  UART(3) = 0x03;
  UART(1) = 1;
  PLIC_PRIORITY(UART_SOURCE) = 1;
  PLIC_ENABLE(0, 0) = 1u << UART_SOURCE;
  PLIC_THRESHOLD(0) = 0;
  print("ready\n> ");
  SET_CSR(mie, MIE_EXTERNAL);
  SET_CSR(mstatus, 8u);
  for (;;) {
    CLEAR_CSR(mstatus, 8u);
    if (quit && head == tail) {
      break;
    }
    __asm__ volatile("wfi");
    SET_CSR(mstatus, 8u);
  }
  print("\nreceived ");
  print_number(received);
  print(rx_interrupts > 0 && tx_interrupts > 0 ? " bytes by interrupt\n" : " bytes, but how?\n");
  return 0;
}
