// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/at_target.h"

#include <algorithm>

namespace tessera::interconnect {

AtTarget::AtTarget(const sc_core::sc_module_name& name) : sc_module(name), in("in"), out("out") {
  in.register_nb_transport_fw(this, &AtTarget::nb_transport_fw);
  in.register_transport_dbg(this, &AtTarget::transport_dbg);
  SC_HAS_PROCESS(AtTarget);
  SC_METHOD(answer);
  sensitive << due_;
  dont_initialize();
}

tlm::tlm_sync_enum AtTarget::nb_transport_fw(tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time& delay) {
  if (phase != tlm::BEGIN_REQ) {
    return tlm::TLM_ACCEPTED;
  }
  payload.acquire();
  sc_core::sc_time taken = delay;
  out->b_transport(payload, taken);
  const probe::Time now = sc_core::sc_time_stamp().value();
  const Answer made{now + taken.value(), &payload};
  answers_.insert(std::upper_bound(answers_.begin(), answers_.end(), made,
                                   [](const Answer& a, const Answer& b) { return a.at < b.at; }),
                  made);
  due_.notify(sc_core::sc_time::from_value(answers_.front().at - now));
  phase = tlm::END_REQ;
  return tlm::TLM_UPDATED;
}

void AtTarget::answer() {
  const probe::Time now = sc_core::sc_time_stamp().value();
  while (!answers_.empty() && answers_.front().at <= now) {
    tlm::tlm_generic_payload& payload = *answers_.front().payload;
    answers_.pop_front();
    tlm::tlm_phase phase = tlm::BEGIN_RESP;
    sc_core::sc_time delay;
    in->nb_transport_bw(payload, phase, delay);  // the bus ends the response in the same call
    payload.release();
  }
  if (!answers_.empty()) {
    due_.notify(sc_core::sc_time::from_value(answers_.front().at - now));
  }
}

}  // namespace tessera::interconnect
