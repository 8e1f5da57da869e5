// SPDX-License-Identifier: Apache-2.0
// The shared analog-digital bus, loosely timed: one data path, contention booked per burst.
//
// Timing law: a transaction touches beats = bus words; bursts of at most burst_beats each wait for the data path and
// then hold it for beats cycles. The latency is paid once and pipelined behind earlier bursts of the same initiator
// (TransactionContext::pipelined).
// Not modelled here: the order in which requests of the same instant are granted follows the order in which their
// processes run (first come, first served); request and response phases of their own.
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <systemc>
#include <vector>

#include "models/interconnect/bus_parameters.h"
#include "models/interconnect/calendar.h"
#include "models/interconnect/transaction_context.h"
#include "models/probe/probe.h"

namespace tessera::interconnect {

/// What firmware and the trace may know about the bus. Times in picoseconds.
struct BusCounters {
  std::uint64_t busy = 0, beats = 0, bursts = 0, wait = 0, bytes = 0;
};

class SharedBus : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<SharedBus, 32> targets;        ///< initiators bind here
  tlm_utils::multi_passthrough_initiator_socket<SharedBus, 32> initiators;  ///< filled by map()

  SharedBus(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe);

  /// Maps [base, base + size) to a target socket. Addresses reach the target unchanged.
  /// @throws std::invalid_argument  the range overlaps another one or wraps around
  template <typename Socket>
  void map(std::uint32_t base, std::uint64_t size, const std::string& region, Socket& target) {
    add_region(base, size, region);
    initiators.bind(target);
  }

  [[nodiscard]] const BusCounters& counters() const { return counters_; }
  /// Writes the counters to the probe.
  void dump(probe::Time until);
  /// "sram 0x90000000..0x901fffff, ..." of the regions next to an address, for reports.
  [[nodiscard]] std::string nearest_regions(std::uint32_t address) const;
  [[nodiscard]] probe::Time cycle() const { return cycle_; }  ///< picoseconds

 private:
  struct Region {
    std::uint32_t base;
    std::uint32_t last;
    std::uint32_t port;
    std::string name;
  };

  void add_region(std::uint32_t base, std::uint64_t size, const std::string& name);
  [[nodiscard]] const Region* find(std::uint64_t address, std::uint64_t bytes) const;
  void b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(int port, tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(int port, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  BusParameters parameters_;
  probe::Probe& probe_;
  probe::ComponentId component_;
  probe::Time cycle_;
  std::uint32_t word_;
  std::vector<Region> regions_;  ///< sorted by base
  Calendar data_path_;
  BusCounters counters_;
  std::array<probe::CounterId, 5> counter_ids_{};
};

}  // namespace tessera::interconnect
