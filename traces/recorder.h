// SPDX-License-Identifier: Apache-2.0
// The probe that listens: keeps the energy ledger, gives names numbers, pairs markers to regions and passes records on
// to sinks. With no sink it is the ledger alone.
#pragma once

#include <cstdint>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/power/ledger.h"
#include "models/probe/probe.h"
#include "traces/registry.h"
#include "traces/sink.h"
#include "traces/symbols.h"

namespace tessera::traces {

struct RecorderOptions {
  power::SocParameters soc;
  power::LedgerOptions ledger;
  bool full = false;             ///< transactions and fine spans, too
  probe::Time bus_cycle = 5000;  ///< of the clock whose cycles the counters count [ps]
};

class Recorder final : public probe::Probe {
 public:
  explicit Recorder(const RecorderOptions& options = {});

  // --- before the run
  void add_sink(std::unique_ptr<Sink> sink) { sinks_.push_back({std::move(sink), nullptr}); }
  // --- any time before close()
  void set_layer(std::int32_t layer, std::string_view name, std::string_view kind);
  void set_job(std::uint32_t tag, std::string_view name);
  /// A fact about the run. Neither wall-clock times nor absolute paths: equal runs give equal files.
  void set_meta(std::string_view key, std::string_view value);
  /// @param symbols  must live until close(); null takes it back
  void set_symbols(const Symbols* symbols) { symbols_ = symbols; }

  [[nodiscard]] const power::Ledger& ledger() const { return ledger_; }
  [[nodiscard]] const Registry& registry() const { return registry_; }
  /// Completes every sink, also when one of them fails: now, or earlier in the run, which goes on without it.
  /// A second call does nothing.
  /// @param end  of the run [ps]
  /// @throws TraceError  of the first sink that could not be completed
  void close(probe::Time end);

  // --- probe
  probe::ComponentId add_component(std::string_view path, probe::Category category) override;
  probe::LaneId add_lane(std::string_view path) override;
  probe::CounterId add_counter(std::string_view path, std::string_view unit, std::string_view description) override;
  probe::ScopeId scope(const probe::Scope& scope) override { return ledger_.scope(scope); }
  probe::CallSiteId call_site(std::uint32_t pc, std::uint32_t return_address) override {
    return call_site(pc, return_address, 0);
  }
  /// Places that were reached through different call stacks are different call sites; 0: stacks are not known.
  probe::CallSiteId call_site(std::uint32_t pc, std::uint32_t return_address, std::uint32_t stack);
  void energy(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time at,
              probe::Energy attojoules) override {
    ledger_.energy(component, cause, scope, at, attojoules);
  }
  void power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from, probe::Time to,
             double watts) override {
    ledger_.power(component, cause, scope, from, to, watts);
  }
  void job(const probe::JobRecord& record) override;
  void span(probe::LaneId lane, std::string_view name, probe::ScopeId scope, probe::Time begin,
            probe::Time end) override;
  void marker(probe::MarkerKind kind, std::uint32_t region, probe::Time at) override;
  void interrupt(std::uint32_t source, bool raised, probe::Time at) override;
  void counter(probe::CounterId counter, std::uint64_t value, probe::Time at) override;
  void transaction(const probe::TransactionRecord& record) override;
  void residency(const probe::ResidencyRecord& record) override;
  [[nodiscard]] bool full() const override { return full_; }

 private:
  struct Slot {
    std::unique_ptr<Sink> sink;
    std::exception_ptr error;  ///< what went wrong with it; it hears no more
  };
  /// A full disk must not end the simulation from inside a model: errors wait for close().
  template <typename Tell>
  void tell(const Tell& what) {
    for (Slot& slot : sinks_) {
      if (slot.error) {
        continue;
      }
      try {
        what(*slot.sink);
      } catch (...) {
        slot.error = std::current_exception();
      }
    }
  }
  void begin_region(std::uint32_t region, probe::Time at);
  void end_region(std::uint32_t region, probe::Time at);
  [[nodiscard]] std::uint32_t inference_at(probe::Time at) const;

  power::Ledger ledger_;
  Registry registry_;
  std::vector<Slot> sinks_;
  const Symbols* symbols_ = nullptr;
  bool full_;
  bool closed_ = false;
  std::map<std::string, std::uint32_t, std::less<>> span_name_ids_;
  std::map<std::pair<std::uint64_t, std::uint32_t>, probe::CallSiteId> call_site_ids_;  // place, stack
  std::map<std::uint32_t, std::vector<probe::Time>> open_regions_;
  std::size_t open_count_ = 0;
  std::uint64_t unmatched_ends_ = 0, refused_begins_ = 0;
  std::deque<RegionRecord> recent_inferences_;  ///< newest last; enough to place a job's submission
};

}  // namespace tessera::traces
