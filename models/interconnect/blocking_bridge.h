// SPDX-License-Identifier: Apache-2.0
// Puts an initiator that uses blocking transport, such as the CPU, on the approximately timed bus: the call waits in
// the caller's thread until the four phases are through.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <systemc>

#include "models/interconnect/payload_pool.h"

namespace tessera::interconnect {

class BlockingBridge : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<BlockingBridge, 32> in;
  tlm_utils::simple_initiator_socket<BlockingBridge, 32> out;

  explicit BlockingBridge(const sc_core::sc_module_name& name);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  tlm::tlm_sync_enum nb_transport_bw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) { return out->transport_dbg(payload); }
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) {
    return out->get_direct_mem_ptr(payload, dmi);
  }

  PayloadPool pool_;
  bool done_ = false;
  sc_core::sc_event answered_;
};

}  // namespace tessera::interconnect
