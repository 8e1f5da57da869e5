// SPDX-License-Identifier: Apache-2.0
// Power states against closed forms: time, transitions, and energies that add up to the ledger's to the attojoule.
#include "models/power/power_domain.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <vector>

#include "models/power/ledger.h"
#include "models/probe/null_probe.h"

namespace tessera::power {
namespace {

using probe::PowerState;
using probe::Time;

struct LedgerProbe : probe::NullProbe {
  Ledger ledger;
  std::map<PowerState, probe::ResidencyRecord> states;
  std::vector<std::pair<Time, Time>> spans;
  probe::ComponentId add_component(std::string_view path, probe::Category category) override {
    return ledger.add_component(path, category);
  }
  void power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, Time from, Time to,
             double watts) override {
    ledger.power(component, cause, scope, from, to, watts);
  }
  void residency(const probe::ResidencyRecord& record) override { states[record.state] = record; }
  void span(probe::LaneId, std::string_view, probe::ScopeId, Time begin, Time end) override {
    spans.emplace_back(begin, end);
  }
};

constexpr StatePowers powers{.standby_W = 20.0e-6, .waking_W = 3.0e-3, .idle_W = 30.0e-6, .program_W = 2.0e-3};
constexpr Time us = 1'000'000, hour = 3600 * Time{1'000'000'000'000};

TEST(PowerDomain, EveryStateHasItsPower) {
  LedgerProbe probe;
  PowerDomain domain("tile", powers, 0, probe);
  domain.enter(PowerState::active, 5 * us);
  domain.enter(PowerState::idle, 15 * us);
  domain.enter(PowerState::standby, 20 * us);
  domain.enter(PowerState::waking, 30 * us);
  domain.enter(PowerState::idle, 40 * us);
  domain.enter(PowerState::program, 50 * us);
  domain.enter(PowerState::idle, 150 * us);
  domain.enter(PowerState::off, 160 * us);
  domain.finish(hour);
  const auto expect = [&](PowerState state, Time time, probe::WideEnergy attojoules, std::uint64_t entries) {
    EXPECT_EQ(probe.states[state].time, time) << name_of(state);
    EXPECT_TRUE(probe.states[state].energy == attojoules) << name_of(state);
    EXPECT_EQ(probe.states[state].entries, entries) << name_of(state);
  };
  expect(PowerState::idle, 30 * us, 900'000'000, 3);  // 30 us x 30 uW = 0.9 nJ
  expect(PowerState::active, 10 * us, 0, 1);
  expect(PowerState::standby, 10 * us, 200'000'000, 1);
  expect(PowerState::waking, 10 * us, 30'000'000'000, 1);
  expect(PowerState::program, 100 * us, 200'000'000'000, 1);
  expect(PowerState::off, hour - 160 * us, 0, 1);
  EXPECT_EQ(probe.states.count(PowerState::sleep), 0u) << "a state that never was is not told";
  const auto causes = probe.ledger.by_cause();
  EXPECT_TRUE(causes[static_cast<std::size_t>(probe::Cause::wake)] == 30'000'000'000);
  EXPECT_TRUE(causes[static_cast<std::size_t>(probe::Cause::program)] == 200'000'000'000);
  EXPECT_EQ(probe.spans.size(), 4u) << "standby, waking, program and off are shown; idle and active are not";
}

TEST(PowerDomain, EnteringThePresentStateIsNoTransition) {
  LedgerProbe probe;
  PowerDomain domain("tile", powers, 0, probe);
  domain.enter(PowerState::idle, 5 * us);
  domain.finish(10 * us);
  EXPECT_EQ(probe.states[PowerState::idle].entries, 0u);
  EXPECT_EQ(probe.states[PowerState::idle].time, 10 * us);
}

// Whatever is done and however often it is booked in between: times add up to the run, energies to the ledger's entry.
TEST(PowerDomain, SumsAreExactForAnySequence) {
  std::random_device entropy;
  const std::uint64_t seed = entropy();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50; ++round) {
    LedgerProbe probe;
    StatePowers odd;
    std::uniform_real_distribution<double> watts(0.0, 1.0e-3);
    odd.standby_W = watts(random);
    odd.waking_W = watts(random);
    odd.idle_W = watts(random);
    odd.active_W = watts(random);
    PowerDomain domain("tile", odd, 0, probe);
    Time now = 0;
    for (int i = 0; i < 500; ++i) {
      now += random() % 1'000'003;
      if (random() % 3 == 0) {
        domain.book(now);
      } else {
        domain.enter(static_cast<PowerState>(random() % probe::power_state_count), now);
      }
    }
    domain.finish(now);
    Time time = 0;
    Amount energy = 0;
    for (const auto& [state, record] : probe.states) {
      time += record.time;
      energy += record.energy;
    }
    EXPECT_EQ(time, now);
    EXPECT_TRUE(energy == probe.ledger.by_component()[probe.ledger.components().size() - 1]);
  }
}

}  // namespace
}  // namespace tessera::power
