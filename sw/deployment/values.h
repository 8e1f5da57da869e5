// SPDX-License-Identifier: Apache-2.0
// Real values to a tensor's int8 codes and back.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sw/deployment/tessera_deployment.h"

namespace tessera::deployment {

/// round(value / scale) + zero point, half away from zero, clamped to -128..127; NaN becomes the zero point.
[[nodiscard]] std::vector<std::int8_t> quantise(std::span<const float> values, float scale, std::int32_t zero_point);
[[nodiscard]] inline std::vector<std::int8_t> quantise(std::span<const float> values, const td_tensor& tensor) {
  return quantise(values, tensor.scale, tensor.zero_point);
}

/// scale * (code - zero point)
[[nodiscard]] std::vector<float> dequantise(std::span<const std::int8_t> codes, const td_tensor& tensor);

}  // namespace tessera::deployment
