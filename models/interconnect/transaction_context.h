// SPDX-License-Identifier: Apache-2.0
// Who sent a transaction and on whose behalf: carried by every payload of our initiators, ignored by foreign targets.
#pragma once

#include <tlm>

#include "models/probe/probe.h"

namespace tessera::interconnect {

struct TransactionContext : tlm::tlm_extension<TransactionContext> {
  probe::ScopeId scope = probe::idle_scope;  ///< books bus and memory energy
  probe::LaneId lane = 0;                    ///< initiator, for transaction records
  std::uint32_t pc = 0;                      ///< CPU only: the load or store
  std::uint32_t return_address = 0;          ///< CPU only: register ra, names the caller of a driver function
  bool pipelined = false;                    ///< follows a burst of the same initiator: latency is already paid
  probe::Time bus_wait = 0;                  ///< filled by the bus: time waited for the grant [ps]

  [[nodiscard]] tlm_extension_base* clone() const override { return new TransactionContext(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const TransactionContext&>(other); }
};

}  // namespace tessera::interconnect
