// SPDX-License-Identifier: Apache-2.0
// Where a recorder sends what it hears. A sink ignores what it does not override. Energies do not pass through here:
// they are summed in the ledger, which a sink reads when it closes.
#pragma once

#include <cstdint>

#include "models/probe/probe.h"
#include "traces/registry.h"

namespace tessera::traces {

inline constexpr probe::Time never = ~probe::Time{0};
inline constexpr std::uint32_t no_inference = ~std::uint32_t{0};

struct SpanRecord {
  probe::LaneId lane = 0;
  std::uint32_t name = 0;  ///< index into Registry::span_names
  probe::ScopeId scope = probe::idle_scope;
  probe::Time begin = 0, end = 0;
  bool idle = false;  ///< the unit does nothing: "asleep" or "idle"
};

struct MarkerRecord {
  probe::MarkerKind kind = probe::MarkerKind::begin;
  std::uint32_t region = 0;
  probe::Time at = 0;
};

/// A begin and an end marker of the same region; end is `never` if the run stopped inside.
struct RegionRecord {
  std::uint32_t region = 0;
  probe::Time begin = 0, end = 0;
};

struct InterruptRecord {
  std::uint32_t source = 0;
  bool raised = false;
  probe::Time at = 0;
};

struct CounterRecord {
  probe::CounterId counter = 0;
  std::uint64_t value = 0;
  probe::Time at = 0;
};

struct Summary {
  const Registry& registry;
  const power::Ledger& ledger;
  probe::Time end;  ///< of the run [ps]
};

class Sink {
 public:
  Sink() = default;
  Sink(const Sink&) = delete;
  Sink& operator=(const Sink&) = delete;
  virtual ~Sink() = default;

  /// @param inference  number of the inference in which firmware submitted the job, or no_inference
  virtual void job(const probe::JobRecord& /*record*/, std::uint32_t /*inference*/) {}
  virtual void span(const SpanRecord& /*record*/) {}
  virtual void marker(const MarkerRecord& /*record*/) {}
  virtual void region(const RegionRecord& /*record*/) {}
  virtual void interrupt(const InterruptRecord& /*record*/) {}
  virtual void counter(const CounterRecord& /*record*/) {}
  virtual void transaction(const probe::TransactionRecord& /*record*/) {}
  /// Completes the output. Called once. @throws TraceError  it could not be written
  virtual void close(const Summary& summary) = 0;
};

}  // namespace tessera::traces
