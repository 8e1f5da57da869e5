// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>

#include "models/power/ledger.h"

namespace tessera::power {
namespace {

using probe::Category;
using probe::Cause;

constexpr probe::Time us = 1'000'000;

SocParameters lossless() {
  SocParameters soc;
  soc.dcdc_efficiency = 1.0;
  return soc;
}

std::string text(Amount amount) {
  return joules_text(amount);
}

// The worked example of the house plan: layers A (0-10 us) and B (6-14 us) overlap on two tiles of 1 mW static each.
TEST(Ledger, WorkedExampleOfOverlappingLayers) {
  Ledger ledger(lossless());
  const auto tile0 = ledger.add_component("tile0.static", Category::statics);
  const auto tile1 = ledger.add_component("tile1.static", Category::statics);
  const auto cpu_static = ledger.add_component("cpu.static", Category::statics);
  const auto cpu = ledger.add_component("cpu", Category::cpu);
  const auto a = ledger.scope({0, 1, 1});
  const auto b = ledger.scope({1, 2, 2});

  ledger.power(tile0, Cause::standby, a, 0, 10 * us, 1.0e-3);
  ledger.power(tile0, Cause::standby, probe::idle_scope, 10 * us, 14 * us, 1.0e-3);
  ledger.power(tile1, Cause::standby, probe::idle_scope, 0, 6 * us, 1.0e-3);
  ledger.power(tile1, Cause::standby, b, 6 * us, 14 * us, 1.0e-3);
  // The CPU sleeps in WFI but for 1 us each after the interrupts of A (10 us) and B (13 us); waking costs 2 nJ.
  ledger.power(cpu_static, Cause::leakage, probe::idle_scope, 0, 10 * us, 30.0e-6);
  ledger.energy(cpu, Cause::wake, a, 10 * us, 2'000'000'000);
  ledger.energy(cpu, Cause::dynamic, a, 11 * us, 500'000'000);
  ledger.power(cpu_static, Cause::leakage, a, 10 * us, 11 * us, 30.0e-6);
  ledger.power(cpu_static, Cause::leakage, probe::idle_scope, 11 * us, 13 * us, 30.0e-6);
  ledger.energy(cpu, Cause::wake, b, 13 * us, 2'000'000'000);
  ledger.power(cpu_static, Cause::leakage, b, 13 * us, 14 * us, 30.0e-6);

  const auto layers = ledger.by_layer();
  ASSERT_EQ(layers.size(), 3U);
  EXPECT_EQ(text(layers.at(0)), "0.000000012530000000");   // 10 nJ tile, 2.5 nJ wake-up and handler, 30 pJ leakage
  EXPECT_EQ(text(layers.at(1)), "0.000000010030000000");   // 8 nJ tile, 2 nJ wake-up, 30 pJ
  EXPECT_EQ(text(layers.at(-1)), "0.000000010360000000");  // 4 + 6 nJ tiles, 12 us of sleeping CPU
  EXPECT_EQ(text(ledger.total()), "0.000000032920000000");
  EXPECT_EQ(text(ledger.by_layer_and_category().at(0)[static_cast<std::size_t>(Category::cpu)]),
            "0.000000002500000000");
  // By time: two windows of 10 us; tile power is 2 mW throughout.
  ASSERT_EQ(ledger.windows().size(), 2U);
  EXPECT_EQ(text(ledger.windows()[0][static_cast<std::size_t>(Category::statics)]), "0.000000020300000000");
  EXPECT_EQ(text(ledger.windows()[1][static_cast<std::size_t>(Category::statics)]), "0.000000008120000000");
}

TEST(Ledger, OffTheChipNothingIsLostInTheConverterAndTheSumIsApart) {
  Ledger ledger;  // efficiency 0.85
  const auto chip = ledger.add_component("bus", Category::bus);
  const auto dram = ledger.add_component("dram", Category::off_chip);
  const auto standby = ledger.add_component("dram.standby", Category::off_chip);
  ledger.energy(chip, Cause::dynamic, probe::idle_scope, 0, 85'000);
  ledger.energy(dram, Cause::dynamic, ledger.scope({3, 1, 0}), 0, 1'000'000);
  ledger.power(standby, Cause::standby, probe::idle_scope, 0, us, 1.0e-3);
  EXPECT_EQ(text(ledger.off_chip()), "0.000000001001000000");
  EXPECT_EQ(text(ledger.total() - ledger.off_chip()), "0.000000000000100000");
  EXPECT_EQ(text(ledger.by_component()[Ledger::dcdc]), "0.000000000000015000");
  EXPECT_EQ(text(ledger.by_category()[static_cast<std::size_t>(Category::off_chip)]), text(ledger.off_chip()));
  EXPECT_EQ(text(ledger.by_layer().at(3)), "0.000000000001000000");
}

TEST(Ledger, OneSimulatedHourIsExact) {
  constexpr probe::Time hour = 3'600'000'000'000'000;
  Ledger ledger(lossless());
  const auto tile = ledger.add_component("tile.static", Category::statics);
  ledger.power(tile, Cause::standby, probe::idle_scope, 0, hour, 1.0e-3);
  EXPECT_EQ(text(ledger.total()), "3.600000000000000000");

  // In a million pieces of a length that divides nothing, the same to the attojoule.
  Ledger pieces(lossless());
  const auto other = pieces.add_component("tile.static", Category::statics);
  probe::Time at = 0;
  for (int i = 1; i < 1'000'000; ++i) {
    const probe::Time next = at + 3'599'999'999 + static_cast<probe::Time>(i % 3);
    pieces.power(other, Cause::standby, probe::idle_scope, at, next, 1.0e-3);
    at = next;
  }
  pieces.power(other, Cause::standby, probe::idle_scope, at, hour, 1.0e-3);
  EXPECT_EQ(text(pieces.total()), "3.600000000000000000");
}

TEST(Ledger, CarriesWhatIsBelowOneAttojoule) {
  Ledger ledger(lossless());
  const auto c = ledger.add_component("c", Category::statics);
  for (probe::Time at = 0; at < 3000; ++at) {  // 1/3 uW for 1 ps is 1/3 aJ
    ledger.power(c, Cause::leakage, probe::idle_scope, at, at + 1, 1.0e-6 / 3);
  }
  // 333333333333 aW (rounded once) * 3000 ps = 999.999999999 aJ
  EXPECT_EQ(static_cast<std::int64_t>(ledger.total()), 999);
}

TEST(Ledger, ConverterLossFollowsEveryPosting) {
  Ledger ledger;  // 85 %: the loss is 3/17
  const auto adc = ledger.add_component("adc", Category::adc);
  const auto job = ledger.scope({2, 7, 0});
  ledger.energy(adc, Cause::dynamic, job, 5 * us, 17'000);
  ledger.energy(adc, Cause::dynamic, job, 25 * us, 1);  // 0.18: rounds to 0
  ledger.energy(adc, Cause::dynamic, job, 25 * us, 3);  // 0.53: rounds to 1
  EXPECT_EQ(static_cast<std::int64_t>(ledger.by_component()[Ledger::dcdc]), 3001);
  EXPECT_EQ(static_cast<std::int64_t>(ledger.by_component()[adc]), 17'004);
  EXPECT_EQ(static_cast<std::int64_t>(ledger.by_cause()[static_cast<std::size_t>(Cause::loss)]), 3001);
  EXPECT_EQ(static_cast<std::int64_t>(ledger.by_job().at(7)), 20'005);
  const auto losses = static_cast<std::size_t>(Category::conversion_loss);
  EXPECT_EQ(static_cast<std::int64_t>(ledger.windows()[0][losses]), 3000);
  EXPECT_EQ(static_cast<std::int64_t>(ledger.windows()[2][losses]), 1);
}

TEST(Ledger, ConverterLossOfAnHourIsExact) {
  constexpr probe::Time hour = 3'600'000'000'000'000;
  Ledger ledger;
  const auto tile = ledger.add_component("tile.static", Category::statics);
  ledger.power(tile, Cause::standby, probe::idle_scope, 0, hour / 7, 1.7e-3);
  ledger.power(tile, Cause::standby, probe::idle_scope, hour / 7, hour, 1.7e-3);
  EXPECT_EQ(text(ledger.by_component()[tile]), "6.120000000000000000");
  EXPECT_EQ(text(ledger.by_component()[Ledger::dcdc]), "1.080000000000000000");  // * 3 / 17
}

TEST(Ledger, TenBillionPostingsDoNotWrap) {
  // As many of the largest postings as fit into a moment; the sums of ten billion of them follow by counting bits.
  Ledger ledger(lossless());
  const auto c = ledger.add_component("c", Category::array);
  constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();
  for (int i = 0; i < 1000; ++i) {
    ledger.energy(c, Cause::dynamic, probe::idle_scope, 0, largest);
  }
  EXPECT_EQ(text(ledger.total()), text(static_cast<Amount>(largest) * 1000));
  EXPECT_GT(ledger.total(), static_cast<Amount>(largest));
  const Amount most = (static_cast<Amount>(1) << 126) - 1 + (static_cast<Amount>(1) << 126);
  EXPECT_GT(most / largest, static_cast<Amount>(10'000'000'000));
}

TEST(Ledger, LargeLossIsExact) {
  SocParameters soc;
  soc.dcdc_efficiency = 0.9;
  Ledger ledger(soc);
  const auto c = ledger.add_component("c", Category::array);
  ledger.energy(c, Cause::dynamic, probe::idle_scope, 0, 9'000'000'000'000'000'001);
  EXPECT_EQ(static_cast<std::int64_t>(ledger.by_component()[Ledger::dcdc]), 1'000'000'000'000'000'000);
}

TEST(Ledger, ScopesBeyondTheLimitAreCollected) {
  LedgerOptions options;
  options.scopes = 4;
  Ledger ledger(lossless(), options);
  const auto c = ledger.add_component("c", Category::array);
  for (std::uint32_t tag = 1; tag <= 10; ++tag) {
    ledger.energy(c, Cause::dynamic, ledger.scope({0, tag, 0}), 0, 1);
  }
  EXPECT_EQ(ledger.scopes().size(), 4U);
  EXPECT_EQ(static_cast<int>(ledger.by_layer().at(Ledger::other_layer)), 8);
  EXPECT_EQ(static_cast<int>(ledger.total()), 10);
  EXPECT_EQ(ledger.scope({0, 1, 0}), 1U);
}

TEST(Ledger, RefusesWhatIsNoPosting) {
  Ledger ledger;
  const auto c = ledger.add_component("c", Category::array);
  EXPECT_THROW(ledger.energy(c, Cause::dynamic, probe::idle_scope, 0, -1), std::invalid_argument);
  EXPECT_THROW(ledger.energy(c + 1, Cause::dynamic, probe::idle_scope, 0, 1), std::invalid_argument);
  EXPECT_THROW(ledger.energy(c, Cause::dynamic, 1, 0, 1), std::invalid_argument);
  EXPECT_THROW(ledger.power(c, Cause::leakage, probe::idle_scope, 2, 1, 1.0), std::invalid_argument);
  EXPECT_THROW(ledger.power(c, Cause::leakage, probe::idle_scope, 1, 2, -1.0), std::invalid_argument);
  EXPECT_THROW(ledger.power(c, Cause::leakage, probe::idle_scope, 1, 2, std::numeric_limits<double>::quiet_NaN()),
               std::invalid_argument);
  EXPECT_THROW(ledger.power(c + 1, Cause::leakage, probe::idle_scope, 1, 2, 1.0), std::invalid_argument);
  EXPECT_THROW(ledger.add_component("c", Category::adc), std::invalid_argument);
  EXPECT_EQ(ledger.add_component("c", Category::array), c);
  EXPECT_TRUE(ledger.total() == 0);
}

TEST(Ledger, RefusesAnEfficiencyThatIsNone) {
  for (const double efficiency : {0.0, -0.5, 1.01, std::numeric_limits<double>::quiet_NaN()}) {
    SocParameters soc;
    soc.dcdc_efficiency = efficiency;
    EXPECT_THROW(Ledger{soc}, std::invalid_argument) << efficiency;
  }
}

}  // namespace
}  // namespace tessera::power
