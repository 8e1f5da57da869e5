// SPDX-License-Identifier: Apache-2.0
// A unit's way onto the approximately timed bus: a read and a write channel, each a socket of its own. Transactions of
// a channel are sent in the order in which they are queued, the next as soon as the bus has taken the request of the
// last; so several are under way at once, and reads do not wait behind writes.
#pragma once

#include <tlm_utils/simple_initiator_socket.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>
#include <systemc>

#include "models/interconnect/payload_pool.h"

namespace tessera::interconnect {

class AtPort : public sc_core::sc_module {
 public:
  enum class Channel : std::uint8_t { read, write };
  using Ticket = std::uint64_t;  ///< number of a transaction in its channel, from 1
  using Socket = tlm_utils::simple_initiator_socket_tagged<AtPort, 32>;

  Socket read_socket, write_socket;
  /// A transaction has ended, in the bus's process.
  std::function<void(Channel channel, const PooledPayload& payload)> completed;

  explicit AtPort(const sc_core::sc_module_name& name);

  /// Queues a read, to be sent at `at` or when the channel is free. The bytes go to `to`, which must live until then;
  /// with an empty `to` they are dropped.
  Ticket read(std::uint32_t address, std::uint32_t bytes, probe::Time at, const TransactionContext& context,
              std::span<std::uint8_t> to = {});
  /// Queues a write of a copy of `bytes`.
  Ticket write(std::uint32_t address, std::span<const std::uint8_t> bytes, probe::Time at,
               const TransactionContext& context);
  /// Waits, in the calling thread, until the bus has taken the request.
  void wait_accepted(Channel channel, Ticket ticket);
  /// Waits, in the calling thread, for the response; several threads may. @return false if it, or any response of the
  /// channel since the last clear_errors(), was an error
  [[nodiscard]] bool wait_done(Channel channel, Ticket ticket);
  [[nodiscard]] Ticket last(Channel channel) const { return side(channel).queued; }
  /// Forgets errors; nothing may be under way.
  void clear_errors();
  [[nodiscard]] std::size_t most_under_way() const { return pool_.size(); }

 private:
  struct Waiting {
    PooledPayload* payload;
    probe::Time at;
  };
  struct Side {
    std::deque<Waiting> waiting;
    PooledPayload* requesting = nullptr;
    Ticket queued = 0, accepted = 0, done = 0;
    Ticket wants_accepted = 0;  ///< what a thread waits for
    Ticket wants_done = 0;      ///< the first of what threads wait for, or 0
    bool failed = false;
    sc_core::sc_event reached;  ///< what a thread waits for has happened
    sc_core::sc_event due;      ///< the first in the queue may be sent
  };

  [[nodiscard]] Side& side(Channel channel) { return sides_[static_cast<std::size_t>(channel)]; }
  [[nodiscard]] const Side& side(Channel channel) const { return sides_[static_cast<std::size_t>(channel)]; }
  Ticket queue(Channel channel, PooledPayload& payload, probe::Time at);
  void send(Channel channel);
  void send_read() { send(Channel::read); }
  void send_write() { send(Channel::write); }
  void accepted(Channel channel);
  void finish(Channel channel, PooledPayload& payload);
  tlm::tlm_sync_enum nb_transport_bw(int tag, tlm::tlm_generic_payload& payload, tlm::tlm_phase& phase,
                                     sc_core::sc_time& delay);

  PayloadPool pool_;
  std::array<Side, 2> sides_;
};

}  // namespace tessera::interconnect
