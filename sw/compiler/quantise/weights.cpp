// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "sw/compiler/quantise/quantise.h"

namespace tessera::compiler {
namespace {

constexpr int kCandidates = 41;  ///< scales between half the largest and the largest, ends included

std::int16_t round_to(double value, analog::WeightRange range) {
  return static_cast<std::int16_t>(
      std::clamp(std::round(value), static_cast<double>(range.low), static_cast<double>(range.high)));
}

double squared_error(std::span<const float> weights, double scale, analog::WeightRange range) {
  double sum = 0.0;
  for (const float w : weights) {
    const double difference = static_cast<double>(w) - scale * round_to(static_cast<double>(w) / scale, range);
    sum += difference * difference;
  }
  return sum;
}

}  // namespace

ChannelWeights quantise_channel(std::span<const float> weights, analog::WeightRange range, bool search) {
  double largest = 0.0;
  for (const float w : weights) {
    largest = std::max(largest, std::abs(static_cast<double>(w)));
  }
  ChannelWeights result;
  result.values.assign(weights.size(), 0);
  const auto full = static_cast<float>(largest / range.high);
  if (!(full > 0.0F)) {
    return result;  // scale 0: nothing to represent
  }
  float best = full;
  double least = squared_error(weights, static_cast<double>(full), range);
  for (int i = 0; search && i + 1 < kCandidates; ++i) {
    const auto candidate = static_cast<float>(static_cast<double>(full) * (0.5 + 0.5 * i / (kCandidates - 1)));
    if (!(candidate > 0.0F)) {
      continue;
    }
    const double error = squared_error(weights, static_cast<double>(candidate), range);
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  for (std::size_t k = 0; k < weights.size(); ++k) {
    result.values[k] = round_to(static_cast<double>(weights[k]) / static_cast<double>(best), range);
  }
  result.scale = best;
  result.squared_error = least;
  return result;
}

}  // namespace tessera::compiler
