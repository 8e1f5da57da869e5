// SPDX-License-Identifier: Apache-2.0
// A probe that listens to nothing: for models used on their own and as a base for tests that watch one thing.
#pragma once

#include "models/probe/probe.h"

namespace tessera::probe {

class NullProbe : public Probe {
 public:
  ComponentId add_component(std::string_view, Category) override { return components_++; }
  LaneId add_lane(std::string_view) override { return lanes_++; }
  CounterId add_counter(std::string_view, std::string_view, std::string_view) override { return counters_++; }
  ScopeId scope(const Scope&) override { return idle_scope; }
  CallSiteId call_site(std::uint32_t, std::uint32_t) override { return 0; }
  void energy(ComponentId, Cause, ScopeId, Time, Energy) override {}
  void power(ComponentId, Cause, ScopeId, Time, Time, double) override {}
  void job(const JobRecord&) override {}
  void span(LaneId, std::string_view, ScopeId, Time, Time) override {}
  void marker(MarkerKind, std::uint32_t, Time) override {}
  void interrupt(std::uint32_t, bool, Time) override {}
  void counter(CounterId, std::uint64_t, Time) override {}
  void transaction(const TransactionRecord&) override {}
  [[nodiscard]] bool full() const override { return false; }

 private:
  ComponentId components_ = 0;
  LaneId lanes_ = 0;
  CounterId counters_ = 0;
};

}  // namespace tessera::probe
