// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/at_port.h"

#include <algorithm>

namespace tessera::interconnect {

AtPort::AtPort(const sc_core::sc_module_name& name)
    : sc_module(name), read_socket("read_socket"), write_socket("write_socket") {
  read_socket.register_nb_transport_bw(this, &AtPort::nb_transport_bw, static_cast<int>(Channel::read));
  write_socket.register_nb_transport_bw(this, &AtPort::nb_transport_bw, static_cast<int>(Channel::write));
  SC_HAS_PROCESS(AtPort);
  SC_METHOD(send_read);
  sensitive << side(Channel::read).due;
  dont_initialize();
  SC_METHOD(send_write);
  sensitive << side(Channel::write).due;
  dont_initialize();
}

AtPort::Ticket AtPort::read(std::uint32_t address, std::uint32_t bytes, probe::Time at,
                            const TransactionContext& context, std::span<std::uint8_t> to) {
  PooledPayload& payload = pool_.take(false, address);
  payload.context = context;
  if (to.empty()) {
    if (payload.data.size() < bytes) {
      payload.data.resize(bytes);
    }
    payload.set_data_ptr(payload.data.data());
  } else {
    payload.set_data_ptr(to.data());
  }
  payload.set_data_length(bytes);
  payload.set_streaming_width(bytes);
  return queue(Channel::read, payload, at);
}

AtPort::Ticket AtPort::write(std::uint32_t address, std::span<const std::uint8_t> bytes, probe::Time at,
                             const TransactionContext& context) {
  PooledPayload& payload = pool_.take(true, address);
  payload.context = context;
  payload.data.assign(bytes.begin(), bytes.end());
  payload.set_data_ptr(payload.data.data());
  payload.set_data_length(static_cast<unsigned>(bytes.size()));
  payload.set_streaming_width(static_cast<unsigned>(bytes.size()));
  return queue(Channel::write, payload, at);
}

AtPort::Ticket AtPort::queue(Channel channel, PooledPayload& payload, probe::Time at) {
  Side& to = side(channel);
  to.waiting.push_back({&payload, at});
  send(channel);
  return ++to.queued;
}

void AtPort::send(Channel channel) {
  Side& from = side(channel);
  if (from.requesting != nullptr || from.waiting.empty()) {
    return;
  }
  const probe::Time now = sc_core::sc_time_stamp().value();
  const Waiting next = from.waiting.front();
  if (next.at > now) {
    from.due.notify(sc_core::sc_time::from_value(next.at - now));
    return;
  }
  from.waiting.pop_front();
  from.requesting = next.payload;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time delay;
  (channel == Channel::read ? read_socket : write_socket)->nb_transport_fw(*next.payload, phase, delay);
}

void AtPort::accepted(Channel channel) {
  Side& of = side(channel);
  of.requesting = nullptr;
  if (++of.accepted == of.wants_accepted) {
    of.reached.notify();
  }
  send(channel);
}

tlm::tlm_sync_enum AtPort::nb_transport_bw(int tag, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                           sc_core::sc_time& /*delay*/) {
  const auto channel = static_cast<Channel>(tag);
  if (phase == tlm::END_REQ) {
    accepted(channel);
    return tlm::TLM_ACCEPTED;
  }
  if (phase != tlm::BEGIN_RESP) {
    return tlm::TLM_ACCEPTED;
  }
  const bool ends_request = side(channel).requesting == &payload;
  // Only this port's own payloads come back to it.
  finish(channel, static_cast<PooledPayload&>(payload));
  if (ends_request) {
    accepted(channel);
  }
  phase = tlm::END_RESP;
  return tlm::TLM_UPDATED;
}

void AtPort::finish(Channel channel, PooledPayload& payload) {
  Side& of = side(channel);
  of.failed = of.failed || !payload.is_response_ok();
  if (completed) {
    completed(channel, payload);
  }
  if (++of.done == of.wants_done) {
    of.wants_done = 0;  // who waits for a later one says so again
    of.reached.notify();
  }
  payload.release();
}

void AtPort::wait_accepted(Channel channel, Ticket ticket) {
  Side& of = side(channel);
  while (of.accepted < ticket) {
    of.wants_accepted = ticket;
    wait(of.reached);
  }
}

bool AtPort::wait_done(Channel channel, Ticket ticket) {
  Side& of = side(channel);
  while (of.done < ticket) {
    of.wants_done = of.wants_done == 0 ? ticket : std::min(of.wants_done, ticket);
    wait(of.reached);
  }
  return !of.failed;
}

void AtPort::clear_errors() {
  for (Side& one : sides_) {
    one.failed = false;
  }
}

}  // namespace tessera::interconnect
