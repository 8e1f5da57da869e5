// SPDX-License-Identifier: Apache-2.0
// The digital baseline of a tile: a conventional array of multiply-accumulate units with its weight memory, behind the
// same registers and descriptors as an analog tile. SystemC-free: time and energy laws; its arithmetic is the exact
// integer column sum that analog::Array gives with exact converters.
//
// Law. Weights of a block of `rows` x `columns` units stay in the units while the vectors of one input buffer pass
// (weight stationary); a unit does one MAC a cycle, so a product takes ceil(rows / units) * ceil(outputs / units)
// cycles. Energies are those of one MAC times the ratios of the access that feeds it (Eyeriss: register file 1,
// neighbouring unit 2, buffer 6, DRAM 200 MACs; founding article: MAC 250 fJ, transfer 50 to 100 pJ). Not modelled:
// zero gating, compression, and the time in which a block of weights enters the units (double-buffered).
#pragma once

#include <cstdint>

#include "models/probe/probe.h"

namespace tessera::tile {

struct MacArrayParameters {
  std::uint32_t rows = 32;            ///< units along the input vector
  std::uint32_t columns = 32;         ///< units along the outputs
  double clock_Hz = 200.0e6;          ///< one MAC a unit and cycle
  double mac_J = 0.25e-12;            ///< one multiply-accumulate
  double register_file = 1;           ///< energy of an access relative to a MAC, as the following three
  double neighbour = 2;               ///< an operand or partial sum passes from unit to unit
  double buffer = 6;                  ///< a word of the tile's weight memory or input buffer
  double dram = 200;                  ///< a word from outside the chip
  double control_W = 3.0e-3;          ///< clock and sequencer while it computes: what an analog tile takes, too
  double leakage_W_per_kB = 0.21e-6;  ///< weight memory: SRAM has to be powered to remember
  /// Where the weights of a layer are between its jobs.
  enum class Weights { buffer, dram } weights = Weights::buffer;
  double dram_B_per_s = 3.2e9;
  double dram_latency_s = 100.0e-9;
};

/// Energy of one product, or of fetching the weights of a job [aJ].
struct MacEnergy {
  probe::Energy arithmetic = 0;  ///< MACs
  probe::Energy movement = 0;    ///< register files and transfers between units
  probe::Energy buffer = 0;      ///< weight memory, input and output buffer
  probe::Energy dram = 0;        ///< words from outside the chip
  [[nodiscard]] probe::Energy total() const { return arithmetic + movement + buffer + dram; }
};

/// Time of one product of `rows` inputs and `outputs` columns [ps].
[[nodiscard]] probe::Time mac_product_time(const MacArrayParameters& array, std::uint32_t rows, std::uint32_t outputs);
/// @param input_buffer_B  vectors that lie in it use one fetch of a block of weights together
[[nodiscard]] MacEnergy mac_product_energy(const MacArrayParameters& array, std::uint32_t rows, std::uint32_t outputs,
                                           std::uint32_t input_buffer_B);

/// What a job costs before its first product when the weights come from outside the chip; nothing otherwise.
struct WeightFetch {
  std::uint64_t bytes = 0;
  probe::Time latency = 0;   ///< until the first byte [ps]
  probe::Time transfer = 0;  ///< the channel is busy for [ps]
  probe::Energy dram = 0;
};
/// @param weight_bits  of one signed weight
[[nodiscard]] WeightFetch weight_fetch(const MacArrayParameters& array, std::uint32_t rows, std::uint32_t outputs,
                                       std::uint32_t weight_bits);

/// Power of a weight memory for `weights` weights that keeps its contents [W].
[[nodiscard]] double weight_memory_leakage_W(const MacArrayParameters& array, std::uint64_t weights,
                                             std::uint32_t weight_bits);

}  // namespace tessera::tile
