// SPDX-License-Identifier: Apache-2.0
// The claim of ten to twenty times less power, on whole networks: the same firmware, weights and images on analog
// tiles, on digital tiles, and on digital tiles that fetch their weights.
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/article/page.h"
#include "tests/article/section.h"
#include "tests/end_to_end/command.h"

namespace tessera::article {
namespace {

struct Measured {
  double energy_J = 0;
  double latency_s = 0;
  nlohmann::json outputs;
};

Measured run(const test::Scratch& scratch, const std::string& network, const std::string& preset, int images,
             const std::string& more = "") {
  const std::string folder = (scratch / (network + "_" + preset)).string();
  const test::Finished finished =
      test::tessera(fmt::format("run {}/sw/examples/fashion/{}.onnx -p {} -n {} -o {} --trace off {}",
                                TESSERA_SOURCE_DIR, network, preset, images, folder, more));
  EXPECT_EQ(finished.exit_code, 0) << finished.output;
  const nlohmann::json result = test::json(folder + "/result.json");
  return {result.at("per_image").at("energy_J").get<double>(), result.at("per_image").at("latency_s").get<double>(),
          result.at("outputs")};
}

}  // namespace

std::string whole_network() {
  const test::Scratch scratch;
  std::vector<std::vector<std::string>> rows = {
      {"network, tiles", "latency per image", "energy per image", "times analog"}};
  double best = 0;
  double worst = 1e9;
  double lenet_J = 0;
  for (const auto& [network, images] : {std::pair<std::string, int>{"lenet", 10}, {"resnet8", 2}}) {
    const Measured analog = run(scratch, network, "membrain40_nominal", images);
    lenet_J = network == "lenet" ? analog.energy_J : lenet_J;
    const Measured exact = run(scratch, network, "ideal", images);
    for (const std::string preset : {"membrain40_nominal", "digital_baseline", "digital_dram"}) {
      const Measured one = preset == "membrain40_nominal" ? analog : run(scratch, network, preset, images);
      if (preset != "membrain40_nominal") {
        EXPECT_EQ(one.outputs, exact.outputs) << "digital tiles compute what ideal analog tiles do";
      }
      const double ratio = one.energy_J / analog.energy_J;
      best = std::max(best, ratio);
      worst = std::min(worst, ratio);
      rows.push_back({network + ", `" + preset + "`", fmt::format("{:.4g} us", one.latency_s * 1e6),
                      fmt::format("{:.4g} uJ", one.energy_J * 1e6), fmt::format("{:.2f}", ratio)});
    }
  }
  // Without tiles: the same jobs in C on the RISC-V core; the tiles are there, and take no power.
  const Measured ideal = run(scratch, "lenet", "ideal", 1);
  const Measured cpu =
      run(scratch, "lenet", "ideal", 1,
          std::string("--firmware ") + TESSERA_FIRMWARE_DIR + "/runtime_cpu.elf --set tile.power_states.idle.p_W=0");
  EXPECT_EQ(cpu.outputs, ideal.outputs) << "the CPU computes what ideal analog tiles do";
  const double cpu_ratio = cpu.energy_J / lenet_J;
  rows.push_back({"lenet, CPU alone", fmt::format("{:.4g} us", cpu.latency_s * 1e6),
                  fmt::format("{:.4g} uJ", cpu.energy_J * 1e6), fmt::format("{:.1f}", cpu_ratio)});
  EXPECT_GT(cpu_ratio, 20.0);
  EXPECT_LT(worst, 1.0);
  EXPECT_LT(best, 10.0);
  return heading("Ten to twenty times less power, on whole networks",
                 "a network on analog tiles takes a tenth to a twentieth of what a digital processor takes.") +
         table(rows) +
         verdict(fmt::format(
             "Does not hold for small convolutional networks: digital tiles take {:.2f} to {:.2f} times the energy of "
             "analog ones. These layers fill a few per cent of an array, but its converters, drivers and control are "
             "paid for every product, and one pixel a product makes them wait. Against the CPU alone they take {:.0f} "
             "times less. A full product takes a thirtieth of a "
             "digital one (above): large dense layers are where the claim comes from. The digital outputs are those of "
             "ideal analog tiles, byte for byte.",
             worst, best, cpu_ratio));
}

}  // namespace tessera::article
