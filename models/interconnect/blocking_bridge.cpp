// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/blocking_bridge.h"

namespace tessera::interconnect {

BlockingBridge::BlockingBridge(const sc_core::sc_module_name& name) : sc_module(name), in("in"), out("out") {
  in.register_b_transport(this, &BlockingBridge::b_transport);
  in.register_transport_dbg(this, &BlockingBridge::transport_dbg);
  in.register_get_direct_mem_ptr(this, &BlockingBridge::get_direct_mem_ptr);
  out.register_nb_transport_bw(this, &BlockingBridge::nb_transport_bw);
}

void BlockingBridge::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  if (delay != sc_core::SC_ZERO_TIME) {
    wait(delay);
    delay = sc_core::SC_ZERO_TIME;
  }
  // The caller's payload has no memory manager, as non-blocking transport demands; its bytes are used in place.
  PooledPayload& inner = pool_.take(payload.is_write(), payload.get_address());
  inner.set_data_ptr(payload.get_data_ptr());
  inner.set_data_length(payload.get_data_length());
  inner.set_streaming_width(payload.get_streaming_width());
  inner.set_byte_enable_ptr(payload.get_byte_enable_ptr());
  inner.set_byte_enable_length(payload.get_byte_enable_length());
  TransactionContext* context = nullptr;
  payload.get_extension(context);
  if (context != nullptr) {
    inner.context = *context;
  }
  inner.acquire();  // its answer is read below
  done_ = false;
  tlm::tlm_phase phase = tlm::BEGIN_REQ;
  sc_core::sc_time none;
  out->nb_transport_fw(inner, phase, none);
  while (!done_) {
    wait(answered_);
  }
  payload.set_response_status(inner.get_response_status());
  if (context != nullptr) {
    context->bus_wait = inner.context.bus_wait;
  }
  inner.release();
}

tlm::tlm_sync_enum BlockingBridge::nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                                   sc_core::sc_time& /*delay*/) {
  if (phase != tlm::BEGIN_RESP) {
    return tlm::TLM_ACCEPTED;
  }
  done_ = true;
  answered_.notify();
  payload.release();
  phase = tlm::END_RESP;
  return tlm::TLM_UPDATED;
}

}  // namespace tessera::interconnect
