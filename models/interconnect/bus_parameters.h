// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace tessera::interconnect {

struct BusParameters {
  std::uint32_t data_bits = 128;
  double clock_Hz = 200.0e6;
  std::uint32_t burst_beats = 16;
  std::uint32_t latency_cycles = 4;  ///< paid once, pipelined behind earlier bursts of the same initiator
  enum class Arbitration { round_robin } arbitration = Arbitration::round_robin;
  double energy_per_bit_J = 0.4e-12;

  [[nodiscard]] std::uint32_t bytes_per_beat() const { return data_bits / 8; }
};

}  // namespace tessera::interconnect
