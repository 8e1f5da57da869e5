// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/shared_bus.h"

#include <algorithm>

#include "models/interconnect/kernel_time.h"

namespace tessera::interconnect {
namespace {

/// Bookings ahead of time leave gaps; a bus that has to make its users wait so long does not idle in them.
constexpr probe::Time patience_bursts = 4;

/// Whoever calls can let simulated time pass.
bool can_wait() {
  return sc_core::sc_get_current_process_handle().proc_kind() == sc_core::SC_THREAD_PROC_;
}

}  // namespace

SharedBus::SharedBus(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe)
    : BusFabric(name, parameters, probe),
      displaces_(arbiter_->displaces()),
      slotted_(arbiter_->slotted()),
      patience_(patience_bursts * parameters.burst_beats * cycle_) {}

probe::Time SharedBus::reserve(const BusRequest& request) {
  if (displaces_) {
    const probe::Time begin =
        ranked_path_.reserve_end(request.since, request.duration, arbiter_->rank(request), patience_) -
        request.duration;
    arbiter_->granted(request, begin);
    return begin;
  }
  if (!slotted_) {
    return data_path_.reserve_end(request.since, request.duration, patience_) - request.duration;
  }
  for (probe::Time at = request.since;;) {
    const probe::Time slot = arbiter_->earliest(request, at);
    if (slot == Arbiter::never) {
      return slot;
    }
    at = data_path_.find(slot, request.duration);
    if (at == slot) {
      return data_path_.reserve(slot, request.duration);
    }
  }
}

void SharedBus::b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  const std::uint64_t address = payload.get_address();
  const std::uint64_t bytes = payload.get_data_length();
  const Region* region = find(address, bytes);
  if (region == nullptr) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    return;
  }
  TransactionContext* context = nullptr;
  payload.get_extension(context);
  probe::Time now = kernel_now();
  const probe::Time latency = cycle_ * parameters_.latency_cycles;
  const probe::Time offset = delay.value();
  const probe::Time request =
      now + (context != nullptr && context->pipelined && offset >= latency ? offset - latency : offset);
  const probe::Time horizon = now > 1'000'000'000 ? now - 1'000'000'000 : 0;  // nobody asks for more than 1 ms ago
  data_path_.forget_before(horizon);
  if (displaces_) {
    ranked_path_.forget_before(horizon);
  }

  std::uint64_t beats = beats_of(address, bytes);
  counters_.beats += beats;
  count_bytes(context, bytes);
  const InitiatorClass kind = kind_of(static_cast<std::size_t>(port));
  probe::Time at = request;
  probe::Time waited = 0;
  probe::Time granted = 0;
  // A burst asks for the data path when the one before has moved. Until then others may take their turn, who would
  // otherwise find the whole transfer booked ahead of them.
  const bool in_turn = beats > parameters_.burst_beats && can_wait() && (context == nullptr || !context->at_once);
  while (beats > 0) {
    const std::uint64_t burst = std::min<std::uint64_t>(beats, parameters_.burst_beats);
    const probe::Time begin = reserve({static_cast<std::uint32_t>(port), kind, at, burst * cycle_});
    if (begin == Arbiter::never) {
      payload.set_response_status(tlm::TLM_GENERIC_ERROR_RESPONSE);
      return;
    }
    granted = granted == 0 ? begin : granted;
    waited += begin - at;
    at = begin + burst * cycle_;
    beats -= burst;
    ++counters_.bursts;
    if (in_turn && beats > 0 && at > now) {
      sc_core::wait(kernel_time(at - now));
      now = kernel_now();
    }
  }
  counters_.busy = data_path_.busy() + ranked_path_.busy();
  counters_.wait += waited;
  const probe::ScopeId scope = context != nullptr ? context->scope : probe::idle_scope;
  book_energy(scope, at, bytes);
  if (context != nullptr) {
    context->bus_wait = waited;
    if (probe_.full()) {
      probe_.transaction({context->lane, scope, request, granted, at + latency, static_cast<std::uint32_t>(address),
                          static_cast<std::uint32_t>(bytes), payload.is_write()});
    }
  }
  delay = kernel_time(at - now);  // the target serves when the bytes are there; its answer takes the latency
  initiators[static_cast<int>(region->port)]->b_transport(payload, delay);
  delay = kernel_time(delay.value() + latency);
}

}  // namespace tessera::interconnect
