// SPDX-License-Identifier: Apache-2.0
// Int8 matrix product, 48 x 48 x 48, with requantisation of the result: what a CPU does without tiles.
#include "guest.h"

enum { n = 48 };
static int8_t a[n][n], b[n][n], c[n][n];

int main(void) {
  uint32_t seed = 7;
  for (int i = 0; i < n; ++i) {
    for (int j = 0; j < n; ++j) {
      seed = seed * 1664525u + 1013904223u;
      a[i][j] = (int8_t)(seed >> 24);
      b[i][j] = (int8_t)(seed >> 16);
    }
  }
  uint32_t sum = 0;
  for (uint32_t round = 0; round < ROUNDS * 15u; ++round) {
    for (int i = 0; i < n; ++i) {
      for (int j = 0; j < n; ++j) {
        int32_t accumulator = 0;
        for (int k = 0; k < n; ++k) accumulator += a[i][k] * b[k][j];
        const int32_t scaled = (int32_t)(((int64_t)accumulator * 1518500250) >> 36);
        c[i][j] = (int8_t)(scaled > 127 ? 127 : scaled < -128 ? -128 : scaled);
      }
    }
    a[round % n][(round * 7u) % n] = c[(round * 5u) % n][round % n];
    sum = sum * 31u + (uint8_t)c[round % n][(round * 3u) % n];
  }
  put_checksum(sum);
  return 0;
}
