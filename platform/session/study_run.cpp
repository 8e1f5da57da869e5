// SPDX-License-Identifier: Apache-2.0
#include "platform/session/study_run.h"

#include <stdexcept>
#include <utility>

#include "models/power/amount.h"
#include "platform/config/report.h"
#include "platform/session/made_networks.h"

namespace tessera::platform {

compiler::Dataset made_inputs(const compiler::Graph& graph, std::size_t count, std::uint32_t seed) {
  compiler::Dataset data;
  data.name = "uniform";
  data.shape = graph.shape(graph.input);
  data.values = uniform_values(data.shape.elements() * count, 0.0F, 1.0F, seed);
  return data;
}

PreparedNetwork prepare_made(const compiler::Graph& graph, const PlatformParameters& platform,
                             const compiler::CompileOptions& options) {
  constexpr std::size_t calibration_inputs = 16;
  const std::uint64_t hash = platform_hash(platform);
  const compiler::Dataset calibration = made_inputs(graph, calibration_inputs, 77);
  compiler::CompileResult compiled = compiler::compile(graph, platform, hash, calibration.values, options);
  deployment::Image image = deployment::Image::parse(compiled.image, limits_of(platform));
  return {graph, std::move(compiled), std::move(image), hash};
}

Frames made_frames(const PreparedNetwork& network, std::size_t count) {
  const deployment::Contents& contents = network.image.contents();
  return quantise_inputs(made_inputs(network.graph, count, 78), contents.tensors.at(contents.model.input_tensor));
}

SimulationOutput simulate_network(const PreparedNetwork& network, const PlatformParameters& platform,
                                  const host::ElfImage& program, const Frames& frames, traces::Recorder& recorder) {
  SimulationInput input;
  input.platform = platform;
  input.platform_hash = network.platform_hash;
  input.program = &program;
  input.program_name = "runtime.elf";
  input.deployment = &network.image;
  input.frames = frames;
  SimulationOutput output = simulate(input, recorder);
  if (!output.result.passed()) {
    throw std::runtime_error(output.result.reason);
  }
  return output;
}

double inference_seconds(const SimulationOutput& output) {
  double seconds = 0;
  for (const InferenceFacts& facts : output.inferences) {
    seconds += static_cast<double>(facts.end - facts.begin) * 1e-12;
  }
  return seconds;
}

double inference_joules(const SimulationOutput& output) {
  double joules = 0;
  for (const InferenceFacts& facts : output.inferences) {
    joules += power::joules(facts.energy);
  }
  return joules;
}

}  // namespace tessera::platform
