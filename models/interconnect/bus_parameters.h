// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace tessera::interconnect {

/// Classes of initiators that arbitration tells apart.
enum class InitiatorClass : std::uint8_t { cpu, tile, vector, dma };
inline constexpr std::size_t initiator_classes = 4;

/// What a class of initiators may claim of the bus.
struct BusShare {
  std::uint32_t priority = 0;  ///< fixed_priority: the highest goes first
  std::uint32_t weight = 1;    ///< weighted: beats of one initiator in proportion, when all want the bus
  std::uint32_t slots = 1;     ///< tdma: slots of the class in a frame, shared by its initiators; 0: no access
};

struct BusParameters {
  std::uint32_t data_bits = 128;
  double clock_Hz = 200.0e6;
  std::uint32_t burst_beats = 16;
  std::uint32_t latency_cycles = 4;  ///< paid once, pipelined behind earlier bursts of the same initiator
  enum class Arbitration { round_robin, fixed_priority, weighted, tdma } arbitration = Arbitration::round_robin;
  double energy_per_bit_J = 0.4e-12;
  std::array<BusShare, initiator_classes> shares{};
  std::uint32_t slot_cycles = 16;  ///< tdma: length of a slot; at least burst_beats
  /// Loosely timed: contention booked ahead. Approximately timed: four phases, arbitration when the bus is free.
  enum class Timing { lt, at } timing = Timing::lt;
  /// One transfer may deliver its bytes to the input buffers of several tiles.
  bool multicast = false;
  bool check_protocol = false;  ///< a base-protocol checker watches every socket of the bus

  [[nodiscard]] std::uint32_t bytes_per_beat() const { return data_bits / 8; }
  [[nodiscard]] const BusShare& share(InitiatorClass which) const { return shares[static_cast<std::size_t>(which)]; }
};

}  // namespace tessera::interconnect
