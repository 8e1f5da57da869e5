// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <climits>
#include <cstdio>
#include <random>
#include <string>

#include "tests/firmware/chip_fake.h"
#include "tsr_uart.h"

namespace tessera::firmware_test {
namespace {

/// Our result and the C library's, which is the reference.
#define EXPECT_SAME(...)                                                       \
  do {                                                                         \
    char ours[256];                                                            \
    char theirs[256];                                                          \
    const int our_count = tsr_snprintf(ours, sizeof ours, __VA_ARGS__);        \
    const int their_count = std::snprintf(theirs, sizeof theirs, __VA_ARGS__); \
    EXPECT_STREQ(ours, theirs);                                                \
    EXPECT_EQ(our_count, their_count);                                         \
  } while (false)

TEST(Printf, EqualsTheCLibrary) {
  EXPECT_SAME("plain");
  EXPECT_SAME("%d %i %u", 0, -1, 1U);
  EXPECT_SAME("%d %d", INT32_MIN, INT32_MAX);
  EXPECT_SAME("%lld %llu", LLONG_MIN, ULLONG_MAX);
  EXPECT_SAME("%llx %llo", ULLONG_MAX, ULLONG_MAX);
  EXPECT_SAME("%x %X %08x %8x|%-8x|", 0xBEEFU, 0xBEEFU, 0xBEEFU, 0xBEEFU, 0xBEEFU);
  EXPECT_SAME("%05d|%-5d|%5d", -42, -42, -42);
  EXPECT_SAME("%s|%8s|%-8s|%.2s", "abc", "abc", "abc", "abc");
  EXPECT_SAME("%c%c", 'a', 'b');
  EXPECT_SAME("%ld %lu %zu", -5L, 5UL, sizeof(int));
  EXPECT_SAME("100 %%");
}

TEST(Printf, RandomNumbersEqualTheCLibrary) {
  const std::uint64_t seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t value = random() >> (random() % 64);
    EXPECT_SAME("%llu %llx %lld %u", static_cast<unsigned long long>(value), static_cast<unsigned long long>(value),
                static_cast<long long>(value), static_cast<unsigned>(value));
  }
}

TEST(Printf, UnknownConversionsStayVisible) {
  char text[32];
  // Through a pointer: the compiler would rightly warn about the format.
  int (*print)(char*, std::uint32_t, const char*, ...) = tsr_snprintf;
  print(text, sizeof text, "%f and %", 1.0);
  EXPECT_STREQ(text, "%f and %");
}

TEST(Printf, ShortBuffersAreTerminated) {
  char text[4] = "xyz";
  EXPECT_EQ(tsr_snprintf(text, 4, "%s", "abcdef"), 6);
  EXPECT_STREQ(text, "abc");
  EXPECT_EQ(tsr_snprintf(text, 1, "%d", 12), 2);
  EXPECT_STREQ(text, "");
  text[0] = 'q';
  EXPECT_EQ(tsr_snprintf(text, 0, "%d", 12), 2);
  EXPECT_EQ(text[0], 'q');
}

TEST(Uart, SendsAndReceives) {
  ChipFake chip(1, 1, 1);
  tsr_uart_init();
  EXPECT_EQ(tsr_printf("value %d\n", 5), 8);
  EXPECT_EQ(chip.uart, "value 5\n");
  EXPECT_EQ(tsr_uart_get(), -1);
  chip.uart_input = "ok";
  EXPECT_EQ(tsr_uart_get(), 'o');
  EXPECT_EQ(tsr_uart_get(), 'k');
  EXPECT_EQ(tsr_uart_get(), -1);
}

}  // namespace
}  // namespace tessera::firmware_test
