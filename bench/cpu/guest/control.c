// SPDX-License-Identifier: Apache-2.0
// Control-heavy: a number scanner as a state machine, sorting and searching of a linked list, a bitwise CRC, a small
// matrix. The mix of an embedded benchmark: short blocks, calls, unpredictable branches, pointers.
#include "guest.h"

enum state { start, sign, integer, fraction, exponent, exponent_sign, exponent_digits, bad, states };

static const char text[] =
    "5012,1234,-874,+122,35.54400,.1234500,-110.700,+0.64400,5.500e+3,-.123e-2,-87e+832,+0.6e-12,T0.3e-1F,-T.T++Tq,"
    "1T3.4e4z,34.0e-T^,12345678,0x12,--5,7e,8e+,9.9.9,";

__attribute__((noinline)) static enum state next(enum state s, char c, uint32_t* counts) {
  const int digit = c >= '0' && c <= '9';
  enum state to = bad;
  switch (s) {
    case start:
      to = digit ? integer : c == '+' || c == '-' ? sign : c == '.' ? fraction : bad;
      break;
    case sign:
      to = digit ? integer : c == '.' ? fraction : bad;
      break;
    case integer:
      to = digit ? integer : c == '.' ? fraction : c == 'e' ? exponent : bad;
      break;
    case fraction:
      to = digit ? fraction : c == 'e' ? exponent : bad;
      break;
    case exponent:
      to = c == '+' || c == '-' ? exponent_sign : digit ? exponent_digits : bad;
      break;
    case exponent_sign:
    case exponent_digits:
      to = digit ? exponent_digits : bad;
      break;
    default:
      break;
  }
  counts[to]++;
  return to;
}

__attribute__((noinline)) static uint16_t crc(uint16_t value, uint32_t data) {
  for (int bit = 0; bit < 16; ++bit) {
    const uint32_t carry = (value ^ data) & 1u;
    value = (uint16_t)(value >> 1);
    data >>= 1;
    if (carry) value ^= 0xA001u;
  }
  return value;
}

struct node {
  struct node* next;
  int16_t key;
  int16_t index;
};
static struct node nodes[64];

__attribute__((noinline)) static int compare(const struct node* a, const struct node* b, int by_key) {
  return by_key ? a->key - b->key : a->index - b->index;
}

/* Merge sort from the bottom up. */
__attribute__((noinline)) static struct node* sort(struct node* list, int by_key) {
  for (int width = 1;; width *= 2) {
    struct node* p = list;
    struct node* tail = 0;
    int merges = 0;
    list = 0;
    while (p) {
      struct node* q = p;
      int p_left = 0, q_left = width;
      ++merges;
      while (p_left < width && q) {
        ++p_left;
        q = q->next;
      }
      while (p_left > 0 || (q_left > 0 && q)) {
        struct node* taken;
        if (p_left == 0 || (q_left > 0 && q && compare(p, q, by_key) > 0)) {
          taken = q;
          q = q->next;
          --q_left;
        } else {
          taken = p;
          p = p->next;
          --p_left;
        }
        if (tail) {
          tail->next = taken;
        } else {
          list = taken;
        }
        tail = taken;
      }
      p = q;
    }
    tail->next = 0;
    if (merges <= 1) return list;
  }
}

__attribute__((noinline)) static const struct node* find(const struct node* list, int key) {
  while (list && list->key != key) list = list->next;
  return list;
}

__attribute__((noinline)) static uint32_t matrix(uint32_t seed) {
  static int16_t a[8][8], b[8][8];
  uint32_t sum = 0;
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      a[i][j] = (int16_t)(seed + (uint32_t)(i * j));
      b[i][j] = (int16_t)(seed ^ (uint32_t)(i + j));
    }
  }
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 8; ++j) {
      int32_t dot = 0;
      for (int k = 0; k < 8; ++k) dot += a[i][k] * b[k][j];
      sum += dot > 1000 ? (uint32_t)dot >> 2 & 0xFFu : (uint32_t)dot;
    }
  }
  return sum;
}

int main(void) {
  uint32_t counts[states] = {0};
  uint16_t check = 0xFFFF;
  for (uint32_t round = 0; round < ROUNDS * 130u; ++round) {
    enum state s = start;
    for (const char* c = text; *c; ++c) {
      if (*c == ',') {
        check = crc(check, (uint32_t)s);
        s = start;
      } else {
        s = next(s, *c, counts);
      }
    }
    for (uint32_t i = 0; i < 64; ++i) {
      nodes[i].next = i + 1 < 64 ? &nodes[i + 1] : 0;
      nodes[i].key = (int16_t)((i * 37u + round * 11u) % 101u);
      nodes[i].index = (int16_t)i;
    }
    struct node* list = sort(nodes, 1);
    for (int key = 0; key < 20; ++key) {
      const struct node* found = find(list, key);
      if (found) check = crc(check, (uint32_t)found->index);
    }
    list = sort(list, 0);
    check = crc(check, (uint32_t)list->key + counts[integer]);
    check = crc(check, matrix(round));
  }
  put_checksum(check);
  return 0;
}
