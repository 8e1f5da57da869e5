// SPDX-License-Identifier: Apache-2.0
// Memory loop: copies, a strided walk and a histogram over 64 KiB.
#include "guest.h"

static uint32_t source[8192];
static uint32_t copy[8192];
static uint32_t histogram[256];

int main(void) {
  uint32_t seed = 1;
  for (uint32_t i = 0; i < 8192; ++i) source[i] = seed = seed * 1664525u + 1013904223u;
  for (uint32_t round = 0; round < ROUNDS * 25u; ++round) {
    for (uint32_t i = 0; i < 8192; ++i) copy[i] = source[i];
    for (uint32_t i = 0; i < 8192; i += 3) source[i] += copy[8191u - i];
    const uint8_t* bytes = (const uint8_t*)copy;
    for (uint32_t i = 0; i < 16384; ++i) histogram[bytes[i]]++;
  }
  uint32_t sum = 0;
  for (uint32_t i = 0; i < 8192; ++i) sum = sum * 31u + source[i];
  for (uint32_t i = 0; i < 256; ++i) sum = sum * 31u + histogram[i];
  put_checksum(sum);
  return 0;
}
