// SPDX-License-Identifier: Apache-2.0
#include "models/interconnect/payload_pool.h"

namespace tessera::interconnect {

PooledPayload& PayloadPool::take(bool write, std::uint64_t address) {
  if (free_.empty()) {
    all_.push_back(std::make_unique<PooledPayload>(this));
    free_.push_back(all_.back().get());
  }
  PooledPayload& payload = *free_.back();
  free_.pop_back();
  payload.acquire();
  payload.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
  payload.set_address(address);
  payload.set_byte_enable_ptr(nullptr);
  payload.set_dmi_allowed(false);
  payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  payload.context = {};
  return payload;
}

void PayloadPool::free(tlm::tlm_generic_payload* payload) {
  // Only take() makes payloads with this pool as their manager.
  free_.push_back(static_cast<PooledPayload*>(payload));
}

}  // namespace tessera::interconnect
