// SPDX-License-Identifier: Apache-2.0
// One physics: the platform and the evaluator give the same bytes, with everything on, for any seed and thread count.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

class Agreement : public ::testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    if (!have_fashion_mnist()) {
      GTEST_SKIP() << no_fashion_mnist;
    }
  }
  Scratch scratch_;
};

TEST_P(Agreement, PlatformAndEvaluatorByteForByteOn100Images) {
  const auto run = scratch_ / "run";
  ASSERT_EQ(
      tessera(fmt::format("run -n 100 --first 50 --trace off --set seed={} -o {}", GetParam(), run.string())).exit_code,
      0);
  const auto outputs = json(run / "result.json")["outputs"];
  ASSERT_EQ(outputs.size(), 100u);
  for (const int threads : {1, 2, 5}) {
    const auto eval = scratch_ / fmt::format("eval{}", threads);
    const Finished finished =
        tessera(fmt::format("eval -n 100 --first 50 --set seed={} -j {} -o {}", GetParam(), threads, eval.string()));
    ASSERT_EQ(finished.exit_code, 0) << finished.output;
    EXPECT_EQ(json(eval / "eval.json")["outputs"], outputs) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Agreement, ::testing::Values(1, 4242));

TEST_F(Agreement, HoldsOnOtherPlatformsToo) {
  for (const char* platform :
       {"-p ideal", "--set tile.array_rows=128 --set tile.array_cols=128", "--slices 2",
        "--set grid.rows=1 --set grid.cols=1 --set bus.data_bits=32",
        "--set tile.array_rows=128 --set tile.array_cols=256 --set grid.rows=4 "
        "--set analog_plane.column_sum=true",
        "--set tile.array_rows=128 --set tile.array_cols=256 --set grid.rows=4 --slices 2 "
        "--set analog_plane.column_sum=true --set timing=at --set tile.adc.shared_by=column",
        "--set tile.dac.signed_input=row_pair --slices 2 --set bus.multicast=true",
        "--set tile.array_rows=256 --set tile.array_cols=128 --set tile.dac.signed_input=row_pair "
        "--set analog_plane.column_sum=true",
        "--set tile.weight_mapping=offset_column --set environment.temperature_C=60",
        "--set tile.weight_mapping=reference_column --slices 2 --set tile.effects.slow_noise=true",
        "--set tile.weight_mapping=offset_column --set tile.dac.signed_input=two_phase --set tile.array_rows=128",
        "--set tile.weight_mapping=reference_column --set tile.dac.signed_input=row_pair --set bus.multicast=true",
        "--set environment.age_s=3e7 --set environment.temperature_C=60 "
        "--set tile.cell.sa_fault_rate=0.001 --set tile.redundancy.rows=2"}) {
    const auto run = scratch_ / "run", eval = scratch_ / "eval";
    const Finished finished = tessera(fmt::format("run -n 4 --trace off {} -o {}", platform, run.string()));
    ASSERT_EQ(finished.exit_code, 0) << platform << "\n" << finished.output;
    ASSERT_EQ(tessera(fmt::format("eval -n 4 {} -o {}", platform, eval.string())).exit_code, 0);
    EXPECT_EQ(json(run / "result.json")["outputs"], json(eval / "eval.json")["outputs"]) << platform;
  }
}

// Currents that bend near threshold, loosely and approximately timed, in codings of inputs and weights, on lanes, and
// beside all other effects.
TEST_F(Agreement, HoldsWithCompression) {
  const auto outputs = [&](const std::string& command, const char* file, const std::string& options) {
    const auto folder = scratch_ / "out";
    const Finished finished = tessera(fmt::format("{} -n 2 {} -o {}", command, options, folder.string()));
    EXPECT_EQ(finished.exit_code, 0) << options << "\n" << finished.output;
    return json(folder / file)["outputs"];
  };
  const auto straight = outputs("eval", "eval.json", "");
  for (const std::string platform :
       {"", "--set timing=at", "--slices 2 --set tile.dac.signed_input=two_phase --set timing=at",
        "--set tile.weight_mapping=offset_column --set tile.cell.specific_current_A=2e-7",
        "--set tile.array_rows=128 --set tile.array_cols=256 --set grid.rows=4 --set analog_plane.column_sum=true "
        "--set tile.effects.slow_noise=true --set tile.effects.ir_drop=true --set tile.effects.dac_errors=true "
        "--set tile.effects.adc_offset_gain=true --set tile.effects.adc_dnl=true --set environment.age_s=3e7 "
        "--set environment.temperature_C=60 --set tile.cell.sa_fault_rate=0.001"}) {
    const std::string options = platform + " --set tile.effects.compression=true";
    const auto evaluated = outputs("eval", "eval.json", options);
    EXPECT_EQ(outputs("run --trace off", "result.json", options), evaluated) << platform;
    EXPECT_NE(evaluated, straight) << platform;
  }
}

// With exact converters, sums on lanes, digital partial sums and the CPU alone give the same bytes.
TEST_F(Agreement, SumsOnLanesOfTheIdealChipAreThoseOfTheCpu) {
  const std::string chip = "-p ideal --set tile.array_rows=128 --set tile.array_cols=256 --set grid.rows=4";
  const auto outputs = [&](const char* name, const std::string& settings) {
    const auto folder = scratch_ / name;
    const Finished finished = tessera(fmt::format("run -n 2 --trace off {} {} -o {}", chip, settings, folder.string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(folder / "result.json")["outputs"];
  };
  const auto digital = outputs("digital", "");
  EXPECT_EQ(outputs("lanes", "--set analog_plane.column_sum=true"), digital);
  EXPECT_EQ(
      outputs("cpu", "--set analog_plane.column_sum=true --set cpu.memory_B=2097152 --firmware " TESSERA_FIRMWARE_DIR
                     "/runtime_cpu.elf"),
      digital);
}

// What a coding adds is taken off again exactly when nothing is rounded, on the tiles and on the CPU.
TEST_F(Agreement, CodingsOfTheIdealChipGiveTheSameBytes) {
  const auto outputs = [&](const std::string& settings) {
    const auto folder = scratch_ / "run";
    const Finished finished = tessera(fmt::format("run -n 2 --trace off -p ideal {} -o {}", settings, folder.string()));
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(folder / "result.json")["outputs"];
  };
  const auto offset = outputs("");
  for (const char* coding : {"two_phase", "row_pair"}) {
    const std::string set = fmt::format("--set tile.dac.signed_input={}", coding);
    EXPECT_EQ(outputs(set), offset) << coding;
    EXPECT_EQ(outputs(set + " --set cpu.memory_B=2097152 --firmware " TESSERA_FIRMWARE_DIR "/runtime_cpu.elf"), offset)
        << coding << ", CPU alone";
  }
  // Single columns hold other integers, but the same whether the reference is taken off before the converters or
  // behind.
  const std::string single = "--set tile.weight_mapping=reference_column";
  const auto reference = outputs(single);
  EXPECT_EQ(outputs("--set tile.weight_mapping=offset_column"), reference);
  EXPECT_EQ(outputs(single +
                    " --set tile.dac.signed_input=row_pair --set cpu.memory_B=2097152 --firmware " TESSERA_FIRMWARE_DIR
                    "/runtime_cpu.elf"),
            outputs(single + " --set tile.dac.signed_input=row_pair"))
      << "signs of inputs and weights together, CPU alone";
}

TEST_F(Agreement, AgeAndHeatAndBrokenCellsCostAccuracy) {
  const auto accuracy = [&](const std::string& settings) {
    const auto folder = scratch_ / "eval";
    const Finished finished = tessera("eval -n 300 " + settings + " -o " + folder.string());
    EXPECT_EQ(finished.exit_code, 0) << finished.output;
    return json(folder / "eval.json")["accuracy"]["mean"].get<double>();
  };
  const double fresh = accuracy("");
  EXPECT_EQ(accuracy("--set environment.age_s=0 --set environment.temperature_C=27"), fresh);
  EXPECT_LT(accuracy("--set environment.temperature_C=85 --set tile.cell.temperature_compensation=none"), fresh - 0.2);
  EXPECT_LT(accuracy("--set environment.age_s=3e9 --set tile.cell.drift_rel_per_decade_h.sigma=0.05"), fresh - 0.02);
  EXPECT_LT(accuracy("--set tile.cell.sa_fault_rate=0.05"), fresh - 0.1);
  EXPECT_EQ(accuracy("--set environment.age_s=3e9 --set tile.effects.retention=false"), fresh);
}

TEST_F(Agreement, SeedsAndEventsChangeTheNoise) {
  const auto a = scratch_ / "a", b = scratch_ / "b";
  ASSERT_EQ(tessera("eval -n 20 --set seed=1 -o " + a.string()).exit_code, 0);
  ASSERT_EQ(tessera("eval -n 20 --set seed=2 -o " + b.string()).exit_code, 0);
  EXPECT_NE(json(a / "eval.json")["outputs"], json(b / "eval.json")["outputs"]);
}

TEST_F(Agreement, NominalAccuracyIsWithinTwoPointsOfFloatOn1000Images) {
  const auto folder = scratch_ / "eval";
  const Finished finished = tessera("eval -n 1000 --seeds 2 -o " + folder.string());
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto result = json(folder / "eval.json");
  fmt::print("float {:.1f} %, nominal {:.2f} +- {:.2f} % on 1000 images\n",
             100 * result["float_accuracy"].get<double>(), 100 * result["accuracy"]["mean"].get<double>(),
             100 * result["accuracy"]["deviation"].get<double>());
  EXPECT_GE(result["float_accuracy"].get<double>(), 0.89);
  EXPECT_GE(result["accuracy"]["mean"].get<double>(), result["float_accuracy"].get<double>() - 0.02);
}

TEST_F(Agreement, ResidualNetworkRunsOnThePlatformAsInTheEvaluator) {
  const std::string network = TESSERA_SOURCE_DIR "/sw/examples/fashion/resnet8.onnx";
  const auto run = scratch_ / "run", eval = scratch_ / "eval";
  const Finished finished = tessera(fmt::format("run {} -n 3 -o {}", network, run.string()));
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  ASSERT_EQ(tessera(fmt::format("eval {} -n 3 -o {}", network, eval.string())).exit_code, 0);
  EXPECT_EQ(json(run / "result.json")["outputs"], json(eval / "eval.json")["outputs"]);
}

}  // namespace
}  // namespace tessera::test
