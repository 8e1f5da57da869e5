// SPDX-License-Identifier: Apache-2.0
// System control: facts about the chip, the marker register that names regions of a run, bus counters.
#pragma once

#include <cstdint>
#include <functional>

#include "models/interconnect/bus_fabric.h"
#include "models/peripherals/register_target.h"

namespace tessera::peripherals {

struct ChipFacts {
  std::uint32_t grid_rows = 0, grid_columns = 0;
  std::uint64_t platform_hash = 0;
  bool vector_present = false;
  std::uint32_t dma_channels = 0;
  std::uint32_t dram_bytes = 0;  ///< of external DRAM; 0: none
};

/// Marker regions: bits 31..24 kind, bits 23..0 number.
enum class RegionKind : std::uint8_t { user = 0, inference = 1, layer = 2, calibration = 3 };
[[nodiscard]] constexpr RegionKind region_kind(std::uint32_t region) {
  return static_cast<RegionKind>(region >> 24);
}
[[nodiscard]] constexpr std::uint32_t region_number(std::uint32_t region) {
  return region & 0xFFFFFF;
}

class SystemControl : public RegisterTarget {
 public:
  using MarkerFunction = std::function<void(probe::MarkerKind kind, std::uint32_t region, probe::Time at)>;

  SystemControl(const sc_core::sc_module_name& name, std::uint32_t base, const ChipFacts& facts,
                const interconnect::BusFabric& bus, MarkerFunction on_marker);

 private:
  std::uint32_t read_register(std::uint32_t offset, probe::Time at, bool debug) override;
  void write_register(std::uint32_t offset, std::uint32_t value, probe::Time at) override;
  [[nodiscard]] std::uint64_t bus_counter(std::uint32_t index) const;

  ChipFacts facts_;
  const interconnect::BusFabric& bus_;
  MarkerFunction on_marker_;
  std::uint32_t high_word_ = 0;
};

}  // namespace tessera::peripherals
