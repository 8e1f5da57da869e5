// SPDX-License-Identifier: Apache-2.0
// Watches one hop: everything passes through, every breach of the base protocol is reported and counted.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <functional>
#include <string_view>
#include <systemc>

#include "models/interconnect/protocol_state.h"

namespace tessera::interconnect {

class ProtocolChecker : public sc_core::sc_module,
                        private tlm::tlm_fw_transport_if<>,
                        private tlm::tlm_bw_transport_if<> {
 public:
  tlm::tlm_target_socket<32> in;
  tlm::tlm_initiator_socket<32> out;
  std::function<void(std::string_view what)> report;  ///< time, hop and rule

  explicit ProtocolChecker(const sc_core::sc_module_name& name);

  [[nodiscard]] std::uint64_t violations() const { return violations_; }
  [[nodiscard]] std::uint64_t transactions() const { return transactions_; }  ///< begun so far
  [[nodiscard]] std::size_t under_way() const { return state_.under_way(); }

 private:
  using Payload = tlm::tlm_generic_payload;

  tlm::tlm_sync_enum nb_transport_fw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(Payload& payload, tlm::tlm_phase& phase, sc_core::sc_time& delay) override;
  void b_transport(Payload& payload, sc_core::sc_time& delay) override;
  unsigned transport_dbg(Payload& payload) override;
  bool get_direct_mem_ptr(Payload& payload, tlm::tlm_dmi& dmi) override;
  void invalidate_direct_mem_ptr(sc_dt::uint64 first, sc_dt::uint64 last) override;
  void violated(const std::string& what);

  ProtocolState state_;
  std::uint64_t violations_ = 0;
  std::uint64_t transactions_ = 0;
};

}  // namespace tessera::interconnect
