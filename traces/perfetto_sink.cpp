// SPDX-License-Identifier: Apache-2.0
#include "traces/perfetto_sink.h"

#include <fmt/format.h>

#include <algorithm>

#include "traces/names.h"

namespace tessera::traces {
namespace {

// Track numbers: what it is in the upper half, which one and which row in the lower.
constexpr std::uint64_t process_uuid = 1;
constexpr std::uint64_t lane_base = std::uint64_t{1} << 48;
constexpr std::uint64_t bus_base = std::uint64_t{2} << 48;
constexpr std::uint64_t region_base = std::uint64_t{3} << 48;
constexpr std::uint64_t power_base = std::uint64_t{4} << 48;
constexpr std::uint64_t counter_base = std::uint64_t{5} << 48;
constexpr std::uint64_t group_base = std::uint64_t{6} << 48;
constexpr std::uint64_t interrupt_uuid = std::uint64_t{7} << 48;
constexpr std::uint64_t power_group = group_base + 1, counter_group = group_base + 2, bus_group = group_base + 3;

constexpr std::uint64_t uuid_of(std::uint64_t base, std::uint32_t track, std::size_t row) {
  return base + (std::uint64_t{track} << 16) + row;
}

constexpr std::size_t most_rows = 256;

const std::vector<std::string>& annotation_names() {
  static const std::vector<std::string> names = {"tag",         "layer",         "count",          "bytes_in",
                                                 "bytes_out",   "load_stall_ps", "store_stall_ps", "converter_stall_ps",
                                                 "bus_wait_ps", "clipped",       "address",        "bytes",
                                                 "wait_ps"};
  return names;
}
enum AnnotationName : std::uint32_t {
  tag = 1,
  layer,
  count,
  bytes_in,
  bytes_out,
  load_stall,
  store_stall,
  converter_stall,
  bus_wait,
  clipped,
  address,
  bytes,
  wait
};

}  // namespace

PerfettoSink::PerfettoSink(std::filesystem::path path) : path_(std::move(path)), spool_(path_) {}

std::uint64_t PerfettoSink::name(NameKind kind, std::uint32_t first, std::uint32_t second) {
  const NameKey key{kind, first, second};
  const auto [known, added] = names_.try_emplace(key, name_keys_.size() + 1);
  if (added) {
    name_keys_.push_back(key);
  }
  return known->second;
}

std::uint64_t PerfettoSink::place(std::map<std::uint32_t, Rows>& tracks, std::uint64_t base, std::uint32_t track,
                                  probe::Time begin, probe::Time end) {
  std::vector<probe::Time>& rows = tracks[track].busy_until;
  std::size_t row = 0;
  while (row < rows.size() && rows[row] > begin && row + 1 < most_rows) {
    ++row;
  }
  if (row == rows.size()) {
    rows.push_back(0);
  }
  rows[row] = std::max(rows[row], end);
  return uuid_of(base, track, row);
}

void PerfettoSink::job(const probe::JobRecord& r, std::uint32_t /*inference*/) {
  annotations_ = {{load_stall, r.load_stall},
                  {store_stall, r.store_stall},
                  {converter_stall, r.converter_stall},
                  {bus_wait, r.bus_wait},
                  {count, r.count},
                  {bytes_in, r.bytes_in},
                  {bytes_out, r.bytes_out},
                  {clipped, r.clipped}};
  packets_.slice(place(lanes_, lane_base, r.lane, r.begin, r.end), name(NameKind::job, r.scope), r.begin, r.end,
                 annotations_);
  spill(1 << 16);
}

void PerfettoSink::span(const SpanRecord& r) {
  annotations_.clear();
  packets_.slice(place(lanes_, lane_base, r.lane, r.begin, r.end), name(NameKind::span, r.name), r.begin, r.end,
                 annotations_);
  spill(1 << 16);
}

void PerfettoSink::region(const RegionRecord& r) {
  if (r.end == never) {
    open_.push_back(r);
    return;
  }
  annotations_.clear();
  packets_.slice(place(regions_, region_base, region_kind(r.region), r.begin, r.end), name(NameKind::region, r.region),
                 r.begin, r.end, annotations_);
  spill(1 << 16);
}

void PerfettoSink::interrupt(const InterruptRecord& r) {
  interrupts_seen_ = true;
  packets_.instant(interrupt_uuid, name(NameKind::interrupt, r.source, r.raised ? 1 : 0), r.at);
  spill(1 << 16);
}

void PerfettoSink::counter(const CounterRecord& r) {
  if (r.counter >= counters_seen_.size()) {
    counters_seen_.resize(r.counter + std::size_t{1}, false);
  }
  counters_seen_[r.counter] = true;
  packets_.count(uuid_of(counter_base, r.counter, 0), r.at, r.value);
  spill(1 << 16);
}

void PerfettoSink::transaction(const probe::TransactionRecord& r) {
  annotations_ = {{address, r.address}, {bytes, r.bytes}, {wait, r.grant - r.request}};
  packets_.slice(place(bus_lanes_, bus_base, r.initiator, r.request, r.end),
                 name(NameKind::transaction, r.write ? 1 : 0), r.request, r.end, annotations_);
  spill(1 << 16);
}

void PerfettoSink::spill(std::size_t threshold) {
  if (buffer_.size() >= threshold) {
    spool_.append(buffer_);
    buffer_.clear();
  }
}

std::string PerfettoSink::text_of(const NameKey& key, const Registry& registry) {
  const auto [kind, first, second] = key;
  switch (kind) {
    case NameKind::job: {
      const auto& scopes = registry.ledger->scopes();
      const probe::Scope scope = first < scopes.size() ? scopes[first] : probe::Scope{};
      const std::string job = registry.job_name(scope.job);
      return job.empty() ? registry.layer_name(scope.layer) : registry.layer_name(scope.layer) + ": " + job;
    }
    case NameKind::span:
      return first < registry.span_names.size() ? registry.span_names[first] : "span";
    case NameKind::interrupt:
      return fmt::format("interrupt {} {}", first, second != 0 ? "raised" : "lowered");
    case NameKind::transaction:
      return first != 0 ? "write" : "read";
    case NameKind::region:
      break;
  }
  const std::uint32_t number = region_number(first);
  if (region_kind(first) == static_cast<std::uint32_t>(RegionKind::layer)) {
    return registry.layer_name(static_cast<std::int32_t>(number));
  }
  return fmt::format("{} {}", region_kind_name(region_kind(first)), number);
}

void PerfettoSink::write_tracks(perfetto::PacketWriter& packets, const Registry& registry) const {
  packets.process(process_uuid, "Tessera");
  for (const auto& [kind, rows] : regions_) {
    for (std::size_t row = 0; row < rows.busy_until.size(); ++row) {
      packets.track(uuid_of(region_base, kind, row), process_uuid, region_kind_name(kind));
    }
  }
  const auto write_rows = [&](const std::map<std::uint32_t, Rows>& tracks, std::uint64_t base, std::uint64_t parent) {
    for (const auto& [lane, rows] : tracks) {
      const std::string path = lane < registry.lanes.size() ? registry.lanes[lane] : fmt::format("lane {}", lane);
      for (std::size_t row = 0; row < rows.busy_until.size(); ++row) {
        packets.track(uuid_of(base, lane, row), parent, path);
      }
    }
  };
  write_rows(lanes_, lane_base, process_uuid);
  if (interrupts_seen_) {
    packets.track(interrupt_uuid, process_uuid, "interrupts");
  }
  if (!bus_lanes_.empty()) {
    packets.track(bus_group, process_uuid, "bus transactions by initiator");
    write_rows(bus_lanes_, bus_base, bus_group);
  }
  packets.track(counter_group, process_uuid, "hardware counters");
  for (std::uint32_t id = 0; id < counters_seen_.size(); ++id) {
    if (counters_seen_[id] && id < registry.counters.size()) {
      const Registry::Counter& counter = registry.counters[id];
      packets.counter_track(uuid_of(counter_base, id, 0), counter_group, counter.path, counter.unit);
    }
  }
}

void PerfettoSink::write_power(perfetto::PacketWriter& packets, const power::Ledger& ledger) const {
  packets.track(power_group, process_uuid, "power by category");
  const power::CategoryAmounts sums = ledger.by_category();
  const auto total_track = static_cast<std::uint32_t>(sums.size());
  const auto watts = [&](power::Amount energy) {
    return power::joules(energy) / (static_cast<double>(ledger.window_width()) * 1.0e-12);
  };
  packets.counter_track(uuid_of(power_base, total_track, 0), power_group, "total", "W");
  for (std::uint32_t category = 0; category < sums.size(); ++category) {
    if (sums[category] != 0) {
      packets.counter_track(uuid_of(power_base, category, 0), power_group,
                            name_of(static_cast<probe::Category>(category)), "W");
    }
  }
  probe::Time at = 0;
  for (const power::CategoryAmounts& window : ledger.windows()) {
    power::Amount total = 0;
    for (std::uint32_t category = 0; category < sums.size(); ++category) {
      total += window[category];
      if (sums[category] != 0) {
        packets.count(uuid_of(power_base, category, 0), at, watts(window[category]));
      }
    }
    packets.count(uuid_of(power_base, total_track, 0), at, watts(total));
    at += ledger.window_width();
  }
}

void PerfettoSink::close(const Summary& summary) {
  annotations_.clear();
  for (const RegionRecord& r : open_) {
    packets_.slice_begin(place(regions_, region_base, region_kind(r.region), r.begin, never),
                         name(NameKind::region, r.region), r.begin, annotations_);
  }
  spill(1);

  std::vector<std::string> names;
  names.reserve(name_keys_.size());
  for (const NameKey& key : name_keys_) {
    names.push_back(text_of(key, summary.registry));
  }
  std::string head;
  perfetto::PacketWriter packets(head);
  packets.begin_sequence(names, annotation_names());
  write_tracks(packets, summary.registry);
  write_power(packets, summary.ledger);

  AtomicFile file(path_);
  file.write(head);
  std::vector<char> block(1 << 16);
  for (std::uint64_t at = 0; at < spool_.size();) {
    const std::size_t got = spool_.read(at, block.data(), block.size());
    file.write({block.data(), got});
    at += got;
  }
  file.commit();
}

}  // namespace tessera::traces
