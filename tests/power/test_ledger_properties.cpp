// SPDX-License-Identifier: Apache-2.0
// Random postings against an obvious reference that keeps every posting, and every attribution against the total.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "models/power/ledger.h"

namespace tessera::power {
namespace {

using probe::Category;
using probe::Cause;

struct Reference {
  Amount total = 0;
  std::map<probe::ComponentId, Amount> component;
  std::map<Cause, Amount> cause;
  std::map<std::uint32_t, Amount> job;
  std::map<std::int32_t, Amount> layer;
  std::map<probe::CallSiteId, Amount> call_site;
  std::map<std::tuple<std::int32_t, Category>, Amount> layer_category;

  void book(const Ledger& ledger, probe::ComponentId c, Cause why, const probe::Scope& scope, Amount amount) {
    total += amount;
    component[c] += amount;
    cause[why] += amount;
    job[scope.job] += amount;
    layer[scope.layer] += amount;
    call_site[scope.call_site] += amount;
    layer_category[{scope.layer, ledger.components()[c].category}] += amount;
  }
};

template <typename Sums>
Amount sum_of(const Sums& sums) {
  Amount total = 0;
  for (const auto& [key, amount] : sums) {
    total += amount;
  }
  return total;
}

template <typename List>
Amount sum_of_list(const List& list) {
  Amount total = 0;
  for (const Amount amount : list) {
    total += amount;
  }
  return total;
}

Amount sum_of_windows(const Ledger& ledger) {
  Amount total = 0;
  for (const CategoryAmounts& window : ledger.windows()) {
    total += sum_of_list(window);
  }
  return total;
}

void expect_equal(Amount got, Amount expected, const std::string& what) {
  EXPECT_EQ(joules_text(got), joules_text(expected)) << what;
}

class LedgerProperties : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(LedgerProperties, EveryAttributionAddsUpToTheTotal) {
  const std::uint32_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };

  SocParameters soc;
  soc.dcdc_efficiency = 0.5 + 0.5 * static_cast<double>(below(1001)) / 1000.0;
  LedgerOptions options;
  options.window = 1 + below(1'000'000);
  options.windows = 2 + 2 * below(50);
  Ledger ledger(soc, options);
  const auto parts = static_cast<Amount>(soc.dcdc_efficiency * 1.0e9 + 0.5);
  Reference reference;

  std::vector<probe::ComponentId> components;
  std::map<probe::ComponentId, std::pair<Amount, Amount>> carried;  // below 1 aJ; loss below 1 aJ, as fractions
  probe::Time horizon = 1;
  for (int i = 0; i < 3000; ++i) {
    if (components.size() < 2 || below(100) == 0) {
      components.push_back(
          ledger.add_component("c" + std::to_string(components.size()), static_cast<Category>(below(category_count))));
    }
    const probe::Scope scope =
        below(4) == 0 ? probe::Scope{}
                      : probe::Scope{static_cast<std::int32_t>(below(5)), static_cast<std::uint32_t>(below(20)),
                                     static_cast<probe::CallSiteId>(below(3))};
    const auto c = components[below(components.size())];
    const auto cause = static_cast<Cause>(below(cause_count));
    horizon += below(3) == 0 ? below(std::uint64_t{1} << below(40)) : 0;
    const probe::Time at = below(horizon);
    const bool loses = ledger.components()[c].category != Category::off_chip;
    if (below(3) != 0) {
      const auto energy = static_cast<std::int64_t>(below(std::uint64_t{1} << (1 + below(62))));
      ledger.energy(c, cause, ledger.scope(scope), at, energy);
      reference.book(ledger, c, cause, scope, energy);
      reference.book(ledger, Ledger::dcdc, Cause::loss, scope,
                     loses ? (2 * static_cast<Amount>(energy) * (1'000'000'000 - parts) + parts) / (2 * parts) : 0);
    } else {
      const probe::Time to = at + below(horizon);
      const double watts = static_cast<double>(below(1'000'000)) * 1.0e-9;
      ledger.power(c, cause, ledger.scope(scope), at, to, watts);
      // Long division of the whole interval at once, remainders kept per component.
      auto& [fraction, loss_fraction] = carried[c];
      const Amount exact = static_cast<Amount>(std::round(watts * 1.0e18)) * static_cast<Amount>(to - at) + fraction;
      const Amount energy = exact / 1'000'000'000'000;
      fraction = exact % 1'000'000'000'000;
      const Amount loss_exact = loses ? energy * (1'000'000'000 - parts) + loss_fraction : 0;
      loss_fraction = loss_exact % parts;
      reference.book(ledger, c, cause, scope, energy);
      reference.book(ledger, Ledger::dcdc, Cause::loss, scope, loss_exact / parts);
    }
  }

  expect_equal(ledger.total(), reference.total, "total");
  expect_equal(ledger.off_chip(), ledger.by_category()[static_cast<std::size_t>(Category::off_chip)], "off the chip");
  expect_equal(sum_of_list(ledger.by_component()), ledger.total(), "by component");
  expect_equal(sum_of_list(ledger.by_category()), ledger.total(), "by category");
  expect_equal(sum_of_list(ledger.by_cause()), ledger.total(), "by cause");
  expect_equal(sum_of(ledger.by_job()), ledger.total(), "by job");
  expect_equal(sum_of(ledger.by_layer()), ledger.total(), "by layer");
  expect_equal(sum_of(ledger.by_call_site()), ledger.total(), "by call site");
  expect_equal(sum_of_windows(ledger), ledger.total(), "by window");
  EXPECT_LE(ledger.windows().size(), options.windows);

  for (const auto& [c, amount] : reference.component) {
    expect_equal(ledger.by_component()[c], amount, "component " + std::to_string(c));
  }
  for (const auto& [why, amount] : reference.cause) {
    expect_equal(ledger.by_cause()[static_cast<std::size_t>(why)], amount, "cause");
  }
  const auto jobs = ledger.by_job();
  for (const auto& [job, amount] : reference.job) {
    expect_equal(jobs.count(job) != 0 ? jobs.at(job) : 0, amount, "job " + std::to_string(job));
  }
  const auto sites = ledger.by_call_site();
  for (const auto& [site, amount] : reference.call_site) {
    expect_equal(sites.count(site) != 0 ? sites.at(site) : 0, amount, "call site " + std::to_string(site));
  }
  const auto layers = ledger.by_layer_and_category();
  for (const auto& [key, amount] : reference.layer_category) {
    const auto [layer, category] = key;
    expect_equal(layers.count(layer) != 0 ? layers.at(layer)[static_cast<std::size_t>(category)] : 0, amount,
                 "layer " + std::to_string(layer));
  }
  CategoryAmounts by_window{};
  for (const CategoryAmounts& window : ledger.windows()) {
    for (std::size_t i = 0; i < category_count; ++i) {
      by_window[i] += window[i];
    }
  }
  for (std::size_t i = 0; i < category_count; ++i) {
    expect_equal(by_window[i], ledger.by_category()[i], "category over windows");
  }
}

TEST_P(LedgerProperties, WindowsDoNotDependOnTheOrderOfPostings) {
  const std::uint32_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  struct Posting {
    probe::Time at;
    std::int64_t energy;
  };
  std::vector<Posting> postings;
  for (int i = 0; i < 500; ++i) {
    postings.push_back(
        {random() % (std::uint64_t{1} << (1 + random() % 35)), static_cast<std::int64_t>(random() % 1000)});
  }
  const auto run = [](const std::vector<Posting>& order) {
    LedgerOptions options;
    options.window = 1000;
    options.windows = 64;
    Ledger ledger({}, options);
    const auto c = ledger.add_component("c", Category::bus);
    for (const Posting& p : order) {
      ledger.energy(c, Cause::dynamic, probe::idle_scope, p.at, p.energy);
    }
    // One long interval in the same component, so that merging after splitting is covered, too.
    ledger.power(c, Cause::leakage, probe::idle_scope, 12'345, 987'654'321, 1.0e-6);
    return std::make_pair(ledger.window_width(), ledger.windows());
  };
  const auto first = run(postings);
  std::shuffle(postings.begin(), postings.end(), random);
  const auto second = run(postings);
  EXPECT_EQ(first.first, second.first);
  EXPECT_TRUE(first.second == second.second);
}

TEST_P(LedgerProperties, CuttingAnIntervalChangesNothing) {
  const std::uint32_t seed = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const probe::Time end = 1 + random() % (std::uint64_t{1} << 45);
  const double watts = static_cast<double>(random() % 1'000'000'007) * 1.0e-12;
  Ledger whole, cut;
  const auto c = whole.add_component("c", Category::statics);
  static_cast<void>(cut.add_component("c", Category::statics));
  whole.power(c, Cause::leakage, probe::idle_scope, 0, end, watts);
  for (probe::Time at = 0; at < end;) {
    const probe::Time next = std::min(end, at + 1 + random() % (1 + end / 50));
    cut.power(c, Cause::leakage, probe::idle_scope, at, next, watts);
    at = next;
  }
  expect_equal(cut.total(), whole.total(), "total");
  EXPECT_TRUE(cut.windows() == whole.windows());
}

INSTANTIATE_TEST_SUITE_P(Seeds, LedgerProperties, ::testing::Range(1U, 21U));

}  // namespace
}  // namespace tessera::power
