/* SPDX-License-Identifier: Apache-2.0 */
#include "cpumark_work.h"

#include <stddef.h>

static uint16_t random_state;

static uint16_t next_random(void) {
  /* Sixteen-bit xorshift of period 65535. */
  uint16_t x = random_state;
  x = (uint16_t)(x ^ (uint16_t)(x << 7));
  x = (uint16_t)(x ^ (uint16_t)(x >> 9));
  x = (uint16_t)(x ^ (uint16_t)(x << 8));
  random_state = x;
  return x;
}

/* --- CRC-16 (polynomial 0xA001), bit by bit --- */

static uint16_t crc_byte(uint16_t crc, uint8_t data) {
  for (int bit = 0; bit < 8; ++bit) {
    const unsigned carry = (crc ^ data) & 1u;
    crc = (uint16_t)(crc >> 1);
    data = (uint8_t)(data >> 1);
    if (carry) {
      crc ^= 0xA001u;
    }
  }
  return crc;
}

static uint16_t crc_half(uint16_t crc, uint16_t data) {
  return crc_byte(crc_byte(crc, (uint8_t)data), (uint8_t)(data >> 8));
}

static uint16_t crc_word(uint16_t crc, uint32_t data) {
  return crc_half(crc_half(crc, (uint16_t)data), (uint16_t)(data >> 16));
}

/* --- a linked list --- */

enum { NODES = 48 };

struct item {
  int16_t key;
  int16_t index;
};
struct node {
  struct node* next;
  struct item* item;
};

static struct item items[NODES];
static struct node nodes[NODES];
static struct node* list;

typedef int (*comparison)(const struct item* a, const struct item* b);

static int by_key(const struct item* a, const struct item* b) {
  return a->key - b->key;
}

static int by_index(const struct item* a, const struct item* b) {
  return a->index - b->index;
}

static struct node* reversed(struct node* at) {
  struct node* head = NULL;
  while (at != NULL) {
    struct node* const next = at->next;
    at->next = head;
    head = at;
    at = next;
  }
  return head;
}

static struct node* find_key(struct node* at, int16_t key) {
  while (at != NULL && at->item->key != key) {
    at = at->next;
  }
  return at;
}

static struct node* merge(struct node* a, struct node* b, comparison compare) {
  struct node head = {NULL, NULL};
  struct node* tail = &head;
  while (a != NULL && b != NULL) {
    struct node** const from = compare(a->item, b->item) <= 0 ? &a : &b;
    tail->next = *from;
    tail = *from;
    *from = (*from)->next;
  }
  tail->next = a != NULL ? a : b;
  return head.next;
}

static struct node* sorted(struct node* at, unsigned length, comparison compare) {
  if (length < 2) {
    if (at != NULL) {
      at->next = NULL;
    }
    return at;
  }
  struct node* second = at;
  for (unsigned i = 0; i < length / 2; ++i) {
    second = second->next;
  }
  /* The first half is cut off by the recursion that reaches its last node. */
  struct node* const back = sorted(second, length - length / 2, compare);
  return merge(sorted(at, length / 2, compare), back, compare);
}

static uint16_t work_on_list(uint16_t crc) {
  int16_t found = 0;
  for (int i = 0; i < 12; ++i) {
    const struct node* const hit = find_key(list, (int16_t)(next_random() & 63u));
    list = reversed(list);
    found = (int16_t)(found + (hit != NULL ? hit->item->index : -1));
  }
  crc = crc_half(crc, (uint16_t)found);
  list = sorted(list, NODES, by_key);
  for (const struct node* at = list; at != NULL; at = at->next) {
    crc = crc_half(crc, (uint16_t)at->item->key);
  }
  list = sorted(list, NODES, by_index);
  for (struct node* at = list; at != NULL; at = at->next) {
    crc = crc_byte(crc, (uint8_t)at->item->index);
    at->item->key = (int16_t)((at->item->key * 5 + (int16_t)(crc & 15u)) & 63);
  }
  return crc;
}

/* --- a scanner of numbers --- */

enum state { START, SIGN, WHOLE, FRACTION, EXPONENT, EXPONENT_SIGN, POWER, HEXADECIMAL, FAULT, STATES };

static char text[] =
    "512,+12,-7,0x1F,3.25,-.5,6e3,+1.5e-4,99999,0xBEEF,1e,.,-,7.0E+2,12a,0x,--3,4.4.4,8e+,+0,-12.75e10,0xfe,33,1.0,";

static enum state after_digit(enum state s) {
  switch (s) {
    case START:
    case SIGN:
    case WHOLE:
      return WHOLE;
    case FRACTION:
      return FRACTION;
    case EXPONENT:
    case EXPONENT_SIGN:
    case POWER:
      return POWER;
    case HEXADECIMAL:
      return HEXADECIMAL;
    default:
      return FAULT;
  }
}

static enum state step(enum state s, char c, uint16_t* transitions) {
  enum state to = FAULT;
  if (c >= '0' && c <= '9') {
    to = after_digit(s);
  } else if (s == HEXADECIMAL && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) {
    to = HEXADECIMAL;
  } else {
    switch (c) {
      case '+':
      case '-':
        to = s == START ? SIGN : s == EXPONENT ? EXPONENT_SIGN : FAULT;
        break;
      case '.':
        to = s == START || s == SIGN || s == WHOLE ? FRACTION : FAULT;
        break;
      case 'e':
      case 'E':
        to = s == WHOLE || s == FRACTION ? EXPONENT : FAULT;
        break;
      case 'x':
        to = s == WHOLE ? HEXADECIMAL : FAULT;
        break;
      default:
        break;
    }
  }
  if (to != s) {
    transitions[to]++;
  }
  return to;
}

static uint16_t scan(uint16_t crc) {
  uint16_t transitions[STATES] = {0};
  uint16_t ends[STATES] = {0};
  enum state s = START;
  for (const char* c = text; *c != '\0'; ++c) {
    if (*c == ',') {
      ends[s]++;
      s = START;
    } else if (s != FAULT) {
      s = step(s, *c, transitions);
    }
  }
  for (int i = 0; i < STATES; ++i) {
    crc = crc_half(crc, transitions[i]);
    crc = crc_half(crc, ends[i]);
  }
  return crc;
}

static void disturb(unsigned every, char mask) {
  for (unsigned i = 0; i + 1 < sizeof text; i += every) {
    if (text[i] != ',' && (text[i] ^ mask) != ',') { /* doing it again undoes it */
      text[i] = (char)(text[i] ^ mask);
    }
  }
}

static uint16_t work_on_states(uint16_t crc) {
  crc = scan(crc);
  disturb(7, 1);
  crc = scan(crc);
  disturb(7, 1);
  return crc;
}

/* --- matrices --- */

enum { N = 12 };

static int16_t matrix_a[N][N];
static int16_t matrix_b[N][N];
static int32_t matrix_c[N][N];

static void add_constant(int16_t value) {
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      matrix_a[i][j] = (int16_t)(matrix_a[i][j] + value);
    }
  }
}

static int32_t fold(void) {
  int32_t sum = 0;
  int32_t last = 0;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      const int32_t now = matrix_c[i][j];
      sum += now > last ? 10 : (int16_t)(now >> 3);
      last = now;
    }
  }
  return sum;
}

static uint16_t work_on_matrices(uint16_t crc) {
  const int16_t value = (int16_t)(crc & 7u);
  add_constant(value);
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      matrix_c[i][j] = matrix_a[i][j] * value;
    }
  }
  crc = crc_word(crc, (uint32_t)fold());
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < N; ++k) {
        sum += matrix_a[i][k] * matrix_b[k][j];
      }
      matrix_c[i][j] = sum;
    }
  }
  crc = crc_word(crc, (uint32_t)fold());
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      int32_t sum = 0;
      for (int k = 0; k < N; ++k) {
        const int32_t product = matrix_a[i][k] * matrix_b[k][j];
        sum += (product >> 2 & 15) * (product >> 5 & 127);
      }
      matrix_c[i][j] = sum;
    }
  }
  crc = crc_word(crc, (uint32_t)fold());
  add_constant((int16_t)-value);
  return crc;
}

/* --- all of it --- */

void cpumark_reset(uint16_t seed) {
  random_state = seed != 0 ? seed : 1;
  for (int i = 0; i < NODES; ++i) {
    items[i].key = (int16_t)(next_random() & 63u);
    items[i].index = (int16_t)i;
    nodes[i].item = &items[i];
    nodes[i].next = i + 1 < NODES ? &nodes[i + 1] : NULL;
  }
  list = nodes;
  for (int i = 0; i < N; ++i) {
    for (int j = 0; j < N; ++j) {
      matrix_a[i][j] = (int16_t)(next_random() & 255u);
      matrix_b[i][j] = (int16_t)(next_random() & 255u);
    }
  }
}

uint16_t cpumark_part(enum cpumark_part part, uint16_t crc) {
  switch (part) {
    case CPUMARK_LIST:
      return work_on_list(crc);
    case CPUMARK_STATES:
      return work_on_states(crc);
    default:
      return work_on_matrices(crc);
  }
}

uint16_t cpumark_iteration(uint16_t crc) {
  for (int part = 0; part < CPUMARK_PARTS; ++part) {
    crc = cpumark_part((enum cpumark_part)part, crc);
  }
  return crc;
}
