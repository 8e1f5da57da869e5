// SPDX-License-Identifier: Apache-2.0
#include "models/memory/ext_dram.h"

#include <new>

#include "models/interconnect/transaction_context.h"
#include "models/memory/byte_access.h"

namespace tessera::memory {
namespace {

constexpr probe::Time longest_ago = 1'000'000'000;  // nobody asks for more than 1 ms ago

}  // namespace

ExtDram::ExtDram(const sc_core::sc_module_name& name, std::uint32_t base, const DramParameters& parameters,
                 probe::Probe& probe)
    : sc_module(name),
      socket("socket"),
      base_(base),
      parameters_(parameters),
      probe_(probe),
      component_(probe.add_component(this->name(), probe::Category::off_chip)),
      standby_component_(probe.add_component(std::string(this->name()) + ".standby", probe::Category::off_chip)),
      accesses_id_(probe.add_counter(std::string(this->name()) + ".accesses", "events", "bus bursts served")),
      moved_id_(probe.add_counter(std::string(this->name()) + ".moved", "bytes", "whole bursts of the device")),
      wait_id_(
          probe.add_counter(std::string(this->name()) + ".wait", "ns", "sum over accesses: for earlier transfers")),
      interface_(parameters),
      bytes_(static_cast<std::uint8_t*>(std::calloc(parameters.size_B, 1))) {
  if (!bytes_) {
    throw std::bad_alloc();
  }
  residency_.begin_in(probe::PowerState::idle);
  socket.register_b_transport(this, &ExtDram::b_transport);
  socket.register_transport_dbg(this, &ExtDram::transport_dbg);
}

void ExtDram::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (!access_bytes(payload, base_, bytes(), true)) {
    return;
  }
  const probe::Time now = sc_core::sc_time_stamp().value();
  interface_.forget_before(now > longest_ago ? now - longest_ago : 0);
  const std::uint64_t moved = interface_.moved(payload.get_address(), payload.get_data_length());
  const DramInterface::Service service = interface_.serve(now + delay.value(), moved);
  ++accesses_;
  moved_ += moved;
  wait_ += service.wait;
  delay = sc_core::sc_time::from_value(service.done - now);
  interconnect::TransactionContext* context = nullptr;
  payload.get_extension(context);
  probe_.energy(component_, probe::Cause::dynamic, context != nullptr ? context->scope : probe::idle_scope,
                service.done, interface_.energy(moved));
}

unsigned ExtDram::transport_dbg(tlm::tlm_generic_payload& payload) {
  return access_bytes(payload, base_, bytes(), true) ? payload.get_data_length() : 0;
}

void ExtDram::enter(probe::PowerState state, probe::Time at) {
  book(at);
  residency_.enter(state);
}

void ExtDram::sleep(probe::Time at) {
  enter(probe::PowerState::sleep, at);
}

void ExtDram::wake_up(probe::Time at) {
  enter(probe::PowerState::idle, at);
}

void ExtDram::book(probe::Time until) {
  if (until <= booked_) {
    return;
  }
  const double watts =
      residency_.state() == probe::PowerState::sleep ? parameters_.self_refresh_W : parameters_.standby_W;
  probe_.power(standby_component_, probe::Cause::standby, probe::idle_scope, booked_, until, watts);
  residency_.add_time(until - booked_);
  residency_.add_energy(until - booked_, watts);
  booked_ = until;
}

void ExtDram::dump(probe::Time until) {
  probe_.counter(accesses_id_, accesses_, until);
  probe_.counter(moved_id_, moved_, until);
  probe_.counter(wait_id_, wait_ / 1000, until);
}

}  // namespace tessera::memory
