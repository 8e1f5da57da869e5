// SPDX-License-Identifier: Apache-2.0
// The shared analog-digital bus, approximately timed: the reference for SharedBus.
//
// Four phases of the base protocol on the side of the initiators. A port asks with BEGIN_REQ; when the data path is
// free the arbiter grants one of the ports that wait then (a delta cycle after the last request of that instant, so
// that requests of one instant compete). A burst holds the data path for its beats; the next is granted while it moves,
// so there is no gap between bursts of different ports. A transaction longer than a burst asks again after each. When
// its last burst has moved it goes to the target; when the target has served it the port gets END_REQ and may send its
// next request; the response follows latency_cycles later. So the latency is hidden behind the next request of the same
// port, and several transactions of a port are under way at once.
// Targets are loosely timed: an adapter (at_target.h) stands before each.
#pragma once

#include <deque>
#include <queue>
#include <unordered_map>

#include "models/interconnect/at_target.h"
#include "models/interconnect/bus_fabric.h"

namespace tessera::interconnect {

class AtBus : public BusFabric {
 public:
  AtBus(const sc_core::sc_module_name& name, const BusParameters& parameters, probe::Probe& probe);

 private:
  using Payload = tlm::tlm_generic_payload;
  enum class Kind : std::uint8_t { request, look, burst_end, respond };
  struct Event {
    probe::Time at;
    std::uint64_t number;  ///< events of one instant in the order in which they were made
    Kind kind;
    std::uint32_t port;
    Payload* payload;
    bool operator>(const Event& other) const { return at != other.at ? at > other.at : number > other.number; }
  };
  /// A transaction between BEGIN_REQ and END_RESP.
  struct Flight {
    std::uint32_t port = 0;
    const Region* region = nullptr;
    std::uint64_t beats_left = 0;
    probe::Time request = 0, granted = 0, waited = 0;
    bool requesting = true;  ///< END_REQ has not been sent
  };
  struct Port {
    Payload* requesting = nullptr;
    Payload* responding = nullptr;   ///< BEGIN_RESP sent, END_RESP not received
    std::deque<Payload*> responses;  ///< wait for the response channel
  };

  tlm::tlm_sync_enum nb_transport_fw(int port, Payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  tlm::tlm_sync_enum nb_transport_bw(int target, Payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay) override;
  [[nodiscard]] tlm::tlm_base_target_socket_b<32>& adapt(tlm::tlm_base_target_socket_b<32>& target) override;

  void advance();
  void schedule(probe::Time at, Kind kind, std::uint32_t port, Payload* payload);
  void request(std::uint32_t port, Payload& payload);
  void ask(std::uint32_t port, const Flight& flight);
  void arbitrate();
  void burst_end(std::uint32_t port);
  void served(Payload& payload);
  void respond(std::uint32_t port, Payload& payload);
  void finish(std::uint32_t port, Payload& payload);
  [[nodiscard]] static probe::Time now() { return sc_core::sc_time_stamp().value(); }

  std::vector<std::unique_ptr<AtTarget>> adapters_;
  std::deque<Port> ports_;  ///< references to elements stay good when it grows
  std::unordered_map<Payload*, Flight> flights_;
  std::vector<BusRequest> pending_;  ///< by port
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t event_number_ = 0;
  sc_core::sc_event due_;
  probe::Time busy_until_ = 0;
  bool undecided_ = false;  ///< a port waits and the data path is free
  bool decide_ = false;     ///< a delta cycle has passed since
};

}  // namespace tessera::interconnect
