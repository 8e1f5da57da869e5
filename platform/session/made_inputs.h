// SPDX-License-Identifier: Apache-2.0
// Values made here, for studies that need no data set.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tessera::platform {

/// Uniform in [low, high), the same with every standard library.
[[nodiscard]] std::vector<float> uniform_values(std::size_t count, float low, float high, std::uint32_t seed);

}  // namespace tessera::platform
