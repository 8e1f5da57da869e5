/* SPDX-License-Identifier: Apache-2.0 */
/* The devices of QEMU's virt machine, as a bare program sees them. Knows nothing of Tessera. */
#ifndef VIRT_H
#define VIRT_H

#include <stdint.h>

#define FINISHER (*(volatile uint32_t*)0x00100000u)
#define MSIP (*(volatile uint32_t*)0x02000000u)
#define MTIMECMP_LO (*(volatile uint32_t*)0x02004000u)
#define MTIMECMP_HI (*(volatile uint32_t*)0x02004004u)
#define MTIME_LO (*(volatile uint32_t*)0x0200BFF8u)
#define MTIME_HI (*(volatile uint32_t*)0x0200BFFCu)
#define PLIC_PRIORITY(n) (*(volatile uint32_t*)(0x0C000000u + 4u * (n)))
#define PLIC_PENDING(n) (*(volatile uint32_t*)(0x0C001000u + 4u * (n)))
#define PLIC_ENABLE(context, n) (*(volatile uint32_t*)(0x0C002000u + 0x80u * (context) + 4u * (n)))
#define PLIC_THRESHOLD(context) (*(volatile uint32_t*)(0x0C200000u + 0x1000u * (context)))
#define PLIC_CLAIM(context) (*(volatile uint32_t*)(0x0C200004u + 0x1000u * (context)))
#define UART(n) (*(volatile uint8_t*)(0x10000000u + (n)))
#define UART_SOURCE 10u

#define MIE_SOFTWARE (1u << 3)
#define MIE_TIMER (1u << 7)
#define MIE_EXTERNAL (1u << 11)
#define INTERRUPT 0x80000000u

#define READ_CSR(name)                                  \
  __extension__({                                       \
    uint32_t value_;                                    \
    __asm__ volatile("csrr %0, " #name : "=r"(value_)); \
    value_;                                             \
  })
#define WRITE_CSR(name, value) __asm__ volatile("csrw " #name ", %0" ::"r"(value) : "memory")
#define SET_CSR(name, value) __asm__ volatile("csrs " #name ", %0" ::"r"(value) : "memory")
#define CLEAR_CSR(name, value) __asm__ volatile("csrc " #name ", %0" ::"r"(value) : "memory")

static inline void put(char c) {
  while ((UART(5) & 0x20u) == 0) {
  }
  UART(0) = (uint8_t)c;
}

static inline void print(const char* text) {
  for (; *text != 0; text++) {
    put(*text);
  }
}

static inline void print_hex(const char* name, uint32_t value) {
  print(name);
  put(' ');
  for (int shift = 28; shift >= 0; shift -= 4) {
    put("0123456789abcdef"[value >> shift & 15u]);
  }
  put('\n');
}

static inline void print_number(uint32_t value) {
  char digits[10];
  int count = 0;
  do {
    digits[count++] = (char)('0' + value % 10u);
    value /= 10u;
  } while (value != 0);
  while (count > 0) {
    put(digits[--count]);
  }
}

static inline uint64_t now(void) {
  uint32_t high, low;
  do {
    high = MTIME_HI;
    low = MTIME_LO;
  } while (high != MTIME_HI);
  return (uint64_t)high << 32 | low;
}

static inline void alarm_at(uint64_t when) {
  MTIMECMP_HI = 0xFFFFFFFFu;
  MTIMECMP_LO = (uint32_t)when;
  MTIMECMP_HI = (uint32_t)(when >> 32);
}

/** 0: pass. */
static inline void finish(uint32_t code) {
  FINISHER = code == 0 ? 0x5555u : code << 16 | 0x3333u;
  for (;;) {
  }
}

/* Provided by exit.c, or by the program. */
void virt_exit(uint32_t code);
/* A program may have its own: called on every trap. @return where to go on */
uint32_t trap(uint32_t cause, uint32_t epc, uint32_t value);
int main(void);

#endif
