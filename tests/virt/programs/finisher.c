/* SPDX-License-Identifier: Apache-2.0 */
/* WORD to the test finisher: pass, fail with a code, or reset. */
#include "virt.h"

int main(void) {
  print("before\n");
  FINISHER = WORD;
  for (;;) {
  }
}
