// SPDX-License-Identifier: Apache-2.0
// Puts a loosely timed target on the approximately timed bus. The delay that the target annotates is the time it takes
// to serve the access: the request is taken at once, the response follows after it.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <deque>
#include <systemc>

#include "models/probe/probe.h"

namespace tessera::interconnect {

class AtTarget : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<AtTarget, 32> in;
  tlm_utils::simple_initiator_socket<AtTarget, 32> out;

  explicit AtTarget(const sc_core::sc_module_name& name);

 private:
  struct Answer {
    probe::Time at;
    tlm::tlm_generic_payload* payload;
  };

  tlm::tlm_sync_enum nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) { return out->transport_dbg(payload); }
  void answer();

  std::deque<Answer> answers_;  ///< by time
  sc_core::sc_event due_;
};

}  // namespace tessera::interconnect
