// SPDX-License-Identifier: Apache-2.0
// Arithmetic loop: a xorshift generator and a running mix, all in registers.
#include "guest.h"

int main(void) {
  uint32_t x = 2463534242u;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < ROUNDS * 1000000u; ++i) {
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    sum = (sum << 1 | sum >> 31) + (x & 0xFFFFu) - i;
  }
  put_checksum(sum ^ x);
  return 0;
}
