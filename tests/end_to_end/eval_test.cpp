// SPDX-License-Identifier: Apache-2.0
// `tessera eval` over seeds and swept parameters: figures, files, resuming, and what it refuses.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <thread>

#include "tests/end_to_end/command.h"

namespace tessera::test {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

/// 16 pictures without labels: enough to compare, and always there.
const std::string pictures =
    "--data " TESSERA_SOURCE_DIR "/sw/examples/fashion/golden/images.npy --calibration 16 -n 16 ";

std::size_t kept_points(const fs::path& folder) {
  std::size_t count = 0;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
    count += entry.path().extension() == ".json" && entry.path().parent_path() != folder &&
                     entry.path().filename() != "study.json"
                 ? 1
                 : 0;
  }
  return count;
}

TEST(Eval, SweepsTwoParametersAndPlotsThem) {
  const Scratch scratch;
  const Finished finished =
      tessera(fmt::format("eval {} --seeds 2 --sweep tile.adc.bits=4,8 --sweep temperature=27,85 -o {}", pictures,
                          (scratch / "e").string()));
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const std::string csv = contents(scratch / "e" / "sweep.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 5) << csv;
  EXPECT_THAT(csv, HasSubstr("tile.adc.bits,"));
  const auto rows = json(scratch / "e" / "eval.json")["sweep"]["rows"];
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_LT(rows[0]["output_snr_dB"]["mean"].get<double>() + 5, rows[2]["output_snr_dB"]["mean"].get<double>())
      << "four bits of converter are worse than eight";
  EXPECT_THAT(contents(scratch / "e" / "agrees_with_float.svg"), HasSubstr("</svg>"));
}

TEST(Eval, WithoutNonIdealityTheChipIsExactInt8) {
  const Scratch scratch;
  ASSERT_EQ(tessera(fmt::format("eval {} -p ideal -o {}", pictures, (scratch / "e").string())).exit_code, 0);
  const auto result = json(scratch / "e" / "eval.json");
  EXPECT_EQ(result["agrees_with_exact"]["mean"], 1.0);
  EXPECT_TRUE(result["accuracy"]["mean"].is_null()) << "no labels, no accuracy";
  for (const auto& layer : result["layers"]) {
    EXPECT_EQ(layer["analog_snr_dB"], "exact");
    EXPECT_EQ(layer["snr_dB"], layer["qsnr_dB"]);
    EXPECT_GT(layer["snr_dB"].get<double>(), 10);
  }
}

TEST(Eval, GoesOnAfterAKillWithTheSameFigures) {
  const Scratch scratch;
  const std::string folder = (scratch / "killed").string();
  const std::string arguments = pictures + "--seeds 12 --no-exact --quality-images 4 --sweep tile.adc.bits=5,8 -o ";
  std::string words = std::string(TESSERA_PROGRAM) + " eval " + arguments + folder;
  std::vector<std::string> parts;
  for (std::size_t at = 0; at < words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    if (end > at) {
      parts.push_back(words.substr(at, end - at));
    }
    at = end + 1;
  }
  std::vector<char*> argv;
  for (std::string& part : parts) {
    argv.push_back(part.data());
  }
  argv.push_back(nullptr);
  pid_t child = 0;
  ASSERT_EQ(posix_spawn(&child, TESSERA_PROGRAM, nullptr, nullptr, argv.data(), environ), 0);
  while (kept_points(folder) < 3 && waitpid(child, nullptr, WNOHANG) == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const std::size_t kept = kept_points(folder);
  ASSERT_GE(kept, 3u);
  const Finished again = tessera("eval " + arguments + folder);
  ASSERT_EQ(again.exit_code, 0) << again.output;
  const auto resumed = json(scratch / "killed" / "eval.json");
  EXPECT_EQ(resumed["wall_clock"]["evaluations_kept"], kept);
  const Finished whole = tessera("eval " + arguments + (scratch / "whole").string());
  ASSERT_EQ(whole.exit_code, 0);
  EXPECT_EQ(resumed["sweep"], json(scratch / "whole" / "eval.json")["sweep"]);
  EXPECT_EQ(contents(scratch / "killed" / "sweep.csv"), contents(scratch / "whole" / "sweep.csv"));
}

TEST(Eval, AChangedConfigurationIsNoticedAndDamagedPointsAreComputedAnew) {
  const Scratch scratch;
  const std::string folder = (scratch / "e").string();
  const std::string command = fmt::format("eval {} --seeds 2 --no-exact -o {} ", pictures, folder);
  ASSERT_EQ(tessera(command).exit_code, 0);
  EXPECT_EQ(json(scratch / "e" / "eval.json")["wall_clock"]["evaluations_kept"], 0);
  ASSERT_EQ(tessera(command).exit_code, 0);
  EXPECT_EQ(json(scratch / "e" / "eval.json")["wall_clock"]["evaluations_kept"], 2);
  const auto outputs = json(scratch / "e" / "eval.json")["outputs"];
  const Finished other = tessera(command + "--set tile.adc.sigma_lsb=1");
  ASSERT_EQ(other.exit_code, 0);
  EXPECT_THAT(other.output, HasSubstr("the configuration has changed"));
  EXPECT_EQ(json(scratch / "e" / "eval.json")["wall_clock"]["evaluations_kept"], 0);
  EXPECT_NE(json(scratch / "e" / "eval.json")["outputs"], outputs);
  for (const auto& entry : fs::recursive_directory_iterator(scratch / "e")) {
    if (entry.path().filename() != "study.json" && entry.path().parent_path() != scratch / "e" &&
        entry.is_regular_file()) {
      write(entry.path(), contents(entry.path()).substr(0, 100));
    }
  }
  ASSERT_EQ(tessera(command).exit_code, 0);
  EXPECT_EQ(json(scratch / "e" / "eval.json")["wall_clock"]["evaluations_kept"], 0);
  EXPECT_EQ(json(scratch / "e" / "eval.json")["outputs"], outputs);
}

TEST(Eval, WeightNoiseDisturbsTheFloatNetwork) {
  const Scratch scratch;
  const Finished finished =
      tessera(fmt::format("eval {} --seeds 3 --sweep weight_noise=0,0.5 -o {}", pictures, (scratch / "e").string()));
  ASSERT_EQ(finished.exit_code, 0) << finished.output;
  const auto rows = json(scratch / "e" / "eval.json")["sweep"]["rows"];
  EXPECT_EQ(rows[0]["agrees_with_float"]["mean"], 1.0);
  EXPECT_LT(rows[1]["agrees_with_float"]["mean"].get<double>(), 0.9);
}

TEST(Eval, ASweptPointThatDoesNotFitLeavesTheOthers) {
  const Scratch scratch;
  const Finished finished =
      tessera(fmt::format("eval {} --no-exact --set tile.array_rows=64 --set tile.array_cols=64 --set grid.cols=1 "
                          "--sweep grid.rows=1,64 -o {}",
                          pictures, (scratch / "e").string()));
  EXPECT_EQ(finished.exit_code, 3) << finished.output;
  const auto rows = json(scratch / "e" / "eval.json")["sweep"]["rows"];
  EXPECT_TRUE(rows[0].contains("problem"));
  EXPECT_FALSE(rows[1].contains("problem")) << finished.output;
}

TEST(Eval, RefusesWhatItCannotSweepBeforeTheFirstImage) {
  const Scratch scratch;
  const auto refused = [&](const std::string& arguments) {
    const Finished finished = tessera(fmt::format("eval {} {} -o {}", pictures, arguments, (scratch / "e").string()));
    EXPECT_EQ(finished.exit_code, 2) << arguments << "\n" << finished.output;
    return finished.output;
  };
  EXPECT_THAT(refused("--sweep tile.adc.bits"), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(refused("--sweep tile.adc.bits=8,99"), HasSubstr("99"));
  EXPECT_THAT(refused("--sweep tile.adc.bitz=8"), HasSubstr("tile.adc.bits"));
  EXPECT_THAT(refused("--sweep weight_noise=0.1 --sweep tile.adc.bits=8"), HasSubstr("sweep them apart"));
  EXPECT_THAT(refused("--sweep weight_bits=1"), HasSubstr("2 to 16"));
  EXPECT_THAT(refused("--sweep seed=1,2 --sweep seed=3"), HasSubstr("swept twice"));
  EXPECT_FALSE(fs::exists(scratch / "e"));
}

TEST(Eval, RefusesOptionsThatSayNothingOrTwoThings) {
  const Scratch scratch;
  const auto refused = [&](const std::string& arguments) {
    const Finished finished = tessera(fmt::format("eval {} {} -o {}", pictures, arguments, (scratch / "e").string()));
    EXPECT_EQ(finished.exit_code, 2) << arguments << "\n" << finished.output;
    return finished.output;
  };
  for (const char* value : {"nan", "inf", "-0.1", "11", "x"}) {
    EXPECT_THAT(refused(std::string("--weight-noise=") + value), HasSubstr("from 0 to 10")) << value;
  }
  EXPECT_THAT(refused("--sweep weight_noise=0.1,nan"), HasSubstr("0 to 10"));
  EXPECT_THAT(refused("--weight-noise 0.1 --temperature 85"),
              HasSubstr("environment.temperature_C=85 has no effect on a float network"));
  EXPECT_THAT(refused("--weight-bits 4 --age 1h"), HasSubstr("environment.age_s=3600 has no effect"));
  EXPECT_THAT(refused("--sweep weight_noise=0.1,0.2 --set tile.adc.bits=6"),
              HasSubstr("tile.adc.bits=6 has no effect"));
  EXPECT_THAT(refused("--age 1h --set environment.age_s=5"), HasSubstr("--age 1h and --set environment.age_s"));
  EXPECT_THAT(refused("--temperature 85 --set environment.temperature_C=27"), HasSubstr("give one of them"));
  EXPECT_THAT(refused("--temperature 85 --sweep temperature=27,85"), HasSubstr("give one of them"));
  EXPECT_THAT(refused("--age 1h --sweep environment.age_s=5,6"), HasSubstr("give one of them"));
  EXPECT_FALSE(fs::exists(scratch / "e"));
  const Finished seeded =
      tessera(fmt::format("eval {} --weight-noise 0.1 --set seed=7 -o {}", pictures, (scratch / "e").string()));
  EXPECT_EQ(seeded.exit_code, 0) << seeded.output;
}

/// A set of fewer inputs than the defaults of -n and --calibration.
TEST(Eval, SmallSetsAreTakenWhole) {
  const Scratch scratch;
  const std::string data = "eval --no-exact --data " TESSERA_SOURCE_DIR "/sw/examples/fashion/golden/images.npy ";
  const std::string to = " -o " + (scratch / "e").string();
  const Finished whole = tessera(data + to);
  ASSERT_EQ(whole.exit_code, 0) << whole.output;
  const auto images = json(scratch / "e" / "eval.json")["images"].get<int>();
  EXPECT_LT(images, 64);
  const Finished many = tessera(data + "--calibration 64" + to);
  EXPECT_EQ(many.exit_code, 2);
  EXPECT_THAT(many.output, HasSubstr("ask for fewer with --calibration"));
  const Finished more = tessera(data + "-n 1000" + to);
  EXPECT_EQ(more.exit_code, 2);
  EXPECT_THAT(more.output, HasSubstr("ask for fewer with -n"));
}

}  // namespace
}  // namespace tessera::test
