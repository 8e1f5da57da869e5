// SPDX-License-Identifier: Apache-2.0
#include "traces/names.h"

#include <fmt/format.h>

#include <array>

#include "models/power/power_domain.h"

namespace tessera::traces {

std::string_view name_of(probe::Category category) {
  constexpr std::array<std::string_view, probe::category_count> names = {
      "array", "dac", "adc", "digital", "bus", "memory", "cpu", "static", "conversion_loss", "programming", "off_chip"};
  return names.at(static_cast<std::size_t>(category));
}

std::string_view name_of(probe::Cause cause) {
  constexpr std::array<std::string_view, 7> names = {"dynamic", "leakage", "standby", "wake",
                                                     "program", "erase",   "loss"};
  return names.at(static_cast<std::size_t>(cause));
}

std::string_view name_of(probe::MarkerKind kind) {
  constexpr std::array<std::string_view, 4> names = {"begin", "end", "reset", "dump"};
  return names.at(static_cast<std::size_t>(kind));
}

std::string_view name_of(probe::PowerState state) {
  return power::name_of(state);
}

std::string job_kind_name(std::uint32_t kind) {
  switch (kind) {
    case 1:
      return "tile";
    case 2:
      return "vector";
    case 3:
      return "dma";
    case 4:
      return "cpu";
    default:
      return fmt::format("unit {}", kind);
  }
}

std::string region_kind_name(std::uint32_t kind) {
  switch (static_cast<RegionKind>(kind)) {
    case RegionKind::user:
      return "user";
    case RegionKind::inference:
      return "inference";
    case RegionKind::layer:
      return "layer";
    case RegionKind::calibration:
      return "calibration";
  }
  return fmt::format("kind {}", kind);
}

}  // namespace tessera::traces
