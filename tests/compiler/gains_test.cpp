// SPDX-License-Identifier: Apache-2.0
// The compiler's choice of a converter range against the best one for its column sums, and against the best one of the
// law for normally distributed ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "models/analog/array.h"
#include "models/analog/quantiser.h"
#include "sw/compiler/emit/compile.h"
#include "tests/compiler/platforms.h"
#include "tests/compiler/random_graph.h"

namespace tessera::compiler {
namespace {

constexpr int kInputs = 512, kOutputs = 64;
constexpr std::size_t kVectors = 256;

/// One tile whose ranges are 1.2 ^ -1 apart at most 4 %: the largest gain over k, k = 160 .. 24.
platform::PlatformParameters fine_ranges(int bits) {
  auto platform = test::ideal(test::nominal_platform(1024, 1024, 1, 1));
  for (auto& tile : platform.tiles) {
    tile.signed_input = tile::TileParameters::SignedInput::row_pair;  // zero stays zero: sums around zero
    tile.array.adc.bits = bits;
    tile.array.adc.full_scale_A = 1.6e-5;
    tile.array.adc.gains.clear();
    for (int k = 160; k >= 24; --k) {
      tile.array.adc.gains.push_back(4800.0 / k);
    }
    tile.array.adc.gains.push_back(4800.0);
  }
  return platform;
}

/// Mean squared error of sums behind a converter whose step is `lsb`.
double quantised_error(const std::vector<double>& sums, double lsb, int bits) {
  const double half = std::ldexp(1.0, bits - 1);
  double error = 0.0;
  for (const double sum : sums) {
    const double code = std::clamp(std::nearbyint(sum / lsb), -half, half - 1);
    error += (code * lsb - sum) * (code * lsb - sum);
  }
  return error / static_cast<double>(sums.size());
}

TEST(Gains, RangesForNormalSumsAreTheBestOnes) {
  const Graph graph = test::dense_chain({kInputs, kOutputs});
  const auto vectors = test::random_values(kVectors * kInputs, 5);
  CompileOptions options;
  options.gain_inputs = kVectors;
  std::printf("range [sigma] and SQNR [dB] of column sums, %d columns, %zu products\n", kOutputs, kVectors);
  std::printf("bits  chosen: range, SQNR   best of these sums   law for normal sums: range, SQNR\n");
  for (int bits = 3; bits <= 10; ++bits) {
    const auto platform = fine_ranges(bits);
    const CompileResult result = compile(graph, platform, 77, vectors, options);
    ASSERT_EQ(result.contents.tile_jobs.size(), 1U);
    const QuantisedLayer& layer = result.network.layers[0];
    const QuantisedTensor& input = result.network.tensors[0];
    std::vector<double> sums;
    double power = 0.0;
    for (std::size_t v = 0; v < kVectors; ++v) {
      for (std::size_t o = 0; o < layer.outputs; ++o) {
        double sum = 0.0;
        for (std::size_t i = 0; i < layer.inputs; ++i) {
          sum += layer.weights[o * layer.inputs + i] * std::round(vectors[v * kInputs + i] / input.scale);
        }
        sums.push_back(sum);
        power += sum * sum / static_cast<double>(kVectors * layer.outputs);
      }
    }
    const analog::Array array(platform.tiles[0].array, 0, 0);
    const auto sqnr = [&](std::uint32_t gain) {
      return 10 * std::log10(power / quantised_error(sums, array.lsb_in_column_sum(gain), bits));
    };
    const std::uint32_t chosen = result.contents.tile_jobs[0].gain_index;
    const auto gains = static_cast<std::uint32_t>(platform.tiles[0].array.adc.gains.size());
    double best = 0.0;
    for (std::uint32_t gain = 0; gain < gains; ++gain) {
      best = std::max(best, sqnr(gain));
    }
    const double range = array.lsb_in_column_sum(chosen) * (std::ldexp(1.0, bits) - 1) / 2 / std::sqrt(power);
    const auto law = analog::optimal_quantiser_range(bits, analog::Codes::twos_complement);
    std::printf("%4d        %.3f  %6.2f          %6.2f                  %.3f  %6.2f\n", bits, range, sqnr(chosen), best,
                law.range_sigma, law.sqnr_dB);
    EXPECT_GT(chosen, 0U) << "at the end of the list";
    EXPECT_LT(chosen, gains - 2) << "at the end of the list";
    EXPECT_GT(sqnr(chosen), best - 0.03) << bits << " bits: another gain is better for the same sums";
    // Sums of 64 columns of their own sigma are no normal numbers altogether: their tails are longer.
    EXPECT_NEAR(sqnr(chosen), law.sqnr_dB, 0.7) << bits;
    EXPECT_NEAR(range / law.range_sigma, 1.0, 0.12) << bits;
  }
}

}  // namespace
}  // namespace tessera::compiler
