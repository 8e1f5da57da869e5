// SPDX-License-Identifier: Apache-2.0
#include "models/peripherals/system_control/system_control.h"

#include <utility>

#include "tessera_registers.hpp"

namespace tessera::peripherals {

namespace reg = registers::system;

namespace {
constexpr std::uint32_t bus_counters = 5;
}

SystemControl::SystemControl(const sc_core::sc_module_name& name, std::uint32_t base, const ChipFacts& facts,
                             const interconnect::BusFabric& bus, MarkerFunction on_marker)
    : RegisterTarget(name, base), facts_(facts), bus_(bus), on_marker_(std::move(on_marker)) {}

std::uint64_t SystemControl::bus_counter(std::uint32_t index) const {
  const auto& counters = bus_.counters();
  switch (index) {
    case 0:
      return counters.busy / bus_.cycle();
    case 1:
      return counters.beats;
    case 2:
      return counters.bursts;
    case 3:
      return counters.wait / bus_.cycle();
    default:
      return counters.bytes;
  }
}

std::uint32_t SystemControl::read_register(std::uint32_t offset, probe::Time /*at*/, bool debug) {
  switch (offset) {
    case reg::id:
      return reg::id_reset;
    case reg::grid_rows:
      return facts_.grid_rows;
    case reg::grid_columns:
      return facts_.grid_columns;
    case reg::platform_hash_lo:
      return static_cast<std::uint32_t>(facts_.platform_hash);
    case reg::platform_hash_hi:
      return static_cast<std::uint32_t>(facts_.platform_hash >> 32);
    case reg::vector_present:
      return facts_.vector_present ? 1 : 0;
    case reg::dma_channels:
      return facts_.dma_channels;
    case reg::dram_bytes:
      return facts_.dram_bytes;
    default:
      break;
  }
  constexpr std::uint32_t first = reg::counter_lo;
  if (offset >= first && offset < first + 8 * bus_counters) {
    if ((offset & 4) != 0) {
      return high_word_;
    }
    const std::uint64_t value = bus_counter((offset - first) / 8);
    if (!debug) {
      high_word_ = static_cast<std::uint32_t>(value >> 32);
    }
    return static_cast<std::uint32_t>(value);
  }
  return 0;
}

void SystemControl::write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) {
  if (!on_marker_) {
    return;
  }
  switch (offset) {
    case reg::marker_begin:
      on_marker_(probe::MarkerKind::begin, value, at);
      break;
    case reg::marker_end:
      on_marker_(probe::MarkerKind::end, value, at);
      break;
    case reg::marker_reset:
      on_marker_(probe::MarkerKind::reset, value, at);
      break;
    case reg::marker_dump:
      on_marker_(probe::MarkerKind::dump, value, at);
      break;
    default:
      break;
  }
}

}  // namespace tessera::peripherals
