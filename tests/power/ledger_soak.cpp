// SPDX-License-Identifier: Apache-2.0
// Ten billion postings to one ledger, beside sums of this program's own: nothing wraps, nothing is rounded away, and
// every attribution adds up. Takes minutes, so it is a command and not a test: ledger_soak [POSTINGS].
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "models/power/ledger.h"

namespace {

using tessera::power::Amount;
using tessera::power::Ledger;
namespace probe = tessera::probe;

constexpr std::size_t components = 16, scopes = 64;
constexpr std::uint64_t step_ps = 1000;

/// A small generator; the postings span twelve decades so that small ones meet large sums.
struct Stream {
  std::uint64_t state = 1;
  std::uint64_t next() {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return state >> 11;
  }
};

std::uint64_t half_up(std::uint64_t value, std::uint64_t divisor) {
  return (value + divisor / 2) / divisor;
}

template <typename Map>
Amount sum(const Map& map) {
  Amount total = 0;
  for (const auto& [key, amount] : map) {
    total += amount;
  }
  return total;
}

template <typename Range>
Amount sum_all(const Range& range) {
  Amount total = 0;
  for (const Amount amount : range) {
    total += amount;
  }
  return total;
}

bool check(const char* what, Amount got, Amount expected) {
  std::printf("%-12s %s J  %s\n", what, tessera::power::joules_text(got).c_str(), got == expected ? "exact" : "WRONG");
  return got == expected;
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t count = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 10'000'000'000U;
  Ledger ledger;  // DC-DC efficiency 0.85: each posting loses 3/17 of itself, rounded
  std::array<probe::ComponentId, components> ids{};
  for (std::size_t i = 0; i < components; ++i) {
    ids[i] = ledger.add_component("c" + std::to_string(i), static_cast<probe::Category>(i % 8));
  }
  std::vector<probe::ScopeId> scope_ids;
  for (std::uint32_t i = 0; i < scopes; ++i) {
    scope_ids.push_back(ledger.scope({static_cast<std::int32_t>(i / 8), i, i % 5}));
  }
  std::array<Amount, components> expected{};
  Amount loss = 0;
  Stream stream;
  for (std::uint64_t n = 0; n < count; ++n) {
    const std::uint64_t draw = stream.next();
    const std::size_t component = draw % components;
    const std::uint64_t energy = 1 + ((draw >> 20) >> (draw >> 16 & 15) * 2);
    ledger.energy(ids[component], probe::Cause::dynamic, scope_ids[(draw >> 4) % scopes], n * step_ps,
                  static_cast<probe::Energy>(energy));
    expected[component] += energy;
    loss += half_up(energy * 3, 17);
    if (n % 1'000'000'000 == 999'999'999) {
      std::fprintf(stderr, "%llu billion postings\n", static_cast<unsigned long long>((n + 1) / 1'000'000'000));
    }
  }
  Amount total = loss;
  bool good = true;
  const std::vector<Amount> by_component = ledger.by_component();
  for (std::size_t i = 0; i < components; ++i) {
    total += expected[i];
    good &= check(("c" + std::to_string(i)).c_str(), by_component[ids[i]], expected[i]);
  }
  good &= check("dcdc", by_component[Ledger::dcdc], loss);
  good &= check("total", ledger.total(), total);
  good &= check("categories", sum_all(ledger.by_category()), total);
  good &= check("causes", sum_all(ledger.by_cause()), total);
  good &= check("jobs", sum(ledger.by_job()), total);
  good &= check("layers", sum(ledger.by_layer()), total);
  good &= check("call sites", sum(ledger.by_call_site()), total);
  Amount windows = 0;
  for (const auto& window : ledger.windows()) {
    windows += sum_all(window);
  }
  good &= check("windows", windows, total);
  std::printf("%llu postings: %s\n", static_cast<unsigned long long>(count), good ? "all exact" : "NOT exact");
  return good ? 0 : 1;
}
