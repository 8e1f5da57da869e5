// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/protocol_checker.h"

#include <fmt/format.h>

namespace tessera::interconnect {
namespace {

probe::Time after(const sc_core::sc_time& delay) {
  return sc_core::sc_time_stamp().value() + delay.value();
}

}  // namespace

ProtocolChecker::ProtocolChecker(const sc_core::sc_module_name& name) : sc_module(name), in("in"), out("out") {
  in.bind(static_cast<tlm::tlm_fw_transport_if<>&>(*this));
  out.bind(static_cast<tlm::tlm_bw_transport_if<>&>(*this));
  state_.violation = [this](const std::string& what) { violated(what); };
}

void ProtocolChecker::violated(const std::string& what) {
  ++violations_;
  if (report) {
    report(fmt::format("{} ps: {}: {}", sc_core::sc_time_stamp().value(), name(), what));
  }
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const tlm::tlm_phase before = phase;
  const probe::Time called = after(delay);
  transactions_ += before == tlm::BEGIN_REQ ? 1 : 0;
  state_.forward_call(payload, phase, called);
  const tlm::tlm_sync_enum status = out->nb_transport_fw(payload, phase, delay);
  state_.forward_return(payload, before, phase, status, called, after(delay));
  return status;
}

tlm::tlm_sync_enum ProtocolChecker::nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) {
  const tlm::tlm_phase before = phase;
  const probe::Time called = after(delay);
  state_.backward_call(payload, phase, called);
  const tlm::tlm_sync_enum status = in->nb_transport_bw(payload, phase, delay);
  state_.backward_return(payload, before, phase, status, called, after(delay));
  return status;
}

void ProtocolChecker::b_transport(Payload& payload, sc_core::sc_time& delay) {
  const probe::Time called = after(delay);
  ++transactions_;
  state_.blocking_call(payload);
  out->b_transport(payload, delay);
  state_.blocking_return(payload, called, after(delay));
}

unsigned ProtocolChecker::transport_dbg(Payload& payload) {
  const unsigned bytes = out->transport_dbg(payload);
  state_.debug_return(payload, bytes);
  return bytes;
}

bool ProtocolChecker::get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) {
  const bool granted = out->get_direct_mem_ptr(payload, dmi);
  state_.dmi_return(payload, granted, dmi);
  return granted;
}

void ProtocolChecker::invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) {
  in->invalidate_direct_mem_ptr(first, last);
}

}  // namespace tessera::interconnect
