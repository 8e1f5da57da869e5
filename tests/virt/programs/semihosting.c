/* SPDX-License-Identifier: Apache-2.0 */
/* Semihosting: the console in three ways, then an exit with CODE. */
#include "virt.h"

static uint32_t call(uint32_t operation, const volatile void* parameter) {
  register uint32_t a0 __asm__("a0") = operation;
  register uint32_t a1 __asm__("a1") = (uint32_t)parameter;
  __asm__ volatile(".option push\n.option norvc\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
                   : "+r"(a0)
                   : "r"(a1)
                   : "memory");
  return a0;
}

int main(void) {
  static const char name[] = ":tt";
  static const char text[] = "written to a handle\n";
  call(0x04, "a string\n");
  for (const char* c = "characters\n"; *c != 0; c++) {
    call(0x03, c);
  }
  const uint32_t open_out[3] = {(uint32_t)name, 4, 3};
  const uint32_t handle = call(0x01, open_out);
  const uint32_t write[3] = {handle, (uint32_t)text, sizeof text - 1};
  const uint32_t left = call(0x05, write);
  call(0x04, left == 0 ? "all of it\n" : "not all of it\n");
  const uint32_t is_tty[1] = {handle};
  (void)call(0x09, is_tty);
  /* Which extensions there are: what a C library looks at before it exits with a code. */
  static const char features[] = ":semihosting-features";
  const uint32_t open_features[3] = {(uint32_t)features, 0, sizeof features - 1};
  uint8_t found[8] = {0};
  const uint32_t read[3] = {call(0x01, open_features), (uint32_t)found, 5};
  call(0x04, call(0x0C, read) == 5 && call(0x06, read) == 0 && found[0] == 'S' && found[3] == 'B' ? "features\n"
                                                                                                  : "no features\n");
  call(0x04, (found[4] & 3u) == 3u ? "an exit with a code, an error stream\n" : "neither\n");
  const uint32_t rewind[2] = {read[0], 4};
  call(0x04, call(0x0A, rewind) == 0 && call(0x06, read) == 4 && found[0] == found[4] ? "once more\n" : "no seeking\n");
  const uint32_t open_error[3] = {(uint32_t)name, 8, 3};
  const uint32_t moan[3] = {call(0x01, open_error), (uint32_t)text, 0}; /* QEMU puts it elsewhere */
  call(0x04, moan[0] != handle && call(0x05, moan) == 0 ? "\n" : "no error stream\n");
  const uint32_t bye[2] = {0x20026u, CODE};
  call(0x20, bye);
  for (;;) {
  }
}
