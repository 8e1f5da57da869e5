/* SPDX-License-Identifier: Apache-2.0 */
#include "deployment.h"

/* CRC-32 of ISO 3309, reflected polynomial 0xEDB88320, as in zlib. */
static uint32_t table[256];

static void fill_table(void) {
  for (uint32_t i = 0; i < 256u; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) {
      value = value >> 1 ^ ((value & 1u) != 0 ? 0xEDB88320u : 0u);
    }
    table[i] = value;
  }
}

static uint32_t step(uint32_t crc, uint32_t byte) {
  return crc >> 8 ^ table[(crc ^ byte) & 0xFFu];
}

uint32_t rt_crc32(uint32_t crc, const void* bytes, uint32_t count) {
  const uint8_t* in = (const uint8_t*)bytes;
  if (table[255] == 0) {
    fill_table();
  }
  crc = ~crc;
  for (; count > 0 && ((uintptr_t)in & 3u) != 0; count--) {
    crc = step(crc, *in++);
  }
  for (; count >= 4u; count -= 4u, in += 4) { /* the ROM is behind a bus: one access for four bytes */
    uint32_t word = *(const uint32_t __attribute__((may_alias))*)(const void*)in;
    for (int i = 0; i < 4; i++, word >>= 8) {
      crc = step(crc, word & 0xFFu);
    }
  }
  for (; count > 0; count--) {
    crc = step(crc, *in++);
  }
  return ~crc;
}
