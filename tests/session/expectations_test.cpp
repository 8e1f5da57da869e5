// SPDX-License-Identifier: Apache-2.0
#include "platform/session/expectations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tessera::platform {
namespace {

using State = Expectations::State;
using testing::HasSubstr;

void say(Expectations& expectations, std::string_view text, std::uint64_t at = 0) {
  for (const char c : text) {
    expectations.put(static_cast<std::uint8_t>(c), at);
  }
}

TEST(Expectations, AreMetInOrder) {
  Expectations e({{"boot", {}}, {"ready", {}}}, {});
  say(e, "ready\n", 1);  // too early: only "boot" is looked for
  EXPECT_EQ(e.state(), State::open);
  say(e, "booting\nready\n", 2);
  EXPECT_EQ(e.state(), State::met);
  EXPECT_EQ(e.seen()[0].text, "boot");
  EXPECT_EQ(e.seen()[1].at_ps, 2u);
}

TEST(Expectations, EachLooksBehindTheMatchBeforeIt) {
  Expectations e({{"a", {}}, {"a", {}}, {"b.*c", {}}}, {});
  say(e, "xa");
  EXPECT_FALSE(e.seen()[1].matched);
  say(e, "a b");
  EXPECT_TRUE(e.seen()[1].matched);
  say(e, "\nc");
  EXPECT_EQ(e.state(), State::open) << "a match does not span lines";
  say(e, "bc");
  EXPECT_EQ(e.state(), State::met);
}

TEST(Expectations, APromptNeedsNoEndOfLine) {
  Expectations e({{"^login: ", {}}}, {});
  say(e, "login: ");
  EXPECT_EQ(e.state(), State::met);
}

TEST(Expectations, DollarAndWordEndsWaitForWhatFollows) {
  Expectations e({{"done$", {}}, {"\\bpass\\b", {}}}, {});
  say(e, "done: no\ndone");
  EXPECT_FALSE(e.seen()[0].matched);
  say(e, "\r\n");
  EXPECT_TRUE(e.seen()[0].matched);
  say(e, "passed, pass");
  EXPECT_EQ(e.state(), State::open);
  say(e, ".");
  EXPECT_EQ(e.state(), State::met);
}

TEST(Expectations, WithinCountsFromTheMatchBefore) {
  Expectations e({{"a", 100}, {"b", 50}, {"c", {}}}, {});
  EXPECT_EQ(e.deadline_ps(), 100u);
  say(e, "a\n", 70);
  EXPECT_EQ(e.deadline_ps(), 120u);
  say(e, "b\n", 120);
  EXPECT_EQ(e.deadline_ps(), Expectations::never);
  EXPECT_EQ(e.state(), State::open);
}

TEST(Expectations, AMissedDeadlineSaysWhatWasSeen) {
  Expectations e({{"a", {}}, {"b", 50}}, {});
  say(e, "first\nthe a\x1b[31m\npartial", 70);
  ASSERT_EQ(e.deadline_ps(), 120u);
  e.deadline_passed();
  EXPECT_EQ(e.state(), State::failed);
  EXPECT_EQ(e.deadline_ps(), Expectations::never);
  EXPECT_THAT(e.reason(),
              HasSubstr("expectation 2 of 2, /b/, was not met within 50 ps of the match before it at 70 ps"));
  EXPECT_THAT(e.last_lines(), HasSubstr("70 ps  first\n"));
  EXPECT_THAT(e.last_lines(), HasSubstr("the a\\x1b[31m\n"));
  EXPECT_THAT(e.last_lines(), HasSubstr("partial\n"));
  say(e, "b", 130);
  EXPECT_EQ(e.state(), State::failed);
}

TEST(Expectations, TheEndOfTheProgramFailsWhatIsOpen) {
  Expectations open({{"a", {}}}, {});
  open.program_ended("the program reported success");
  EXPECT_EQ(open.state(), State::failed);
  EXPECT_THAT(open.reason(), HasSubstr("the program reported success"));
  EXPECT_EQ(open.last_lines(), "  (nothing)\n");
  Expectations met({{"a", {}}}, {});
  say(met, "a");
  met.program_ended("whatever");
  EXPECT_EQ(met.state(), State::met);
  Expectations none({}, {"x"});
  none.program_ended("whatever");
  EXPECT_EQ(none.state(), State::open) << "nothing was expected: the program's own verdict counts";
}

TEST(Expectations, ForbiddenOutputFailsEvenAfterTheLastMatch) {
  Expectations e({{"ok", {}}}, {"(?i)error", "^\\[FATAL"});
  say(e, "ok\n");
  EXPECT_EQ(e.state(), State::met);
  say(e, "an ErRoR\n", 9);
  EXPECT_EQ(e.state(), State::failed);
  EXPECT_THAT(e.reason(), HasSubstr("/(?i)error/ at 9 ps: \"ErRoR\""));
}

TEST(Expectations, LongLinesAndBinaryOutputAreBounded) {
  Expectations e({{"needle", {}}}, {"(a*)*b"});  // a backtracking matcher would never end
  for (int i = 0; i < 3; ++i) {
    say(e, std::string(3 * Expectations::longest_line, 'a'));
    say(e, std::string(1, '\0'));
  }
  EXPECT_EQ(e.state(), State::open);
  say(e, std::string("\xFF\x80 needle", 9));
  EXPECT_EQ(e.state(), State::met);
}

TEST(Expectations, ABadPatternIsRefused) {
  EXPECT_THROW(Expectations({{"(", {}}}, {}), PatternError);
  EXPECT_THROW(Expectations({}, {"a**"}), PatternError);
}

}  // namespace
}  // namespace tessera::platform
