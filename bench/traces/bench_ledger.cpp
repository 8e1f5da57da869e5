// SPDX-License-Identifier: Apache-2.0
// Cost of postings to the energy ledger, as a platform of twelve tiles makes them.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "models/probe/null_probe.h"
#include "traces/recorder.h"

namespace tessera {
namespace {

using probe::Category;
using probe::Cause;

constexpr std::uint32_t tiles = 12, parts = 6, jobs = 20;

struct Platform {
  explicit Platform(probe::Probe& probe) {
    for (std::uint32_t i = 0; i < tiles * parts; ++i) {
      components.push_back(probe.add_component("c" + std::to_string(i), static_cast<Category>(i % parts)));
    }
    for (std::uint32_t tag = 1; tag <= jobs; ++tag) {
      scopes.push_back(probe.scope({static_cast<std::int32_t>(tag / 4), tag, 1 + tag % 3}));
    }
  }
  std::vector<probe::ComponentId> components;
  std::vector<probe::ScopeId> scopes;
};

/// Products of one job after the other, each with six postings to its tile's components.
void post_products(benchmark::State& state, probe::Probe& probe) {
  const Platform platform(probe);
  probe::Time now = 0;
  std::uint64_t product = 0;
  for (auto _ : state) {
    const std::uint64_t job = product / 45 % jobs;  // 900 products an image
    const std::size_t first = job % tiles * parts;
    for (std::size_t i = 0; i < parts; ++i) {
      probe.energy(platform.components[first + i], Cause::dynamic, platform.scopes[job], now + i * 1000,
                   static_cast<probe::Energy>(1'000'000'000 + product % 1000));
    }
    now += 1'000'000;
    ++product;
  }
  state.SetItemsProcessed(state.iterations() * parts);
}

void BM_Posting(benchmark::State& state) {
  traces::Recorder recorder;
  post_products(state, recorder);
}
BENCHMARK(BM_Posting);

/// The yardstick: the same calls to a probe that does nothing.
void BM_PostingToNullProbe(benchmark::State& state) {
  probe::NullProbe null;
  post_products(state, null);
}
BENCHMARK(BM_PostingToNullProbe);

void BM_PowerInterval(benchmark::State& state) {
  traces::Recorder recorder;
  const Platform platform(recorder);
  probe::Time now = 0;
  std::uint64_t k = 0;
  for (auto _ : state) {
    recorder.power(platform.components[k % platform.components.size()], Cause::standby, platform.scopes[k % jobs], now,
                   now + 1'234'567, 1.0e-3);
    now += 1'234'567;
    ++k;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_PowerInterval);

void BM_ScopeLookup(benchmark::State& state) {
  traces::Recorder recorder;
  const Platform platform(recorder);
  std::uint32_t k = 0;
  for (auto _ : state) {
    const std::uint32_t tag = 1 + k++ % jobs;
    benchmark::DoNotOptimize(recorder.scope({static_cast<std::int32_t>(tag / 4), tag, 1 + tag % 3}));
  }
}
BENCHMARK(BM_ScopeLookup);

}  // namespace
}  // namespace tessera
