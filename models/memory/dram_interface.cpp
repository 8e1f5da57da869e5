// SPDX-License-Identifier: Apache-2.0
#include "models/memory/dram_interface.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace tessera::memory {

DramInterface::DramInterface(const DramParameters& parameters)
    : parameters_(parameters), latency_(static_cast<probe::Time>(std::llround(parameters.latency_s * 1.0e12))) {
  const std::uint32_t burst = parameters.burst_B;
  if (burst == 0 || (burst & (burst - 1)) != 0 || !(parameters.bytes_per_s > 0)) {
    throw std::invalid_argument("DramInterface: bursts of a power of two bytes and a bandwidth above 0 are needed");
  }
}

std::uint64_t DramInterface::moved(std::uint64_t address, std::uint64_t bytes) const {
  if (bytes == 0) {
    return 0;
  }
  const std::uint64_t burst = parameters_.burst_B;
  return ((address + bytes - 1) / burst - address / burst + 1) * burst;
}

probe::Time DramInterface::transfer_time(std::uint64_t moved_bytes) const {
  return static_cast<probe::Time>(std::llround(static_cast<double>(moved_bytes) * 1.0e12 / parameters_.bytes_per_s));
}

probe::Energy DramInterface::energy(std::uint64_t moved_bytes) const {
  return probe::to_attojoules(parameters_.energy_per_bit_J * 8.0 * static_cast<double>(moved_bytes));
}

DramInterface::Service DramInterface::serve(probe::Time request, std::uint64_t moved_bytes) {
  const probe::Time ready = request + latency_;
  const probe::Time transfer = transfer_time(moved_bytes);
  const probe::Time begin = transfers_.reserve(ready, transfer);
  return {begin + transfer, begin - ready};
}

}  // namespace tessera::memory
