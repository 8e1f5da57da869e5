// SPDX-License-Identifier: Apache-2.0
#include "sw/deployment/values.h"

#include <algorithm>
#include <cmath>

namespace tessera::deployment {

std::vector<std::int8_t> quantise(std::span<const float> values, float scale, std::int32_t zero_point) {
  std::vector<std::int8_t> codes(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double steps = std::round(static_cast<double>(values[i]) / static_cast<double>(scale));
    const double q = std::isnan(steps) ? zero_point : steps + zero_point;
    codes[i] = static_cast<std::int8_t>(std::clamp(q, -128.0, 127.0));
  }
  return codes;
}

std::vector<float> dequantise(std::span<const std::int8_t> codes, const td_tensor& tensor) {
  std::vector<float> values(codes.size());
  for (std::size_t i = 0; i < codes.size(); ++i) {
    values[i] = tensor.scale * static_cast<float>(codes[i] - tensor.zero_point);
  }
  return values;
}

}  // namespace tessera::deployment
