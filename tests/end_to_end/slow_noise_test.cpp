// SPDX-License-Identifier: Apache-2.0
// Slow noise does not average over the pixels of an image (docs/analog.md, "Slow noise"): with as much power it costs a
// network with global pooling more answers than noise that is drawn anew for every product.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/end_to_end/command.h"
#include "tests/frontend/shared_data.h"

namespace tessera::test {
namespace {

TEST(SlowNoise, CostsMoreThanWhiteNoiseOfTheSamePower) {
  const auto network = shared_data().value_or(std::filesystem::path()) / "models/fashion_dscnn.onnx";
  if (!std::filesystem::exists(network)) {
    GTEST_SKIP() << "no development data: name its folder in TESSERA_DATA";
  }
  if (!have_fashion_mnist()) {
    GTEST_SKIP() << no_fashion_mnist;
  }
  constexpr int kSeeds = 4;
  const auto eval = [&](int slow_share) {
    const Scratch scratch;
    const Finished finished =
        tessera(fmt::format("eval {} -n 1000 --seeds {} --quality-images 100 --no-replicate --set tile.effects=none "
                            "--set tile.effects.read_noise=true --set tile.effects.slow_noise=true --set "
                            "tile.cell.errors=constant --set tile.cell.sigma_read_full_scale=0.1 --set "
                            "tile.cell.slow_share={} -o {}",
                            network.string(), kSeeds, slow_share, (scratch / "e").string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(scratch / "e" / "eval.json");
  };
  const nlohmann::json white = eval(0), slow = eval(1);
  const auto points = [](const nlohmann::json& result, const char* what) {
    return 100 * result["accuracy"][what].get<double>();
  };
  const double cost = points(white, "mean") - points(slow, "mean");
  const double error = std::hypot(points(white, "deviation"), points(slow, "deviation")) / std::sqrt(kSeeds);
  const auto snr_dB = [](const nlohmann::json& result, const std::string& layer) {
    for (const nlohmann::json& row : result["layers"]) {
      if (row["name"].get<std::string>().find(layer) != std::string::npos) {
        return row["analog_snr_dB"].get<double>();
      }
    }
    return std::nan("");
  };
  const double before = snr_dB(white, "/d/d.3/p/") - snr_dB(slow, "/d/d.3/p/");
  const double after = snr_dB(white, "GlobalAveragePool") - snr_dB(slow, "GlobalAveragePool");
  fmt::print(
      "white {:.2f} %, slow {:.2f} %: {:.1f} +- {:.1f} points; SNR {:.1f} dB before and {:.1f} dB after pooling\n",
      points(white, "mean"), points(slow, "mean"), cost, error, before, after);
  EXPECT_GT(cost, 2 * error);
  EXPECT_LT(std::abs(before), 0.5) << "the same power of error in front of the pooling";
  EXPECT_GT(after, 1.0) << "pooling averages white noise, not slow noise";
}

}  // namespace
}  // namespace tessera::test
