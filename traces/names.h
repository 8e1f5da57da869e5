// SPDX-License-Identifier: Apache-2.0
// Words for the enumerations of the probe, as they appear in files and tables.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "models/probe/probe.h"

namespace tessera::traces {

[[nodiscard]] std::string_view name_of(probe::Category category);
[[nodiscard]] std::string_view name_of(probe::Cause cause);
[[nodiscard]] std::string_view name_of(probe::MarkerKind kind);
[[nodiscard]] std::string_view name_of(probe::PowerState state);
/// JobRecord::kind: "tile", "vector", "dma", "cpu", else "unit N".
[[nodiscard]] std::string job_kind_name(std::uint32_t kind);

/// The marker register's region number (docs/architecture.md).
enum class RegionKind : std::uint32_t { user = 0, inference = 1, layer = 2, calibration = 3 };
[[nodiscard]] constexpr std::uint32_t region_kind(std::uint32_t region) {
  return region >> 24;
}
[[nodiscard]] constexpr std::uint32_t region_number(std::uint32_t region) {
  return region & 0xFFFFFF;
}
[[nodiscard]] constexpr std::uint32_t region_of(RegionKind kind, std::uint32_t number) {
  return static_cast<std::uint32_t>(kind) << 24 | (number & 0xFFFFFF);
}
/// "user", "inference", "layer", "calibration", else "kind N".
[[nodiscard]] std::string region_kind_name(std::uint32_t kind);

}  // namespace tessera::traces
