// SPDX-License-Identifier: Apache-2.0
// Jobs that meet: the latest arrival decides, one acts for all, who never comes is named, who leaves frees the others.
#include "models/job_unit/rendezvous.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

namespace tessera::job_unit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A process that joins and takes `delays[n]` before it arrives at step n.
struct Party : sc_core::sc_module {
  Rendezvous& groups;
  Rendezvous::Join join;
  std::vector<probe::Time> delays;
  std::uint32_t leaves_before = ~0u;
  probe::Time ahead = 0;  ///< what its arrivals lie ahead of simulated time
  probe::Time together_takes = 0;
  int acted = 0;
  std::string problem;
  std::vector<Rendezvous::Meeting> meetings;
  std::vector<probe::Time> resumed;
  Rendezvous::Member member;

  Party(const sc_core::sc_module_name& name, Rendezvous& in, Rendezvous::Join as, std::vector<probe::Time> takes)
      : sc_module(name), groups(in), join(std::move(as)), delays(std::move(takes)) {
    join.who = this->name();
    SC_HAS_PROCESS(Party);
    SC_THREAD(run);
  }
  void run() {
    problem = groups.join(join, member);
    for (std::uint32_t n = 0; problem.empty() && n < delays.size() && n < leaves_before; ++n) {
      wait(sc_core::sc_time::from_value(delays[n]));
      const probe::Time now = sc_core::sc_time_stamp().value();
      member.arrive(n, now + ahead, [this, n](probe::Time latest) {
        ++acted;
        if (together_takes > 0) {
          sc_core::wait(sc_core::sc_time::from_value(together_takes));
        }
        return latest + 1000 * join.rank + n;
      });
      meetings.push_back(member.await());
      resumed.push_back(sc_core::sc_time_stamp().value());
      if (!meetings.back().met) {
        problem = member.problem();
      }
    }
    member.leave();
  }
};

Rendezvous::Join as(std::uint32_t members, std::uint32_t rank, std::uint32_t group = 7) {
  Rendezvous::Join join;
  join.group = group;
  join.members = members;
  join.rank = rank;
  return join;
}

TEST(Rendezvous, TheLatestArrivalDecidesEveryStep) {
  Rendezvous groups("group");
  Party a("a", groups, as(3, 5), {10, 10, 10});
  Party b("b", groups, as(3, 2), {30, 5, 10});
  Party c("c", groups, as(3, 9), {20, 40, 10});
  sc_core::sc_start();
  for (const Party* one : {&a, &b, &c}) {
    ASSERT_EQ(one->meetings.size(), 3u);
    const std::array<probe::Time, 3> at = {30, 70, 80};
    for (std::size_t n = 0; n < 3; ++n) {
      EXPECT_TRUE(one->meetings[n].met);
      EXPECT_EQ(one->meetings[n].at, at[n]);
      EXPECT_EQ(one->meetings[n].value, at[n] + 2000 + n) << "the lowest rank acts, whoever came last";
      EXPECT_EQ(one->resumed[n], at[n]) << "no time passes at the meeting";
    }
  }
  EXPECT_EQ(a.acted + c.acted, 0);
  EXPECT_EQ(b.acted, 3);
  EXPECT_THAT(groups.waiting(), IsEmpty());
}

TEST(Rendezvous, ArrivalsMayLieAheadOfSimulatedTime) {
  Rendezvous groups("group");
  Party a("a", groups, as(2, 1), {10});
  Party b("b", groups, as(2, 2), {20});
  a.ahead = 500;
  sc_core::sc_start();
  EXPECT_EQ(b.meetings.at(0).at, 510u);
  EXPECT_EQ(b.resumed.at(0), 20u);
}

// A load of several bursts, in the process of whoever came last. Meanwhile nobody goes on; the job whose load it is
// stays until it is done, even if it is taken out, because the load is about its descriptor.
TEST(Rendezvous, WhatIsDoneTogetherMayTakeTime) {
  Rendezvous groups("group");
  Party a("a", groups, as(2, 1), {10, 10});
  Party b("b", groups, as(2, 2), {20, 10});
  a.together_takes = 100;
  sc_core::sc_start(sc_core::sc_time::from_value(50));
  a.member.leave();
  sc_core::sc_start();
  EXPECT_EQ(a.acted, 1);
  EXPECT_THAT(a.resumed, ElementsAre(120));
  EXPECT_FALSE(a.meetings.at(0).met);
  EXPECT_TRUE(b.meetings.at(0).met);
  EXPECT_TRUE(b.meetings.at(0).last);
  EXPECT_EQ(b.resumed.at(0), 120u);
  EXPECT_EQ(b.meetings.at(0).value, 1020u);
  EXPECT_FALSE(b.meetings.at(1).met) << "the next step is not met any more";
  EXPECT_THAT(b.problem, HasSubstr("has left the group before"));
  EXPECT_THAT(groups.waiting(), IsEmpty());
}

TEST(Rendezvous, OneNumberServesManyGroupsInTurn) {
  Rendezvous groups("group");
  std::vector<std::unique_ptr<Party>> parties;
  for (std::uint32_t i = 0; i < 6; ++i) {  // three ranks, each twice: two groups of the same number
    parties.push_back(
        std::make_unique<Party>(("p" + std::to_string(i)).c_str(), groups, as(3, i % 3), std::vector<probe::Time>{i}));
  }
  sc_core::sc_start();
  for (const auto& one : parties) {
    EXPECT_TRUE(one->meetings.at(0).met);
  }
  EXPECT_EQ(parties[0]->meetings[0].at, 2u);
  EXPECT_EQ(parties[3]->meetings[0].at, 5u);
}

TEST(Rendezvous, WhoNeverComesIsNamed) {
  Rendezvous groups("multicast group");
  Party a("a", groups, as(3, 1), {10, 10});
  Party b("b", groups, as(3, 2), {10});
  sc_core::sc_start();
  EXPECT_THAT(groups.waiting(), ElementsAre("a waits for multicast group 7 at product 0, 1 of 3 jobs have not begun",
                                            "b waits for multicast group 7 at product 0, 1 of 3 jobs have not begun"));
  EXPECT_THAT(a.meetings, IsEmpty());
}

TEST(Rendezvous, WhoLeavesFreesTheOthers) {
  Rendezvous groups("group");
  Party a("a", groups, as(2, 1), {10, 10, 10});
  Party b("b", groups, as(2, 2), {10, 10, 10});
  b.leaves_before = 1;
  sc_core::sc_start();
  ASSERT_EQ(a.meetings.size(), 2u);
  EXPECT_TRUE(a.meetings[0].met);
  EXPECT_FALSE(a.meetings[1].met);
  EXPECT_EQ(a.problem, "b has left the group before");
  EXPECT_THAT(groups.waiting(), IsEmpty());
}

TEST(Rendezvous, RefusesWhatCannotMeet) {
  Rendezvous groups("group");
  Rendezvous::Join other = as(2, 2);
  other.shape = 99;
  Party a("a", groups, as(2, 1), {10});
  Party b("b", groups, other, {10});
  Party c("c", groups, as(1, 1, 8), {10});
  sc_core::sc_start();
  EXPECT_THAT(b.problem, HasSubstr("b disagrees with a on what they do together"));
  EXPECT_THAT(c.problem, HasSubstr("has 1 members"));
}

}  // namespace
}  // namespace tessera::job_unit
