// SPDX-License-Identifier: Apache-2.0
#include "platform/session/timing_comparison.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "platform/session/run_folder.h"
#include "platform/session/study_run.h"
#include "platform/study/isolated.h"

namespace tessera::platform {
namespace {

using compiler::Graph;

TimingSide simulate_side(const PlatformParameters& platform, const host::ElfImage& program,
                         const PreparedNetwork& network, const Frames& inputs) {
  const std::string text = isolated([&] {
    traces::Recorder recorder(recorder_options(platform, TraceLevel::off));
    const double begin = processor_seconds();
    const SimulationOutput output = simulate_network(network, platform, program, inputs, recorder);
    const double spent = processor_seconds() - begin;
    const double latency =
        inference_seconds(output) / static_cast<double>(std::max<std::size_t>(output.inferences.size(), 1));
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
  const PreparedNetwork network = prepare_made(graph, platform);
  const Frames inputs = made_frames(network, images);
  PlatformParameters side = platform;
  TimingRow row;
  row.name = graph.name;
  side.bus.check_protocol = false;
  side.bus.timing = interconnect::BusParameters::Timing::lt;
  row.lt = simulate_side(side, program, network, inputs);
  side.bus.timing = interconnect::BusParameters::Timing::at;
  side.bus.check_protocol = check;
  row.at = simulate_side(side, program, network, inputs);
  return row;
}

}  // namespace tessera::platform
