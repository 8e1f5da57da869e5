/* SPDX-License-Identifier: Apache-2.0 */
/* Ends by HTIF: CODE in tohost, ORDER 0: as two halves, low one first; 1: high one first; 2: the low half only. */
#include "virt.h"

volatile uint32_t tohost[2] __attribute__((section(".tohost"), aligned(64)));
volatile uint32_t fromhost[2] __attribute__((section(".tohost"), aligned(64)));

static void write_word(uint32_t low, uint32_t high) {
#if ORDER == 1
  tohost[1] = high;
  tohost[0] = low;
#else
  tohost[0] = low;
  tohost[1] = high;
#endif
}

static void htif_put(char c) {
  write_word((uint8_t)c, 0x01010000u); /* device 1, command 1 */
  while (fromhost[0] == 0 && fromhost[1] == 0) {
  }
  fromhost[0] = 0;
  fromhost[1] = 0;
}

int main(void) {
  for (const char* text = "by host interface\n"; *text != 0; text++) {
    htif_put(*text);
  }
#if ORDER == 2
  tohost[0] = CODE << 1 | 1u;
#else
  write_word(CODE << 1 | 1u, 0);
#endif
  for (;;) {
  }
}
