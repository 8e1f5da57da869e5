// SPDX-License-Identifier: Apache-2.0
#include "platform/session/reuse_study.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "platform/config/report.h"
#include "platform/session/made_networks.h"
#include "platform/session/network.h"
#include "platform/session/run_folder.h"
#include "platform/session/simulation.h"
#include "platform/study/isolated.h"
#include "sw/compiler/emit/compile.h"
#include "sw/evaluator/evaluator.h"

namespace tessera::platform {
namespace {

nlohmann::json numbers_of(const BusBytes& b) {
  return {b.total, b.by_use, b.saved_window, b.saved_multicast, b.saved_kept};
}

BusBytes bytes_of(const nlohmann::json& numbers) {
  BusBytes b;
  b.total = numbers.at(0);
  b.by_use = numbers.at(1).get<decltype(b.by_use)>();
  b.saved_window = numbers.at(2);
  b.saved_multicast = numbers.at(3);
  b.saved_kept = numbers.at(4);
  return b;
}

ReusePoint simulate_case(const PlatformParameters& platform, std::uint64_t hash, const host::ElfImage& program,
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
    const SimulationOutput output = simulate(input, recorder);
    if (!output.result.passed()) {
      throw std::runtime_error(output.result.reason);
    }
    double latency = 0, energy = 0;
    for (const InferenceFacts& facts : output.inferences) {
      latency += static_cast<double>(facts.end - facts.begin) * 1e-12;
      energy += power::joules(facts.energy);
    }
    return nlohmann::json{latency, energy, numbers_of(output.bus_inside), output.results, output.inferences.size()}
        .dump();
  });
  const nlohmann::json values = nlohmann::json::parse(text);
  ReusePoint point;
  point.images = std::max<std::uint64_t>(values.at(4).get<std::uint64_t>(), 1);
  point.latency_s = values.at(0).get<double>() / static_cast<double>(point.images);
  point.energy_J = values.at(1).get<double>() / static_cast<double>(point.images);
  point.bytes = bytes_of(values.at(2));
  point.results = values.at(3).get<std::vector<std::vector<std::int8_t>>>();
  return point;
}

}  // namespace

std::string name_of(const ReuseSwitches& switches) {
  if (switches.window && switches.multicast && switches.kept) {
    return "all";
  }
  std::string name;
  const auto add = [&name](bool on, const char* what) {
    name += on ? (name.empty() ? "" : " + ") + std::string(what) : "";
  };
  add(switches.window, "window");
  add(switches.multicast, "multicast");
  add(switches.kept, "kept");
  return name.empty() ? "none" : name;
}

std::vector<ReuseSwitches> reuse_cases(bool all) {
  std::vector<ReuseSwitches> cases = {
      {false, false, false}, {true, false, false}, {false, true, false}, {false, false, true}};
  if (all) {
    for (const ReuseSwitches& two : {ReuseSwitches{true, true, false}, {true, false, true}, {false, true, true}}) {
      cases.push_back(two);
    }
  }
  cases.push_back({true, true, true});
  return cases;
}

std::vector<ReusePoint> study_reuse(const compiler::Graph& graph, PlatformParameters platform,
                                    const host::ElfImage& program, std::uint32_t images,
                                    const std::vector<ReuseSwitches>& cases) {
  constexpr std::size_t calibration_inputs = 16;
  platform.bus.multicast = true;
  const std::size_t elements = graph.shape(graph.input).elements();
  const std::uint64_t hash = platform_hash(platform);
  const std::vector<float> calibration = uniform_values(elements * calibration_inputs, 0.0F, 1.0F, 77);
  compiler::Dataset data;
  data.name = "uniform";
  data.shape = graph.shape(graph.input);
  data.values = uniform_values(elements * images, 0.0F, 1.0F, 78);
  data.labels.assign(images, 0);
  std::vector<ReusePoint> points;
  for (const ReuseSwitches& switches : cases) {
    compiler::CompileOptions options;
    options.window_reuse = switches.window;
    options.multicast = switches.multicast;
    options.keep_outputs = switches.kept;
    const compiler::CompileResult compiled = compiler::compile(graph, platform, hash, calibration, options);
    const deployment::Image image = deployment::Image::parse(compiled.image, limits_of(platform));
    const deployment::Contents& contents = image.contents();
    const auto inputs = quantise_inputs(data, contents.tensors.at(contents.model.input_tensor));
    ReusePoint point = simulate_case(platform, hash, program, image, inputs);  // before the evaluator starts threads
    point.switches = switches;
    evaluator::Evaluator chip(image, platform.tiles, {platform.seed, platform.sram.size_B, false});
    point.same_as_evaluator = chip.run(inputs, 0, 1) == point.results;
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace tessera::platform
