// SPDX-License-Identifier: Apache-2.0
// A target that is nothing but 32-bit registers: decoding, access rules and TLM answers in one place.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <cstring>
#include <systemc>

#include "models/probe/probe.h"

namespace tessera::peripherals {

class RegisterTarget : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<RegisterTarget, 32> socket;

  RegisterTarget(const sc_core::sc_module_name& name, std::uint32_t base)
      : sc_module(name), socket("socket"), base_(base) {
    socket.register_b_transport(this, &RegisterTarget::b_transport);
    socket.register_transport_dbg(this, &RegisterTarget::transport_dbg);
  }

 protected:
  /// `debug` reads must have no side effect.
  virtual std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) = 0;
  virtual void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) = 0;
  /// Access to something else than a register (a data port). @return true if it was served or refused.
  virtual bool access_port(tlm::tlm_generic_payload& /*payload*/, std::uint64_t /*offset*/, bool /*debug*/) {
    return false;
  }

  /// When the access that is being served happens; the processor may be ahead of the kernel.
  [[nodiscard]] probe::Time access_time() const { return access_time_; }

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) { serve(payload, delay, false); }
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) {
    sc_core::sc_time none;
    if (!payload.is_read()) {
      return 0;  // a debugger looks; writing a register would start something
    }
    serve(payload, none, true);
    return payload.is_response_ok() ? payload.get_data_length() : 0;
  }
  void serve(tlm::tlm_generic_payload& payload, const sc_core::sc_time& delay, bool debug) {
    const std::uint64_t offset = payload.get_address() - base_;
    if (payload.get_byte_enable_ptr() != nullptr) {
      payload.set_response_status(tlm::TLM_BYTE_ENABLE_ERROR_RESPONSE);
      return;
    }
    payload.set_response_status(tlm::TLM_OK_RESPONSE);
    access_time_ = sc_core::sc_time_stamp().value() + delay.value();
    if (access_port(payload, offset, debug)) {
      return;
    }
    if (payload.get_data_length() != 4 || (offset & 3) != 0) {
      payload.set_response_status(tlm::TLM_BURST_ERROR_RESPONSE);
      return;
    }
    const probe::Time at = access_time_;
    std::uint32_t value = 0;
    if (payload.is_read()) {
      value = read_register(static_cast<std::uint32_t>(offset), at, debug);
      std::memcpy(payload.get_data_ptr(), &value, 4);
    } else if (payload.is_write()) {
      std::memcpy(&value, payload.get_data_ptr(), 4);
      write_register(static_cast<std::uint32_t>(offset), value, at);
    }
  }

  std::uint32_t base_;
  probe::Time access_time_ = 0;
};

}  // namespace tessera::peripherals
