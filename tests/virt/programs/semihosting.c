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
  const uint32_t bye[2] = {0x20026u, CODE};
  call(0x20, bye);
  for (;;) {
  }
}
