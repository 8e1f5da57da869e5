// SPDX-License-Identifier: Apache-2.0
// trace.db: the SQLite trace. Records are copied into chunks on the simulation's side (about 50 ns each) and inserted
// by a thread of its own. Every 4096 events everything up to there is committed, with the names it needs and the
// energy sums so far.
#pragma once

#include <filesystem>

#include "traces/byte_stream.h"
#include "traces/database_writer.h"
#include "traces/sink.h"

namespace tessera::traces {

class DatabaseSink final : public Sink {
 public:
  /// @param registry  must outlive the sink
  /// @throws TraceError
  DatabaseSink(std::filesystem::path path, const Registry& registry);
  /// Without close() the events so far are kept; the database says that it is not complete.
  ~DatabaseSink() override;

  void job(const probe::JobRecord& record, std::uint32_t inference) override;
  void span(const SpanRecord& record) override { event(RecordTag::span, record); }
  void marker(const MarkerRecord& record) override { event(RecordTag::marker, record); }
  void region(const RegionRecord& record) override { event(RecordTag::region, record); }
  void interrupt(const InterruptRecord& record) override { event(RecordTag::interrupt, record); }
  void counter(const CounterRecord& record) override { event(RecordTag::counter, record); }
  void transaction(const probe::TransactionRecord& record) override { event(RecordTag::transaction, record); }
  void close(const Summary& summary) override;

 private:
  template <typename... Fields>
  void event(RecordTag tag, const Fields&... fields) {
    out_.record(tag, fields...);
    if (++events_ % events_per_chunk == 0) {
      hand_over();
    }
  }
  void hand_over();
  void put_new_names();
  void put_energy(const power::Ledger& ledger);
  void put_checkpoint();

  static constexpr std::uint64_t events_per_chunk = 512;
  static constexpr std::uint64_t events_per_commit = 8 * events_per_chunk;

  const Registry& registry_;
  DatabaseWriter writer_;
  ByteWriter out_;
  std::uint64_t events_ = 0;
  bool closed_ = false;
  struct {
    std::size_t components = 0, lanes = 0, counters = 0, call_sites = 1, scopes = 0, span_names = 0;
    std::size_t layers = 0, jobs = 0, meta = 0;
  } known_;
};

}  // namespace tessera::traces
