// SPDX-License-Identifier: Apache-2.0
// `tessera tile` and `tessera sweep` from outside.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <cmath>
#include <cstdio>
#include <sstream>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

nlohmann::json characterise(const Scratch& scratch, const std::string& arguments) {
  const Finished finished =
      tessera(fmt::format("tile --repeats 24 --samples 200 {} -o {}", arguments, (scratch / "t").string()));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  return json(scratch / "t" / "tile.json");
}

double mean(const nlohmann::json& tile, const std::string& figure) {
  return tile["converters"][figure]["mean"].get<double>();
}

TEST(Tile, WithoutNonIdealityOnlyStepsAreLeft) {
  const Scratch scratch;
  const auto tile = characterise(scratch, "-p nominal_noiseless --points 16");
  EXPECT_EQ(mean(tile, "noise_lsb"), 0);
  EXPECT_NEAR(mean(tile, "offset_lsb"), 0, 0.01);
  EXPECT_NEAR(mean(tile, "gain_error"), 0, 1e-3);
  EXPECT_LT(mean(tile, "dnl_lsb"), 0.2) << "one point of the ramp more or less in a code";
  EXPECT_NEAR(mean(tile, "enob"), 8, 0.05);
}

TEST(Tile, NominalHasTheConfiguredNoiseAndBend) {
  const Scratch scratch;
  const auto tile = characterise(scratch, "--set tile.effects=none --set tile.effects.adc_noise=true");
  // Noise of 0.4 LSB and the rounding of the code, 1/12.
  EXPECT_NEAR(mean(tile, "noise_lsb"), std::sqrt(0.16 + 1.0 / 12), 0.02);
  const auto bent = characterise(
      scratch, "--set tile.effects=none --set tile.effects.adc_inl=true --set tile.adc.inl_lsb=3 --points 16");
  EXPECT_GT(mean(bent, "inl_lsb"), 1.0) << "3 LSB at the peak, less what a straight line takes up";
  EXPECT_LT(mean(bent, "inl_lsb"), 3.2);
  EXPECT_LT(mean(bent, "enob"), mean(tile, "enob"));
}

/// Root mean square over points of the ramp strictly between two ideal column sums [LSB].
struct Span {
  double error = 0;  ///< mean code less ideal
  double noise = 0;  ///< spread of the codes at a point
};
Span over_ramp(const Scratch& scratch, double low, double high) {
  std::istringstream csv(contents(scratch / "t" / "transfer.csv"));
  std::string line;
  std::getline(csv, line);
  EXPECT_EQ(line, "ideal_lsb,mean_code,sigma_code");
  Span span;
  int points = 0;
  for (double ideal = 0, code = 0, sigma = 0; std::getline(csv, line);) {
    EXPECT_EQ(std::sscanf(line.c_str(), "%lf,%lf,%lf", &ideal, &code, &sigma), 3) << line;
    if (ideal > low && ideal < high) {
      span.error += (code - ideal) * (code - ideal);
      span.noise += sigma * sigma;
      ++points;
    }
  }
  EXPECT_GT(points, 100);
  return {std::sqrt(span.error / points), std::sqrt(span.noise / points)};
}

/// Single columns: the ramp goes from the least weight to the largest, a weight of 0 conducts.
///
/// Rounding has the variance 1/12, and an offset column is converted besides. With weights of 7 the column conducts 15
/// and the offset column 8 for 7 of difference: both codes move, in steps of no common measure, and the roundings add
/// up to 2/12. With weights of -8 the column does not conduct: only the offset column's code moves, 1/12. Over the
/// whole ramp that is 1.5/12: 8 - log2(sqrt(1.5)) = 7.71 bits, against 7.5 for products whose columns all conduct.
///
/// Converter noise s = 0.4 LSB gives codes the variance v = s^2 + 1/12: 2 v with weights of 7. With weights of -8 the
/// column stands at the lowest code, which cuts its noise in half: max(0, round(s xi)) has P(1) = 0.1056 and P(2) =
/// 8.8e-5, and a variance of 0.0947 instead of v.
TEST(Tile, SingleColumnsHaveAReference) {
  const Scratch scratch;
  const double v = 0.16 + 1.0 / 12, cut = 0.0947;
  for (const std::string mapping : {"offset_column", "reference_column"}) {
    const std::string set = " --set tile.weight_mapping=" + mapping;
    const bool two = mapping == "offset_column";
    const auto tile = characterise(scratch, "-p nominal_noiseless --points 16" + set);
    EXPECT_EQ(tile["pairs"], 1023);
    EXPECT_NEAR(mean(tile, "offset_lsb"), 0, 0.03) << mapping;
    EXPECT_NEAR(mean(tile, "gain_error"), 0, 1e-3) << mapping;
    EXPECT_NEAR(over_ramp(scratch, -110, -1).error, std::sqrt(1.0 / 12), 0.005) << mapping;
    EXPECT_NEAR(over_ramp(scratch, 1, 110).error, std::sqrt((two ? 2.0 : 1.0) / 12), 0.006) << mapping;
    EXPECT_NEAR(mean(tile, "enob"), two ? 8 - std::log2(std::sqrt(1.5)) : 8, 0.02) << mapping;

    const auto noisy = characterise(scratch, set + " --set tile.effects=none --set tile.effects.adc_noise=true");
    EXPECT_NEAR(over_ramp(scratch, -110, -1).noise, std::sqrt(two ? v + cut : v), 0.01) << mapping;
    EXPECT_NEAR(over_ramp(scratch, 1, 110).noise, std::sqrt(two ? 2 * v : v), 0.01) << mapping;
    EXPECT_NEAR(mean(noisy, "noise_lsb"), std::sqrt(two ? (v + cut + 2 * v) / 2 : v), 0.01) << mapping;
    EXPECT_GT(tile["energy"][10]["zero_weights"]["array_J"].get<double>(),
              0.9 * tile["energy"][0]["zero_weights"]["array_J"].get<double>())
        << "zero weights save nothing";
  }
}

/// Noise of a product with nothing but converter noise: passes enter by their place, 1, 2 .. 128 for bits, both phases
/// alike.
TEST(Tile, NoiseOfAProductIsThatOfItsPasses) {
  const Scratch scratch;
  const std::string set =
      "--points 1 --set tile.effects=none --set tile.effects.adc_noise=true --set tile.adc.sigma_lsb=3";
  const double conversion = std::sqrt(9 + 1.0 / 12), bits = std::sqrt((std::pow(4.0, 8) - 1) / 3);
  struct Coding {
    std::string set;
    std::uint32_t passes;
    double places;
  };
  double full = 0;
  for (const Coding& coding :
       {Coding{"", 1, 1}, Coding{" --set tile.dac.type=bit_serial", 8, bits},
        Coding{" --set tile.dac.signed_input=two_phase", 2, std::sqrt(2.0)},
        Coding{" --set tile.dac.signed_input=row_pair", 1, 1},
        Coding{" --set tile.dac.type=bit_serial --set tile.dac.signed_input=two_phase", 16, std::sqrt(2.0) * bits}}) {
    SCOPED_TRACE(coding.set);
    const auto tile = characterise(scratch, set + coding.set);
    EXPECT_EQ(tile["passes"], coding.passes);
    EXPECT_EQ(tile.contains("ramp_note"), !coding.set.empty());
    const auto& product = tile["random_product"];
    // 64 repetitions of 512 outputs. A conversion that is clipped now and then has less noise.
    EXPECT_NEAR(product["noise_lsb"].get<double>() / (coding.places * conversion), 1, 0.03);
    EXPECT_NEAR(mean(tile, "noise_lsb"), conversion, 0.1) << "of one conversion";
    full = coding.passes == 1 && full == 0 ? product["error"].get<double>() : full;
    EXPECT_LT(product["error"].get<double>(), 1.05 * full) << "bits and phases: less error, at more time and energy";
    EXPECT_GT(product["snr_dB"].get<double>(), 5);
  }
}

/// A converter serves the reference column, too.
TEST(Tile, ClippedShareIsOfAllConversions) {
  const Scratch scratch;
  const auto tile = characterise(scratch, "--points 1 --set tile.weight_mapping=offset_column");
  EXPECT_EQ(tile["random_product"]["clipped"].get<double>(), 1);
  EXPECT_EQ(tile["random_product"]["gain_fits"], false);
  const Finished shown = tessera(fmt::format("tile --points 1 --repeats 4 --samples 20 -o {} --set {}",
                                             (scratch / "t").string(), "tile.weight_mapping=offset_column"));
  EXPECT_THAT(shown.output, HasSubstr("no gain fits"));
  EXPECT_EQ(characterise(scratch, "--points 1")["random_product"]["gain_fits"], true);
}

TEST(Tile, EnergyFollowsZerosAndTimeFollowsPairs) {
  const Scratch scratch;
  const auto tile = characterise(scratch, "");
  const auto& energy = tile["energy"];
  ASSERT_EQ(energy.size(), 11u);
  EXPECT_EQ(energy[0]["active_rows"], 1024);
  EXPECT_EQ(energy[10]["active_rows"], 0);
  EXPECT_NEAR(energy[5]["zero_inputs"]["dac_J"].get<double>() / energy[0]["zero_inputs"]["dac_J"].get<double>(), 0.5,
              0.03);
  EXPECT_EQ(energy[10]["zero_inputs"]["dac_J"], 0);
  EXPECT_EQ(energy[10]["zero_inputs"]["adc_J"], energy[0]["zero_inputs"]["adc_J"]);
  EXPECT_LT(energy[10]["zero_weights"]["array_J"].get<double>(),
            0.05 * energy[0]["zero_weights"]["array_J"].get<double>());
  EXPECT_NEAR(tile["time"].back()["product_s"].get<double>(), 1e-6, 1e-12);
  EXPECT_NEAR(tile["time"].front()["product_s"].get<double>(), 562.5e-9, 1e-12);
  for (const char* name : {"transfer", "linearity", "noise", "noise_histogram", "energy_inputs", "energy_weights"}) {
    EXPECT_THAT(contents(scratch / "t" / (std::string(name) + ".svg")), HasSubstr("</svg>")) << name;
  }
  for (const char* name : {"transfer", "linearity", "converters", "energy", "time"}) {
    EXPECT_FALSE(contents(scratch / "t" / (std::string(name) + ".csv")).empty()) << name;
  }
}

TEST(Tile, RefusesWhatHasNoConverter) {
  const Scratch scratch;
  const Finished ideal = tessera("tile -p ideal -o " + (scratch / "t").string());
  EXPECT_EQ(ideal.exit_code, 2);
  EXPECT_THAT(ideal.output, HasSubstr("tile.adc.bits"));
  EXPECT_EQ(tessera("tile --tile 12 -o " + (scratch / "t").string()).exit_code, 2);
}

const std::string pictures =
    "--data " TESSERA_SOURCE_DIR "/sw/examples/fashion/golden/images.npy --calibration 16 -n 4";

TEST(Sweep, RepeatsACommandInProcessesAndGoesOn) {
  const Scratch scratch;
  const std::string command = fmt::format("sweep --sweep tile.adc.bits=4,8 --sweep seed=1,2 -o {} -- eval {}",
                                          (scratch / "s").string(), pictures);
  const Finished first = tessera(command);
  ASSERT_EQ(first.exit_code, 0) << first.output;
  const std::string csv = contents(scratch / "s" / "sweep.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5);
  EXPECT_THAT(csv, HasSubstr("agrees_with_float.mean"));
  const Finished again = tessera(command);
  EXPECT_THAT(again.output, HasSubstr("4 kept from an earlier call"));
  EXPECT_EQ(contents(scratch / "s" / "sweep.csv"), csv);
  const Finished other = tessera(
      fmt::format("sweep --sweep tile.adc.bits=4,8 --sweep seed=1,2 --set tile.adc.sigma_lsb=2 -o {} -- eval {}",
                  (scratch / "s").string(), pictures));
  EXPECT_EQ(other.exit_code, 0);
  EXPECT_THAT(other.output, HasSubstr("the configuration has changed"));
  EXPECT_THAT(other.output, HasSubstr("0 kept"));
}

TEST(Sweep, AFailedPointStaysInTheTable) {
  const Scratch scratch;
  const Finished finished = tessera(fmt::format(
      "sweep --set tile.array_rows=64 --set tile.array_cols=64 --set grid.cols=1 --sweep grid.rows=1,64 --metric "
      "agrees_with_float.mean -o {} -- eval --no-exact {}",
      (scratch / "s").string(), pictures));
  EXPECT_EQ(finished.exit_code, 3) << finished.output;
  const auto rows = json(scratch / "s" / "sweep.json")["rows"];
  EXPECT_THAT(rows[0]["problem"].get<std::string>(), HasSubstr("exit code 3"));
  EXPECT_TRUE(rows[1].contains("agrees_with_float.mean"));
}

TEST(Sweep, RefusesBeforeTheFirstProcess) {
  const Scratch scratch;
  const std::string to = " -o " + (scratch / "s").string();
  EXPECT_EQ(tessera("sweep --sweep tile.adc.bits=99" + to + " -- eval").exit_code, 2);
  EXPECT_EQ(tessera("sweep --sweep tile.adc.bits=8" + to).exit_code, 2);
  EXPECT_EQ(tessera("sweep --sweep tile.adc.bits=8" + to + " -- rm").exit_code, 2);
  EXPECT_EQ(tessera("sweep" + to + " -- eval").exit_code, 2);
  EXPECT_FALSE(fs::exists(scratch / "s"));
}

}  // namespace
}  // namespace tessera::test
