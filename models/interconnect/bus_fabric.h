// SPDX-License-Identifier: Apache-2.0
// What the loosely and the approximately timed bus have in common: sockets, address map, counters, debug access.
#pragma once

#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <systemc>
#include <vector>

#include "models/interconnect/arbiter.h"
#include "models/interconnect/bus_parameters.h"
#include "models/interconnect/protocol_checker.h"
#include "models/interconnect/transaction_context.h"
#include "models/probe/probe.h"

namespace tessera::interconnect {

/// What firmware and the trace may know about the bus. Times in picoseconds.
struct BusCounters {
  std::uint64_t busy = 0, beats = 0, bursts = 0, wait = 0, bytes = 0;
  std::array<std::uint64_t, traffic_kinds> bytes_for{};  ///< `bytes`, by what they are for
};

class BusFabric : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<BusFabric, 32> targets;        ///< initiators bind here
  tlm_utils::multi_passthrough_initiator_socket<BusFabric, 32> initiators;  ///< filled by map()
  std::function<void(std::string_view what)> report_violation;  ///< of the base protocol, with check_protocol

  BusFabric(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe);

  /// Maps [base, base + size) to a target socket. Addresses reach the target unchanged.
  /// @throws std::invalid_argument  the range overlaps another one or wraps around
  template <typename Socket>
  void map(std::uint32_t base, std::uint64_t size, const std::string& region, Socket& target) {
    add_region(base, size, region);
    tlm::tlm_base_target_socket_b<32>& socket = adapt(target);
    if (parameters_.check_protocol) {
      ProtocolChecker& checker = add_checker();
      initiators.bind(checker.in);
      checker.out.bind(socket);
    } else {
      initiators.bind(socket);
    }
  }
  /// Binds an initiator that arbitration treats as one of `kind`. Initiators that bind to `targets` themselves count as
  /// CPUs.
  template <typename Socket>
  void attach(Socket& initiator, InitiatorClass kind) {
    const std::size_t port = next_port_++;
    kinds_.resize(port + 1, InitiatorClass::cpu);
    kinds_[port] = kind;
    if (parameters_.check_protocol) {
      ProtocolChecker& checker = add_checker();
      initiator.bind(checker.in);
      checker.out.bind(targets);
    } else {
      initiator.bind(targets);
    }
  }

  [[nodiscard]] const BusParameters& parameters() const { return parameters_; }
  [[nodiscard]] const BusCounters& counters() const { return counters_; }
  /// Writes the counters to the probe.
  void dump(probe::Time until);
  /// "sram 0x90000000..0x901fffff, ..." of the regions next to an address, for reports.
  [[nodiscard]] std::string nearest_regions(std::uint32_t address) const;
  [[nodiscard]] probe::Time cycle() const { return cycle_; }  ///< picoseconds
  /// Violations of the base protocol seen so far, over all checkers.
  [[nodiscard]] std::uint64_t violations() const;

 protected:
  struct Region {
    std::uint32_t base;
    std::uint32_t last;
    std::uint32_t port;
    std::string name;
  };

  [[nodiscard]] const Region* find(std::uint64_t address, std::uint64_t bytes) const;
  [[nodiscard]] InitiatorClass kind_of(std::size_t port) const {
    return port < kinds_.size() ? kinds_[port] : InitiatorClass::cpu;
  }
  /// Bus words that a range touches.
  [[nodiscard]] std::uint64_t beats_of(std::uint64_t address, std::uint64_t bytes) const {
    return ((address + bytes - 1) >> word_shift_) - (address >> word_shift_) + 1;
  }
  void count_bytes(const TransactionContext* context, std::uint64_t bytes) {
    counters_.bytes += bytes;
    counters_.bytes_for[static_cast<std::size_t>(context != nullptr ? context->traffic : Traffic::cpu)] += bytes;
  }
  void book_energy(probe::ScopeId scope, probe::Time at, std::uint64_t bytes) {
    probe_.energy(component_, probe::Cause::dynamic, scope, at,
                  probe::to_attojoules(parameters_.energy_per_bit_J * 8.0 * static_cast<double>(bytes)));
  }
  /// The socket that stands before a target: the target's own, or an adapter's.
  [[nodiscard]] virtual tlm::tlm_base_target_socket_b<32>& adapt(tlm::tlm_base_target_socket_b<32>& target) {
    return target;
  }

  // Each bus speaks one of the two interfaces; calls on the other one are answered with an error.
  virtual void b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  virtual tlm::tlm_sync_enum nb_transport_fw(int port, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time& delay);
  virtual tlm::tlm_sync_enum nb_transport_bw(int target, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                             sc_core::sc_time& delay);

  BusParameters parameters_;
  probe::Probe& probe_;
  probe::Time cycle_;
  std::uint32_t word_shift_;  ///< log2 of the bytes of a bus word
  std::unique_ptr<Arbiter> arbiter_;
  BusCounters counters_;

 private:
  void add_region(std::uint32_t base, std::uint64_t size, const std::string& name);
  [[nodiscard]] ProtocolChecker& add_checker();
  unsigned transport_dbg(int port, tlm::tlm_generic_payload& payload);
  bool get_direct_mem_ptr(int port, tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi);

  probe::ComponentId component_;
  std::vector<Region> regions_;             ///< sorted by base
  mutable const Region* latest_ = nullptr;  ///< that find() answered: the next access is likely to go there, too
  std::vector<InitiatorClass> kinds_;
  std::size_t next_port_ = 0;
  std::vector<std::unique_ptr<ProtocolChecker>> checkers_;
  std::array<probe::CounterId, 5> counter_ids_{};
  std::array<probe::CounterId, traffic_kinds> traffic_ids_{};
};

}  // namespace tessera::interconnect
