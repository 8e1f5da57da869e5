// SPDX-License-Identifier: Apache-2.0
// Memory behind the shared bus: banked SRAM, or a ROM that a deployment is mapped from.
//
// Banks are interleaved by bus word; a beat waits while its bank serves an earlier one. Energy is booked per access.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <systemc>
#include <vector>

#include "models/interconnect/bus_parameters.h"
#include "models/memory/sram_parameters.h"
#include "models/power/residency.h"
#include "models/probe/probe.h"

namespace tessera::memory {

class BusMemory : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<BusMemory, 32> socket;

  /// @param base  bus address of the first byte
  BusMemory(const sc_core::sc_module_name& name, std::uint32_t base, const SramParameters& parameters,
            const interconnect::BusParameters& bus, bool writable, probe::Probe& probe);

  [[nodiscard]] std::span<std::uint8_t> bytes() { return bytes_; }
  [[nodiscard]] std::uint64_t bank_wait() const { return bank_wait_; }  ///< picoseconds, over all beats
  /// Deep sleep of the chip. Without retention the contents are lost: every byte reads lost_byte afterwards.
  static constexpr std::uint8_t lost_byte = 0xA5;
  void sleep(probe::Time at, bool retain, double retention_W);
  void wake_up(probe::Time at);
  [[nodiscard]] const power::Residency& residency() const { return residency_; }
  /// Books leakage since the last call.
  void book_leakage(probe::Time until);

 private:
  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  [[nodiscard]] bool copy(tlm::tlm_generic_payload& payload, bool debug);

  std::uint32_t base_;
  SramParameters parameters_;
  probe::Probe& probe_;
  probe::ComponentId component_;
  probe::ComponentId leakage_component_;
  bool writable_;
  std::uint32_t word_;
  probe::Time cycle_;
  std::vector<std::uint8_t> bytes_;
  std::vector<probe::Time> bank_free_;
  std::uint64_t bank_wait_ = 0;
  probe::Time leakage_booked_ = 0;
  power::Residency residency_;
  double retention_W_ = 0.0;
};

}  // namespace tessera::memory
