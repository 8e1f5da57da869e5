/* SPDX-License-Identifier: Apache-2.0 */
/* The four functions that a compiler may call by itself. A program that links a C library gets that one's. */
#include <stddef.h>
#include <stdint.h>

void* memcpy(void* restrict to, const void* restrict from, size_t count);
void* memmove(void* to, const void* from, size_t count);
void* memset(void* to, int value, size_t count);
int memcmp(const void* left, const void* right, size_t count);

void* memcpy(void* restrict to, const void* restrict from, size_t count) {
  uint8_t* out = to;
  const uint8_t* in = from;
  if ((((uintptr_t)out | (uintptr_t)in) & 3u) == 0) {
    for (; count >= 4u; count -= 4u, out += 4, in += 4) {
      *(uint32_t __attribute__((may_alias))*)out = *(const uint32_t __attribute__((may_alias))*)in;
    }
  }
  for (; count > 0; count--) {
    *out++ = *in++;
  }
  return to;
}

void* memmove(void* to, const void* from, size_t count) {
  uint8_t* out = to;
  const uint8_t* in = from;
  if ((uintptr_t)out - (uintptr_t)in >= count) {
    return memcpy(to, from, count);
  }
  while (count > 0) {
    count--;
    out[count] = in[count];
  }
  return to;
}

void* memset(void* to, int value, size_t count) {
  uint8_t* out = to;
  const uint32_t byte = (uint8_t)value;
  const uint32_t word = byte << 24 | byte << 16 | byte << 8 | byte;
  for (; count > 0 && ((uintptr_t)out & 3u) != 0; count--) {
    *out++ = (uint8_t)byte;
  }
  for (; count >= 4u; count -= 4u, out += 4) {
    *(uint32_t __attribute__((may_alias))*)out = word;
  }
  for (; count > 0; count--) {
    *out++ = (uint8_t)byte;
  }
  return to;
}

int memcmp(const void* left, const void* right, size_t count) {
  const uint8_t* a = left;
  const uint8_t* b = right;
  for (; count > 0; count--, a++, b++) {
    if (*a != *b) {
      return *a < *b ? -1 : 1;
    }
  }
  return 0;
}
