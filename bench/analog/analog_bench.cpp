// SPDX-License-Identifier: Apache-2.0
// Analog products beside OpenBLAS on the same shape, one thread. N x N: N rows by N signed outputs (2 N columns).
// Times are per product; the ratios printed last come from interleaved measurements within this run.
#include <benchmark/benchmark.h>
#include <cblas.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <vector>

#include "models/analog/array.h"

extern "C" char* openblas_get_corename(void);

namespace {

using namespace tessera::analog;

/// Nominal: what a product has by default. All: every effect but the iterative solver of the voltage drop; slow noise
/// gets an epoch a call, as a network's layer has once an image. Bent: all, compression near threshold among them.
enum class Physics { ideal, nominal, all, bent };

ArrayParameters parameters(std::uint32_t rows, std::uint32_t pairs, std::uint32_t count, Physics physics) {
  ArrayParameters p;
  p.rows = rows;
  p.columns = 2 * pairs;
  if (physics == Physics::ideal) {
    p.effects = NonIdealities::none();
    p.adc.bits = 0;
  } else if (physics == Physics::all || physics == Physics::bent) {
    p.effects.compression = physics == Physics::bent;
    p.effects.slow_noise = p.effects.ir_drop = p.effects.dac_errors = true;
    p.effects.adc_offset_gain = p.effects.adc_dnl = true;
    p.environment = {3.0e7, 330.0};
    p.cell.sa_fault_rate = 1.0e-4;
    p.cell.slow_epoch_passes = count;
  }
  return p;
}

class Chain {
 public:
  Chain(std::uint32_t rows, std::uint32_t pairs, std::uint32_t count, Physics physics)
      : array_(parameters(rows, pairs, count, physics), 1, 0),
        product_{0, rows, 0, pairs, count, 0, 0},
        codes_(std::size_t{count} * rows),
        out_(std::size_t{count} * pairs),
        activity_(count) {
    std::mt19937 random(1);
    std::vector<std::uint8_t> levels(std::size_t{rows} * pairs * 2);
    for (std::size_t i = 0; i < levels.size(); i += 2) {
      levels[i + random() % 2] = static_cast<std::uint8_t>(random() % 16);
    }
    array_.program(0, 0, rows, 2 * pairs, levels);
    for (auto& code : codes_) {
      code = static_cast<std::uint16_t>(random() % 256);
    }
    block_ = array_.block(0, rows, 0, pairs);
  }
  void operator()() {
    array_.multiply(*block_, product_, codes_, out_, activity_);
    product_.first_event += product_.count;
    benchmark::DoNotOptimize(out_.data());
  }

 private:
  Array array_;
  Product product_;
  std::vector<std::uint16_t> codes_;
  std::vector<std::int32_t> out_;
  std::vector<Activity> activity_;
  std::shared_ptr<const Array::Block> block_;
};

class Blas {
 public:
  Blas(int n, int count) : n_(n), count_(count), a_(std::size_t(n) * std::size_t(n)) {
    std::mt19937 random(1);
    std::uniform_real_distribution<float> uniform(-1, 1);
    for (auto* v : {&a_, &x_}) {
      v->resize(std::size_t(n) * std::size_t(v == &a_ ? n : count));
      for (auto& value : *v) {
        value = uniform(random);
      }
    }
    y_.resize(std::size_t(n) * std::size_t(count));
  }
  void operator()() {
    if (count_ == 1) {
      cblas_sgemv(CblasRowMajor, CblasNoTrans, n_, n_, 1, a_.data(), n_, x_.data(), 1, 0, y_.data(), 1);
    } else {
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count_, n_, n_, 1, x_.data(), n_, a_.data(), n_, 0,
                  y_.data(), n_);
    }
    benchmark::DoNotOptimize(y_.data());
  }

 private:
  int n_, count_;
  std::vector<float> a_, x_, y_;
};

void run_chain(benchmark::State& state, Physics physics) {
  Chain chain(static_cast<std::uint32_t>(state.range(0)), static_cast<std::uint32_t>(state.range(1)),
              static_cast<std::uint32_t>(state.range(2)), physics);
  for (auto _ : state) {
    chain();
  }
  state.counters["us_per_product"] =
      benchmark::Counter(static_cast<double>(state.range(2)) * 1e-6,
                         benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}
void ideal(benchmark::State& state) {
  run_chain(state, Physics::ideal);
}
void nominal(benchmark::State& state) {
  run_chain(state, Physics::nominal);
}
void all_effects(benchmark::State& state) {
  run_chain(state, Physics::all);
}

// The products of the shipped convolutional network: 5x5x1 -> 6, 5x5x6 -> 16, then the dense layers.
void shapes(benchmark::internal::Benchmark* b) {
  b->Args({25, 6, 576})->Args({150, 16, 64})->Args({256, 120, 1})->Args({120, 84, 1})->Args({84, 10, 1});
  for (const int n : {512, 1024}) {
    b->Args({n, n, 1})->Args({n, n, 256});
  }
}
BENCHMARK(ideal)->Apply(shapes);
BENCHMARK(nominal)->Apply(shapes);
BENCHMARK(all_effects)->Apply(shapes);

/// Processor time of this thread [s]: other work on the machine then shows in shared caches only.
double thread_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

/// Times all in turns, so that a disturbance meets all of them, and prints medians of times and of ratios.
void compare(int n, int count) {
  const auto size = static_cast<std::uint32_t>(n), batch = static_cast<std::uint32_t>(count);
  Chain ideal_chain(size, size, batch, Physics::ideal), nominal_chain(size, size, batch, Physics::nominal),
      full_chain(size, size, batch, Physics::all), bent_chain(size, size, batch, Physics::bent);
  Blas blas(n, count);
  const std::vector<std::function<void()>> calls = {[&] { blas(); }, [&] { ideal_chain(); }, [&] { nominal_chain(); },
                                                    [&] { full_chain(); }, [&] { bent_chain(); }};
  std::vector<std::vector<double>> times(calls.size());
  const int repeats = count == 1 ? 50 : 1;
  for (int round = 0; round < (count == 1 ? 101 : 15); ++round) {
    for (std::size_t i = 0; i < calls.size(); ++i) {
      calls[i]();  // warm
      const double begin = thread_seconds();
      for (int r = 0; r < repeats; ++r) {
        calls[i]();
      }
      times[i].push_back((thread_seconds() - begin) / (repeats * count) * 1e6);
    }
  }
  const auto median = [](std::vector<double> v) {
    std::sort(v.begin(), v.end());
    return v[v.size() / 2];
  };
  const auto ratio = [&](std::size_t i) {
    std::vector<double> r;
    for (std::size_t k = 0; k < times[i].size(); ++k) {
      r.push_back(times[i][k] / times[0][k]);
    }
    return median(r);
  };
  const auto fastest = [&](std::size_t i) { return *std::min_element(times[i].begin(), times[i].end()); };
  std::printf("%4d x %4d batch %3d: %s %7.2f us, fastest %.2f", n, n, count, count == 1 ? "sgemv" : "sgemm",
              median(times[0]), fastest(0));
  const char* const names[] = {"", "ideal", "nominal", "all effects", "all and compression"};
  for (std::size_t i = 1; i < calls.size(); ++i) {
    std::printf("; %s %7.2f us, ratio %.2f, fastest %.2f", names[i], median(times[i]), ratio(i), fastest(i));
  }
  std::printf("\n");
}

}  // namespace

int main(int argc, char** argv) {
  openblas_set_num_threads(1);
  benchmark::AddCustomContext("openblas kernels", openblas_get_corename());
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 2;
  }
  benchmark::RunSpecifiedBenchmarks();
  std::printf("\nOpenBLAS kernels: %s; medians of interleaved rounds, per product\n", openblas_get_corename());
  for (const int n : {512, 1024}) {
    for (const int count : {1, 256}) {
      compare(n, count);
    }
  }
  return 0;
}
