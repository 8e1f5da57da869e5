// SPDX-License-Identifier: Apache-2.0
// External DRAM behind the shared bus: a controller on the chip, the device beside it. Time and energy:
// dram_interface.h.
//
// Energy of device and interface goes to the component "ext_dram", power while it waits to "ext_dram.standby"; both are
// off the chip (probe::Category::off_chip). In the chip's deep sleep the device refreshes itself and keeps its
// contents.
#pragma once

#include <tlm_utils/simple_target_socket.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <systemc>

#include "models/memory/dram_interface.h"
#include "models/power/residency.h"
#include "models/probe/probe.h"

namespace tessera::memory {

class ExtDram : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<ExtDram, 32> socket;

  /// @param base  bus address of the first byte
  ExtDram(const sc_core::sc_module_name& name, std::uint32_t base, const DramParameters& parameters,
          probe::Probe& probe);

  [[nodiscard]] std::span<std::uint8_t> bytes() { return {bytes_.get(), parameters_.size_B}; }
  void sleep(probe::Time at);
  void wake_up(probe::Time at);
  [[nodiscard]] const power::Residency& residency() const { return residency_; }
  /// Books standby power since the last call.
  void book(probe::Time until);
  /// Writes the counters to the probe.
  void dump(probe::Time until);

 private:
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay);
  unsigned transport_dbg(tlm::tlm_generic_payload& payload);
  void enter(probe::PowerState state, probe::Time at);

  std::uint32_t base_;
  DramParameters parameters_;
  probe::Probe& probe_;
  probe::ComponentId component_, standby_component_;
  probe::CounterId accesses_id_, moved_id_, wait_id_;
  DramInterface interface_;
  std::unique_ptr<std::uint8_t[], Free> bytes_;  ///< zeroed pages that the host makes when they are touched
  std::uint64_t accesses_ = 0, moved_ = 0;
  probe::Time wait_ = 0;
  probe::Time booked_ = 0;
  power::Residency residency_;
};

}  // namespace tessera::memory
