/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of PLIC (both contexts), CLINT and UART, and the interrupts of CLINT and UART, with what they answer. */
#include "virt.h"

static volatile uint32_t last_cause, last_source, traps;

uint32_t trap(uint32_t cause, uint32_t epc, uint32_t value) {
  (void)value;
  last_cause = cause;
  traps++;
  if (cause == (INTERRUPT | 3u)) {
    MSIP = 0;
  } else if (cause == (INTERRUPT | 7u)) {
    alarm_at(~(uint64_t)0);
  } else if (cause == (INTERRUPT | 11u)) {
    last_source = PLIC_CLAIM(0);
    UART(1) = 0; /* no more */
    PLIC_CLAIM(0) = last_source;
  } else {
    print_hex("unexpected cause", cause);
    finish(1);
  }
  return epc;
}

static void wait_for_trap(const char* name) {
  const uint32_t before = traps;
  SET_CSR(mstatus, 8u);
  while (traps == before) {
    __asm__ volatile("wfi");
  }
  CLEAR_CSR(mstatus, 8u);
  print_hex(name, last_cause);
}

static void plic(void) {
  for (uint32_t context = 0; context < 2; context++) {
    PLIC_ENABLE(context, 0) = 0xFFFFFFFEu; /* there is no source 0 */
    print_hex("enable", PLIC_ENABLE(context, 0));
    PLIC_ENABLE(context, 0) = 0;
    PLIC_ENABLE(context, 1) = 0x000FF000u;
    print_hex("enable", PLIC_ENABLE(context, 1));
    PLIC_ENABLE(context, 1) = 0;
    for (uint32_t level = 0; level < 8; level++) {
      PLIC_THRESHOLD(context) = level;
      print_hex("threshold", PLIC_THRESHOLD(context));
    }
    PLIC_THRESHOLD(context) = 0;
    print_hex("claim", PLIC_CLAIM(context));
  }
  for (uint32_t level = 0; level < 8; level++) {
    PLIC_PRIORITY(UART_SOURCE) = level;
    print_hex("priority", PLIC_PRIORITY(UART_SOURCE));
  }
  print_hex("pending", PLIC_PENDING(0));
}

static void uart_registers(void) {
  UART(7) = 0x5A;
  print_hex("scratch", UART(7));
  UART(3) = 0x83; /* divisor latch */
  UART(0) = 0x12;
  UART(1) = 0x34;
  print_hex("divisor", (uint32_t)UART(1) << 8 | UART(0));
  UART(3) = 0x03;
  print_hex("line control", UART(3));
  UART(1) = 0x0F;
  print_hex("interrupt enable", UART(1));
  UART(1) = 0;
  print_hex("identification", UART(2));
  UART(2) = 0x07;
  print_hex("identification with FIFOs", UART(2));
  print_hex("line status", UART(5));
  /* Loop-back: 20 bytes into a FIFO of 16 lose 4. */
  UART(4) = 0x10;
  for (uint32_t i = 0; i < 20; i++) {
    UART(0) = (uint8_t)(0x40u + i);
  }
  const uint32_t status = UART(5);
  UART(4) = 0x08;
  print_hex("ready and overrun", status & 3u);
  UART(4) = 0x10;
  uint32_t sum = 0;
  uint32_t count = 0;
  while ((UART(5) & 1u) != 0) {
    sum = sum * 31u + UART(0);
    count++;
  }
  UART(4) = 0x08;
  print_hex("looped back", count);
  print_hex("sum", sum);
}

static void uart_interrupts(void) {
  PLIC_PRIORITY(UART_SOURCE) = 3;
  PLIC_ENABLE(0, 0) = 1u << UART_SOURCE;
  SET_CSR(mie, MIE_EXTERNAL);
  UART(1) = 2; /* the transmitter is empty: interrupts at once */
  wait_for_trap("transmitter");
  print_hex("source", last_source);
  PLIC_THRESHOLD(0) = 3; /* as high as the priority: held back */
  UART(1) = 2;
  print_hex("pending behind the threshold", PLIC_PENDING(0) & 1u << UART_SOURCE);
  print_hex("mip", READ_CSR(mip) & MIE_EXTERNAL);
  PLIC_THRESHOLD(0) = 2;
  print_hex("mip", READ_CSR(mip) & MIE_EXTERNAL);
  wait_for_trap("let through");
  PLIC_ENABLE(0, 0) = 0;
  PLIC_ENABLE(1, 0) = 1u << UART_SOURCE;
  UART(1) = 2;
  print_hex("other context: mip", READ_CSR(mip) & MIE_EXTERNAL);
  const uint32_t claimed = PLIC_CLAIM(1);
  UART(1) = 0; /* before anything is printed: a transmitted byte would raise it again */
  PLIC_CLAIM(1) = claimed;
  print_hex("other context: claim", claimed);
  print_hex("nothing left", PLIC_CLAIM(0) | PLIC_CLAIM(1));
}

static void clint(void) {
  alarm_at(~(uint64_t)0); /* what it holds at reset is not specified */
  SET_CSR(mie, MIE_SOFTWARE | MIE_TIMER);
  MSIP = 1;
  print_hex("msip", MSIP);
  wait_for_trap("software");
  const uint64_t before = now();
  alarm_at(before + 5000);
  wait_for_trap("timer");
  const uint64_t after = now();
  print(after - before >= 5000 ? "not before its time\n" : "too early\n");
  print_hex("mip", READ_CSR(mip) & MIE_TIMER);
}

int main(void) {
  plic();
  uart_registers();
  uart_interrupts();
  clint();
  return 0;
}
