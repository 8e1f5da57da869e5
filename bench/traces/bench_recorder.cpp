// SPDX-License-Identifier: Apache-2.0
// Cost of what a run records by default: CPU time of all threads, the database's writer included.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "traces/database_sink.h"
#include "traces/perfetto_sink.h"
#include "traces/recorder.h"
#include "traces/run_folder.h"
#include "traces/vcd_sink.h"

namespace tessera {
namespace {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "tessera-bench-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The records of one image: 20 jobs with two converter spans each, an interrupt and the CPU awake for every job,
/// markers of 5 layers and the inference.
class Image {
 public:
  explicit Image(probe::Probe& probe) : probe_(probe) {
    for (int i = 0; i < 37; ++i) {
      lanes_ = probe.add_lane("lane" + std::to_string(i)) + 1;
    }
    for (std::uint32_t i = 0; i < 200; ++i) {
      counter_ = probe.add_counter("counter" + std::to_string(i), "events", "one of many");
    }
  }
  static constexpr std::uint32_t jobs = 20;
  void record(std::uint32_t number) {
    probe_.marker(probe::MarkerKind::begin, 1U << 24 | number, now_);
    for (std::uint32_t i = 0; i < jobs; ++i) {
      if (i % 4 == 0) {
        probe_.marker(probe::MarkerKind::begin, 2U << 24 | i / 4, now_);
      }
      const auto scope = probe_.scope({static_cast<std::int32_t>(i / 4), i + 1, probe_.call_site(0x80000000 + i, 16)});
      probe::JobRecord job;
      job.lane = i % 12;
      job.scope = scope;
      job.kind = 1;
      job.submitted = now_;
      job.begin = now_ + 500'000;
      job.end = now_ + 45'500'000;
      job.count = 45;
      job.period = 1'000'000;
      job.compute = 45'000'000;
      job.load_stall = 123'456;
      job.bus_wait = 34'567;
      job.bytes_in = 45 * 150;
      job.bytes_out = 45 * 16;
      job.conversions = 45 * 16;
      probe_.job(job);
      probe_.span(12 + i % 12, "products", scope, job.begin, job.end);
      probe_.span(24 + i % 12, "products", scope, job.begin, job.end);
      probe_.interrupt(32 + i % 12, true, job.end);
      probe_.interrupt(32 + i % 12, false, job.end + 2'000'000);
      probe_.span(36, "asleep", 0, now_ + 1'000'000, job.end);
      probe_.span(36, "awake", scope, job.end, job.end + 3'000'000);
      now_ = job.end + 3'000'000;
      if (i % 4 == 3) {
        probe_.marker(probe::MarkerKind::end, 2U << 24 | i / 4, now_);
      }
    }
    probe_.marker(probe::MarkerKind::end, 1U << 24 | number, now_);
  }
  [[nodiscard]] probe::Time now() const { return now_; }

 private:
  probe::Probe& probe_;
  probe::Time now_ = 0;
  probe::LaneId lanes_ = 0;
  probe::CounterId counter_ = 0;
};

enum class Files { none, database, perfetto, vcd, all };

/// Images recorded and closed; the time is what the whole process spent on it.
void record_images(benchmark::State& state, Files files) {
  constexpr std::uint32_t images = 500;
  for (auto _ : state) {
    const Folder folder;
    traces::Recorder recorder;
    switch (files) {
      case Files::none:
        break;
      case Files::database:
        recorder.add_sink(std::make_unique<traces::DatabaseSink>(folder.path() / "trace.db", recorder.registry()));
        break;
      case Files::perfetto:
        recorder.add_sink(std::make_unique<traces::PerfettoSink>(folder.path() / "trace.perfetto-trace"));
        break;
      case Files::vcd:
        recorder.add_sink(std::make_unique<traces::VcdSink>(folder.path() / "waves.vcd"));
        break;
      case Files::all:
        traces::add_file_sinks(recorder, folder.path(), true);
        break;
    }
    Image image(recorder);
    for (std::uint32_t i = 0; i < images; ++i) {
      image.record(i);
    }
    recorder.close(image.now());
  }
  state.SetItemsProcessed(state.iterations() * images);
  state.counters["per_image"] = benchmark::Counter(static_cast<double>(state.iterations()) * images,
                                                   benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["per_job"] = benchmark::Counter(static_cast<double>(state.iterations()) * images * Image::jobs,
                                                 benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

BENCHMARK_CAPTURE(record_images, ledger_only, Files::none)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(record_images, database, Files::database)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(record_images, perfetto, Files::perfetto)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(record_images, vcd, Files::vcd)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(record_images, default_trace, Files::all)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tessera
