// SPDX-License-Identifier: Apache-2.0
// `run --calibrate` and `eval --calibrate`: the same bytes, accuracy lost to bad converters and found again, what is
// reported, what is refused.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>

#include "models/power/amount.h"
#include "tests/end_to_end/command.h"
#include "traces/stats.h"

namespace tessera::test {
namespace {

/// Offsets of 2 LSB and gains of 2 %.
constexpr const char* bad_converters =
    "--set tile.effects.adc_offset_gain=true --set tile.adc.offset_lsb=2 --set tile.adc.gain_rel=0.02";

/// What may be left of gains, from formulas alone (docs/calibration.md, "What stays"), with 16 repeats:
///   without gain: a converter keeps its 2 %; their mean square is within three standard deviations, 3 sqrt(2 / count)
///   noise:        sum x^2 is at least four samples of an eighth of the range, 1024 LSB^2; v = 0.4^2 + 1/12
///   cells:        of one pair with signed weights, half the programming error of 1.2 %: eight patterns, five of them
///                 independent, each with the whole error of the rows that are on
///   bend:         the slope at zero against that over 13/16 of the range, c1 0.6 (13/16)^2 / 128 less, for a curve
///                 c1 u (1 - u^2) with its peak of 0.5 LSB: c1 = 0.5 * 3 sqrt(3) / 2
double gain_limit(const std::string& console, double converters) {
  double without = 0;
  for (std::size_t at = console.find(" without gain)"); at != std::string::npos;
       at = console.find(" without gain)", at + 1)) {
    without += std::stod(console.substr(console.rfind('(', at) + 1));
  }
  EXPECT_GT(without, 0);
  EXPECT_LT(without, 0.1 * converters);
  const double kept = without / converters * 0.02 * 0.02 * (1 + 3 * std::sqrt(2 / without));
  const double noise = (0.16 + 1.0 / 12) / 16 / 1024, cells = 0.5 * 0.012;
  const double bend = 0.5 * 1.5 * std::sqrt(3.0) * 0.6 * 13 * 13 / 256 / 128;
  const double limit = std::sqrt(kept + noise + cells * cells + bend * bend);
  fmt::print("{} of {} converters without gain: gain error at most {:.2f} %\n", without, converters, 100 * limit);
  return limit;
}

class CalibrateCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!have_fashion_mnist()) {
      GTEST_SKIP() << no_fashion_mnist;
    }
  }
  Finished run(const std::string& name, const std::string& options) {
    return tessera(fmt::format("{} -o {}", options, (scratch_ / name).string()));
  }
  nlohmann::json eval(const std::string& name, const std::string& options) {
    const Finished finished = run(name, "eval " + options);
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(scratch_ / name / "eval.json");
  }
  Scratch scratch_;
};

TEST_F(CalibrateCommand, PlatformAndEvaluatorAgreeAndReport) {
  const Finished finished = run("run", fmt::format("run -n 6 --first 3 --trace jobs --calibrate {}", bad_converters));
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto result = json(scratch_ / "run" / "result.json");
  const auto evaluated = eval("eval", fmt::format("-n 6 --first 3 --calibrate {}", bad_converters));
  EXPECT_EQ(evaluated["outputs"], result["outputs"]);
  EXPECT_NE(eval("plain", fmt::format("-n 6 --first 3 {}", bad_converters))["outputs"], result["outputs"]);

  const auto& calibration = result["calibration"];
  EXPECT_EQ(evaluated["seeds"][0]["calibration"]["offset_after_lsb"], calibration["offset_after_lsb"]);
  EXPECT_NEAR(calibration["offset_before_lsb"].get<double>(), 2.0, 0.5);
  EXPECT_NEAR(calibration["gain_before"].get<double>(), 0.02, 0.005);
  EXPECT_LT(calibration["offset_after_lsb"].get<double>(), 0.2) << "16 repeats of noise 0.5 LSB: 0.125 for one pair";
  EXPECT_LT(calibration["gain_after"].get<double>(), gain_limit(contents(scratch_ / "run" / "console.txt"), 194));
  EXPECT_EQ(calibration["trimmed"], calibration["converters"]);
  EXPECT_EQ(calibration["tiles"].size(), 12U);
  EXPECT_GT(calibration["time_s"].get<double>(), 1e-4);

  // A row of its own, and all rows are the whole run's energy, as without calibration.
  double rows = 0, own = 0;
  for (const auto& layer : result["layers"]) {
    rows += layer["energy_J"]["total"].get<double>() * 6;
    if (layer["name"] == "(calibration)") {
      own = layer["energy_J"]["total"].get<double>() * 6;
      EXPECT_GT(layer["energy_J"]["adc"].get<double>(), 0.0);
      EXPECT_GT(layer["energy_J"]["cpu"].get<double>(), 0.0);
    }
  }
  const traces::Stats stats = traces::compute_stats(scratch_ / "run" / "trace.db");
  power::Amount layers = 0;
  for (const auto& share : stats.layers) {
    layers += share.energy;
    EXPECT_EQ(share.name == "(calibration)", power::joules_text(share.energy) == calibration["energy_J"]) << share.name;
  }
  EXPECT_EQ(power::joules_text(layers), power::joules_text(stats.energy)) << "exactly";
  EXPECT_EQ(power::joules_text(stats.energy), result["run"]["energy_J"]);
  EXPECT_NEAR(rows / std::stod(result["run"]["energy_J"].get<std::string>()), 1.0, 1e-12);
  EXPECT_NEAR(own / std::stod(calibration["energy_J"].get<std::string>()), 1.0, 1e-9);
  EXPECT_LT(own, std::stod(calibration["chip_energy_J"].get<std::string>())) << "static power is nobody's";
  const std::string console = contents(scratch_ / "run" / "console.txt");
  EXPECT_NE(console.find("tessera: tile 0 calibrated: "), std::string::npos) << console;
  EXPECT_NE(contents(scratch_ / "run" / "report.txt").find("calibration of converters in use"), std::string::npos);
}

// What the converters cost comes back: three chips, so that none decides by luck.
TEST_F(CalibrateCommand, AccuracyFallsAndReturns) {
  const std::string worse =
      "-n 400 --seeds 3 --no-exact --quality-images 0 --set tile.effects.adc_offset_gain=true --set "
      "tile.adc.offset_lsb=8 --set tile.adc.gain_rel=0.05";
  const auto accuracy = [](const nlohmann::json& result) { return result["accuracy"]["mean"].get<double>(); };
  const double good = accuracy(eval("good", "-n 400 --seeds 3 --no-exact --quality-images 0"));
  const double bad = accuracy(eval("bad", worse));
  const double back = accuracy(eval("back", worse + " --calibrate"));
  fmt::print("accuracy: {:.4f}, with bad converters {:.4f}, calibrated {:.4f}\n", good, bad, back);
  EXPECT_LT(bad, good - 0.03);
  EXPECT_GT(back, good - 0.012) << "three standard errors of 1200 answers that largely agree";
  // An evaluation that was kept does not answer for another kind of chip.
  EXPECT_EQ(accuracy(eval("back", worse)), bad);
}

// Slices, phases, bits and lanes weigh codes in ways of their own, laws and resolutions of the converter change times
// and the LSB. Trims agree if what they leave does, to the last bit, and outputs if everything behind them does.
TEST_F(CalibrateCommand, OtherChipsAgreeToo) {
  const std::string lanes =
      "--set tile.array_rows=128 --set tile.array_cols=256 --set grid.rows=4 --set analog_plane.column_sum=true";
  const std::string phases = "--set tile.dac.signed_input=two_phase", bits = "--set tile.dac.type=bit_serial";
  for (const std::string& platform :
       {"--slices 2 --set tile.adc.law=sar --set tile.adc.bits=10" + std::string(), phases,
        bits + " --set tile.adc.law=integrating", phases + " " + bits + " --slices 2 --set timing=at", lanes,
        lanes + " --slices 2 --set timing=at",
        "--set tile.adc.law=ramp --set tile.adc.bits=6 --set tile.effects.adc_dnl=true" + std::string()}) {
    const std::string options = fmt::format("-n 2 --calibrate {} {}", bad_converters, platform);
    const Finished finished = run("run", "run --trace off " + options);
    ASSERT_EQ(finished.exit_code, 0) << platform << "\n" << finished.output;
    const auto result = json(scratch_ / "run" / "result.json"), evaluated = eval("eval", options);
    EXPECT_EQ(result["outputs"], evaluated["outputs"]) << platform;
    for (const auto& [name, value] : evaluated["seeds"][0]["calibration"].items()) {
      EXPECT_EQ(result["calibration"][name], value) << platform << ": " << name;
    }
    EXPECT_GT(result["calibration"]["trimmed"].get<int>(), 100) << platform;
  }
}

// Instructions that the hart takes for a pair: with and without converters that are fine enough to be measured.
TEST_F(CalibrateCommand, CostsSoManyInstructionsAPair) {
  const auto instructions = [&](const char* bits) {
    const Finished finished = run("run", fmt::format("run -n 1 --trace off --calibrate {} {}", bad_converters, bits));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(scratch_ / "run" / "result.json")["run"]["instructions"].get<double>();
  };
  const double pairs = 12 * 6 + 5 * 16 + 120 + 84 + 10;  // copies of the shipped network's layers on twelve tiles
  const double each = (instructions("") - instructions("--set tile.adc.bits=3")) / pairs;
  EXPECT_NE(contents(scratch_ / "run" / "console.txt").find("no converters to calibrate"), std::string::npos);
  fmt::print("{:.0f} instructions a pair\n", each);
  EXPECT_NEAR(each, 17800, 1800) << "docs/calibration.md";
}

TEST_F(CalibrateCommand, AStuckConverterIsNamed) {
  write(scratch_ / "faults", "tile 1 adc_stuck converter 3 code 90\n");
  const Finished finished = run("run", fmt::format("run -n 1 --trace off --calibrate {} --fault {}", bad_converters,
                                                   (scratch_ / "faults").string()));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  const std::string console = contents(scratch_ / "run" / "console.txt");
  EXPECT_NE(console.find("tessera: tile 1: converter 3 does not answer or is too far off"), std::string::npos)
      << console;
  EXPECT_NE(console.find(", 1 bad\n"), std::string::npos) << console;
  const auto calibration = json(scratch_ / "run" / "result.json")["calibration"];
  EXPECT_EQ(calibration["trimmed"].get<int>(), calibration["converters"].get<int>() - 1);
}

TEST_F(CalibrateCommand, ExactConvertersNeedNone) {
  const Finished finished = run("run", "run -n 1 --trace off -p ideal --calibrate");
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  EXPECT_NE(contents(scratch_ / "run" / "console.txt").find("no converters to calibrate"), std::string::npos);
  EXPECT_EQ(json(scratch_ / "run" / "result.json")["outputs"], eval("eval", "-n 1 -p ideal --calibrate")["outputs"]);
}

TEST_F(CalibrateCommand, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(run("run", "run -n 1 --calibrate --firmware " TESSERA_FIRMWARE_DIR "/runtime.elf").exit_code, 2);
  EXPECT_EQ(run("eval", "eval -n 1 --calibrate --weight-noise 0.02").exit_code, 2);
  EXPECT_EQ(run("run", "run -n 1 --calibrate --set tile.weight_mapping=offset_column").exit_code, 2);
  EXPECT_EQ(run("eval", "eval -n 1 --calibrate --set tile.dac.signed_input=row_pair").exit_code, 2);
}

}  // namespace
}  // namespace tessera::test
