// SPDX-License-Identifier: Apache-2.0
#include "platform/session/timing_comparison.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "platform/config/report.h"
#include "platform/session/made_networks.h"
#include "platform/session/network.h"
#include "platform/session/run_folder.h"
#include "platform/session/simulation.h"
#include "platform/study/isolated.h"
#include "sw/compiler/emit/compile.h"

namespace tessera::platform {
namespace {

using compiler::Graph;

TimingSide simulate_side(const PlatformParameters& platform, std::uint64_t hash, const host::ElfImage& program,
                         const deployment::Image& image, const std::vector<std::vector<std::int8_t>>& inputs) {
  const std::string text = isolated([&] {
    traces::Recorder recorder(recorder_options(platform, TraceLevel::off));
    SimulationInput input;
    input.platform = platform;
    input.platform_hash = hash;
    input.program = &program;
    input.program_name = "runtime.elf";
    input.deployment = &image;
    input.frames = inputs;
    const double begin = processor_seconds();
    const SimulationOutput output = simulate(input, recorder);
    const double spent = processor_seconds() - begin;
    if (!output.result.passed()) {
      throw std::runtime_error(output.result.reason);
    }
    double latency = 0;
    for (const InferenceFacts& facts : output.inferences) {
      latency += static_cast<double>(facts.end - facts.begin) * 1e-12;
    }
    latency /= static_cast<double>(std::max<std::size_t>(output.inferences.size(), 1));
    return nlohmann::json{latency, spent, output.results, output.protocol_violations}.dump();
  });
  const nlohmann::json values = nlohmann::json::parse(text);
  TimingSide side;
  side.latency_s = values.at(0);
  side.processor_s = values.at(1);
  side.results = values.at(2).get<std::vector<std::vector<std::int8_t>>>();
  side.violations = values.at(3);
  return side;
}

}  // namespace

TimingRow compare_timing(const Graph& graph, const PlatformParameters& platform, const host::ElfImage& program,
                         std::uint32_t images, bool check) {
  constexpr std::size_t calibration_inputs = 16;
  const std::size_t elements = graph.shape(graph.input).elements();
  const std::uint64_t hash = platform_hash(platform);
  const compiler::CompileResult compiled =
      compiler::compile(graph, platform, hash, uniform_values(elements * calibration_inputs, 0.0F, 1.0F, 77));
  const deployment::Image image = deployment::Image::parse(compiled.image, limits_of(platform));
  const deployment::Contents& contents = image.contents();
  compiler::Dataset data;
  data.name = "uniform";
  data.shape = graph.shape(graph.input);
  data.values = uniform_values(elements * images, 0.0F, 1.0F, 78);
  data.labels.assign(images, 0);
  const auto inputs = quantise_inputs(data, contents.tensors.at(contents.model.input_tensor));

  PlatformParameters side = platform;
  TimingRow row;
  row.name = graph.name;
  side.bus.check_protocol = false;
  side.bus.timing = interconnect::BusParameters::Timing::lt;
  row.lt = simulate_side(side, hash, program, image, inputs);
  side.bus.timing = interconnect::BusParameters::Timing::at;
  side.bus.check_protocol = check;
  row.at = simulate_side(side, hash, program, image, inputs);
  return row;
}

}  // namespace tessera::platform
