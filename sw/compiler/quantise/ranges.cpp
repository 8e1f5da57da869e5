// SPDX-License-Identifier: Apache-2.0
#include "sw/compiler/quantise/ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>

#include "sw/compiler/graph/execute.h"

namespace tessera::compiler {
namespace {

constexpr std::size_t kBins = 2048;

struct Histogram {
  std::array<std::uint64_t, kBins> bins{};
  std::uint64_t total = 0;

  void add(std::span<const float> values, const ActivationRange& range) {
    const double width = static_cast<double>(range.high) - static_cast<double>(range.low);
    for (const float value : values) {
      const double position = width > 0.0 ? (static_cast<double>(value) - static_cast<double>(range.low)) / width : 0.0;
      ++bins[std::min(static_cast<std::size_t>(std::max(position, 0.0) * kBins), kBins - 1)];
    }
    total += values.size();
  }

  /// The range that leaves `outside` of the values out on each side that is not an end at zero.
  [[nodiscard]] ActivationRange inside(const ActivationRange& range, double outside) const {
    const double width = static_cast<double>(range.high) - static_cast<double>(range.low);
    const auto allowed = static_cast<std::uint64_t>(outside * static_cast<double>(total));
    std::size_t first = 0;
    std::size_t last = kBins;
    std::uint64_t below = 0;
    std::uint64_t above = 0;
    while (range.low < 0.0F && first < kBins && below + bins[first] <= allowed) {
      below += bins[first++];
    }
    while (range.high > 0.0F && last > first && above + bins[last - 1] <= allowed) {
      above += bins[--last];
    }
    ActivationRange result;
    result.low = static_cast<float>(static_cast<double>(range.low) + width * static_cast<double>(first) / kBins);
    result.high = static_cast<float>(static_cast<double>(range.low) + width * static_cast<double>(last) / kBins);
    return {std::min(result.low, 0.0F), std::max(result.high, 0.0F)};
  }
};

}  // namespace

std::vector<ActivationRange> activation_ranges(const Graph& graph, std::span<const float> calibration,
                                               double percentile) {
  const std::size_t elements = graph.shape(graph.input).elements();
  if (calibration.empty() || calibration.size() % elements != 0) {
    throw std::invalid_argument(
        fmt::format("calibration: {} values; expected a multiple of the network's {} inputs, at least one input",
                    calibration.size(), elements));
  }
  if (!(percentile > 50.0 && percentile <= 100.0)) {
    throw std::invalid_argument(fmt::format("calibration: percentile {}; expected above 50 and up to 100", percentile));
  }
  FloatExecutor executor(graph);
  const std::size_t count = calibration.size() / elements;
  std::vector<ActivationRange> ranges(graph.tensors.size());
  for (std::size_t i = 0; i < count; ++i) {
    executor.run(calibration.subspan(i * elements, elements));
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      for (const float value : executor.tensor(static_cast<int>(t))) {
        if (!std::isfinite(value)) {
          throw std::invalid_argument(fmt::format(
              "calibration: input {} makes a value of tensor '{}' that is not finite", i, graph.tensors[t].name));
        }
        ranges[t].low = std::min(ranges[t].low, value);
        ranges[t].high = std::max(ranges[t].high, value);
      }
    }
  }
  if (percentile >= 100.0) {
    return ranges;
  }
  std::vector<Histogram> histograms(ranges.size());
  for (std::size_t i = 0; i < count; ++i) {
    executor.run(calibration.subspan(i * elements, elements));
    for (std::size_t t = 0; t < ranges.size(); ++t) {
      histograms[t].add(executor.tensor(static_cast<int>(t)), ranges[t]);
    }
  }
  for (std::size_t t = 0; t < ranges.size(); ++t) {
    ranges[t] = histograms[t].inside(ranges[t], (1.0 - percentile / 100.0) / 2.0);
  }
  return ranges;
}

}  // namespace tessera::compiler
