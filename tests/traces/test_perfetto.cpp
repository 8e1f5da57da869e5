// SPDX-License-Identifier: Apache-2.0
// The Perfetto file read back with protozero, by the field numbers of the public format.
#include <gtest/gtest.h>

#include <map>
#include <protozero/pbf_reader.hpp>
#include <vector>

#include "tests/traces/record_run.h"
#include "traces/perfetto_sink.h"

namespace tessera::traces {
namespace {

using testing::contents;
using testing::record_run;
using testing::TemporaryFolder;
using testing::us;

struct Track {
  std::string name;
  std::uint64_t parent = 0;
  bool counter = false;
  std::string unit;
  bool process = false;
};

struct Event {
  std::uint64_t at = 0;
  int type = 0;
  std::uint64_t track = 0;
  std::string name;
  std::map<std::string, std::uint64_t> annotations;
  double value = 0;
};

struct File {
  std::map<std::uint64_t, Track> tracks;
  std::vector<Event> events;
  std::map<std::uint64_t, std::string> event_names, annotation_names;
};

std::pair<std::uint64_t, std::string> interned(protozero::pbf_reader entry) {
  std::pair<std::uint64_t, std::string> result;
  while (entry.next()) {
    switch (entry.tag()) {
      case 1:
        result.first = entry.get_uint64();
        break;
      case 2:
        result.second = entry.get_string();
        break;
      default:
        ADD_FAILURE() << "interned field " << entry.tag();
        entry.skip();
    }
  }
  EXPECT_NE(result.first, 0U) << "iid 0 means none";
  return result;
}

void read_descriptor(protozero::pbf_reader in, File& file) {
  Track track;
  std::uint64_t uuid = 0;
  while (in.next()) {
    switch (in.tag()) {
      case 1:
        uuid = in.get_uint64();
        break;
      case 2:
        track.name = in.get_string();
        break;
      case 5:
        track.parent = in.get_uint64();
        break;
      case 3: {
        track.process = true;
        protozero::pbf_reader process = in.get_message();
        while (process.next()) {
          if (process.tag() == 6) {
            track.name = process.get_string();
          } else {
            EXPECT_EQ(process.tag(), 1U);
            EXPECT_EQ(process.get_int32(), 1);
          }
        }
        break;
      }
      case 8: {
        track.counter = true;
        protozero::pbf_reader counter = in.get_message();
        while (counter.next()) {
          EXPECT_EQ(counter.tag(), 6U);
          track.unit = counter.get_string();
        }
        break;
      }
      default:
        ADD_FAILURE() << "track field " << in.tag();
        in.skip();
    }
  }
  EXPECT_TRUE(file.tracks.emplace(uuid, track).second) << "track " << uuid << " twice";
}

void read_event(protozero::pbf_reader in, Event& event, const File& file) {
  while (in.next()) {
    switch (in.tag()) {
      case 9:
        event.type = in.get_enum();
        break;
      case 11:
        event.track = in.get_uint64();
        break;
      case 10:
        event.name = file.event_names.at(in.get_uint64());
        break;
      case 30:
        event.value = static_cast<double>(in.get_int64());
        break;
      case 44:
        event.value = in.get_double();
        break;
      case 4: {
        protozero::pbf_reader annotation = in.get_message();
        std::string name;
        while (annotation.next()) {
          if (annotation.tag() == 1) {
            name = file.annotation_names.at(annotation.get_uint64());
          } else {
            EXPECT_EQ(annotation.tag(), 3U);
            event.annotations[name] = annotation.get_uint64();
          }
        }
        break;
      }
      default:
        ADD_FAILURE() << "event field " << in.tag();
        in.skip();
    }
  }
}

File parse(const std::string& bytes) {
  File file;
  protozero::pbf_reader trace(bytes);
  bool first = true;
  while (trace.next()) {
    EXPECT_EQ(trace.tag(), 1U);
    protozero::pbf_reader packet = trace.get_message();
    Event event;
    protozero::data_view event_bytes;
    std::uint32_t sequence = 0, flags = 0;
    while (packet.next()) {
      switch (packet.tag()) {
        case 8:
          event.at = packet.get_uint64();
          break;
        case 10:
          sequence = packet.get_uint32();
          break;
        case 13:
          flags = packet.get_uint32();
          break;
        case 11:
          event_bytes = packet.get_view();
          break;
        case 60:
          read_descriptor(packet.get_message(), file);
          break;
        case 12: {
          protozero::pbf_reader names = packet.get_message();
          while (names.next()) {
            (names.tag() == 2 ? file.event_names : file.annotation_names).insert(interned(names.get_message()));
          }
          break;
        }
        default:
          ADD_FAILURE() << "packet field " << packet.tag();
          packet.skip();
      }
    }
    EXPECT_EQ(sequence, 1U);
    if (first) {
      EXPECT_EQ(flags, 1U) << "the first packet starts the sequence";
      first = false;
    }
    if (!event_bytes.empty()) {
      EXPECT_EQ(flags, 2U);
      read_event(protozero::pbf_reader(event_bytes), event, file);
      EXPECT_TRUE(file.tracks.count(event.track) != 0) << "event on unknown track " << event.track;
      file.events.push_back(event);
    }
  }
  return file;
}

std::uint64_t track_named(const File& file, const std::string& name) {
  for (const auto& [uuid, track] : file.tracks) {
    if (track.name == name) {
      return uuid;
    }
  }
  ADD_FAILURE() << "no track " << name;
  return 0;
}

TEST(Perfetto, HoldsLanesInferencesLayersInterruptsAndPower) {
  const TemporaryFolder folder;
  record_run(folder.path(), 3);
  const File file = parse(contents(folder / "trace.perfetto-trace"));

  const std::uint64_t tile = track_named(file, "tile[0,1]");
  std::vector<Event> on_tile;
  for (const Event& e : file.events) {
    if (e.track == tile) {
      on_tile.push_back(e);
    }
  }
  ASSERT_EQ(on_tile.size(), 6U);
  EXPECT_EQ(on_tile[0].type, 1);
  EXPECT_EQ(on_tile[0].at, 8000U);  // nanoseconds
  EXPECT_EQ(on_tile[0].name, "fc: job 2");
  EXPECT_EQ(on_tile[0].annotations.at("count"), 8U);
  EXPECT_EQ(on_tile[0].annotations.at("load_stall_ps"), 200'001U);
  EXPECT_EQ(on_tile[0].annotations.at("clipped"), 1U);
  EXPECT_EQ(on_tile[1].type, 2);
  EXPECT_EQ(on_tile[1].at, 16000U);

  const std::uint64_t inference = track_named(file, "inference");
  const std::uint64_t layer = track_named(file, "layer");
  const std::uint64_t interrupts = track_named(file, "interrupts");
  std::vector<std::string> inferences, layers;
  int raised = 0;
  for (const Event& e : file.events) {
    if (e.type == 1 && e.track == inference) {
      inferences.push_back(e.name);
    }
    if (e.type == 1 && e.track == layer) {
      layers.push_back(e.name);
    }
    raised += e.type == 3 && e.track == interrupts && e.name == "interrupt 33 raised" ? 1 : 0;
  }
  EXPECT_EQ(inferences, (std::vector<std::string>{"inference 0", "inference 1", "inference 2"}));
  EXPECT_EQ(layers.front(), "conv1");
  EXPECT_EQ(raised, 3);

  const std::uint64_t adc_power = track_named(file, "adc");
  EXPECT_TRUE(file.tracks.at(adc_power).counter);
  EXPECT_EQ(file.tracks.at(adc_power).unit, "W");
  for (const auto& [uuid, track] : file.tracks) {
    EXPECT_TRUE(track.process || file.tracks.count(track.parent) != 0) << track.name;
  }
}

TEST(Perfetto, PowerIsEnergyOverTime) {
  const TemporaryFolder folder;
  Recorder recorder;
  recorder.add_sink(std::make_unique<PerfettoSink>(folder / "t"));
  const auto c = recorder.add_component("adc", probe::Category::adc);
  recorder.energy(c, probe::Cause::dynamic, 0, 0, 17'000'000'000);  // 17 nJ in 10 us: 1.7 mW
  recorder.energy(c, probe::Cause::dynamic, 0, 25 * us, 34'000'000'000);
  recorder.close(30 * us);
  const File file = parse(contents(folder / "t"));
  const std::uint64_t adc = track_named(file, "adc");
  const std::uint64_t total = track_named(file, "total");
  std::map<std::uint64_t, double> adc_power, total_power;
  for (const Event& e : file.events) {
    if (e.type == 4 && e.track == adc) {
      adc_power[e.at] = e.value;
    }
    if (e.type == 4 && e.track == total) {
      total_power[e.at] = e.value;
    }
  }
  ASSERT_EQ(adc_power.size(), 3U);
  EXPECT_NEAR(adc_power.at(0), 1.7e-3, 1e-15);
  EXPECT_NEAR(adc_power.at(10'000), 0.0, 1e-15);
  EXPECT_NEAR(adc_power.at(20'000), 3.4e-3, 1e-15);
  EXPECT_NEAR(total_power.at(0), 2.0e-3, 1e-15);  // with 3/17 lost in the DC-DC converter
}

TEST(Perfetto, SlicesOfOneTrackNeverOverlap) {
  const TemporaryFolder folder;
  Recorder recorder;
  recorder.add_sink(std::make_unique<PerfettoSink>(folder / "t"));
  const auto lane = recorder.add_lane("bus");
  recorder.span(lane, "a", 0, 0, 10'000);
  recorder.span(lane, "b", 0, 5'000, 15'000);
  recorder.span(lane, "c", 0, 10'000, 12'000);
  recorder.span(lane, "d", 0, 11'000, 20'000);
  recorder.marker(probe::MarkerKind::begin, 1U << 24, 1'000);  // never ends
  recorder.close(30'000);
  const File file = parse(contents(folder / "t"));
  std::map<std::uint64_t, std::vector<Event>> tracks;
  for (const Event& e : file.events) {
    tracks[e.track].push_back(e);
  }
  int rows = 0, open = 0;
  for (const auto& [uuid, events] : tracks) {
    if (file.tracks.at(uuid).name == "inference") {
      ASSERT_EQ(events.size(), 1U);
      EXPECT_EQ(events[0].type, 1);
      ++open;
    }
    if (file.tracks.at(uuid).name != "bus") {
      continue;
    }
    ++rows;
    std::uint64_t busy_until = 0;
    for (std::size_t i = 0; i + 1 < events.size(); i += 2) {
      EXPECT_EQ(events[i].type, 1);
      EXPECT_EQ(events[i + 1].type, 2);
      EXPECT_GE(events[i].at, busy_until);
      busy_until = events[i + 1].at;
    }
  }
  EXPECT_EQ(rows, 3);
  EXPECT_EQ(open, 1);
}

TEST(Perfetto, FullTraceHoldsTransactions) {
  const TemporaryFolder folder;
  record_run(folder.path(), 1, true);
  const File file = parse(contents(folder / "trace.perfetto-trace"));
  int reads = 0;
  for (const Event& e : file.events) {
    reads += e.name == "read" && e.annotations.at("bytes") == 25 && e.annotations.at("wait_ps") == 5000 ? 1 : 0;
  }
  EXPECT_EQ(reads, 14);
}

}  // namespace
}  // namespace tessera::traces
