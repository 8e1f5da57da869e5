// SPDX-License-Identifier: Apache-2.0
#include "platform/session/uart_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::platform {
namespace {

std::string text_of(const std::vector<UartInput>& input) {
  std::string text;
  for (const UartInput& row : input) {
    text.push_back(static_cast<char>(row.byte));
  }
  return text;
}

std::string errors(std::string_view script) {
  try {
    static_cast<void>(parse_uart_script(script, "in.txt"));
  } catch (const ScriptError& error) {
    return error.what();
  }
  return "";
}

TEST(UartScript, BytesTakeTenBitsEach) {
  const auto input = parse_uart_script("# comment\n\nbaud: 1000000\n1ms: ab\n", "in.txt");
  ASSERT_EQ(input.size(), 2u);
  EXPECT_EQ(input[0].at_ps, 1'000'000'000u + 10'000'000u);
  EXPECT_EQ(input[1].at_ps, 1'000'000'000u + 20'000'000u);
}

TEST(UartScript, ABusyLineDelaysTheNextEntry) {
  const auto input = parse_uart_script("baud: 1000000\n0us: abc\n+5us: d\n1ms:e", "in.txt");
  EXPECT_EQ(text_of(input), "abcde");
  EXPECT_EQ(input[3].at_ps, 40'000'000u);
  EXPECT_EQ(input[4].at_ps, 1'010'000'000u);
}

TEST(UartScript, TextsAndEscapes) {
  EXPECT_EQ(text_of(parse_uart_script("0s:  a b \r\n1s: \"  c \" # d\n1s: \\n\\r\\t\\\\\\\"\\x41\\#\n1s:\n", "")),
            " a b   c \n\r\t\\\"A#");
  EXPECT_EQ(text_of(parse_uart_script("1s: \\0", "")), std::string(1, '\0'));
  EXPECT_EQ(text_of(parse_uart_script("1s: say \"x\"", "")), "say \"x\"");
  EXPECT_TRUE(parse_uart_script("", "").empty());
}

TEST(UartScript, EveryErrorHasItsPlace) {
  EXPECT_THAT(errors("1ms hello\n"), testing::StartsWith("in.txt:1:1: no colon"));
  EXPECT_THAT(errors("\n  1xs: a\n"), testing::StartsWith("in.txt:2:3: \"1xs\" is no time"));
  EXPECT_THAT(errors("5ms: a\n1ms: b\n"), testing::StartsWith("in.txt:2:1: 1 ms is earlier"));
  EXPECT_THAT(errors("5ms: ab\\q\n"), testing::StartsWith("in.txt:1:8: unknown escape"));
  EXPECT_THAT(errors("5ms: \\x4"), testing::StartsWith("in.txt:1:6: unknown escape"));
  EXPECT_THAT(errors("5ms: a\\"), testing::StartsWith("in.txt:1:7: unknown escape"));
  EXPECT_THAT(errors("5ms: \"a\n"), testing::StartsWith("in.txt:1:8: the closing quote"));
  EXPECT_THAT(errors("5ms: \"a\" b\n"), testing::StartsWith("in.txt:1:10: text behind"));
  EXPECT_THAT(errors("baud: fast\n"), testing::StartsWith("in.txt:1:7: baud rate \"fast\""));
  EXPECT_THAT(errors("a\nb\n"), testing::HasSubstr("\nin.txt:2:1:")) << "all errors at once";
}

TEST(UartScript, NoTextMakesItCrash) {
  std::uint32_t state = 12345;
  for (int round = 0; round < 2000; ++round) {
    std::string script;
    for (int i = 0; i < 40; ++i) {
      state = state * 1664525u + 1013904223u;
      script.push_back("0123456789ms:us\n\"\\x# +baud.ps\0"[(state >> 16) % 30]);
    }
    static_cast<void>(errors(script));
  }
}

TEST(UartScript, HugeTimesDoNotOverflow) {
  EXPECT_THAT(errors("2562h: a\n+2562h: b\n1s: c\n"), testing::StartsWith("in.txt:2:1: more than"));
}

}  // namespace
}  // namespace tessera::platform
