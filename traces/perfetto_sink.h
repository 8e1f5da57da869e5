// SPDX-License-Identifier: Apache-2.0
// A trace for ui.perfetto.dev: one track a lane with its jobs and spans, tracks for inferences, layers and interrupts,
// counter tracks for power by category and for hardware counters. Events go to scratch space as they come; closing
// writes names and tracks in front of them.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "traces/file_output.h"
#include "traces/perfetto_packets.h"
#include "traces/sink.h"

namespace tessera::traces {

class PerfettoSink final : public Sink {
 public:
  /// @throws TraceError
  explicit PerfettoSink(std::filesystem::path path);

  void job(const probe::JobRecord& record, std::uint32_t inference) override;
  void span(const SpanRecord& record) override;
  void region(const RegionRecord& record) override;
  void interrupt(const InterruptRecord& record) override;
  void counter(const CounterRecord& record) override;
  void transaction(const probe::TransactionRecord& record) override;
  void close(const Summary& summary) override;

 private:
  /// Slices of a track must nest; where a unit's slices overlap it gets further rows.
  struct Rows {
    std::vector<probe::Time> busy_until;
  };
  enum class NameKind : std::uint8_t { job, span, region, interrupt, transaction };
  using NameKey = std::tuple<NameKind, std::uint32_t, std::uint32_t>;

  [[nodiscard]] std::uint64_t name(NameKind kind, std::uint32_t first, std::uint32_t second = 0);
  [[nodiscard]] std::uint64_t place(std::map<std::uint32_t, Rows>& tracks, std::uint64_t base, std::uint32_t track,
                                    probe::Time begin, probe::Time end);
  [[nodiscard]] static std::string text_of(const NameKey& key, const Registry& registry);
  void write_tracks(perfetto::PacketWriter& packets, const Registry& registry) const;
  void write_power(perfetto::PacketWriter& packets, const power::Ledger& ledger) const;
  void spill(std::size_t threshold);

  std::filesystem::path path_;
  SpoolFile spool_;
  std::string buffer_;
  perfetto::PacketWriter packets_{buffer_};
  std::map<NameKey, std::uint64_t> names_;  ///< iid
  std::vector<NameKey> name_keys_;          ///< by iid - 1
  std::map<std::uint32_t, Rows> lanes_, bus_lanes_, regions_;
  std::vector<bool> counters_seen_;
  bool interrupts_seen_ = false;
  std::vector<RegionRecord> open_;  ///< regions that never ended
  std::vector<perfetto::Annotation> annotations_;
};

}  // namespace tessera::traces
