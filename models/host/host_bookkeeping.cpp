// SPDX-License-Identifier: Apache-2.0
// HostSubsystem: on whose behalf the core works, and what it spends.
#include "models/host/host_subsystem.h"

#include <algorithm>
#include <array>

namespace tessera::host {

probe::ScopeId HostSubsystem::scope() const {
  return handlers_.empty() ? scope_ : handlers_.back().scope;
}

void HostSubsystem::set_scope(probe::ScopeId new_scope) {
  if (new_scope == scope_) {
    return;
  }
  post_energy();
  post_static(local_time());
  scope_ = new_scope;
}

void HostSubsystem::begin_handler(std::uint32_t source) {
  if (!handler_scope || trap_depth_ == 0) {
    return;
  }
  post_energy();
  post_static(local_time());
  handle_for(handler_scope(source));
}

void HostSubsystem::handle_for(probe::ScopeId owner) {
  // A handler that claims several interrupts before it returns works for the latest.
  if (!handlers_.empty() && handlers_.back().depth == trap_depth_) {
    handlers_.pop_back();
  }
  handlers_.push_back({owner, trap_depth_});
}

void HostSubsystem::trap_entered(bool interrupt) {
  // Software that never returns from traps must not make this grow.
  constexpr std::uint32_t deepest = 64;
  trap_depth_ = std::min(trap_depth_ + 1, deepest);
  constexpr std::uint32_t external = 0x8000'000B;
  if (!interrupt || !handler_scope || core_.csrs().mcause() != external) {
    return;
  }
  // Waking up and entering the handler belong to the job that interrupted; software claims the interrupt later.
  const std::uint32_t source = plic_.peek(Plic::claim);
  const probe::ScopeId owner = source != 0 ? handler_scope(source) : probe::idle_scope;
  if (owner != probe::idle_scope) {
    post_energy();
    post_static(clock_.time(core_.cycles() - std::min<std::uint64_t>(core_.cycles(), interrupt_latency_)));
    handle_for(owner);
  }
}

void HostSubsystem::trap_left() {
  if (!handlers_.empty() && handlers_.back().depth == trap_depth_) {
    post_energy();
    post_static(local_time());
    handlers_.pop_back();
  }
  if (trap_depth_ > 0) {
    --trap_depth_;
  }
}

// --- energy, time and counters ---------------------------------------------------------------------------------------

probe::Time HostSubsystem::local_time() const {
  return clock_.time(core_.cycles());
}

CpuCounters HostSubsystem::counters() const {
  const CoreCounts counts = core_.counts();
  const std::uint64_t now = clock_.cycle_at(sc_core::sc_time_stamp().value());
  const std::uint64_t asleep = asleep_ && now > counts.cycles ? now - counts.cycles : 0;
  return {counts.instructions, counts.cycles + asleep, wfi_cycles_ + asleep, counts.interrupts, counts.exceptions};
}

void HostSubsystem::post_energy() {
  const std::uint64_t spent = core_.take_energy();
  if (spent == 0) {
    return;
  }
  probe_.energy(component_, probe::Cause::dynamic, scope(), local_time(), static_cast<probe::Energy>(spent));
}

void HostSubsystem::post_static(probe::Time until) {
  if (until <= static_until_) {
    return;
  }
  using probe::PowerState;
  const probe::Time time = until - static_until_;
  residency_.enter(!supplied_ ? PowerState::sleep
                   : deep_    ? PowerState::waking
                   : asleep_  ? PowerState::idle
                              : PowerState::active);
  residency_.add_time(time);
  if (!supplied_) {  // the chip's deep sleep power covers core and private memory
    static_until_ = until;
    return;
  }
  // What the chip loses while the CPU sleeps is nobody's.
  const probe::ScopeId owner = asleep_ ? probe::idle_scope : scope();
  if (asleep_) {
    probe_.power(static_component_, probe::Cause::standby, owner, static_until_, until, wfi_W_);
    residency_.add_energy(time, wfi_W_);
  }
  residency_.add_energy(time, leakage_W_);
  residency_.add_energy(time, memory_leakage_W_, 1);
  probe_.power(static_component_, probe::Cause::leakage, owner, static_until_, until, leakage_W_);
  probe_.power(memory_component_, probe::Cause::leakage, owner, static_until_, until, memory_leakage_W_);
  static_until_ = until;
}

void HostSubsystem::report_residency() {
  residency_.report(probe_, "cpu");
}

void HostSubsystem::span(std::string_view what, probe::Time until) {
  if (until > span_begin_) {
    probe_.span(lane_, what, asleep_ ? probe::idle_scope : scope(), span_begin_, until);
  }
  span_begin_ = until;
}

void HostSubsystem::book(probe::Time until) {
  post_energy();
  post_static(until);
}

void HostSubsystem::dump(probe::Time until) {
  book(until);
  const CpuCounters c = counters();
  const std::array<std::uint64_t, 5> values{c.instructions, c.cycles, c.wfi_cycles, c.interrupts, c.exceptions};
  for (std::size_t i = 0; i < values.size(); ++i) {
    probe_.counter(counter_ids_[i], values[i], until);
  }
}

}  // namespace tessera::host
