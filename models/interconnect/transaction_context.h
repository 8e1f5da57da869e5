// SPDX-License-Identifier: Apache-2.0
// Who sent a transaction and on whose behalf: carried by every payload of our initiators, ignored by foreign targets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <tlm>

#include "models/probe/probe.h"

namespace tessera::interconnect {

/// What the bytes of a transaction are for; the bus counts them by it.
enum class Traffic : std::uint8_t {
  cpu,         ///< registers, and data that firmware reads and writes
  descriptor,  ///< job descriptors and tables of channels
  input,       ///< input vectors of tiles
  partial,     ///< partial sums of tiles, read and written
  output,      ///< results of tiles
  vector,      ///< operands and results of the vector unit
  dma,
  flash,  ///< images of cells for programming
  count
};
inline constexpr std::size_t traffic_kinds = static_cast<std::size_t>(Traffic::count);
inline constexpr std::array<std::string_view, traffic_kinds> traffic_names = {
    "cpu", "descriptor", "input", "partial", "output", "vector", "dma", "flash"};

struct TransactionContext : tlm::tlm_extension<TransactionContext> {
  probe::ScopeId scope = probe::idle_scope;  ///< books bus and memory energy
  probe::LaneId lane = 0;                    ///< initiator, for transaction records
  std::uint32_t pc = 0;                      ///< CPU only: the load or store
  std::uint32_t return_address = 0;          ///< CPU only: register ra, names the caller of a driver function
  Traffic traffic = Traffic::cpu;
  bool pipelined = false;    ///< follows a burst of the same initiator: latency is already paid
  bool at_once = false;      ///< loosely timed: all its bursts are booked now, ahead of simulated time
  probe::Time bus_wait = 0;  ///< filled by the bus: time waited for the grant [ps]

  [[nodiscard]] tlm_extension_base* clone() const override { return new TransactionContext(*this); }
  void copy_from(const tlm_extension_base& other) override { *this = static_cast<const TransactionContext&>(other); }
};

}  // namespace tessera::interconnect
