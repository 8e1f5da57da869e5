// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/traces/scenario.h"
#include "traces/error.h"
#include "traces/names.h"

namespace tessera::traces {
namespace {

struct Log {
  std::vector<RegionRecord> regions;
  std::vector<std::uint32_t> inferences;
  std::vector<SpanRecord> spans;
  int closed = 0;
  probe::Time end = 0;
  std::map<std::string, std::string> meta;
};

class LoggingSink : public Sink {
 public:
  explicit LoggingSink(Log& log, bool fails = false) : log_(log), fails_(fails) {}
  void job(const probe::JobRecord& /*record*/, std::uint32_t inference) override {
    log_.inferences.push_back(inference);
  }
  void region(const RegionRecord& record) override { log_.regions.push_back(record); }
  void span(const SpanRecord& record) override { log_.spans.push_back(record); }
  void close(const Summary& summary) override {
    ++log_.closed;
    log_.end = summary.end;
    log_.meta = summary.registry.meta;
    if (fails_) {
      throw TraceError(TraceFault::not_writable, "here", "the disk is full", "buy another");
    }
  }

 private:
  Log& log_;
  bool fails_;
};

probe::JobRecord job_submitted_at(probe::Time at) {
  probe::JobRecord record;
  record.submitted = at;
  record.begin = at + 1;
  record.end = at + 2;
  return record;
}

TEST(Recorder, PairsMarkersAndPlacesJobsInInferences) {
  Log log;
  Recorder recorder;
  recorder.add_sink(std::make_unique<LoggingSink>(log));
  const std::uint32_t first = region_of(RegionKind::inference, 7);
  const std::uint32_t user = region_of(RegionKind::user, 3);
  recorder.job(job_submitted_at(5));
  recorder.marker(probe::MarkerKind::begin, first, 10);
  recorder.marker(probe::MarkerKind::begin, user, 12);
  recorder.marker(probe::MarkerKind::begin, user, 13);  // nested in itself
  recorder.job(job_submitted_at(15));
  recorder.marker(probe::MarkerKind::end, user, 20);
  recorder.marker(probe::MarkerKind::end, first, 30);
  recorder.job(job_submitted_at(29));  // reported late
  recorder.job(job_submitted_at(31));
  recorder.marker(probe::MarkerKind::end, first, 40);  // never begun again
  recorder.close(50);

  ASSERT_EQ(log.regions.size(), 3U);
  EXPECT_EQ(log.regions[0].region, user);
  EXPECT_EQ(log.regions[0].begin, 13U);
  EXPECT_EQ(log.regions[0].end, 20U);
  EXPECT_EQ(log.regions[1].region, first);
  EXPECT_EQ(log.regions[1].begin, 10U);
  EXPECT_EQ(log.regions[1].end, 30U);
  EXPECT_EQ(log.regions[2].begin, 12U);
  EXPECT_EQ(log.regions[2].end, never);
  EXPECT_EQ(log.inferences, (std::vector<std::uint32_t>{no_inference, 7, 7, no_inference}));
  EXPECT_EQ(log.end, 50U);
  EXPECT_EQ(log.meta.at("markers_without_begin"), "1");
}

TEST(Recorder, ClosesEverySinkOnceAlsoWhenOneFails) {
  Log failing, good;
  Recorder recorder;
  recorder.add_sink(std::make_unique<LoggingSink>(failing, true));
  recorder.add_sink(std::make_unique<LoggingSink>(good));
  EXPECT_THROW(recorder.close(1), TraceError);
  EXPECT_NO_THROW(recorder.close(2));
  EXPECT_EQ(failing.closed, 1);
  EXPECT_EQ(good.closed, 1);
  EXPECT_EQ(good.end, 1U);
}

TEST(Recorder, AFailureInTheRunWaitsForItsEnd) {
  class Breaking : public Sink {
   public:
    void marker(const MarkerRecord& /*record*/) override { throw TraceError(TraceFault::not_writable, "a", "b", "c"); }
    void close(const Summary& /*summary*/) override { FAIL() << "closed after it failed"; }
  };
  Log good;
  Recorder recorder;
  recorder.add_sink(std::make_unique<Breaking>());
  recorder.add_sink(std::make_unique<LoggingSink>(good));
  EXPECT_NO_THROW(recorder.marker(probe::MarkerKind::begin, 1, 1));
  EXPECT_NO_THROW(recorder.marker(probe::MarkerKind::end, 1, 2));
  EXPECT_THROW(recorder.close(3), TraceError);
  EXPECT_EQ(good.regions.size(), 1U);
  EXPECT_EQ(good.closed, 1);
}

TEST(Recorder, InternsCallSitesAndNames) {
  Log log;
  Recorder recorder;
  recorder.add_sink(std::make_unique<LoggingSink>(log));
  EXPECT_EQ(recorder.call_site(0, 0), 0U);
  const auto a = recorder.call_site(0x80000000, 0x80000010);
  const auto b = recorder.call_site(0x80000000, 0x80000020);
  EXPECT_NE(a, b);
  EXPECT_EQ(recorder.call_site(0x80000000, 0x80000010), a);
  recorder.span(0, "awake", 0, 1, 2);
  recorder.span(0, std::string("awa") + "ke", 0, 3, 4);
  recorder.span(0, "asleep", 0, 4, 5);
  ASSERT_EQ(log.spans.size(), 3U);
  EXPECT_EQ(log.spans[0].name, log.spans[1].name);
  EXPECT_NE(log.spans[0].name, log.spans[2].name);
  EXPECT_FALSE(log.spans[0].idle);
  EXPECT_TRUE(log.spans[2].idle);
}

TEST(Recorder, FirmwareCannotFillTheHostsMemory) {
  Recorder recorder;
  Log log;
  recorder.add_sink(std::make_unique<LoggingSink>(log));
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    recorder.marker(probe::MarkerKind::begin, i, i);
    static_cast<void>(recorder.call_site(i + 1, i));
    recorder.span(0, std::to_string(i), 0, i, i + 1);
  }
  EXPECT_LE(recorder.registry().call_sites.size(), 65536U);
  EXPECT_LE(recorder.registry().span_names.size(), 4097U);
  recorder.close(1);
  EXPECT_EQ(log.regions.size(), 65536U);
  EXPECT_EQ(log.meta.at("markers_refused"), std::to_string(200'000 - 65'536));
}

TEST(Registry, NamesWhatHasNoName) {
  Recorder recorder;
  recorder.set_layer(0, "conv1", "Conv");
  recorder.set_layer(-3, "(runtime)", "");
  const Registry& registry = recorder.registry();
  EXPECT_EQ(registry.layer_name(0), "conv1");
  EXPECT_EQ(registry.layer_name(1), "layer 1");
  EXPECT_EQ(registry.layer_name(-1), "(idle)");
  EXPECT_EQ(registry.layer_name(-2), "(other)");
  EXPECT_EQ(registry.layer_name(-3), "(runtime)");
  EXPECT_EQ(registry.job_name(0), "");
  EXPECT_EQ(registry.job_name(9), "job 9");
  EXPECT_EQ(registry.call_site_name(0), "");
  const auto site = recorder.call_site(0x80000004, 0x80000008);
  EXPECT_EQ(registry.call_site_name(site), "0x80000004 < 0x80000008");
}

}  // namespace
}  // namespace tessera::traces
