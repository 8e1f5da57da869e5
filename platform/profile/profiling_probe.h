// SPDX-License-Identifier: Apache-2.0
// Stands between the chip and the recorder and books every posting of the energy ledger a second time: to the call
// stack of the firmware that caused it.
//
//   the CPU's instructions              the profiler knows them itself
//   what an access of the CPU costs     the stack that made the access
//   what a job costs                    the stack that wrote the job's descriptor to a QUEUE register
//   waiting in WFI                      "[wfi]" under the stack that waits
//   everything else                     roots of their own: "[static: ...]" and "[chip: ...]"
//
// A posting's amount is what it adds to the ledger's total, conversion loss included. So the sums are equal exactly.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "models/host/host_subsystem.h"
#include "models/power/amount.h"
#include "models/probe/probe.h"
#include "traces/recorder.h"

namespace tessera::platform {

inline constexpr std::size_t category_count = probe::category_count;
using CategoryEnergies = std::array<power::Amount, category_count>;

class ProfilingProbe final : public probe::Probe {
 public:
  explicit ProfilingProbe(traces::Recorder& recorder) : recorder_(recorder) {}
  /// From here on stacks are known. @param host must outlive the run
  void begin(host::HostSubsystem& host);

  [[nodiscard]] const host::CallProfiler& calls() const { return *calls_; }
  /// By CallProfiler::NodeId and category; may be shorter than the nodes are many.
  [[nodiscard]] const std::vector<CategoryEnergies>& blocks() const { return blocks_; }
  [[nodiscard]] power::Amount cpu_posted() const { return cpu_posted_; }
  /// Conversion loss of the CPU's dynamic energy.
  [[nodiscard]] power::Amount cpu_loss() const { return cpu_loss_; }

  // --- probe
  probe::ComponentId add_component(std::string_view path, probe::Category category) override;
  probe::LaneId add_lane(std::string_view path) override { return recorder_.add_lane(path); }
  probe::CounterId add_counter(std::string_view path, std::string_view unit, std::string_view text) override {
    return recorder_.add_counter(path, unit, text);
  }
  probe::ScopeId scope(const probe::Scope& scope) override { return recorder_.scope(scope); }
  probe::CallSiteId call_site(std::uint32_t pc, std::uint32_t return_address) override;
  void energy(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time at,
              probe::Energy attojoules) override;
  void power(probe::ComponentId component, probe::Cause cause, probe::ScopeId scope, probe::Time from, probe::Time to,
             double watts) override;
  void job(const probe::JobRecord& record) override { recorder_.job(record); }
  void span(probe::LaneId lane, std::string_view name, probe::ScopeId scope, probe::Time begin,
            probe::Time end) override {
    recorder_.span(lane, name, scope, begin, end);
  }
  void marker(probe::MarkerKind kind, std::uint32_t region, probe::Time at) override {
    recorder_.marker(kind, region, at);
  }
  void interrupt(std::uint32_t source, bool raised, probe::Time at) override {
    recorder_.interrupt(source, raised, at);
  }
  void counter(probe::CounterId counter, std::uint64_t value, probe::Time at) override {
    recorder_.counter(counter, value, at);
  }
  void transaction(const probe::TransactionRecord& record) override { recorder_.transaction(record); }
  void residency(const probe::ResidencyRecord& record) override { recorder_.residency(record); }
  [[nodiscard]] bool full() const override { return recorder_.full(); }

 private:
  using NodeId = host::CallProfiler::NodeId;
  [[nodiscard]] NodeId node_of_job(probe::ScopeId scope) const;
  void add(NodeId node, probe::ComponentId component, power::Amount amount);

  traces::Recorder& recorder_;
  host::HostSubsystem* host_ = nullptr;
  host::CallProfiler* calls_ = nullptr;
  probe::ComponentId cpu_ = ~probe::ComponentId{0};
  probe::ComponentId cpu_static_ = ~probe::ComponentId{0};
  std::vector<NodeId> site_nodes_;  ///< by CallSiteId; 0: none
  std::vector<CategoryEnergies> blocks_;
  power::Amount cpu_posted_ = 0;
  power::Amount cpu_loss_ = 0;
};

}  // namespace tessera::platform
