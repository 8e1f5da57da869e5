// SPDX-License-Identifier: Apache-2.0
// How a job unit reaches memory: transactions in either kind of timing, and functional accesses.
#include <algorithm>

#include "models/job_unit/job_unit.h"

namespace tessera::job_unit {

using interconnect::AtPort;

bool JobUnit::FunctionalPort::read(std::uint32_t address, std::span<std::uint8_t> to) {
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(to.data());
  payload.set_data_length(static_cast<unsigned>(to.size()));
  payload.set_streaming_width(static_cast<unsigned>(to.size()));
  return unit_.memory->transport_dbg(payload) == to.size();
}

bool JobUnit::FunctionalPort::write(std::uint32_t address, std::span<const std::uint8_t> from) {
  tlm::tlm_generic_payload payload;
  payload.set_command(tlm::TLM_WRITE_COMMAND);
  payload.set_address(address);
  payload.set_data_ptr(const_cast<std::uint8_t*>(from.data()));
  payload.set_data_length(static_cast<unsigned>(from.size()));
  payload.set_streaming_width(static_cast<unsigned>(from.size()));
  return unit_.memory->transport_dbg(payload) == from.size();
}

void JobUnit::use(AtPort& port) {
  port_ = &port;
  port.completed = [this](AtPort::Channel channel, const interconnect::PooledPayload& payload) {
    if (payload.is_response_ok()) {
      add(Counter::bus_wait, payload.context.bus_wait);
      add(channel == AtPort::Channel::write ? Counter::bytes_out : Counter::bytes_in, payload.get_data_length());
    }
  };
}

Time JobUnit::fetch(std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  if (port_ == nullptr) {
    return transfer(false, address, bytes, at, pipelined);
  }
  port_->read(address, static_cast<std::uint32_t>(bytes.size()), at, context_);
  return at;
}

Time JobUnit::fetched(Time at, Ticket ticket) {
  if (port_ == nullptr || ticket == 0) {
    return at;
  }
  return port_->wait_done(AtPort::Channel::read, ticket) ? std::max(at, now()) : 0;
}

JobUnit::Pending JobUnit::post(std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  if (port_ == nullptr) {
    context_.at_once = true;  // the sender goes on
    const Time done = transfer(true, address, bytes, at, pipelined);
    context_.at_once = false;
    return {done, 0};
  }
  return {0, port_->write(address, bytes, at, context_)};
}

Time JobUnit::settled(const Pending& pending, Time none) {
  if (port_ == nullptr) {
    return pending.done;
  }
  if (pending.ticket == 0) {
    return std::max(none, pending.done);
  }
  return port_->wait_done(AtPort::Channel::write, pending.ticket) ? now() : 0;
}

void JobUnit::drain() {
  if (port_ != nullptr) {
    for (const AtPort::Channel channel : {AtPort::Channel::read, AtPort::Channel::write}) {
      static_cast<void>(port_->wait_done(channel, port_->last(channel)));
    }
    port_->clear_errors();
  }
}

Time JobUnit::transfer(bool write, std::uint32_t address, std::span<std::uint8_t> bytes, Time at, bool pipelined) {
  if (port_ != nullptr) {
    const auto channel = write ? AtPort::Channel::write : AtPort::Channel::read;
    const Ticket ticket = write ? port_->write(address, bytes, at, context_)
                                : port_->read(address, static_cast<std::uint32_t>(bytes.size()), at, context_, bytes);
    return port_->wait_done(channel, ticket) ? now() : 0;
  }
  payload_.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload_.set_address(address);
  payload_.set_data_ptr(bytes.data());
  payload_.set_data_length(static_cast<unsigned>(bytes.size()));
  payload_.set_streaming_width(static_cast<unsigned>(bytes.size()));
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  context_.pipelined = pipelined;
  context_.bus_wait = 0;
  const Time begin = std::max(at, now());  // long transfers let time pass, maybe beyond what comes next
  sc_core::sc_time delay = sc_core::sc_time::from_value(begin - now());
  memory->b_transport(payload_, delay);
  if (!payload_.is_response_ok()) {
    return 0;
  }
  add(Counter::bus_wait, context_.bus_wait);
  add(write ? Counter::bytes_out : Counter::bytes_in, bytes.size());
  return now() + delay.value();
}

void JobUnit::wait_until(Time at) {
  if (at > now()) {
    wait(sc_core::sc_time::from_value(at - now()));
  }
}

}  // namespace tessera::job_unit
