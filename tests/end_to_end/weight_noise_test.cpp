// SPDX-License-Identifier: Apache-2.0
// The published accuracies of float networks with disturbed and rounded weights (docs/validation.md): Gaussian noise
// relative to the largest weight of each layer, 5 seeds; the first 2000 test images of Fashion-MNIST, 360 digits.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "tests/end_to_end/command.h"
#include "tests/frontend/shared_data.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;

struct Accuracy {
  double mean = 0, deviation = 0;  ///< [%], over the seeds
};

/// Accuracies at 1, 2, 5 and 10 % of noise and, where the source's own network is at hand, at 8, 6, 5, 4 and 3 bits.
struct Row {
  const char* network;
  double clean;
  std::array<Accuracy, 4> noisy;
  std::optional<std::array<double, 5>> rounded;
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.network;
}

bool on_digits(const Row& row) {
  return std::string(row.network).rfind("digits", 0) == 0;
}

class PublishedAccuracy : public ::testing::TestWithParam<Row> {
 protected:
  /// @return why the row cannot be computed here, or empty
  std::string missing() const {
    const fs::path data = shared_data().value_or(fs::path());
    if (!fs::exists(network()) || (on_digits(GetParam()) && !fs::exists(data / "inputs/digits.csv.gz"))) {
      return "no development data: name its folder in TESSERA_DATA";
    }
    return on_digits(GetParam()) || have_fashion_mnist() ? "" : no_fashion_mnist;
  }
  nlohmann::json sweep(const std::string& options) const {
    const Scratch scratch;
    const std::string images = on_digits(GetParam()) ? fmt::format("--data {} --first 1437 -n 360",
                                                                   (*shared_data() / "inputs/digits.csv.gz").string())
                                                     : "-n 2000";
    const Finished finished =
        tessera(fmt::format("eval {} {} {} -o {}", network().string(), images, options, (scratch / "e").string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(scratch / "e" / "eval.json");
  }
  virtual fs::path network() const {
    return shared_data().value_or(fs::path()) / "models" / (std::string(GetParam().network) + ".onnx");
  }
};

TEST_P(PublishedAccuracy, OfDisturbedWeights) {
  if (const std::string why = missing(); !why.empty()) {
    GTEST_SKIP() << why;
  }
  const nlohmann::json result = sweep("--seeds 5 --sweep weight_noise=0.01,0.02,0.05,0.1");
  const nlohmann::json& rows = result["sweep"]["rows"];
  ASSERT_EQ(rows.size(), GetParam().noisy.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Accuracy source = GetParam().noisy[i];
    const double mean = 100 * rows[i]["accuracy"]["mean"].get<double>();
    const double deviation = 100 * rows[i]["accuracy"]["deviation"].get<double>();
    fmt::print("{:.1f} +- {:.1f} %, source {:.1f} +- {:.1f} %\n", mean, deviation, source.mean, source.deviation);
    EXPECT_LE(std::abs(mean - source.mean), deviation + source.deviation) << "the error bars are apart";
  }
}

TEST_P(PublishedAccuracy, OfRoundedWeights) {
  if (const std::string why = missing(); !why.empty()) {
    GTEST_SKIP() << why;
  }
  const nlohmann::json result = sweep("--sweep weight_bits=8,6,5,4,3");
  EXPECT_NEAR(100 * result["float_accuracy"].get<double>(), GetParam().clean, 0.06);
  const nlohmann::json& rows = result["sweep"]["rows"];
  ASSERT_EQ(rows.size(), GetParam().rounded->size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const double accuracy = 100 * rows[i]["accuracy"]["mean"].get<double>();
    fmt::print("{:.2f} %, source {:.1f} %\n", accuracy, (*GetParam().rounded)[i]);
    EXPECT_NEAR(accuracy, (*GetParam().rounded)[i], 0.06) << "no randomness: only the source's last digit";
  }
}

INSTANTIATE_TEST_SUITE_P(Networks, PublishedAccuracy,
                         ::testing::Values(Row{"digits_cnn",
                                               94.2,
                                               {{{94.3, 0.2}, {94.4, 0.5}, {93.7, 1.2}, {86.4, 5.6}}},
                                               {{94.2, 95.0, 93.3, 91.1, 82.2}}},
                                           Row{"fashion_lenet",
                                               90.3,
                                               {{{90.3, 0.2}, {89.8, 0.5}, {85.6, 2.2}, {67.7, 6.6}}},
                                               {{90.3, 90.1, 89.7, 89.2, 50.0}}},
                                           Row{"fashion_dscnn",
                                               91.1,
                                               {{{89.4, 1.2}, {82.1, 4.1}, {32.9, 11.2}, {13.0, 3.6}}},
                                               {{90.8, 90.1, 83.4, 66.1, 12.5}}}),
                         [](const auto& test) { return std::string(test.param.network); });

/// Networks of the kinds whose files are not public, trained as plainly: other weights, so the loss is compared.
class PublishedLoss : public PublishedAccuracy {
 protected:
  fs::path network() const override {
    return fs::path(TESSERA_SOURCE_DIR) / "sw/examples/plain" / (std::string(GetParam().network) + ".onnx");
  }
};

TEST_P(PublishedLoss, OfDisturbedWeights) {
  if (const std::string why = missing(); !why.empty()) {
    GTEST_SKIP() << why;
  }
  const nlohmann::json result = sweep("--seeds 5 --sweep weight_noise=0.01,0.02,0.05,0.1");
  const double clean = 100 * result["float_accuracy"].get<double>();
  EXPECT_NEAR(clean, GetParam().clean, 1.0);
  const nlohmann::json& rows = result["sweep"]["rows"];
  ASSERT_EQ(rows.size(), GetParam().noisy.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Accuracy source = GetParam().noisy[i];
    const double loss = clean - 100 * rows[i]["accuracy"]["mean"].get<double>();
    const double deviation = 100 * rows[i]["accuracy"]["deviation"].get<double>();
    fmt::print("loss {:.1f} +- {:.1f} points, source {:.1f} +- {:.1f}\n", loss, deviation,
               GetParam().clean - source.mean, source.deviation);
    EXPECT_LE(std::abs(loss - (GetParam().clean - source.mean)), deviation + source.deviation)
        << "the error bars are apart";
  }
}

INSTANTIATE_TEST_SUITE_P(
    Networks, PublishedLoss,
    ::testing::Values(Row{"digits_mlp", 90.3, {{{90.4, 0.1}, {90.6, 0.2}, {90.0, 0.5}, {86.3, 1.5}}}, {}},
                      Row{"fashion_mlp", 89.2, {{{89.0, 0.2}, {88.5, 0.5}, {85.6, 2.4}, {75.0, 5.9}}}, {}}),
    [](const auto& test) { return std::string(test.param.network); });

}  // namespace
}  // namespace tessera::test
