// SPDX-License-Identifier: Apache-2.0
#include "platform/session/made_inputs.h"

#include <random>

namespace tessera::platform {

std::vector<float> uniform_values(std::size_t count, float low, float high, std::uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values(count);
  for (float& value : values) {
    // Own arithmetic: the standard distributions differ between libraries.
    value = low + (high - low) * static_cast<float>(random() >> 8) / 16777216.0F;
  }
  return values;
}

}  // namespace tessera::platform
