// SPDX-License-Identifier: Apache-2.0
// The shared analog-digital bus, loosely timed: one data path, contention booked per burst.
//
// Timing law: a transaction touches beats = bus words; bursts of at most burst_beats each wait for the data path and
// then hold it for beats cycles. The latency is paid once and pipelined behind earlier bursts of the same initiator
// (TransactionContext::pipelined). A transaction of several bursts that comes from a thread books one, lets simulated
// time pass until it has moved, and books the next: whoever asks meanwhile takes its turn between them.
// Not modelled here, but in the approximately timed bus (at_bus.h): requests are served in the order in which they are
// booked (processes in turn), and a later request of a better priority or of more weight moves what has not begun
// without telling its owner.
#pragma once

#include "models/interconnect/bus_fabric.h"
#include "models/interconnect/calendar.h"
#include "models/interconnect/ranked_calendar.h"

namespace tessera::interconnect {

class SharedBus : public BusFabric {
 public:
  SharedBus(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe);

 private:
  void b_transport(int port, tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  /// Books one burst. @return its begin, or Arbiter::never
  [[nodiscard]] probe::Time reserve(const BusRequest& request);

  Calendar data_path_;
  RankedCalendar ranked_path_;  ///< in use when the arbitration lets bookings displace others
  bool displaces_, slotted_;
  probe::Time patience_;
};

}  // namespace tessera::interconnect
