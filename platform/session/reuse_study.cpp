// SPDX-License-Identifier: Apache-2.0
#include "platform/session/reuse_study.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/session/run_folder.h"
#include "platform/session/study_run.h"
#include "platform/study/isolated.h"
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

ReusePoint simulate_case(const PlatformParameters& platform, const host::ElfImage& program,
                         const PreparedNetwork& network, const Frames& inputs) {
  const std::string text = isolated([&] {
    traces::Recorder recorder(recorder_options(platform, TraceLevel::off));
    const SimulationOutput output = simulate_network(network, platform, program, inputs, recorder);
    return nlohmann::json{inference_seconds(output), inference_joules(output), numbers_of(output.bus_inside),
                          output.results, output.inferences.size()}
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
  platform.bus.multicast = true;
  std::vector<ReusePoint> points;
  for (const ReuseSwitches& switches : cases) {
    compiler::CompileOptions options;
    options.window_reuse = switches.window;
    options.multicast = switches.multicast;
    options.keep_outputs = switches.kept;
    const PreparedNetwork network = prepare_made(graph, platform, options);
    const Frames inputs = made_frames(network, images);
    ReusePoint point = simulate_case(platform, program, network, inputs);  // before the evaluator starts threads
    point.switches = switches;
    evaluator::Evaluator chip(network.image, platform.tiles, {platform.seed, platform.sram.size_B, false});
    point.same_as_evaluator = chip.run(inputs, 0, 1) == point.results;
    points.push_back(std::move(point));
  }
  return points;
}

}  // namespace tessera::platform
