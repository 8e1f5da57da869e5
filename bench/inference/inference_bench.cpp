// SPDX-License-Identifier: Apache-2.0
// Inference of the shipped network: whole system (firmware, noise, timing, energy) as a process of its own, and the
// evaluator, beside a yardstick of the same run: the float network as plain loops on one thread.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "platform/config/loader.h"
#include "platform/session/network.h"
#include "sw/compiler/graph/execute.h"
#include "sw/evaluator/evaluator.h"

#ifdef SC_CPLUSPLUS
#include <systemc>
int sc_main(int, char*[]) {
  return 0;
}  // the session library links SystemC, which asks for it
#endif

namespace {

using namespace tessera;

struct Network {
  platform::LoadResult platform = platform::load_platform("");
  platform::PreparedNetwork network = platform::prepare({}, platform.platform);
  compiler::Dataset data = platform::load_data({}, network.graph.shape(network.graph.input), {0, 500});
  std::vector<std::vector<std::int8_t>> inputs =
      platform::quantise_inputs(data, network.image.contents().tensors.at(network.image.contents().model.input_tensor));
};

const Network& shipped() {
  static const Network network;
  return network;
}

void float_loops(benchmark::State& state) {
  const Network& n = shipped();
  compiler::FloatExecutor executor(n.network.graph);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(executor.run(n.data.input(i++ % n.data.size())));
  }
  state.counters["images/s"] = benchmark::Counter(static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void evaluator_run(benchmark::State& state) {
  const Network& n = shipped();
  evaluator::Evaluator chip(n.network.image, n.platform.platform.tiles, {});
  std::int64_t images = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(chip.run(n.inputs, 0, static_cast<unsigned>(state.range(0))));
    images += static_cast<std::int64_t>(n.inputs.size());
  }
  state.counters["images/s"] = benchmark::Counter(static_cast<double>(images), benchmark::Counter::kIsRate);
}

/// Wall and processor seconds of `tessera run` over 500 images, from process start.
struct Usage {
  double wall = 0, processor = 0;
};

Usage whole_system(const char* trace) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("tessera-bench-{}", getpid());
  const auto begin = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stdout) == nullptr) {
      _exit(126);
    }
    execl(TESSERA_PROGRAM, TESSERA_PROGRAM, "run", "-n", "500", "--trace", trace, "-o", folder.c_str(), nullptr);
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  const double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::filesystem::remove_all(folder);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error("tessera run failed");
  }
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1.0e-6 * static_cast<double>(time.tv_usec);
  };
  return {wall, seconds(usage.ru_utime) + seconds(usage.ru_stime)};
}

void system_run(benchmark::State& state, const char* trace) {
  Usage sum;
  for (auto _ : state) {
    const Usage one = whole_system(trace);
    state.SetIterationTime(one.processor);
    sum.wall += one.wall;
    sum.processor += one.processor;
  }
  const double images = 500.0 * static_cast<double>(state.iterations());
  state.counters["images/s of processor time"] = images / sum.processor;
  state.counters["images/s of wall time"] = images / sum.wall;
}

}  // namespace

BENCHMARK(float_loops)->Unit(benchmark::kMicrosecond);
BENCHMARK(evaluator_run)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(system_run, trace_off, "off")->UseManualTime()->Iterations(3)->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(system_run, trace_default, "jobs")->UseManualTime()->Iterations(3)->Unit(benchmark::kSecond);

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
