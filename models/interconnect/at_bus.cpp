// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/at_bus.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::interconnect {

AtBus::AtBus(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe)
    : BusFabric(name, parameters, probe) {
  SC_HAS_PROCESS(AtBus);
  SC_METHOD(advance);
  sensitive << due_;
  dont_initialize();
}

tlm::tlm_base_target_socket_b<32>& AtBus::adapt(tlm::tlm_base_target_socket_b<32>& target) {
  const std::string module_name = fmt::format("at_target_{}", adapters_.size());
  adapters_.push_back(std::make_unique<AtTarget>(module_name.c_str()));
  adapters_.back()->out.bind(target);
  return adapters_.back()->in;
}

void AtBus::schedule(probe::Time at, Kind kind, std::uint32_t port, Payload* payload) {
  events_.push({at, event_number_++, kind, port, payload});
  due_.notify(sc_core::sc_time::from_value(at - now()));
}

tlm::tlm_sync_enum AtBus::nb_transport_fw(int port, Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const auto number = static_cast<std::uint32_t>(port);
  if (phase == tlm::BEGIN_REQ) {
    payload.acquire();
    if (delay == sc_core::SC_ZERO_TIME) {
      request(number, payload);
    } else {
      schedule(now() + delay.value(), Kind::request, number, &payload);
    }
  } else if (phase == tlm::END_RESP) {
    finish(number, payload);
  }
  return tlm::TLM_ACCEPTED;
}

void AtBus::request(std::uint32_t number, Payload& payload) {
  if (ports_.size() <= number) {
    ports_.resize(number + 1);
  }
  ports_[number].requesting = &payload;
  Flight& flight = flights_[&payload];
  flight = {};
  flight.port = number;
  flight.request = now();
  flight.region = find(payload.get_address(), payload.get_data_length());
  if (flight.region == nullptr) {
    payload.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
    schedule(now(), Kind::respond, number, &payload);
    return;
  }
  flight.beats_left = beats_of(payload.get_address(), payload.get_data_length());
  counters_.beats += flight.beats_left;
  TransactionContext* context = nullptr;
  payload.get_extension(context);
  count_bytes(context, payload.get_data_length());
  ask(number, flight);
}

void AtBus::ask(std::uint32_t port, const Flight& flight) {
  const std::uint64_t beats = std::min<std::uint64_t>(flight.beats_left, parameters_.burst_beats);
  const BusRequest made{port, kind_of(port), now(), beats * cycle_};
  pending_.insert(std::upper_bound(pending_.begin(), pending_.end(), made,
                                   [](const BusRequest& a, const BusRequest& b) { return a.port < b.port; }),
                  made);
  if (busy_until_ <= now()) {
    undecided_ = true;
    due_.notify(sc_core::SC_ZERO_TIME);
  }
}

void AtBus::arbitrate() {
  if (pending_.empty() || busy_until_ > now()) {
    return;
  }
  const std::size_t chosen = arbiter_->pick(pending_, now());
  if (chosen == pending_.size()) {
    probe::Time next = Arbiter::never;
    for (const BusRequest& one : pending_) {
      next = std::min(next, arbiter_->earliest(one, now()));
    }
    if (next != Arbiter::never) {
      schedule(next, Kind::look, 0, nullptr);
    }
    return;
  }
  const BusRequest granted = pending_[chosen];
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(chosen));
  arbiter_->granted(granted, now());
  Flight& flight = flights_[ports_[granted.port].requesting];
  const probe::Time waited = now() - granted.since;
  flight.granted = flight.granted == 0 ? now() : flight.granted;
  flight.waited += waited;
  busy_until_ = now() + granted.duration;
  counters_.busy += granted.duration;
  counters_.wait += waited;
  ++counters_.bursts;
  schedule(busy_until_, Kind::burst_end, granted.port, nullptr);
}

void AtBus::burst_end(std::uint32_t port) {
  Payload& payload = *ports_[port].requesting;
  Flight& flight = flights_[&payload];
  flight.beats_left -= std::min<std::uint64_t>(flight.beats_left, parameters_.burst_beats);
  if (!pending_.empty()) {
    undecided_ = true;
  }
  if (flight.beats_left > 0) {
    ask(port, flight);
    return;
  }
  TransactionContext* context = nullptr;
  payload.get_extension(context);
  book_energy(context != nullptr ? context->scope : probe::idle_scope, now(), payload.get_data_length());
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  // The adapter takes every request at once and answers later.
  initiators[static_cast<int>(flight.region->port)]->nb_transport_fw(payload, phase, delay);
}

tlm::tlm_sync_enum AtBus::nb_transport_bw(int /*target*/, Payload& payload, tlm::tlm_phase& phase,
                                          sc_core::sc_time& /*delay*/) {
  if (phase != tlm::BEGIN_RESP) {
    return tlm::TLM_ACCEPTED;
  }
  served(payload);
  phase = tlm::END_RESP;
  return tlm::TLM_UPDATED;
}

void AtBus::served(Payload& payload) {
  Flight& flight = flights_[&payload];
  const std::uint32_t port = flight.port;
  schedule(now() + cycle_ * parameters_.latency_cycles, Kind::respond, port, &payload);
  flight.requesting = false;
  ports_[port].requesting = nullptr;
  tlm::tlm_phase phase = tlm::END_REQ;
  sc_core::sc_time delay;
  targets[static_cast<int>(port)]->nb_transport_bw(payload, phase, delay);
}

void AtBus::respond(std::uint32_t number, Payload& payload) {
  Port& port = ports_[number];
  if (port.responding != nullptr) {
    port.responses.push_back(&payload);
    return;
  }
  Flight& flight = flights_[&payload];
  if (flight.requesting) {  // an answer without END_REQ ends the request, too
    flight.requesting = false;
    port.requesting = nullptr;
  }
  TransactionContext* context = nullptr;
  payload.get_extension(context);
  if (context != nullptr) {
    context->bus_wait = flight.waited;
    if (probe_.full() && flight.region != nullptr) {
      probe_.transaction({context->lane, context->scope, flight.request, flight.granted, now(),
                          static_cast<std::uint32_t>(payload.get_address()), payload.get_data_length(),
                          payload.is_write()});
    }
  }
  port.responding = &payload;
  tlm::tlm_phase phase = tlm::BEGIN_RESP;
  sc_core::sc_time delay;
  const tlm::tlm_sync_enum answer = targets[static_cast<int>(number)]->nb_transport_bw(payload, phase, delay);
  if (answer == tlm::TLM_COMPLETED || (answer == tlm::TLM_UPDATED && phase == tlm::END_RESP)) {
    finish(number, payload);
  }
}

void AtBus::finish(std::uint32_t number, Payload& payload) {
  Port& port = ports_[number];
  if (port.responding != &payload) {
    return;  // not ours: the checker reports it
  }
  port.responding = nullptr;
  flights_.erase(&payload);
  payload.release();
  if (!port.responses.empty()) {
    Payload* next = port.responses.front();
    port.responses.pop_front();
    schedule(now(), Kind::respond, number, next);
  }
}

void AtBus::advance() {
  while (!events_.empty() && events_.top().at <= now()) {
    const Event event = events_.top();
    events_.pop();
    switch (event.kind) {
      case Kind::request:
        request(event.port, *event.payload);
        break;
      case Kind::look:
        undecided_ = true;
        break;
      case Kind::burst_end:
        burst_end(event.port);
        break;
      case Kind::respond:
        respond(event.port, *event.payload);
        break;
    }
  }
  if (undecided_ && decide_) {
    undecided_ = false;
    decide_ = false;
    arbitrate();
  }
  if (undecided_) {
    decide_ = true;
    due_.notify(sc_core::SC_ZERO_TIME);
  } else if (!events_.empty()) {
    due_.notify(sc_core::sc_time::from_value(events_.top().at - now()));
  }
}

}  // namespace tessera::interconnect
