// SPDX-License-Identifier: Apache-2.0
// Platforms and inputs for tests of compiler and evaluator.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "platform/config/platform_parameters.h"
#include "sw/compiler/graph/graph.h"

namespace tessera::test {

/// The default platform (12 tiles of 1024 x 1024) or one of another geometry, nominal effects.
inline platform::PlatformParameters nominal_platform(std::uint32_t rows = 1024, std::uint32_t columns = 1024,
                                                     std::uint32_t grid_rows = 3, std::uint32_t grid_columns = 4) {
  platform::PlatformParameters platform;
  platform.grid_rows = grid_rows;
  platform.grid_columns = grid_columns;
  platform.tiles.resize(platform.tile_count());
  for (auto& tile : platform.tiles) {
    tile.array.rows = rows;
    tile.array.columns = columns;
  }
  return platform;
}

/// All effects off, converters as they are.
inline platform::PlatformParameters ideal(platform::PlatformParameters platform) {
  for (auto& tile : platform.tiles) {
    tile.array.effects = analog::NonIdealities::none();
  }
  return platform;
}

/// All effects off, converters that pass the exact sums.
inline platform::PlatformParameters exact(platform::PlatformParameters platform) {
  platform = ideal(std::move(platform));
  for (auto& tile : platform.tiles) {
    tile.array.adc.bits = 0;
  }
  return platform;
}

inline std::vector<float> random_values(std::size_t count, std::uint32_t seed, float low = -1.0F, float high = 1.0F) {
  std::mt19937 engine(seed);
  std::vector<float> values(count);
  for (float& value : values) {  // not std::uniform_real_distribution: its results differ between libraries
    value = low + (high - low) * (static_cast<float>(engine() >> 8U) / 16777216.0F);
  }
  return values;
}

}  // namespace tessera::test
