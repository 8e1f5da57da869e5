// SPDX-License-Identifier: Apache-2.0
#include "models/tile/mac_array.h"

#include <algorithm>
#include <cmath>

namespace tessera::tile {
namespace {

std::uint64_t blocks(std::uint32_t length, std::uint32_t units) {
  return (std::uint64_t{length} + units - 1) / units;
}

}  // namespace

probe::Time mac_product_time(const MacArrayParameters& array, std::uint32_t rows, std::uint32_t outputs) {
  const auto cycles = static_cast<double>(blocks(rows, array.rows) * blocks(outputs, array.columns));
  return static_cast<probe::Time>(std::llround(cycles * 1.0e12 / array.clock_Hz));
}

MacEnergy mac_product_energy(const MacArrayParameters& array, std::uint32_t rows, std::uint32_t outputs,
                             std::uint32_t input_buffer_B) {
  const double macs = static_cast<double>(rows) * outputs;
  const auto row_blocks = static_cast<double>(blocks(rows, array.rows));
  const auto column_blocks = static_cast<double>(blocks(outputs, array.columns));
  // Every input crosses the units of each block of columns, every partial sum those of each block of rows.
  const double transfers = rows * column_blocks + outputs * row_blocks;
  const double vectors = std::max(1.0, std::floor(static_cast<double>(input_buffer_B) / std::max(rows, 1u)));
  const double words = macs / vectors + rows * column_blocks + outputs * row_blocks;
  MacEnergy energy;
  energy.arithmetic = probe::to_attojoules(macs * array.mac_J);
  energy.movement = probe::to_attojoules((macs * array.register_file + transfers * array.neighbour) * array.mac_J);
  energy.buffer = probe::to_attojoules(words * array.buffer * array.mac_J);
  return energy;
}

WeightFetch weight_fetch(const MacArrayParameters& array, std::uint32_t rows, std::uint32_t outputs,
                         std::uint32_t weight_bits) {
  if (array.weights == MacArrayParameters::Weights::buffer) {
    return {};
  }
  const std::uint64_t weights = std::uint64_t{rows} * outputs;
  WeightFetch fetch;
  fetch.bytes = (weights * weight_bits + 7) / 8;
  fetch.latency = static_cast<probe::Time>(std::llround(array.dram_latency_s * 1.0e12));
  fetch.transfer =
      static_cast<probe::Time>(std::llround(static_cast<double>(fetch.bytes) * 1.0e12 / array.dram_B_per_s));
  fetch.dram = probe::to_attojoules(static_cast<double>(weights) * array.dram * array.mac_J);
  return fetch;
}

double weight_memory_leakage_W(const MacArrayParameters& array, std::uint64_t weights, std::uint32_t weight_bits) {
  return static_cast<double>(weights) * weight_bits / 8.0 / 1024.0 * array.leakage_W_per_kB;
}

}  // namespace tessera::tile
